import { believes, endOfMastership, identificationOf, type Mastership } from "../masterships.ts";
import type { Diagnosis } from "../records.ts";
import { type Case, endOf } from "./case.ts";
import { handoversOf } from "./handovers.ts";
import { count, duration, listed, moment } from "./words.ts";

/** A time in which several routers were master at once. */
interface Together {
  readonly routers: readonly string[];
  readonly from: number;
  /** The last advertisement of the router that ended first, priority 0 included. */
  readonly to: number;
  readonly because: readonly string[];
}

/**
 * Directors that were master at once. In a handover, the old master's last advertisement may cross the new one's first; a master that sends
 * two more, over longer than an interval, does not hear the other. Two that drop each other's advertisements are split in any case.
 */
export function diagnoseSplitBrain(the: Case): Diagnosis[] {
  return merged([...overlaps(the), ...cutOff(the)], the.facts.intervalMs).map(({ routers, from, to, because }) => ({
    id: "split-brain",
    title: `${listed(routers)} were ${routers.length === 2 ? "both" : "all"} master for ${duration(to - from)}`,
    from,
    to: endOf(to, the),
    who: routers,
    because,
  }));
}

function overlaps({ masterships, facts }: Case): Together[] {
  return masterships.flatMap((one, index) =>
    masterships.slice(index + 1).flatMap((other): Together[] => {
      const from = Math.max(one.first.at, other.first.at);
      const to = Math.min(endOfMastership(one), endOfMastership(other));
      const [ones, others] = [within(one, from, to), within(other, from, to)];
      const split = !believes(one.last, other.last) || Math.min(ones, others) >= 2;
      if (one.router === other.router || to - from <= facts.intervalMs || !split) return [];
      return [
        {
          routers: [one.router, other.router],
          from,
          to,
          because: [
            `${moment(from)} to ${moment(to)}: ${count(ones, "advertisement")} of ${one.router} (priority ${one.last.priority}) ` +
              `and ${others} of ${other.router} (priority ${other.last.priority})`,
            believes(one.last, other.last)
              ? `one of them should have made way within ${duration(facts.intervalMs)}`
              : "they do not have the same password or version, so neither believes the other",
          ],
        },
      ];
    }),
  );
}

/** Masters cut off from the bridge: their count of advertisements, once heard again, shows that they never stopped. */
function cutOff(the: Case): Together[] {
  return handoversOf(the).flatMap(({ from, to, back }) =>
    back?.how === "cut-off"
      ? [
          {
            routers: [from.router, to.router],
            from: to.first.at,
            to: back.mastership.first.at,
            because: [
              `${moment(from.last.at)}: the last advertisement of ${from.router} that the bridge heard${identificationOf(from.last)}`,
              `${moment(to.first.at)}: ${to.router} advertises first`,
              `${moment(back.mastership.first.at)}: ${from.router} is heard again${identificationOf(back.mastership.first)}: ` +
                "it had gone on advertising all the time, cut off from the bridge",
            ],
          },
        ]
      : [],
  );
}

const within = ({ adverts }: Mastership, from: number, to: number): number =>
  adverts.filter(({ at }) => at >= from && at <= to).length;

/** Merges times that touch or are at most a few intervals apart. */
function merged(times: readonly Together[], intervalMs: number): Together[] {
  const found: Together[] = [];
  for (const one of times.toSorted((a, b) => a.from - b.from)) {
    const last = found.at(-1);
    if (!last || one.from > last.to + 3 * intervalMs) found.push(one);
    else
      found[found.length - 1] = {
        routers: [...new Set([...last.routers, ...one.routers])],
        from: last.from,
        to: Math.max(last.to, one.to),
        because: [...last.because, ...one.because],
      };
  }
  return found;
}
