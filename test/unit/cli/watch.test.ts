import { describe, expect, it } from "vitest";
import { watch } from "../../../cli/watch.ts";
import type { CheckResult } from "../../../verify/checks/check.ts";
import { aResult } from "../verify/a-result.ts";

/** Watches a lab that gives these looks one after another, and is told to end when they are over. */
async function watching(looks: readonly CheckResult[][], isTTY: boolean) {
  const controller = new AbortController();
  const printed: string[] = [];
  let count = 0;
  const last = await watch({
    look: async () => {
      const results = looks[count++];
      if (results) return results;
      controller.abort();
      return await new Promise<never>(() => {}); // a look that is under way when it ends
    },
    signal: controller.signal,
    everyMs: 1,
    out: { isTTY, write: (text: string) => printed.push(text) },
    whole: (results) => `all ${results.length}`,
    one: ({ id, subject, passed }) => `${passed ? "ok" : "FAIL"} ${id} ${subject}`,
  });
  return { last, printed };
}

const fine = aResult();
const other = aResult({ subject: "server3" });
const broken = aResult({ passed: false, seen: "nothing" });

describe("watch", () => {
  it("tells at first everything, and then what has changed, a line each with its time", async () => {
    const { printed } = await watching(
      [
        [fine, other],
        [fine, other],
        [broken, other],
        [{ ...broken, ms: 99 }, other],
        [{ ...broken, seen: "something else" }, other],
        [fine, other],
      ],
      false,
    );
    expect(printed.map((line) => line.replace(/^\d{4}-\d\d-\d\dT[\d:.]+Z /, ""))).toEqual([
      "ok httpd-page server2\n",
      "ok httpd-page server3\n",
      "FAIL httpd-page server2\n",
      "FAIL httpd-page server2\n",
      "ok httpd-page server2\n",
    ]);
    expect(printed.every((line) => /^\d{4}-/.test(line))).toBe(true);
  });

  it("draws a terminal anew at each look", async () => {
    const { printed } = await watching([[fine], [fine]], true);
    expect(printed).toEqual(["\u001b[H\u001b[Jall 1\n", "\u001b[H\u001b[Jall 1\n"]);
  });

  it("ends in the middle of a look with what the one before it saw", async () => {
    expect((await watching([[fine], [broken]], false)).last).toEqual([broken]);
    expect((await watching([], false)).last).toBeUndefined();
  });
});
