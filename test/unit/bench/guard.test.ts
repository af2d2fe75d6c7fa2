import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ansible } from "../../../bench/contenders/ansible.ts";
import { floor } from "../../../bench/contenders/floor.ts";
import { ours } from "../../../bench/contenders/ours.ts";
import { judge, ratios } from "../../../bench/harness/ratios.ts";
import { merged, noResults, type Results, writeResults } from "../../../bench/harness/results.ts";
import { NODE } from "../../../bench/parts/life.ts";

const machine = { cpus: 2, model: "some CPU", memory: 1024, kernel: "6.1.0", node: "v20.19.0" };
const nothing = (up: number[], node: number[]): Results =>
  merged(noResults, {
    nothing: {
      date: "2026-11-24T15:00:00.000Z",
      commit: "0123456789ab",
      machine,
      notes: [],
      rows: [
        { measure: "nothing to do", contender: ours.name, unit: "s", values: up },
        { measure: "nothing to do", contender: NODE, unit: "s", values: node },
      ],
    },
  });

describe("the ratios", () => {
  it("are of contenders by the names that they have", () => {
    const names = [ours.name, ansible.name, floor.name, NODE];
    for (const { of, to } of ratios) expect(names).toEqual(expect.arrayContaining([of[1], to[1]]));
  });

  it("are of the fastest runs, and do not move with the machine", () => {
    const [verdict] = judge(nothing([6, 5, 99], [0.1, 0.3]), nothing([14, 10, 12], [0.2]));
    expect(verdict).toMatchObject({ recorded: 50, now: 50, loss: 0 });
  });

  it("are compared where both runs have them", () => {
    expect(judge(nothing([4], [0.1]), noResults)).toEqual([]);
    expect(judge(nothing([4], [0.1]), nothing([6], [0.1]))).toMatchObject([{ loss: expect.closeTo(0.5) }]);
  });
});

describe("the guard", () => {
  let directory = "";
  const guard = async (recorded: Results, now: Results | undefined, ...options: string[]) => {
    await writeResults(join(directory, "recorded.json"), recorded);
    const file = join(directory, "now.json");
    await rm(file, { force: true });
    if (now) await writeResults(file, now);
    const args = [
      "--import",
      "tsx",
      "bench/guard.ts",
      file,
      "--recorded",
      join(directory, "recorded.json"),
      ...options,
    ];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    return { status, stdout, stderr };
  };
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "lvs-bench-test-"));
  });
  afterAll(() => rm(directory, { recursive: true }));

  it("lets a loss within the limit pass, and a gain", async () => {
    expect(await guard(nothing([4], [0.1]), nothing([4.9], [0.1]))).toMatchObject({ status: 0 });
    expect(await guard(nothing([4], [0.1]), nothing([1], [0.1]))).toMatchObject({
      status: 0,
      stdout: "ok   an `up` with nothing to do, in starts of node: 10.00, recorded 40.00 (-75 %)\n",
    });
  });

  it("fails on a greater one", async () => {
    expect(await guard(nothing([4], [0.1]), nothing([5.2], [0.1]))).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/^FAIL .*\+30 %/),
    });
    expect(await guard(nothing([4], [0.1]), nothing([5.1], [0.1]), "--limit", "31")).toMatchObject({ status: 0 });
  });

  it("does not take nothing for a pass", async () => {
    expect(await guard(nothing([4], [0.1]), noResults)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("no ratio in common"),
    });
    expect(await guard(nothing([4], [0.1]), undefined)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("npm run bench -- nothing"),
    });
  });
});
