/** Twenty times the master of a lab with ten advertisements a second loses its power and comes back: no outage reaches half a second. */
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { projectRoot } from "../../provision/paths.ts";
import { TestStack } from "../e2e/stack.ts";

const KILLS = 20;

const stack = new TestStack("fast-failover");
afterAll(() => stack.remove());
beforeAll(async () => {
  await stack.lab("fast-failover");
  const { status, stderr } = await stack.lvs("up");
  expect(status, stderr).toBe(0);
});

test("twenty kills, and twenty returns", async () => {
  const scenario = join(projectRoot, "test/examples/twenty-kills.yaml");
  const { status, stdout, stderr } = await stack.lvs("scenario run", "--json", scenario);
  expect(status, stderr).toBe(0);
  const { runs } = JSON.parse(stdout) as {
    runs: { windows: { title: string; outage: { longest: { ms: number } | null } }[] }[];
  };
  const outages = runs.flatMap(({ windows }) =>
    windows
      .filter(({ title }) => title.startsWith("power off"))
      .map(({ outage }) => Math.round(outage.longest?.ms ?? 0)),
  );
  console.log(`outages in ms: ${outages.join(" ")}`);
  expect(outages).toHaveLength(KILLS);
  expect(Math.max(...outages)).toBeLessThan(500);
});
