import { kindOf } from "./expectations/index.ts";
import type { ResolvedScenario } from "./scenario.ts";

/** The directors whose mail or journal a scenario is about, by name. */
export const markedServers = ({ steps }: ResolvedScenario): string[] =>
  steps
    .flatMap((step) => (step.kind === "expect" ? step.expectations : []))
    .flatMap((expectation) => kindOf(expectation).marks?.(expectation) ?? []);
