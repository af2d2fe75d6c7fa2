import { outageOf } from "../../probe/index.ts";
import { bandWords, ms, outageWords } from "../../report/words.ts";
import { isAsPromised, promiseOf } from "../promise.ts";
import type { OutageExpectation } from "../scenario.ts";
import type { Judge } from "./judge.ts";
import { inSchedule, settled } from "./requests.ts";

export const outage: Judge<OutageExpectation> = {
  expected({ band }, observed) {
    if (band === "none") return "the client sees no outage";
    if (band !== "promised") return `the client sees an outage of ${inWords(band)}`;
    const promise = promiseOf(observed);
    return promise
      ? `the client sees an outage of ${bandWords(promise)} (${promise.arithmetic})`
      : "VRRP promises something";
  },
  async look({ band }, observed) {
    await settled(observed);
    const found = outageOf(inSchedule(observed), { since: observed.window.from });
    const seen = outageWords(found);
    if (band === "none") return { ok: found.longest === null, seen };
    if (band !== "promised") {
      const longest = found.longest ?? { ms: 0, errorMs: 0, to: 0 };
      const [least, most] = [longest.ms - longest.errorMs, longest.ms + longest.errorMs];
      return { ok: longest.to !== null && most >= band.atLeastMs && least <= band.atMostMs, seen };
    }
    const promise = promiseOf(observed);
    return promise
      ? { ok: isAsPromised(found, promise), seen }
      : { ok: false, seen: `${seen}; but no fault on the master opened this window, so VRRP promises nothing` };
  },
  hint: "The report's timeline shows which part took long: the advertisements' silence, the takeover, or the client's ARP entry. Jitter of the probe and of advertisements is printed beside.",
};

function inWords({ atLeastMs, atMostMs }: Exclude<OutageExpectation["band"], string>): string {
  if (atMostMs === Number.MAX_SAFE_INTEGER) return `at least ${ms(atLeastMs)}`;
  return atLeastMs === 0 ? `at most ${ms(atMostMs)}` : `${Math.round(atLeastMs)} to ${ms(atMostMs)}`;
}
