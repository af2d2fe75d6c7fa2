import type { Amount, ShareExpectation } from "../scenario.ts";
import type { Judge } from "./judge.ts";
import { settled, windowRequests } from "./requests.ts";

const inWords = (amount: Amount): string => ("count" in amount ? String(amount.count) : `${amount.percent} %`);

export const share: Judge<ShareExpectation> = {
  expected({ kind, atLeast, atMost }) {
    if (atMost && "count" in atMost && atMost.count === 0)
      return `no request ${kind === "failed" ? "fails" : "is delayed"}`;
    const limits = [
      ...(atLeast ? [`at least ${inWords(atLeast)}`] : []),
      ...(atMost ? [`at most ${inWords(atMost)}`] : []),
    ];
    return `${limits.join(" and ")} of the requests ${kind === "failed" ? "fail" : "are delayed"}`;
  },
  async look({ kind, atLeast, atMost }, observed) {
    await settled(observed);
    const all = windowRequests(observed);
    const count = all.filter(({ outcome }) => outcome === kind).length;
    const percent = all.length === 0 ? 0 : (100 * count) / all.length;
    const value = (amount: Amount): [number, number] =>
      "count" in amount ? [count, amount.count] : [percent, amount.percent];
    const [low, lowest] = atLeast ? value(atLeast) : [0, 0];
    const [high, highest] = atMost ? value(atMost) : [0, 0];
    return {
      ok: all.length > 0 && low >= lowest && high <= highest,
      seen: `${count} of ${all.length} (${percent.toFixed(1)} %)`,
    };
  },
  hint: "The report lists every request with its outcome and error.",
};
