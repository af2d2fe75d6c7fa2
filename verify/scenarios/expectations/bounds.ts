import { parseDuration } from "../../../lab/yaml/duration.ts";
import type { ExpectationRules } from "./kind.ts";

type Bound = string | number | undefined;

/** The rules of a map with `atMost` and `atLeast`. `example` is one with a bound, as it may be written. */
export const boundRules = (
  example: string,
): ExpectationRules<string | { readonly atMost?: Bound; readonly atLeast?: Bound }, object> => ({
  *empty(value, { path }) {
    if (typeof value === "object" && !("atMost" in value) && !("atLeast" in value)) {
      yield { path, expected: "atMost, atLeast or both", found: "none", remedy: `write \`${example}\`` };
    }
  },
  *"bounds-crossed"(value, { path }) {
    const { atMost, atLeast } = typeof value === "object" ? value : {};
    if (crossed(atLeast, atMost)) {
      yield {
        path: [...path, "atLeast"],
        expected: `no more than atMost, ${atMost}`,
        remedy: "exchange the two, or remove one",
        other: [...path, "atMost"],
      };
    }
  },
});

/** Whether a lower bound exceeds an upper one of the same unit: durations, counts or shares. */
function crossed(atLeast: Bound, atMost: Bound): boolean {
  const unit = (bound: unknown) => (typeof bound === "string" && bound.endsWith("%") ? "%" : typeof bound);
  const value = (bound: string | number) => parseDuration(bound) ?? Number.parseFloat(String(bound));
  return (
    atLeast !== undefined && atMost !== undefined && unit(atLeast) === unit(atMost) && value(atLeast) > value(atMost)
  );
}
