import { describe } from "vitest";
import { effects } from "./effects.ts";
import { proveEffects } from "./prove-effects.ts";

/** The others are in test/examples. */
const some = ["unreadable", "weight-never-flips", "addresses-differ"];

describe("on running directors", () => {
  proveEffects(effects.filter(({ rule }) => some.includes(rule)));
});
