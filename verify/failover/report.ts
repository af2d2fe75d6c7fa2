import { type Jitter, type Outage, strip } from "../probe/index.ts";
import { requestRows } from "../report/requests.ts";
import type { OutagePromise, RunLab, RunResult, StepResult } from "../report/result.ts";
import type { ResolvedScenario } from "../scenarios/index.ts";
import type { Diagnosis } from "../wire/records.ts";

/** The margin before and after an outage in `strip`, and the length of a character, in milliseconds. */
const STRIP = { aroundMs: 1000, binMs: 100 };

/** A property that a failover must have, and whether it had it. */
export interface Finding {
  readonly title: string;
  readonly expected: string;
  readonly seen: string;
  readonly ok: boolean;
}

/** What the client saw after the master's power was cut, or restored. Times are milliseconds on the run's clock. */
export interface Move {
  /** The last owner of the VIP on the wire, before and at the end: a server's name, or the hardware address of an unknown host. */
  readonly holder: { readonly before: string | null; readonly after: string | null };
  /** The hardware address in the client's ARP entry for the VIP, and the time until its last change; null: it did not change. */
  readonly arp: { readonly before: string | null; readonly after: string | null; readonly movedMs: number | null };
  /** The start and the end of the power action; at a failback, the end is when the master is up again. */
  readonly power: { readonly from: number; readonly to: number };
  readonly outage: Outage;
  /** VRRP's promise for it; absent for a failback. */
  readonly promise?: OutagePromise;
  /** Answered requests by the name of the server that answered. */
  readonly perServer: Readonly<Record<string, number>>;
  /** Service over time, a character each 100 ms: `█` all answered, `▁` none. From 1 s before the outage to 1 s after; empty without one. */
  readonly strip: string;
}

/** A measured failover, as JSON. A change that could break a reader raises `version`. */
export interface FailoverReport {
  readonly format: "lvs-lab failover";
  readonly version: 2;
  readonly stack: string;
  /** ISO 8601, wall clock. */
  readonly startedAt: string;
  readonly service: Pick<RunLab, "vip" | "port" | "scheduler">;
  readonly probe: { readonly intervalMs: number; readonly timeoutMs: number; readonly jitter: Jitter };
  /** The director that held the VIP, and the one that was to take over. */
  readonly master: RunDirector;
  readonly standby: RunDirector;
  /** Whether the returning master is to take the VIP back. */
  readonly preempts: boolean;
  /** Null: the lab was not healthy enough to break it; the findings say why. */
  readonly crash: Move | null;
  /** The return of the master. Null: the run ended before it; the master's power was restored nevertheless. */
  readonly failback: Move | null;
  /** The named events that the wire shows. */
  readonly diagnoses: readonly Diagnosis[];
  readonly findings: readonly Finding[];
  readonly passed: boolean;
  /** The signal that ended it early. */
  readonly interrupted?: string;
}

/** A director of the run. */
export type RunDirector = Pick<RunLab["servers"][number], "name" | "mac" | "priority">;

/** The failover report from a run of its scenario. */
export function failoverReport(
  result: RunResult,
  { master, standby, requires }: Pick<ResolvedScenario, "master" | "standby" | "requires">,
): FailoverReport {
  const { lab, load, steps, interrupted } = result;
  const of = (kind: StepResult["kind"]) => {
    const step = steps.find((one) => one.kind === kind);
    return step ? moveOf(result, step) : null;
  };
  const crash = of("fault");
  const findings = [...steps.filter(({ kind, ok }) => kind === "expect" || !ok).map(findingOf), ...aftermath(crash)];
  return {
    format: "lvs-lab failover",
    version: 2,
    stack: result.stack,
    startedAt: result.startedAt,
    service: { vip: lab.vip, port: lab.port, scheduler: lab.scheduler },
    probe: { intervalMs: load.intervalMs, timeoutMs: load.timeoutMs, jitter: load.jitter },
    master: directorOf(lab, master),
    standby: directorOf(lab, standby),
    preempts: requires.preempt ?? false,
    crash,
    failback: of("heal"),
    diagnoses: result.diagnoses,
    findings,
    passed: result.passed && findings.every(({ ok }) => ok),
    ...(interrupted === undefined ? {} : { interrupted }),
  };
}

const findingOf = ({ title, expected = "it works", seen = "done", ok }: StepResult): Finding => ({
  title,
  expected,
  seen,
  ok,
});

/** An expectation that the scenario does not have: nothing is lost outside the outage. */
const aftermath = (crash: Move | null): Finding[] =>
  crash
    ? [
        {
          title: "every request besides is served",
          expected: "none lost",
          seen: `${crash.outage.elsewhere} lost`,
          ok: crash.outage.elsewhere === 0,
        },
      ]
    : [];

function moveOf({ windows, series }: RunResult, { n, from: begun, to: done }: StepResult): Move | null {
  const window = windows.find(({ step }) => step === n);
  if (!window) return null;
  const { from, to, outage, perServer, promise } = window;
  const { longest } = outage;
  const holderAt = (at: number) => {
    const span = series.vipOwners.findLast((one) => one.from <= at);
    return span ? (span.server ?? span.mac) : null;
  };
  const arpAt = (at: number) => series.arp.findLast((one) => one.at <= at);
  const [before, after] = [arpAt(from), arpAt(to)];
  return {
    holder: { before: holderAt(from), after: holderAt(to) },
    arp: {
      before: before?.mac ?? null,
      after: after?.mac ?? null,
      movedMs: after && after.at > from ? after.at - from : null,
    },
    power: { from: begun, to: done },
    outage,
    ...(promise ? { promise } : {}),
    perServer,
    strip: longest
      ? strip(requestRows(series.requests), {
          from: longest.from - STRIP.aroundMs,
          to: longest.from + longest.ms + STRIP.aroundMs,
          binMs: STRIP.binMs,
        })
      : "",
  };
}

function directorOf({ servers }: RunLab, name: string | null): RunDirector {
  const found = servers.find((one) => one.name === name);
  if (!found) throw new Error(`the run's lab has no director ${name}`);
  const { mac, priority } = found;
  return { name: found.name, mac, ...(priority === undefined ? {} : { priority }) };
}
