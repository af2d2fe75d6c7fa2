import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { isStackName, labDirectory, stateRoot } from "../../../provision/paths.ts";

beforeEach(() => vi.stubEnv("LVS_LAB_STATE", "/state"));
afterEach(() => vi.unstubAllEnvs());

describe("a lab's directory", () => {
  // Each of these is also the name of something in the state directory.
  it.each([
    "ha",
    "student7",
    "ci-3_b",
    "A.B",
    "pulumi",
    "pulumi-home",
    "passphrase",
    "labs",
    "7",
    "a..b",
    "a".repeat(40),
  ])("of the stack %s is one of its own, beside those of other labs alone", (stack) => {
    expect(isStackName(stack)).toBe(true);
    const directory = labDirectory(stack);
    expect(dirname(directory)).toBe(join(stateRoot(), "labs"));
    expect(directory).toBe(`/state/labs/${stack}`);
  });

  it.each([
    "",
    ".",
    "..",
    ".hidden",
    "-s",
    "_a",
    "a/b",
    "../ha",
    "organization/lvs-lab/ha",
    "a b",
    "ä",
    "ha\n",
    "a".repeat(41),
  ])("there is none of a stack called %j", (stack) => {
    expect(isStackName(stack)).toBe(false);
    expect(() => labDirectory(stack)).toThrow(/no stack can be called .* at most 40 characters\.$/s);
  });
});
