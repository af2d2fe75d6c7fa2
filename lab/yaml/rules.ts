import type { Finding } from "./document.ts";

/** What a rule finds wrong. */
export type Statement = Omit<Finding, "rule">;

/** A rule that looks at more than one property of what is left of a file when all that is invalid in shape is taken away. */
export type Rule<Draft, Context> = (draft: Draft, context: Context) => Iterable<Statement>;

/** All that rules find, each under the name that its rule has. */
export function findingsOf<Draft, Context>(
  rules: Readonly<Record<string, Rule<Draft, Context>>>,
  draft: Draft,
  context: Context,
): Finding[] {
  return Object.entries(rules).flatMap(([rule, check]) =>
    [...check(draft, context)].map((statement) => ({ rule, ...statement })),
  );
}
