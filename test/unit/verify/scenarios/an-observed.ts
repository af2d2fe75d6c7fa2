import { instanceOfVip } from "../../../../lab/index.ts";
import { RunClock } from "../../../../verify/live/clock.ts";
import type { LiveLab } from "../../../../verify/live/live-lab.ts";
import type { ArpChange, Probe, ProbedRequest } from "../../../../verify/probe/index.ts";
import type { HeldConnection } from "../../../../verify/probe/records.ts";
import { allHaveEnded, isSteady } from "../../../../verify/probe/steady.ts";
import { type Expectation, kindOf } from "../../../../verify/scenarios/expectations/index.ts";
import type { Verdict } from "../../../../verify/scenarios/expectations/kind.ts";
import type { Observed, OpenWindow } from "../../../../verify/scenarios/observed.ts";
import type { Capture, WireEvidence } from "../../../../verify/wire/index.ts";
import { type Answer, aLiveLab, RecordedView } from "../a-live-lab.ts";
import { serviceOf } from "../other-labs.ts";

export const ha = await aLiveLab("ha");
export const dr = await aLiveLab("dr");

/** How often the recorded probe asked, in milliseconds. */
export const EVERY = 100;

/** How a request ended: by the server that answered, late by it, or with an error. */
export type Ending = string | { readonly late: string } | { readonly error: string; readonly after?: number };

/** Requests on the schedule, one for each ending, the first due at `from`. A failed one hung for 2 s unless told otherwise. */
export const asked = (endings: readonly Ending[], from = 0): ProbedRequest[] =>
  endings.map((ending, index) => {
    const due = from + index * EVERY;
    const base = { n: (from + index * EVERY) / EVERY, due, started: due, body: "" };
    if (typeof ending === "string")
      return { ...base, connected: due + 1, ended: due + 3, outcome: "answered", body: ending };
    if ("late" in ending)
      return { ...base, connected: due + 1001, ended: due + 1003, outcome: "delayed", body: ending.late };
    return { ...base, connected: null, ended: due + (ending.after ?? 2000), outcome: "failed", error: ending.error };
  });

export const refused = { error: "ECONNREFUSED", after: 1 };
export const timeout = { error: "TIMEOUT" };

export const times = <T>(count: number, ...ones: readonly T[]): T[] => Array.from({ length: count }, () => ones).flat();

/** What a run has seen up to `now`, in milliseconds on its clock. */
export interface Sight {
  readonly live?: LiveLab;
  readonly now?: number;
  /** Where the window begins, and by what. Default: it is the first, at 0. */
  readonly window?: Partial<OpenWindow>;
  /** Of any time: those that have not ended by `now` are not known yet. Null: no load. */
  readonly requests?: readonly ProbedRequest[] | null;
  readonly arp?: readonly ArpChange[];
  readonly held?: readonly HeldConnection[];
  readonly wire?: Partial<WireEvidence>;
  readonly mark?: { readonly mailbox: number; readonly cursor: string };
}

/** What matchers look at, from records of a probe and a capture in place of those at work. */
export function anObserved(sight: Sight = {}): Observed {
  const { live = ha, window = {}, requests = [], arp = [], held = [], wire = {} } = sight;
  let { now = 10_000 } = sight;
  const asked = (requests ?? []).toSorted((one, other) => one.ended - other.ended);
  const ended = () => asked.filter((one) => one.ended <= now);
  const probe = {
    get requests() {
      return ended();
    },
    arp,
    held,
    now: () => now,
    steady: (forMs: number) => isSteady(ended(), { intervalMs: EVERY, timeoutMs: 2000, now, forMs }),
    /** Lets time go on until all that is due now has ended, or until nothing more is recorded. */
    settled: async () => {
      const until = now;
      for (const one of asked) {
        if (allHaveEnded(ended(), { intervalMs: EVERY, until })) break;
        now = Math.max(now, one.ended);
      }
    },
  };
  const evidence: WireEvidence = {
    from: 0,
    to: now,
    adverts: [],
    gratuitousArp: [],
    claims: [],
    handshakes: [],
    sightings: new Map(),
    ...wire,
  };
  const clock = new RunClock();
  clock.now = () => now;
  const service = serviceOf(live.lab);
  const instance = instanceOfVip(live.lab, service.vip) ?? null;
  return {
    live,
    service,
    instance,
    clock,
    probe: requests === null ? null : (probe as unknown as Probe),
    capture: { adverts: evidence.adverts, evidence: () => evidence } as unknown as Capture,
    window: { step: 0, title: "before the first fault", from: 0, ...window },
    baselines: { of: () => sight.mark ?? { mailbox: 0, cursor: "" } } as unknown as Observed["baselines"],
    master: "server1",
    standby: instance ? "server4" : null,
  };
}

/** The verdict on an expectation; `answer` is what its commands print. */
export async function match(
  expectation: Expectation,
  sight: Sight = {},
  answer: (where: string, command: string) => Answer = () => "",
): Promise<Verdict> {
  const observed = anObserved(sight);
  return await kindOf(expectation).look(expectation, observed, new RecordedView(observed.live, answer));
}

/** How an expectation is put in words. */
export const expectedOf = (expectation: Expectation, sight: Sight = {}): string =>
  kindOf(expectation).expected(expectation, anObserved(sight));
