/** Configurations that others have published, on machines: what docs/rehearse-published.md tells of their runs is what is seen. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { projectRoot } from "../../cli/pulumi.ts";
import { TestStack } from "../e2e/stack.ts";

/** The runs of a folder: what is broken, and each run's outcome, by its event, object and service. */
const published: Readonly<Record<string, Readonly<Record<string, "as promised" | "failed">>>> = {};

interface Matrix {
  readonly cells: readonly {
    readonly event: string;
    readonly object: string | null;
    readonly service: string;
    readonly passed: boolean;
  }[];
}

describe.each(Object.entries(published))("%s", (name, runs) => {
  const stack = new TestStack("rehearse-published");
  afterAll(() => stack.remove());

  test("the runs show what its section tells", async () => {
    const folder = join(projectRoot, "rehearsals/published", name);
    const report = join(stack.reports, name);
    const only = ["crash", "script", "refuse"];
    const { status, stdout, stderr } = await stack.lvs("rehearse run", folder, "--report", report, "--only", ...only);
    const { cells } = JSON.parse(readFileSync(join(report, "matrix.json"), "utf8")) as Matrix;
    const seen = cells.map(({ event, object, service, passed }) => [
      [event, object, service].filter(Boolean).join(" "),
      passed ? "as promised" : "failed",
    ]);
    expect(Object.fromEntries(seen), stdout + stderr).toEqual(runs);
    expect(status).toBe(Object.values(runs).includes("failed") ? 1 : 0);
  });
});
