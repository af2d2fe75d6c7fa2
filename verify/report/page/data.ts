import type { RunResult, StepResult } from "../result.ts";

/** The data of the page's script: a result without its evidence, which is in the markup. */
export interface PageData extends Pick<RunResult, "durationMs" | "lab" | "windows" | "diagnoses" | "load" | "series"> {
  readonly steps: readonly Omit<StepResult, "evidence">[];
}
