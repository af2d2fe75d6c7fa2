import type { RunResult, StepResult } from "../result.ts";

/** What the page's script is given of a result: all but the evidence, which is markup already. */
export interface PageData extends Pick<RunResult, "durationMs" | "lab" | "windows" | "diagnoses" | "load" | "series"> {
  readonly steps: readonly Omit<StepResult, "evidence">[];
}
