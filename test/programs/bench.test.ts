import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
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

  it("ends by Ctrl-C in one line, with the status of the signal, and leaves nothing", async () => {
    const directory = await mkdtemp(join(tmpdir(), "lvs-bench-test-"));
    try {
      const args = ["--import", "tsx", "bench/index.ts", "setup", "--json", join(directory, "results.json")];
      // Ctrl-C goes to all that runs at the terminal.
      const child = spawn(process.execPath, args, { detached: true, env: { ...process.env, TMPDIR: directory } });
      const stderr = text(child.stderr);
      await once(child.stderr, "data");
      process.kill(-(child.pid as number), "SIGINT");
      expect(await once(child, "close")).toEqual([130, null]);
      expect((await stderr).trim().split("\n").slice(1)).toEqual(["ended by SIGINT; what was measured before is kept"]);
      expect((await readdir(directory)).filter((name) => name.startsWith("lvs-bench"))).toEqual([]);
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
