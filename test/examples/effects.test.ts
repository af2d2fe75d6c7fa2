import { describe } from "vitest";
import { effects } from "../integration/effects.ts";
import { proveEffects } from "../integration/prove-effects.ts";

describe("on running directors, each rule that claims an effect", () => {
  proveEffects(effects);
});
