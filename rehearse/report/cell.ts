import { relative } from "node:path";
import type { RunResult } from "../../verify/report/result.ts";
import { type Cell, events, momentsOf, type Row } from "../matrix/index.ts";
import type { MatrixCell } from "./result.ts";

/** When a run began, ISO 8601, and how long it took. */
type Times = Pick<MatrixCell, "startedAt" | "durationMs">;

/** A row whose run did not come to its end. */
export const brokenCell = ({ scenario }: Pick<Cell, "scenario">, row: Row, times: Times): MatrixCell => {
  const nobody = { before: [], during: [], after: [] };
  const none = { before: null, during: null, after: null };
  return {
    ...figuresOf(scenario, row, times),
    measured: false,
    outageErrorMs: null,
    vip: nobody,
    arp: none,
    report: null,
  };
};

/** A row with what the run's result shows beside it. @param directory where matrix.json is; `report`: the page of the run's report */
export function cellOf(
  { scenario }: Pick<Cell, "scenario">,
  row: Row,
  result: RunResult,
  { directory, report }: { readonly directory: string; readonly report: string },
): MatrixCell {
  const { fault, heal, broken } = momentsOf(result);
  const last = result.steps.at(-1)?.to ?? 0;
  const moments = { before: fault?.from ?? last, during: heal?.from ?? last, after: last };
  return {
    ...figuresOf(scenario, row, result),
    measured: true,
    outageErrorMs: broken?.outage.longest?.errorMs ?? null,
    vip: {
      before: holdersAt(result, moments.before),
      during: holdersAt(result, moments.during),
      after: holdersAt(result, moments.after),
    },
    arp: {
      before: arpAt(result, moments.before),
      during: arpAt(result, moments.during),
      after: arpAt(result, moments.after),
    },
    report: relative(directory, report),
  };
}

/** What a cell has of its row. */
function figuresOf(scenario: string, row: Row, { startedAt, durationMs }: Times) {
  const { event, object, service, instance, passed, failures, promise, detection, outageMs, failbackMs, lost, seen } =
    row;
  return {
    ...{ event, title: events[event].title, object },
    ...{ service, instance, scenario, startedAt, durationMs, passed, failures },
    ...(promise ? { promise } : {}),
    ...(detection ? { detection } : {}),
    ...{ outageMs, failbackMs, lost, seen },
  };
}

/** The hosts that claimed the VIP at a moment, by name; of an unknown one its hardware address. */
const holdersAt = ({ series }: RunResult, moment: number): string[] => [
  ...new Set(
    series.vipOwners
      .filter(({ from, to }) => moment >= from && moment < to)
      .map(({ server, mac }) => server ?? mac.toLowerCase()),
  ),
];

/** The host in the client's ARP entry at a moment. */
function arpAt({ series, lab }: RunResult, moment: number): string | null {
  const mac = series.arp.findLast(({ at }) => at <= moment)?.mac?.toLowerCase();
  if (mac === undefined) return null;
  return lab.servers.find((server) => server.mac.toLowerCase() === mac)?.name ?? mac;
}
