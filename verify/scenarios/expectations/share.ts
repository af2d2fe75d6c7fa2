import { z } from "zod";
import { property } from "../../../lab/yaml/schema.ts";
import { boundRules } from "./bounds.ts";
import { defineExpectation, type ExpectationKind } from "./kind.ts";
import { settled, windowRequests } from "./requests.ts";

/** Measure: how many of the requests that ended in the window had one outcome. Ends included. `none` in the file is `atMost: 0`. */
export interface ShareExpectation<Outcome extends "failed" | "delayed" = "failed" | "delayed"> {
  readonly kind: Outcome;
  readonly atLeast?: Amount;
  readonly atMost?: Amount;
}

/** A number of requests, or per cent of the requests. */
export type Amount = { readonly count: number } | { readonly percent: number };

const amount = (key: string) =>
  property(
    z.custom<number | string>((value) =>
      typeof value === "number"
        ? Number.isInteger(value) && value >= 0
        : typeof value === "string" && /^\d+(\.\d+)?%$/.test(value) && Number.parseFloat(value) <= 100,
    ),
    "a number of requests, or a share of them from 0% to 100%",
    `write \`${key}: 3\` or \`${key}: 5%\``,
  );

const schema = (key: string) =>
  property(
    z.union([
      z.enum(["none"]),
      z.strictObject({ atMost: amount("atMost").optional(), atLeast: amount("atLeast").optional() }),
    ]),
    "none, or a map with atMost or atLeast",
    `write \`${key}: none\`, or \`${key}: { atMost: 1% }\``,
  );

/** The kind of expectation that counts the requests with an outcome. `verb` has one and many requests as its subject. */
export const shareOf = <Outcome extends "failed" | "delayed">(
  outcome: Outcome,
  verb: { readonly one: string; readonly many: string },
): ExpectationKind<ReturnType<typeof schema>, ShareExpectation<Outcome>> =>
  defineExpectation({
    schema: schema(outcome),
    complete(value): ShareExpectation<Outcome> {
      const { atLeast, atMost } = value === "none" ? { atMost: 0, atLeast: undefined } : value;
      return {
        kind: outcome,
        ...(atLeast !== undefined && { atLeast: amountOf(atLeast) }),
        ...(atMost !== undefined && { atMost: amountOf(atMost) }),
      };
    },
    rules: boundRules(`${outcome}: { atMost: 1% }`),
    load: "requests",
    isMeasure: () => true,
    waitsFor: "requests",
    expected({ atLeast, atMost }) {
      if (atMost && "count" in atMost && atMost.count === 0) return `no request ${verb.one}`;
      const limits = [
        ...(atLeast ? [`at least ${inWords(atLeast)}`] : []),
        ...(atMost ? [`at most ${inWords(atMost)}`] : []),
      ];
      return `${limits.join(" and ")} of the requests ${verb.many}`;
    },
    async look({ atLeast, atMost }, observed) {
      await settled(observed);
      const all = windowRequests(observed);
      const count = all.filter((request) => request.outcome === outcome).length;
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
  });

const amountOf = (amount: number | string): Amount =>
  typeof amount === "number" ? { count: amount } : { percent: Number.parseFloat(amount) };

const inWords = (amount: Amount): string => ("count" in amount ? String(amount.count) : `${amount.percent} %`);
