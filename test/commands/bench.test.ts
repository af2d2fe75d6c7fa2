import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { noResults, readResults } from "../../bench/harness/results.ts";
import { parts } from "../../bench/parts/index.ts";

describe("npm run bench", () => {
  const bench = (...args: string[]) =>
    spawnSync(process.execPath, ["--import", "tsx", "bench/index.ts", ...args], { encoding: "utf8" });

  it("tells its parts", () => {
    const { status, stdout } = bench("--help");
    expect(status).toBe(0);
    for (const { name, title } of parts) expect(stdout).toMatch(new RegExp(`^ {2}${name} +${title.slice(0, 20)}`, "m"));
  });

  it("says what a part lacks on this machine, and records nothing of it", async () => {
    const directory = await mkdtemp(join(tmpdir(), "lvs-bench-test-"));
    try {
      const file = join(directory, "results.json");
      const args = ["--import", "tsx", "bench/index.ts", "throughput", "terraform", "--json", file];
      const { status, stdout } = spawnSync(process.execPath, args, { encoding: "utf8", env: { PATH: directory } });
      expect(stdout).toMatch(/neither wrk nor ab is on PATH; `apt-get install wrk`/);
      expect(stdout).toMatch(/neither tofu nor terraform is on PATH/);
      expect(status).toBe(0);
      expect(await readResults(file)).toEqual(noResults);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it("refuses what it does not know", () => {
    expect(bench("speed")).toMatchObject({ status: 2, stderr: expect.stringContaining("there is no part speed") });
    expect(bench("--runs", "0")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("--runs takes a whole number"),
    });
  });
});
