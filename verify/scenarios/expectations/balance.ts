import { z } from "zod";
import { poolOf, sharesAreEven } from "../../../lab/index.ts";
import { property } from "../../../lab/yaml/schema.ts";
import { answersPerServer, areEven, serverNames } from "../../probe/index.ts";
import { tallyWords } from "../../report/words.ts";
import type { Selector } from "../selectors.ts";
import { realServer } from "../values.ts";
import { defineExpectation } from "./kind.ts";
import { probeOf } from "./requests.ts";

/**
 * State, of the requests that were answered in the last 2 s (at least 10).
 * - `even`: every real server of the lab with a weight above 0 answered, and the largest and the smallest share differ by no more than a
 *   tenth of the larger, or by two requests;
 * - `sorry`: all of them have the sorry server's page;
 * - `only`: this real server answered all of them;
 * - `without`: this one answered none.
 */
export interface BalanceExpectation {
  readonly kind: "balance";
  readonly share: "even" | "sorry" | { readonly only: Selector } | { readonly without: Selector };
}

/** How far back a look goes, in milliseconds, and the fewest answers that prove anything. */
const LOOK_BACK_MS = 2000;
const ENOUGH = 10;

export const balance = defineExpectation({
  schema: property(
    z.union([
      z.enum(["even", "sorry"]),
      z.strictObject({ only: realServer("only").optional(), without: realServer("without").optional() }),
    ]),
    "even, sorry, or a map with only or without",
    "write `balance: even`, or `balance: { without: real-server-1 }`",
  ),
  complete(value): BalanceExpectation {
    if (typeof value === "string") return { kind: "balance", share: value };
    // The rules leave exactly one of the two.
    const { only, without = "" } = value;
    return { kind: "balance", share: only === undefined ? { without } : { only } };
  },
  selectors: (value) =>
    typeof value === "string"
      ? []
      : [
          { path: ["only"], selector: value.only, wanted: "a real server" },
          { path: ["without"], selector: value.without, wanted: "a real server" },
        ],
  resolve(expectation, { one }) {
    const { share } = expectation;
    if (typeof share === "string") return expectation;
    return { ...expectation, share: "only" in share ? { only: one(share.only) } : { without: one(share.without) } };
  },
  rules: {
    *empty(value, { path }) {
      if (typeof value !== "string" && !("only" in value) && !("without" in value)) {
        yield { path, expected: "only or without", found: "none", remedy: "write `balance: even`" };
      }
    },
    *"balance-of-two-kinds"(value, { path }) {
      if (typeof value !== "string" && "only" in value && "without" in value) {
        yield {
          path: [...path, "without"],
          atKey: true,
          expected: "only or without, not both",
          found: "without beside only",
          remedy: "remove one of the two",
          other: [...path, "only"],
        };
      }
    },
  },
  labRules: {
    *"sorry-without-server"(value, { path, service }) {
      if (value !== "sorry" || service.sorryServer) return;
      yield {
        path,
        expected: `a sorry server of the service ${service.name}`,
        found: "none",
        remedy:
          "run the scenario on a lab whose service has a `sorryServer`, and write `requires: { sorryServer: true }`",
      };
    },
    *"uneven-lab"(value, { path, service }) {
      if (value !== "even" || sharesAreEven(service)) return;
      const { scheduler, persistenceTimeout } = service;
      const unequal = new Set(poolOf(service).map(({ weight }) => weight)).size > 1;
      yield {
        path,
        expected: "a lab that shares the requests of one client equally among real servers",
        found: `scheduler ${scheduler}${persistenceTimeout === undefined ? "" : ` with persistenceTimeout ${persistenceTimeout}`}${unequal ? ", unequal weights" : ""}`,
        remedy: "run the scenario on a lab with `scheduler: rr` and without `persistenceTimeout`",
      };
    },
  },
  load: "requests",
  expected: ({ share }) =>
    typeof share === "string"
      ? expectedWords[share]
      : "only" in share
        ? `${share.only} answers every request`
        : `${share.without} answers no request`,
  look({ share }, observed) {
    const probe = probeOf(observed);
    const since = Math.max(probe.now() - LOOK_BACK_MS, observed.window.from);
    const answers = probe.requests.filter(({ ended, outcome }) => ended >= since && outcome === "answered");
    if (answers.length < ENOUGH) return { ok: false, seen: `only ${answers.length} were answered in the last 2 s` };
    const { service } = observed;
    if (share === "sorry") {
      const sorry = answers.filter(({ body }) => body === service.sorryServer?.page.trim()).length;
      return {
        ok: sorry === answers.length,
        seen: `${sorry} of ${answers.length} answers were the sorry server's page`,
      };
    }
    const idle = Object.fromEntries(poolOf(service).map(({ server }) => [server, 0]));
    const shares = { ...idle, ...answersPerServer(answers, serverNames(service)) };
    return { ok: fits(share, shares, answers.length), seen: tallyWords(shares) };
  },
  hint: "`ipvsadm -ln` on the master shows the table; a client whose ARP entry names a real server is not balanced at all.",
});

const expectedWords = {
  even: "the real servers answer equal shares of the requests",
  sorry: "the sorry server answers every request",
} as const;

function fits(
  share: Exclude<BalanceExpectation["share"], "sorry">,
  shares: Readonly<Record<string, number>>,
  all: number,
): boolean {
  if (share === "even") return areEven(Object.values(shares));
  return "only" in share ? shares[share.only] === all : !shares[share.without];
}
