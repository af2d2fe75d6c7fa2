import { hostPort, instanceOfVip, type Lab, type VirtualService, type VrrpInstance } from "../lab/index.ts";
import { fitted } from "../verify/failover/index.ts";
import type { LiveLab } from "../verify/live/live-lab.ts";
import type { OutagePromise, RunResult } from "../verify/report/result.ts";
import { bandWords, outageWords } from "../verify/report/words.ts";
import { prepareScenario, type ResolvedScenario } from "../verify/scenarios/index.ts";

/** What is done to the director that is master, the most telling first. */
export const events = {
  crash: { title: "the master loses its power", scenario: "director-down" },
  stop: { title: "keepalived is stopped on the master", scenario: "keepalived-stopped" },
  cable: { title: "the master's cables are pulled", scenario: "link-down" },
  freeze: { title: "the master freezes", scenario: "director-frozen" },
  partition: { title: "the directors do not hear each other", scenario: "split-brain" },
  reboot: { title: "the master is rebooted", scenario: "director-reboot" },
} as const;

export type Event = keyof typeof events;
export const eventNames = Object.keys(events) as Event[];

/** A cell of the matrix: an event, as the clients of a service see it. */
export interface Cell {
  readonly event: Event;
  readonly service: VirtualService;
  readonly scenario: string;
}

/**
 * The cells of a lab. Services whose address is held by the same instance see the same: the first one with real servers stands for all of them.
 */
export function cellsOf(lab: Lab, only: readonly Event[] = eventNames): Cell[] {
  const seen = new Set<VrrpInstance>();
  const telling = lab.services.filter(({ vip, realServers }) => {
    const instance = instanceOfVip(lab, vip);
    const isNew =
      instance !== undefined && instance.members.length > 1 && realServers.length > 0 && !seen.has(instance);
    if (instance && isNew) seen.add(instance);
    return isNew;
  });
  return eventNames
    .filter((event) => only.includes(event))
    .flatMap((event) =>
      telling.flatMap((service): Cell[] => {
        const preempts = instanceOfVip(lab, service.vip)?.preempt === true;
        if (preempts) return [{ event, service, scenario: events[event].scenario }];
        // The other scenarios end when the master has its addresses back.
        return event === "crash" ? [{ event, service, scenario: "no-preemption" }] : [];
      }),
    );
}

/** A cell's scenario, with the deadlines that the lab's own timers need. */
export async function prepareCell(live: LiveLab, { service, scenario }: Cell): Promise<ResolvedScenario> {
  const instance = instanceOfVip(live.lab, service.vip);
  return await prepareScenario(live, scenario, {
    service,
    adapt: (steps) => (instance ? fitted(steps, live.lab, service, instance) : steps),
  });
}

/** What a cell has shown. Times in milliseconds. */
export interface Row {
  readonly event: Event;
  readonly service: string;
  readonly instance: string | null;
  readonly passed: boolean;
  /** What VRRP's timers promise; absent where they promise nothing. */
  readonly promise?: OutagePromise;
  /** The longest time without service after the event, and after everything was back; null: there was none. */
  readonly outageMs: number | null;
  readonly failbackMs: number | null;
  /** Requests that were not answered. */
  readonly lost: number;
  /** In words: the outage, or that there was none. */
  readonly seen: string;
  /** The steps that failed, in words. */
  readonly failures: readonly string[];
  /** The report of the run. */
  readonly report: string;
}

/** The row of a cell's run. @param report where its report is */
export function rowOf({ event }: Cell, { lab, steps, windows, interrupted }: RunResult, report: string): Row {
  const [fault, heal] = (["fault", "heal"] as const).map((kind) => steps.find((one) => one.kind === kind));
  const [broken, healed] = [fault, heal].map((step) => windows.find((window) => step && window.step === step.n));
  const longest = broken?.outage.longest ?? null;
  const outageMs = longest?.ms ?? null;
  // Nobody regrets an outage that is shorter than promised, as of a master that forwards packets to its heir while it stops. It has to be over.
  const isShorter = broken?.promise !== undefined && longest?.to !== null && (outageMs ?? 0) < broken.promise.minimumMs;
  const failed = steps.filter(
    ({ ok, title, n }) =>
      !ok && !(isShorter && title.includes("an outage of") && n < (heal?.n ?? Number.POSITIVE_INFINITY)),
  );
  return {
    event,
    service: lab.service,
    instance: lab.instance,
    passed: failed.length === 0 && interrupted === undefined,
    ...(broken?.promise ? { promise: broken.promise } : {}),
    outageMs,
    failbackMs: healed?.outage.longest?.ms ?? null,
    lost: windows.reduce((sum, { outage }) => sum + outage.counts.failed, 0),
    seen: broken ? outageWords(broken.outage) : "nothing was broken",
    failures: [
      ...failed.map(({ title, seen }) => `${title}: ${seen ?? "not done"}`),
      ...(interrupted === undefined ? [] : [`ended by ${interrupted}`]),
    ],
    report,
  };
}

/** The rows as a table for a terminal, with what did not hold below it. No newline at the end. */
export function formatMatrix(rows: readonly Row[]): string {
  const head = ["", "event", "service", "promised", "measured", "failback", "lost"];
  const lines = rows.map((row) => [
    row.passed ? "✓" : "✗",
    row.event,
    row.service,
    row.promise ? (bandWords({ ...row.promise, toleranceMs: 0 }).split(",")[0] as string) : "–",
    row.seen.startsWith("none") ? "none" : row.seen,
    row.failbackMs === null ? "none" : `${Math.round(row.failbackMs)} ms`,
    String(row.lost),
  ]);
  const widths = head.map((word, column) => Math.max(...[head, ...lines].map((line) => (line[column] ?? word).length)));
  const table = [head, ...lines].map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  const failures = rows.flatMap(({ event, service, failures: all, report }) =>
    all.length === 0 ? [] : [`✗ ${event}, ${service}:`, ...all.map((one) => `    ${one}`), `    ${report}`],
  );
  return [...table, ...(failures.length > 0 ? ["", ...failures] : [])].join("\n");
}

/** The services of a lab, for messages: `ADDRESS:PORT`. */
export const serviceWords = ({ services }: Lab): string =>
  services.map(({ vip, port }) => hostPort(vip, port)).join(", ") || "none";
