import { instanceOfVip, type Lab, removalTime, type SecondsBand } from "../../lab/index.ts";
import type { PageData } from "../../verify/report/page/data.ts";
import type { OutagePromise, RunResult } from "../../verify/report/result.ts";
import { ms, outageWords } from "../../verify/report/words.ts";
import type { Budgets } from "../plan/plan.ts";
import { type Cell, objectOf } from "./cells.ts";
import { type Event, type EventOf, events } from "./events.ts";

/** What a cell has shown. Times in milliseconds. */
export interface Row {
  readonly event: Event;
  /** The real server that it happens to, or what is tracked; null: the master, or all real servers. */
  readonly object: string | null;
  readonly service: string;
  readonly instance: string | null;
  readonly passed: boolean;
  /** What VRRP's timers promise; absent where they promise nothing. */
  readonly promise?: OutagePromise;
  /** Of a real server's event: how long its health check may take to see it, and how long it took. */
  readonly detection?: { readonly promise: SecondsBand; readonly ms: number };
  /** The longest time without service after the event, and after everything was back; null: there was none. */
  readonly outageMs: number | null;
  readonly failbackMs: number | null;
  /** Requests that were not answered. */
  readonly lost: number;
  /** In words: the outage, or that there was none. */
  readonly seen: string;
  /** The steps that failed, in words. */
  readonly failures: readonly string[];
  /** The report of the run; null: the run did not come to its end. */
  readonly report: string | null;
}

/** The first fault and the first heal of a run, and what the client saw from each of them on. */
export function momentsOf({ steps, windows }: Pick<PageData, "steps" | "windows">) {
  const [fault, heal] = (["fault", "heal"] as const).map((kind) => steps.find((one) => one.kind === kind));
  const [broken, healed] = [fault, heal].map((step) => windows.find((window) => step && window.step === step.n));
  return { fault, heal, broken, healed };
}

/** What of a row is over its budget, in words. */
function overBudget(
  { event, outageMs, failbackMs, detection, lost }: Omit<Row, "passed" | "failures">,
  budgets: Budgets,
): string[] {
  const { realServer }: EventOf = events[event];
  const over = (what: string, found: number | null | undefined, limit: number | undefined): string[] =>
    limit !== undefined && (found ?? 0) > limit ? [`${what}: ${ms(found ?? 0)}, over the budget of ${ms(limit)}`] : [];
  return [
    ...(realServer ? [] : over("the outage", outageMs, budgets.outageMs)),
    ...over("the outage when everything came back", failbackMs, budgets.failbackMs),
    ...over("the time until the real server was out of the table", detection?.ms, budgets.detectionMs),
    ...(budgets.lost !== undefined && lost > budgets.lost
      ? [`failed requests: ${lost}, over the budget of ${budgets.lost}`]
      : []),
  ];
}

/** The row of a cell's run. @param report where its report is */
export function rowOf(
  cell: Cell,
  { lab, steps, windows, interrupted }: RunResult,
  report: string,
  budgets: Budgets = {},
): Row {
  const { event } = cell;
  const { heal, broken, healed } = momentsOf({ steps, windows });
  const longest = broken?.outage.longest ?? null;
  const outageMs = longest?.ms ?? null;
  // Nobody regrets an outage that is shorter than promised, as of a master that forwards packets to its heir while it stops. It has to be over.
  const isShorter = broken?.promise !== undefined && longest?.to !== null && (outageMs ?? 0) < broken.promise.minimumMs;
  const failed = steps.filter(
    ({ ok, title, n }) =>
      !ok && !(isShorter && title.includes("an outage of") && n < (heal?.n ?? Number.POSITIVE_INFINITY)),
  );
  const measured = {
    event,
    object: objectOf(cell),
    ...detectionOf(cell, steps),
    service: lab.service,
    instance: lab.instance,
    ...(broken?.promise ? { promise: broken.promise } : {}),
    outageMs,
    failbackMs: healed?.outage.longest?.ms ?? null,
    lost: windows.reduce((sum, { outage }) => sum + outage.counts.failed, 0),
    seen: broken ? outageWords(broken.outage) : "nothing was broken",
    report,
  };
  const failures = [
    ...failed.map(({ title, seen }) => `${title}: ${seen ?? "not done"}`),
    ...overBudget(measured, budgets),
    ...(interrupted === undefined ? [] : [`ended by ${interrupted}`]),
  ];
  return { ...measured, passed: failures.length === 0, failures };
}

/** The row of a cell whose run did not come to its end: nothing was measured. @param reason a sentence or more */
export const brokenRow = (cell: Cell, lab: Lab, reason: string): Row => ({
  event: cell.event,
  object: objectOf(cell),
  service: cell.service.name,
  instance: instanceOfVip(lab, cell.service.vip)?.name ?? null,
  passed: false,
  ...{ outageMs: null, failbackMs: null, lost: 0 },
  seen: "not measured",
  failures: [reason],
  report: null,
});

/** The time from the fault of real servers until they were out of the table, if it came to that. */
function detectionOf({ event, service, realServer: place }: Cell, steps: RunResult["steps"]): Pick<Row, "detection"> {
  const { realServer }: EventOf = events[event];
  const at = steps.findIndex(({ kind }) => kind === "fault");
  const [fault, out] = [steps[at], steps[at + 1]];
  const failing = service.realServers[(place ?? 1) - 1];
  const { healthCheck = service.healthCheck } = failing ?? {};
  const promise = realServer && healthCheck && removalTime(healthCheck, realServer.failure);
  return promise && fault && out?.ok ? { detection: { promise, ms: out.to - fault.from } } : {};
}
