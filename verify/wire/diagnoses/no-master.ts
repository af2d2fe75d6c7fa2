import type { Diagnosis } from "../records.ts";
import type { Case } from "./case.ts";
import { duration, moment } from "./words.ts";

/**
 * Times without a master, unknown routers included: longer than the slowest director's master-down interval by at least one advertisement
 * interval, since timers of a busy machine are late.
 */
export function diagnoseNoMaster({ instance, evidence, facts, own, unknownRouters }: Case): Diagnosis[] {
  if (!instance) return [];
  const adverts = [...own, ...unknownRouters].sort((one, other) => one.at - other.at);
  const masters = adverts.filter(({ priority }) => priority > 0).map(({ at }) => at);
  const moments = [evidence.from, ...masters, evidence.to];
  return moments.slice(1).flatMap((next, index): Diagnosis[] => {
    const last = moments[index] ?? next;
    if (next - last <= facts.slowestMs + facts.intervalMs) return [];
    const resigned = adverts.find(({ at, priority }) => priority === 0 && at >= last && at <= next);
    const end = index === masters.length ? null : next;
    return [
      {
        id: "no-master",
        title: `nobody was master for ${duration(next - last)}`,
        from: last,
        to: end,
        who: [],
        because: [
          index === 0
            ? `${moment(last)}: the capture begins, and nobody advertises`
            : `${moment(last)}: the last advertisement of a master`,
          ...(resigned ? [`${moment(resigned.at)}: it resigned, with priority 0`] : []),
          end === null ? `${moment(next)}: the capture ends` : `${moment(next)}: the next one`,
          `the slowest director waits ${duration(facts.slowestMs)}`,
        ],
      },
    ];
  });
}
