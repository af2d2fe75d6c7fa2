import type { Path } from "../../lab/yaml/document.ts";
import type { ExpectInput, ScenarioInput, StepInput } from "./schema.ts";

/**
 * What is left of a scenario file when all that is invalid in shape is taken away. What was taken away leaves its key with undefined:
 * there is something, and it is not known what.
 */
export interface Draft extends Partial<Omit<ScenarioInput, "steps" | "load" | "requires">> {
  readonly load?: Partial<ScenarioInput["load"]>;
  readonly requires?: Partial<ScenarioInput["requires"]>;
  readonly steps?: readonly (DraftStep | undefined)[];
}

export interface DraftStep extends Omit<Partial<StepInput>, "repeat" | "expect"> {
  readonly expect?: DraftExpect;
  readonly repeat?: { readonly times?: number; readonly steps?: readonly (DraftStep | undefined)[] };
}

type DraftExpect = { readonly [K in keyof ExpectInput]?: DraftValue<ExpectInput[K]> };

/** A map may lack some of its keys. */
type DraftValue<T> = T extends readonly unknown[] ? T : T extends object ? Partial<T> : T;

/** A step and its place. */
export interface PlacedStep {
  readonly path: Path;
  readonly step: DraftStep;
}

/** Every step in the order of the file, those of a repeat after the repeat. */
export const stepsOf = (draft: Draft): PlacedStep[] => placed(draft.steps, ["steps"]);

function placed(steps: Draft["steps"], parent: Path): PlacedStep[] {
  return (steps ?? []).flatMap((step, index): PlacedStep[] => {
    const path = [...parent, index];
    return step ? [{ path, step }, ...placed(step.repeat?.steps, [...path, "repeat", "steps"])] : [];
  });
}

/** The stages that a scenario is for; none while they are not known. */
export function stagesOf({ stage }: Draft): ("dr" | "ha")[] {
  const all = Array.isArray(stage) ? stage : [stage];
  return [...new Set(all.filter((one) => one !== undefined))];
}
