import { interfaceOn, priorityIn, serverNamed, skew, skewOf as skewIn } from "../../../lab/index.ts";
import { believes, endOfMastership, identificationOf, type Mastership, type Return, returnOf } from "../masterships.ts";
import type { Diagnosis } from "../records.ts";
import type { Case } from "./case.ts";
import { count, duration, moment } from "./words.ts";

/** The end of one mastership and the beginning of the next. */
export interface Handover {
  readonly from: Mastership;
  readonly to: Mastership;
  /**
   * - `resigned`: the master sent priority 0, and the standby took over;
   * - `preempted`: a router of higher priority advertised, and the live master yielded;
   * - `lost`: the master fell silent, and the standby took over.
   */
  readonly how: "resigned" | "preempted" | "lost";
  /** The next mastership of a lost master, and how it returned. */
  readonly back?: { readonly mastership: Mastership; readonly how: Return };
}

/** Advertisement intervals for which a master counts as alive after its last advertisement: one, and the delay of a busy machine. */
const ALIVE = 2;

/** Handovers between the lab's directors, in the order of time, without those that an unknown router caused. */
export function handoversOf({ masterships, facts, own, unknownRouters }: Case): Handover[] {
  const { intervalMs } = facts;
  return masterships.flatMap((from): Handover[] => {
    const end = endOfMastership(from);
    const others = masterships.filter(({ router, first }) => router !== from.router && believes(first, from.last));
    // With another master before and after, only a second master ended: no handover.
    if (others.some((one) => one.first.at < end - ALIVE * intervalMs && one.last.at > end)) return [];
    const again = masterships.find((one) => one.router === from.router && one.first.at > from.first.at);
    const to = others.find((one) => one.first.at > from.first.at && one.first.at >= end - intervalMs);
    if (!to || (again && again.first.at < to.first.at)) return [];
    if (
      unknownRouters.some(
        (one) =>
          one.priority > 0 &&
          believes(one, from.last) &&
          one.at > Math.max(from.first.at, end - intervalMs) &&
          one.at < to.first.at,
      )
    )
      return [];
    if (from.resigned && to.first.at >= from.resigned.at) return [{ from, to, how: "resigned" }];
    if (to.first.at - from.last.at < ALIVE * intervalMs)
      return to.last.priority > from.last.priority ? [{ from, to, how: "preempted" }] : [];
    // keepalived delays its own advertisement whenever it drops one with a wrong password: that silence is no loss.
    const dropped = [...own, ...unknownRouters].filter((one) => one.priority > 0 && !believes(one, from.last));
    if (dropped.some(({ at }) => at > from.last.at && at < to.first.at)) return [];
    return [
      {
        from,
        to,
        how: "lost",
        ...(again ? { back: { mastership: again, how: returnOf(from.last, again.first, intervalMs) } } : {}),
      },
    ];
  });
}

/** Diagnoses of all handovers, and of masters that froze and returned. */
export function diagnoseHandovers(the: Case): Diagnosis[] {
  const handovers = handoversOf(the);
  const stoodStill = new Map(handovers.filter((one) => isFrozen(the, one)).map((one) => [one.back?.mastership, one]));
  return handovers.flatMap((handover) => {
    const { from, to, how } = handover;
    if (how === "resigned") return [cleanHandover(the, from, to)];
    if (how === "lost") return [isFrozen(the, handover) ? frozenDirector(the, handover) : masterCrash(the, handover)];
    // The return of a frozen master is part of that diagnosis.
    return stoodStill.has(to) ? [] : [preemption(the, from, to)];
  });
}

/** Whether a lost master froze rather than crashed: by the caller's hints, else by its return. */
export function isFrozen({ hints }: Case, { from, how, back }: Handover): boolean {
  if (how !== "lost") return false;
  const hint = hints.find(
    (one) =>
      one.server === from.router &&
      one.from < (back?.mastership.first.at ?? Number.POSITIVE_INFINITY) &&
      (one.to ?? Number.POSITIVE_INFINITY) > from.last.at,
  );
  return hint ? hint.state === "paused" : back?.how === "stood-still";
}

function cleanHandover(the: Case, from: Mastership, to: Mastership): Diagnosis {
  const resigned = endOfMastership(from);
  const tookMs = to.first.at - resigned;
  return {
    id: "clean-handover",
    title: `${from.router} resigned with priority 0, and ${to.router} took over ${duration(tookMs)} later`,
    from: resigned,
    to: to.first.at,
    who: [from.router, to.router],
    because: [
      `${moment(resigned)}: ${from.router} advertises priority 0`,
      `${moment(to.first.at)}: ${to.router} advertises first, with priority ${to.first.priority}`,
      `promised: its skew of ${duration(skewOf(the, to))}`,
    ],
  };
}

function preemption({ facts, masterships }: Case, from: Mastership, to: Mastership): Diagnosis {
  const before = masterships.findLast((one) => one.router === to.router && one.last.at < to.first.at);
  return {
    id: "preemption",
    title: `${to.router} (priority ${to.first.priority}) took over from ${from.router} (priority ${from.last.priority}), which was alive`,
    from: to.first.at,
    to: Math.max(to.first.at, from.last.at),
    who: [to.router, from.router],
    because: [
      `${moment(from.last.at)}: ${from.router}'s last advertisement`,
      `${moment(to.first.at)}: ${to.router} advertises first${identificationOf(to.first)}`,
      ...(before ? [returnInWords(before, to, returnOf(before.last, to.first, facts.intervalMs))] : []),
    ],
  };
}

function masterCrash(the: Case, { from, to, back }: Handover): Diagnosis {
  const { intervalMs } = the.facts;
  const tookMs = to.first.at - from.last.at;
  const skewMs = skewOf(the, to);
  return {
    id: "master-crash",
    title: `${from.router} fell silent without a word, and ${to.router} took over ${duration(tookMs)} after its last advertisement`,
    from: from.last.at,
    to: to.first.at,
    who: [from.router, to.router],
    because: [
      `${moment(from.last.at)}: ${from.router}'s last advertisement, priority ${from.last.priority}; no priority 0 after it`,
      `${moment(to.first.at)}: ${to.router} advertises first, with priority ${to.first.priority}`,
      `promised: ${to.router}'s master-down interval, 3 × ${duration(intervalMs)} + skew ${duration(skewMs)} = ${duration(3 * intervalMs + skewMs)}`,
      ...(back ? [returnInWords(from, back.mastership, back.how)] : [`${from.router} was not heard any more`]),
    ],
  };
}

function frozenDirector(the: Case, { from, to, back }: Handover): Diagnosis {
  const until = back?.mastership.first.at ?? null;
  const silentMs = (until ?? the.evidence.to) - from.last.at;
  return {
    id: "frozen-director",
    title: back
      ? `${from.router} stood still for ${duration(silentMs)} and came back as if it were still master, while ${to.router} was`
      : `${from.router} stands still since ${duration(silentMs)}, and ${to.router} is master`,
    from: from.last.at,
    to: until,
    who: [from.router, to.router],
    because: [
      `${moment(from.last.at)}: ${from.router}'s last advertisement${identificationOf(from.last)}; no priority 0 after it`,
      `${moment(to.first.at)}: ${to.router} advertises first, ${duration(to.first.at - from.last.at)} later`,
      ...(back ? [returnInWords(from, back.mastership, back.how), ...burst(back.mastership)] : []),
      ...hostLife(the, from, until ?? the.evidence.to),
      ...the.hints
        .filter(({ server, state }) => server === from.router && state === "paused")
        .map((hint) => `known: its machine was paused at ${moment(hint.from)}`),
    ],
  };
}

/** A keepalived that wakes up answers its queue at once: one advertisement for each queued one of lower priority. */
function burst({ router, adverts, first }: Mastership): string[] {
  const atOnce = adverts.filter(({ at }) => at - first.at < 50).length;
  return atOnce > 1 ? [`${atOnce} advertisements of ${router} within 50 ms: it answered those that had queued up`] : [];
}

/** Whether the machine was alive while its keepalived was silent, by other frames from its hardware address. */
function hostLife({ evidence, lab, instance }: Case, { router, last }: Mastership, until: number): string[] {
  const isMember = instance?.members.some(({ server }) => server === router);
  const mac = instance && isMember && interfaceOn(serverNamed(lab, router), instance.network).mac.toLowerCase();
  // Answers may be under way for a second after its last advertisement, and it wakes up just before the next one.
  const seen = (evidence.sightings.get(mac || "") ?? []).filter((at) => at > last.at + 1000 && at < until - 250).length;
  return [
    seen > 0
      ? `${count(seen, "frame")} of other kinds came from its hardware address meanwhile: not the machine stood still, but its keepalived`
      : "nothing else came from its hardware address meanwhile: the machine or its keepalived alone, the wire does not tell",
  ];
}

function returnInWords({ last, router }: Mastership, { first }: Mastership, how: Return): string {
  const back = `${moment(first.at)}: ${router} advertises again, with priority ${first.priority}${identificationOf(first, " and ")}${last.ipId === undefined ? "" : ` after ${last.ipId}`}`;
  const words: Record<Return, string> = {
    "stood-still":
      "the very next: its keepalived neither started anew nor sent anything in between, not even a priority 0",
    "link-down": "its keepalived did not start anew, and sent little that the bridge did not see: its link was down",
    "cut-off": "it went on advertising all the time where the bridge did not hear it",
    "started-anew": "its keepalived was started anew",
    unknown: "it does not count its advertisements, so the wire does not tell whether it started anew",
  };
  return `${back}: ${words[how]}`;
}

/** The skew of the router that took over, in milliseconds: by the priority that it had then, or the longest one of its sync group. */
function skewOf({ lab, instance }: Case, { router, first }: Mastership): number {
  if (!instance) return 0;
  const own = skew({ ...instance, priority: first.priority });
  return priorityIn(instance, router) === undefined ? own : Math.max(own, skewIn(lab, instance, router));
}
