import { poolOf } from "../../../lab/lab.ts";
import { answersPerServer, areEven, serverNames } from "../../probe/index.ts";
import { tallyWords } from "../../report/words.ts";
import type { BalanceExpectation } from "../scenario.ts";
import type { Judge } from "./judge.ts";
import { probeOf } from "./requests.ts";

/** How long back is looked, in milliseconds, and how many answers it takes to say anything. */
const LOOK_BACK_MS = 2000;
const ENOUGH = 10;

export const balance: Judge<BalanceExpectation> = {
  expected: ({ share }) =>
    share === "even"
      ? "the real servers answer equal shares of the requests"
      : "only" in share
        ? `${share.only} answers every request`
        : `${share.without} answers no request`,
  look({ share }, observed) {
    const probe = probeOf(observed);
    const since = Math.max(probe.now() - LOOK_BACK_MS, observed.window.from);
    const answers = probe.requests.filter(({ ended, outcome }) => ended >= since && outcome === "answered");
    if (answers.length < ENOUGH) return { ok: false, seen: `only ${answers.length} were answered in the last 2 s` };
    const { lab } = observed.live;
    const idle = Object.fromEntries(poolOf(lab).map(({ name }) => [name, 0]));
    const shares = { ...idle, ...answersPerServer(answers, serverNames(lab)) };
    return { ok: fits(share, shares, answers.length), seen: tallyWords(shares) };
  },
  hint: "`ipvsadm -ln` on the master shows the table; a client whose ARP entry names a real server is not balanced at all.",
};

function fits(share: BalanceExpectation["share"], shares: Readonly<Record<string, number>>, all: number): boolean {
  if (share === "even") return areEven(Object.values(shares));
  return "only" in share ? shares[share.only] === all : !shares[share.without];
}
