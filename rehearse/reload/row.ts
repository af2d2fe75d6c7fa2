import type { Ip } from "../../lab/index.ts";
import { inColumns } from "../../verify/report/columns.ts";
import type { RunResult } from "../../verify/report/result.ts";
import { ms } from "../../verify/report/words.ts";
import type { Budgets } from "../plan/plan.ts";
import { reloadStep } from "./scenario.ts";

/** An address, and who held it. */
export interface Held {
  readonly address: Ip;
  /** The directors that held it before the reload. */
  readonly before: readonly string[];
  /** The same a while after it. */
  readonly after: readonly string[];
  /** Those that ought to hold it after, by the priorities of the files that run then. */
  readonly elected: readonly string[];
}

/** What the reload of one director has shown. Times in milliseconds. */
export interface ReloadRow {
  readonly director: string;
  readonly passed: boolean;
  /** Requests that were not answered. */
  readonly lost: number;
  /** The longest time without service; null: there was none. */
  readonly outageMs: number | null;
  /** Of the connections that were open before: how many broke. */
  readonly broken: number;
  readonly open: number;
  readonly held: readonly Held[];
  /** What did not hold, in words. */
  readonly failures: readonly string[];
}

/**
 * The rows of a run, one for each director that was reloaded.
 * @param held who held what, around each reload
 */
export function reloadRows(
  { steps, windows, series, interrupted }: RunResult,
  order: readonly string[],
  held: ReadonlyMap<string, readonly Held[]>,
  { lost: mayLose = 0, outageMs: mayLast = 0 }: Budgets = {},
): ReloadRow[] {
  return order.flatMap((director, place): ReloadRow[] => {
    const n = reloadStep(place);
    const step = steps.find((one) => one.n === n);
    const window = windows.find((one) => one.step === n);
    if (!step || !window) return [];
    const { from, to, outage } = window;
    const open = series.connections.filter(
      (one) => one.opened < from && (one.closed === null || one.closed >= from) && isTelling(one),
    );
    const broken = open.filter(({ error, closed }) => error !== undefined && closed !== null && closed < to).length;
    const outageMs = outage.longest?.ms ?? null;
    const lost = outage.counts.failed;
    const around = held.get(director) ?? [];
    const served = steps.find((one) => one.n === n + 1);
    const failures = [
      ...(step.ok ? [] : [step.seen ?? "it was not reloaded"]),
      ...(served && !served.ok ? [`${served.title}: ${served.seen ?? "not seen"}`] : []),
      ...(lost > mayLose ? [`failed requests: ${lost}`] : []),
      ...(outageMs !== null && outageMs > mayLast ? [`an outage of ${ms(outageMs)}`] : []),
      ...(broken > 0 ? [`${broken} of ${open.length} open connections broke`] : []),
      ...around
        .filter(({ after, elected }) => after.join() !== elected.join())
        .map(
          ({ address, after, elected }) =>
            `${address} is held by ${words(after)}; by the files' priorities by ${words(elected)}`,
        ),
      ...(interrupted === undefined || place < order.length - 1 ? [] : [`ended by ${interrupted}`]),
    ];
    return [
      {
        ...{ director, passed: failures.length === 0, lost, outageMs, broken, open: open.length },
        ...{ held: around, failures },
      },
    ];
  });
}

/** Whether the fate of a connection tells something: not if its server closed it in order. */
const isTelling = ({ closed, error }: RunResult["series"]["connections"][number]): boolean =>
  closed === null || error !== undefined;

const words = (directors: readonly string[]): string => directors.join(" and ") || "nobody";

/** The rows as a table for a terminal, with what did not hold below it. No newline at the end. */
export function formatReload(rows: readonly ReloadRow[]): string {
  const head = ["", "reloaded", "outage", "lost", "connections broken", "addresses"];
  const lines = rows.map(({ passed, director, outageMs, lost, broken, open, held }) => [
    passed ? "✓" : "✗",
    director,
    outageMs === null ? "none" : ms(outageMs),
    String(lost),
    `${broken} of ${open}`,
    held.map(moveWords).join(", "),
  ]);
  const failures = rows.flatMap(({ director, failures: all }) =>
    all.length === 0 ? [] : [`✗ ${director}:`, ...all.map((one) => `    ${one}`)],
  );
  return [...inColumns([head, ...lines]), ...(failures.length > 0 ? ["", ...failures] : [])].join("\n");
}

const moveWords = ({ address, before, after }: Held): string =>
  before.join() === after.join() ? `${address} ${words(after)}` : `${address} ${words(before)} → ${words(after)}`;
