/** `lvs-lab reset` on a lab of stage ha: what it promises, twenty times. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { hurts, type Reset, resetOf } from "../e2e/reset.ts";
import { TestStack } from "../e2e/stack.ts";

const stack = new TestStack("e2e-reset");
const rows: string[] = [];
const resets: Reset[] = [];

beforeAll(async () => {
  await stack.lab("ha-baked");
  const { status, stderr } = await stack.lvs("up", "--snapshot");
  expect(status, stderr).toBe(0);
});
afterAll(async () => {
  console.info(["what was hurt, reset (s), checks passed (s later)", ...rows].join("\n"));
  await stack.remove();
});

const twenty = Array.from({ length: 5 }, (_, round) =>
  hurts(stack).map(([what, hurt]) => [round + 1, what, hurt] as const),
);

test.each(twenty.flat())("round %i: %s is undone, and nobody sees a failover", async (_, what, hurt) => {
  await hurt();
  const reset = await resetOf(stack);
  resets.push(reset);
  rows.push(`${what.padEnd(25)} ${reset.seconds.toFixed(2)} ${reset.passing.toFixed(2)}`);
  expect(reset.failing).toEqual([]);
  expect(reset.advertisers).toEqual(["172.25.254.11"]);
});

test("each took 3 s at most, and the checks passed within 10 s", () => {
  expect(resets).toHaveLength(20);
  expect(resets.filter(({ seconds }) => seconds > 3)).toEqual([]);
  expect(resets.filter(({ passing }) => passing > 10)).toEqual([]);
});

test("a snapshot takes 4 s at most", async () => {
  const times: number[] = [];
  for (let round = 0; round < 5; round++) {
    const begun = performance.now();
    const { status, stderr } = await stack.lvs("snapshot", "again");
    times.push((performance.now() - begun) / 1000);
    expect(status, stderr).toBe(0);
    expect(Number(/stood still for ([\d.]+) s/.exec(stderr)?.[1])).toBeLessThan(4);
  }
  console.info(`snapshot: ${times.map((time) => time.toFixed(2)).join(" ")} s`);
  expect(Math.max(...times)).toBeLessThan(4);
});
