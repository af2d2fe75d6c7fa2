import { directors } from "../../../lab/lab.ts";
import { skew } from "../../../lab/vrrp.ts";
import type { Diagnosis } from "../records.ts";
import { believes, endOfReign, type Reign, type Return, returnOf } from "../reigns.ts";
import type { Case } from "./case.ts";
import { count, duration, moment } from "./words.ts";

/** One master's end and the next one's beginning. */
export interface Handover {
  readonly from: Reign;
  readonly to: Reign;
  /**
   * - `resigned`: priority 0, and the other one took over;
   * - `preempted`: a better one came while it was alive, and it made way;
   * - `lost`: it fell silent without a word, and the other one took over.
   */
  readonly how: "resigned" | "preempted" | "lost";
  /** Of a lost master: its next reign, and how it came back to it. */
  readonly back?: { readonly reign: Reign; readonly how: Return };
}

/** How many advertisement intervals after a master's last advertisement it still counts as alive: one, and what a busy machine is late. */
const ALIVE = 2;

/** The handovers between the lab's directors, in the order of time. Those in which a stranger had a part are left out: it explains them. */
export function handoversOf({ reigns, facts, own, foreign }: Case): Handover[] {
  const { intervalMs } = facts;
  return reigns.flatMap((from): Handover[] => {
    const end = endOfReign(from);
    const others = reigns.filter(({ router, first }) => router !== from.router && believes(first, from.last));
    // With another master that was there before and goes on, a second one is gone and nothing was handed over.
    if (others.some((one) => one.first.at < end - ALIVE * intervalMs && one.last.at > end)) return [];
    const again = reigns.find((one) => one.router === from.router && one.first.at > from.first.at);
    const to = others.find((one) => one.first.at > from.first.at && one.first.at >= end - intervalMs);
    if (!to || (again && again.first.at < to.first.at)) return [];
    if (
      foreign.some(
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
    // keepalived puts off its own advertisement whenever it drops one with a bad password: that silence is not its own.
    const dropped = [...own, ...foreign].filter((one) => one.priority > 0 && !believes(one, from.last));
    if (dropped.some(({ at }) => at > from.last.at && at < to.first.at)) return [];
    return [
      {
        from,
        to,
        how: "lost",
        ...(again ? { back: { reign: again, how: returnOf(from.last, again.first, intervalMs) } } : {}),
      },
    ];
  });
}

/** Names for the handovers, and for a master that stood still and came back. */
export function diagnoseHandovers(the: Case): Diagnosis[] {
  const handovers = handoversOf(the);
  const stoodStill = new Map(handovers.filter((one) => isFrozen(the, one)).map((one) => [one.back?.reign, one]));
  return handovers.flatMap((handover) => {
    const { from, to, how } = handover;
    if (how === "resigned") return [cleanHandover(the, from, to)];
    if (how === "lost") return [isFrozen(the, handover) ? frozenDirector(the, handover) : masterCrash(the, handover)];
    // One that comes back as a master without knowing that it was gone is told of with its freezing.
    return stoodStill.has(to) ? [] : [preemption(the, from, to)];
  });
}

/** Whether a lost master stood still rather than died: by what the caller knows, else by how it came back. */
export function isFrozen({ hints }: Case, { from, how, back }: Handover): boolean {
  if (how !== "lost") return false;
  const hint = hints.find(
    (one) =>
      one.server === from.router &&
      one.from < (back?.reign.first.at ?? Number.POSITIVE_INFINITY) &&
      (one.to ?? Number.POSITIVE_INFINITY) > from.last.at,
  );
  return hint ? hint.state === "paused" : back?.how === "stood-still";
}

function cleanHandover({ lab }: Case, from: Reign, to: Reign): Diagnosis {
  const resigned = endOfReign(from);
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
      `promised: its skew of ${duration(skew({ ...lab.keepalived, priority: priorityOf(lab, to) }))}`,
    ],
  };
}

function preemption({ facts, reigns }: Case, from: Reign, to: Reign): Diagnosis {
  const before = reigns.findLast((one) => one.router === to.router && one.last.at < to.first.at);
  return {
    id: "preemption",
    title: `${to.router} (priority ${to.first.priority}) took over from ${from.router} (priority ${from.last.priority}), which was alive`,
    from: to.first.at,
    to: Math.max(to.first.at, from.last.at),
    who: [to.router, from.router],
    because: [
      `${moment(from.last.at)}: ${from.router}'s last advertisement`,
      `${moment(to.first.at)}: ${to.router} advertises first, IP identification ${to.first.ipId}`,
      ...(before ? [returnInWords(before, to, returnOf(before.last, to.first, facts.intervalMs))] : []),
    ],
  };
}

function masterCrash({ lab, facts }: Case, { from, to, back }: Handover): Diagnosis {
  const { intervalMs } = facts;
  const tookMs = to.first.at - from.last.at;
  const skewMs = skew({ ...lab.keepalived, priority: priorityOf(lab, to) });
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
      ...(back ? [returnInWords(from, back.reign, back.how)] : [`${from.router} was not heard any more`]),
    ],
  };
}

function frozenDirector(the: Case, { from, to, back }: Handover): Diagnosis {
  const until = back?.reign.first.at ?? null;
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
      `${moment(from.last.at)}: ${from.router}'s last advertisement, IP identification ${from.last.ipId}; no priority 0 after it`,
      `${moment(to.first.at)}: ${to.router} advertises first, ${duration(to.first.at - from.last.at)} later`,
      ...(back ? [returnInWords(from, back.reign, back.how), ...burst(back.reign)] : []),
      ...hostLife(the, from, until ?? the.evidence.to),
      ...the.hints
        .filter(({ server, state }) => server === from.router && state === "paused")
        .map((hint) => `known: its machine was paused at ${moment(hint.from)}`),
    ],
  };
}

/** What a keepalived that wakes up finds in its queue it answers at once: an advertisement for each lower one. */
function burst({ router, adverts, first }: Reign): string[] {
  const atOnce = adverts.filter(({ at }) => at - first.at < 50).length;
  return atOnce > 1 ? [`${atOnce} advertisements of ${router} within 50 ms: it answered those that had queued up`] : [];
}

/** Whether the machine lived while its keepalived did not, by what else came from its hardware address. */
function hostLife({ evidence, lab }: Case, { router, last }: Reign, until: number): string[] {
  const mac = directors(lab)
    .find(({ name }) => name === router)
    ?.mac.toLowerCase();
  // A second after its last word there may still be answers under way, and just before its next it wakes up.
  const seen = (evidence.sightings.get(mac ?? "") ?? []).filter((at) => at > last.at + 1000 && at < until - 250).length;
  return [
    seen > 0
      ? `${count(seen, "frame")} of other kinds came from its hardware address meanwhile: not the machine stood still, but its keepalived`
      : "nothing else came from its hardware address meanwhile: the machine or its keepalived alone, the wire does not tell",
  ];
}

function returnInWords({ last, router }: Reign, { first }: Reign, how: Return): string {
  const back = `${moment(first.at)}: ${router} advertises again, with priority ${first.priority} and IP identification ${first.ipId} after ${last.ipId}`;
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

const priorityOf = (lab: Case["lab"], { router, first }: Reign): number =>
  directors(lab).find(({ name }) => name === router)?.priority ?? first.priority;
