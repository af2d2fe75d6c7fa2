import type { StepResult } from "./result.ts";

/** Whether a step changes the lab, and so opens a window. */
export const opensWindow = ({ kind }: Pick<StepResult, "kind">): boolean =>
  kind === "fault" || kind === "heal" || kind === "change";
