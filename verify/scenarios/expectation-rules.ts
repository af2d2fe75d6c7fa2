import type { Rule } from "../../lab/yaml/rules.ts";
import { type Draft, expectationsIn } from "./draft.ts";
import { type ExpectationName, expectationNames, kindNamed } from "./expectations/index.ts";
import type { InLab, Known, Placed } from "./expectations/kind.ts";

/** The rules that a kind of expectation may have, with what they know. */
interface Contexts {
  readonly rules: Known;
  readonly labRules: InLab;
}

/**
 * The rules of scenario files, extended by those of the kinds of expectation. Rules with one id become one rule.
 * @param applies whether the rules of a kind apply; by default always
 */
export function withExpectationRules<Sort extends keyof Contexts, Context extends Contexts[Sort]>(
  ofFile: Readonly<Record<string, Rule<Draft, Context>>>,
  sort: Sort,
  applies: (name: ExpectationName, context: Context) => boolean = () => true,
): Readonly<Record<string, Rule<Draft, Context>>> {
  const rulesOf = (name: ExpectationName) =>
    (kindNamed(name)[sort] ?? {}) as unknown as Readonly<Record<string, Rule<unknown, Context & Placed>>>;
  const ids = [...Object.keys(ofFile), ...expectationNames.flatMap((name) => Object.keys(rulesOf(name)))];
  const rule = (id: string): Rule<Draft, Context> =>
    function* (draft, context) {
      yield* ofFile[id]?.(draft, context) ?? [];
      for (const { name, value, ...placed } of expectationsIn(draft)) {
        const check = rulesOf(name)[id];
        if (check && value !== undefined && applies(name, context)) yield* check(value, { ...context, ...placed });
      }
    };
  return Object.fromEntries([...new Set(ids)].map((id) => [id, rule(id)]));
}
