import {
  hostPort,
  instanceOfVip,
  type Lab,
  poolOf,
  type RealServerFailure,
  removalTime,
  type SecondsBand,
  seesFailure,
  type VirtualService,
  type VrrpInstance,
} from "../lab/index.ts";
import { fitted } from "../verify/failover/index.ts";
import type { LiveLab } from "../verify/live/live-lab.ts";
import type { OutagePromise, RunResult } from "../verify/report/result.ts";
import { ms, outageWords } from "../verify/report/words.ts";
import { prepareScenario, type ResolvedScenario, type Scenario } from "../verify/scenarios/index.ts";
import type { Budgets } from "./plan/plan.ts";

/** What may happen, the most telling first. Events of a master move its addresses; events of a real server are for the health checks to see. */
export const events = {
  crash: { title: "the master loses its power", scenario: "director-down" },
  stop: { title: "keepalived is stopped on the master", scenario: "keepalived-stopped" },
  cable: { title: "the master's cables are pulled", scenario: "link-down" },
  freeze: { title: "the master freezes", scenario: "director-frozen" },
  partition: { title: "the directors do not hear each other", scenario: "split-brain" },
  reboot: { title: "the master is rebooted", scenario: "director-reboot" },
  refuse: {
    title: "a real server refuses connections",
    scenario: "real-server-down",
    realServer: { failure: "refuses", fault: "httpd-stop" },
  },
  dead: {
    title: "a real server is gone without a word",
    scenario: "real-server-down",
    realServer: { failure: "silent", fault: "link-down" },
  },
  hang: {
    title: "a real server accepts connections and does not answer",
    scenario: "hang-detected",
    realServer: { failure: "hangs", fault: "httpd-hang" },
  },
} as const satisfies Record<string, EventOf>;

interface EventOf {
  readonly title: string;
  /** The shipped scenario. */
  readonly scenario: string;
  /** Of an event of a real server: how it fails, and the fault that does it. */
  readonly realServer?: { readonly failure: RealServerFailure; readonly fault: string };
}

export type Event = keyof typeof events;
export const eventNames = Object.keys(events) as Event[];

/** A cell of the matrix: an event, as the clients of a service see it. */
export interface Cell {
  readonly event: Event;
  readonly service: VirtualService;
  readonly scenario: string;
}

/**
 * The cells of a lab. Of a master's events, services whose address is held by the same instance see the same: the first one with real servers stands for
 * all of them. Of a real server's, the first of each service fails, if another one is left and a health check sees it.
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
    .flatMap((event) => {
      const { scenario, realServer }: EventOf = events[event];
      if (realServer)
        return lab.services
          .filter((service) => poolOf(service).length > 1 && seesFailure(service, realServer.failure))
          .map((service): Cell => ({ event, service, scenario }));
      return telling.flatMap((service): Cell[] => {
        if (instanceOfVip(lab, service.vip)?.preempt) return [{ event, service, scenario }];
        // The other scenarios end when the master has its addresses back.
        return event === "crash" ? [{ event, service, scenario: "no-preemption" }] : [];
      });
    });
}

/** A cell's scenario, with the deadlines that the lab's own timers need. */
export async function prepareCell(live: LiveLab, { event, service, scenario }: Cell): Promise<ResolvedScenario> {
  const instance = instanceOfVip(live.lab, service.vip);
  const { realServer }: EventOf = events[event];
  return await prepareScenario(live, scenario, {
    service,
    adapt: (steps) => {
      const own = realServer ? onRealServer(steps, realServer.fault) : steps;
      return instance ? fitted(own, live.lab, service, instance) : own;
    },
  });
}

/** The steps with another fault, and with what is expected of any service alone: mails and shares depend on the configuration. */
const onRealServer = (steps: Scenario["steps"], fault: string): Scenario["steps"] =>
  steps.flatMap((step): Scenario["steps"] => {
    if (step.kind === "fault" || step.kind === "heal") return [{ ...step, fault }];
    if (step.kind !== "expect") return [step];
    const expectations = step.expectations.filter(({ kind }) => kind === "table" || kind === "served");
    return expectations.length === 0 ? [] : [{ ...step, expectations }];
  });

/** What a cell has shown. Times in milliseconds. */
export interface Row {
  readonly event: Event;
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
  /** The report of the run. */
  readonly report: string;
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
  { event, service }: Cell,
  { lab, steps, windows, interrupted }: RunResult,
  report: string,
  budgets: Budgets = {},
): Row {
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
  const measured = {
    event,
    ...detectionOf(event, service, steps),
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

/** The time from the fault of a real server until it was out of the table, if it came to that. */
function detectionOf(event: Event, { healthCheck }: VirtualService, steps: RunResult["steps"]): Pick<Row, "detection"> {
  const { realServer }: EventOf = events[event];
  const at = steps.findIndex(({ kind }) => kind === "fault");
  const [fault, out] = [steps[at], steps[at + 1]];
  const promise = realServer && healthCheck && removalTime(healthCheck, realServer.failure);
  return promise && fault && out?.ok ? { detection: { promise, ms: out.to - fault.from } } : {};
}

/** The rows as a table for a terminal, with what did not hold below it. No newline at the end. */
export function formatMatrix(rows: readonly Row[]): string {
  const head = ["", "event", "service", "promised", "measured", "failback", "lost"];
  const lines = rows.map((row) => [
    row.passed ? "✓" : "✗",
    row.event,
    row.service,
    ...figuresOf(row),
    row.failbackMs === null ? "none" : ms(row.failbackMs),
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

/** What was promised and what was measured, in words: the outage, or of a real server's event the time until it was out of the table. */
function figuresOf({ promise, detection, seen }: Row): [promised: string, measured: string] {
  if (detection) {
    const { minimum, maximum } = detection.promise;
    return [`out in ${rounded(minimum)} to ${rounded(maximum)} s`, `out after ${rounded(detection.ms / 1000)} s`];
  }
  const promised = promise ? `${Math.round(promise.minimumMs)} to ${ms(promise.maximumMs)}` : "–";
  return [promised, seen.startsWith("none") ? "none" : seen];
}

const rounded = (seconds: number): number => Math.round(seconds * 10) / 10;

/** The services of a lab, for messages: `ADDRESS:PORT`. */
export const serviceWords = ({ services }: Lab): string =>
  services.map(({ vip, port }) => hostPort(vip, port)).join(", ") || "none";
