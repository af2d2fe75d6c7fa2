import { describe, expect, it } from "vitest";
import { shortageOf, verdictOn } from "../../../../provision/host/memory-verdict.ts";

const GIB = 2 ** 30;
const short = { need: 3 * GIB, free: 1.25 * GIB, running: [] };
const enough = { need: 3 * GIB, free: 3 * GIB, running: [] };

describe("a lab that the machine has not the memory for", () => {
  it("is refused, with both figures and what to do", () => {
    const { refusal, warning } = verdictOn(short, { preview: false, ignored: false });
    expect(warning).toBeUndefined();
    expect(refusal).toBe(
      "The lab needs 3.0 GiB of memory beside what runs, and 1.2 GiB are free.\n" +
        "Fix: take another lab down (npm run down -- -s NAME), set a smaller `memory:` in the lab file, or bring up a lab with fewer servers " +
        "(dr instead of ha). LVS_LAB_IGNORE_MEMORY=1 skips this check.",
    );
  });

  it.each([
    ["in a preview", short, { preview: true, ignored: false }],
    ["where the user has said so", short, { preview: false, ignored: true }],
    ["while a server of it runs", { ...short, running: ["server1"] }, { preview: false, ignored: false }],
  ])("is warned of %s", (_when, memory, circumstances) => {
    const { refusal, warning } = verdictOn(memory, circumstances);
    expect(refusal).toBeUndefined();
    expect(warning).toContain("needs 3.0 GiB of memory beside what runs, and 1.2 GiB are free.");
  });
});

it("what is short by a little does not look enough", () => {
  expect(shortageOf({ need: 3 * GIB, free: 3 * GIB - 1, running: [] })?.problem).toBe(
    "The lab needs 3.0 GiB of memory beside what runs, and 2.9 GiB are free.",
  );
});

describe("a lab that fits", () => {
  it.each([
    ["just so", enough],
    ["because all of it runs", { need: 0, free: 0, running: ["server1", "server2"] }],
  ])("%s: nothing is said", (_why, memory) => {
    expect(shortageOf(memory)).toBeUndefined();
    expect(verdictOn(memory, { preview: false, ignored: false })).toEqual({});
  });
});
