import fc from "fast-check";
import { expect, it } from "vitest";
import { stringify } from "yaml";
import { parseLab } from "../../../lab/index.ts";
import { allFeatures, featuresIn } from "../../generate/features.ts";
import { labFiles } from "../../generate/lab-files.ts";

/** What test/integration/keepalived-accepts.test.ts draws from. */
const files = fc.sample(labFiles, { seed: 1, numRuns: 200 });

it("lab files at random are valid", () => {
  for (const file of files) expect(parseLab(stringify(file), "generated.yaml").control).toBe("keepalived");
});

it("lab files at random have every property that reaches keepalived.conf, and every choice", () => {
  const found = new Set(files.flatMap((file) => featuresIn(file)));
  expect(allFeatures.filter((feature) => !found.has(feature))).toEqual([]);
});
