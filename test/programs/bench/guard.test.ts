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
import { IDLE, SDK } from "../../../bench/parts/idle.ts";

const machine = { cpus: 2, model: "some CPU", memory: 1024, kernel: "6.1.0", node: "v20.19.0" };
const idle = (up: number[], sdk: number[]): Results =>
  merged(noResults, {
    idle: {
      date: "2026-11-24T15:00:00.000Z",
      commit: "0123456789ab",
      machine,
      notes: [],
      rows: [
        { measure: IDLE, contender: ours.name, unit: "s", values: up },
        { measure: IDLE, contender: SDK, unit: "s", values: sdk },
      ],
    },
  });

describe("the ratios", () => {
  it("are of contenders by the names that they have", () => {
    const names = [ours.name, ansible.name, floor.name, SDK];
    for (const { of, to } of ratios) expect(names).toEqual(expect.arrayContaining([of[1], to[1]]));
  });

  it("are of the fastest runs, and do not move with the machine", () => {
    const [verdict] = judge(idle([6, 5, 99], [0.1, 0.3]), idle([14, 10, 12], [0.2]));
    expect(verdict).toMatchObject({ recorded: 50, now: 50, loss: 0 });
  });

  it("are compared where both runs have them", () => {
    expect(judge(idle([4], [0.1]), noResults)).toEqual([]);
    expect(judge(idle([4], [0.1]), idle([6], [0.1]))).toMatchObject([{ loss: expect.closeTo(0.5) }]);
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
    expect(await guard(idle([4], [0.1]), idle([4.9], [0.1]))).toMatchObject({ status: 0 });
    expect(await guard(idle([4], [0.1]), idle([1], [0.1]))).toMatchObject({
      status: 0,
      stdout: "ok   an `up` with nothing to do, in imports of Pulumi's SDK: 10.00, recorded 40.00 (-75 %)\n",
    });
  });

  it("fails on a greater one", async () => {
    expect(await guard(idle([4], [0.1]), idle([5.2], [0.1]))).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/^FAIL .*\+30 %/),
    });
    expect(await guard(idle([4], [0.1]), idle([5.1], [0.1]), "--limit", "31")).toMatchObject({ status: 0 });
  });

  it("does not take nothing for a pass", async () => {
    expect(await guard(idle([4], [0.1]), noResults)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("no ratio in common"),
    });
    expect(await guard(idle([4], [0.1]), undefined)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("npm run bench -- idle"),
    });
  });
});
