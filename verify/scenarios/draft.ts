import type { Control } from "../../lab/index.ts";
import type { Path } from "../../lab/yaml/document.ts";
import { type ExpectationName, type ExpectInput, expectationNames, kindNamed } from "./expectations/index.ts";
import type { DraftValue, Placed } from "./expectations/kind.ts";
import type { ScenarioInput, StepInput } from "./schema.ts";
import type { Use } from "./selectors.ts";

/**
 * A scenario file without its invalid parts. The key of a removed part remains, with undefined as its value: there was something, its
 * content is unknown.
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

/** The controls that a scenario is for; none if the property is missing or invalid. */
export function controlsOf({ control }: Draft): Control[] {
  const all = Array.isArray(control) ? control : [control];
  return [...new Set(all.filter((one) => one !== undefined))];
}

/** An expectation and its place. */
export interface PlacedExpectation extends Placed {
  readonly name: ExpectationName;
  /** Undefined: there is one, and its value was invalid. */
  readonly value: unknown;
}

/** Every expectation in the order of the file. */
export function expectationsIn(draft: Draft): PlacedExpectation[] {
  const controls = controlsOf(draft);
  let opening: PlacedStep | undefined;
  return stepsOf(draft).flatMap((one): PlacedExpectation[] => {
    const { path, step } = one;
    if ("fault" in step || "heal" in step) opening = one;
    return Object.entries(step.expect ?? {}).flatMap(([name, value]) =>
      isExpectationName(name) ? [{ name, value, path: [...path, "expect", name], opening, controls }] : [],
    );
  });
}

const isExpectationName = (name: string): name is ExpectationName =>
  (expectationNames as readonly string[]).includes(name);

/** Every selector in expectations; those of faults and heals are checked with their faults. */
export const usesOf = (draft: Draft): Use[] =>
  expectationsIn(draft).flatMap(({ name, value, path }) =>
    (value === undefined ? [] : (kindNamed(name).selectors?.(value) ?? [])).flatMap(({ selector, ...mention }) =>
      selector === undefined ? [] : [{ ...mention, selector, path: [...path, ...mention.path] }],
    ),
  );
