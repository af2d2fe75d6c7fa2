import { expect, test } from "vitest";
import { rules } from "../../../rehearse/lint/rules/index.ts";
import { machineEffects } from "../../examples/machine-effects.ts";
import { effects, notShown } from "../../integration/effects.ts";

test("each rule's effect is shown on running directors, or it is said why not", () => {
  const shown = new Set([...effects.map(({ rule }) => rule), ...Object.keys(machineEffects), ...Object.keys(notShown)]);
  expect(rules.map(({ id }) => id).filter((id) => !shown.has(id))).toEqual([]);
  expect(effects.filter(({ rule }) => rule in notShown)).toEqual([]);
});
