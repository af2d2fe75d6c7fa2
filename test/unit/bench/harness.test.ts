import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { processorTime } from "../../../bench/harness/machine.ts";
import { alternating, joined, Ledger, rowOf, summarize } from "../../../bench/harness/measured.ts";
import {
  keptRows,
  merged,
  noResults,
  type PartResult,
  readResults,
  writeResults,
} from "../../../bench/harness/results.ts";
import { run } from "../../../bench/harness/run.ts";
import { cells, figure, markdownPart, plainTable } from "../../../bench/harness/tables.ts";

const part = (values: Record<string, number[]>): PartResult => ({
  date: "2026-11-24T15:00:00.000Z",
  commit: "0123456789ab",
  machine: { cpus: 2, model: "some CPU", memory: 24_576, kernel: "6.1.0", node: "v20.19.0", acceleration: "qemu" },
  notes: ["Ansible was left out."],
  rows: Object.entries(values).map(([contender, all]) => ({ measure: "up", contender, unit: "s", values: all })),
});

describe("summarize", () => {
  it("takes the middle of an odd number, the mean of the two middle ones of an even number", () => {
    expect(summarize([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3, runs: 3 });
    expect(summarize([4, 1, 3, 2]).median).toBe(2.5);
    expect(summarize([7])).toEqual({ median: 7, min: 7, max: 7, runs: 1 });
  });

  it("orders by value, not by digits", () => {
    expect(summarize([10, 9, 100])).toMatchObject({ median: 10, min: 9, max: 100 });
  });

  it("makes no figure of nothing", () => {
    expect(() => summarize([])).toThrow("no run was measured");
  });
});

describe("a ledger", () => {
  it("keeps wall and CPU seconds of one thing apart, in the order in which they came", () => {
    const ledger = new Ledger();
    ledger.add("up", "a", 1);
    ledger.add("up", "b", 2);
    ledger.add("up", "a", 3, "CPU s");
    ledger.add("up", "a", 4);
    expect(ledger.rows()).toEqual([
      { measure: "up", contender: "a", unit: "s", values: [1, 4] },
      { measure: "up", contender: "b", unit: "s", values: [2] },
      { measure: "up", contender: "a", unit: "CPU s", values: [3] },
    ]);
    expect(rowOf(ledger.rows(), "up", "a", "CPU s")?.values).toEqual([3]);
  });
});

it("what several ledgers have of one thing is one row", () => {
  const row = { measure: "up", contender: "node", unit: "s" } as const;
  expect(
    joined([
      { ...row, values: [1] },
      { ...row, contender: "a", values: [9] },
      { ...row, values: [2, 3] },
    ]),
  ).toEqual([
    { ...row, values: [1, 2, 3] },
    { ...row, contender: "a", values: [9] },
  ]);
});

it("each contender is first, and last, in one of as many rounds", () => {
  const rounds = [0, 1, 2].map((round) => alternating(["a", "b", "c"], round).join(""));
  expect(rounds).toEqual(["abc", "bca", "cab"]);
  expect(alternating([], 3)).toEqual([]);
});

it("the machine's CPU time is its work, not its idling nor its waiting for disks", () => {
  //                        user nice system idle iowait irq softirq steal guest guest_nice
  const stat = "cpu  100  20   30     5000 700    4   6       9     50    0\ncpu0 1 2 3";
  expect(processorTime(stat)).toEqual({ busy: 1.6, idle: 57, stolen: 0.09 });
});

describe("tables", () => {
  it("give as many digits as tell something", () => {
    expect([0.1234, 4.567, 12.34, 169.2].map(figure)).toEqual(["0.12", "4.57", "12.3", "169"]);
  });

  it("show CPU beside wall seconds, and a spread only of several runs", () => {
    const ledger = new Ledger();
    ledger.add("up", "a", 4);
    ledger.add("up", "a", 6);
    ledger.add("up", "a", 8, "CPU s");
    ledger.add("up", "b", 1);
    expect(cells(ledger.rows())).toEqual([
      ["what", "who", "median", "min – max", "CPU", "runs"],
      ["up", "a", "5.00 s", "4.00 – 6.00", "8.00 s", "2"],
      ["up", "b", "1.00 s", "", "", "1"],
    ]);
    expect(plainTable(ledger.rows()).split("\n")[1]).toBe("up    a    5.00 s  4.00 – 6.00  8.00 s  2");
  });

  it("are Markdown with notes, machine, date and commit", () => {
    const text = markdownPart(part({ "a|b": [1, 2] }));
    expect(text).toContain("| up | a\\|b | 1.50 s | 1.00 – 2.00 | 2 |");
    expect(text).toContain("- Ansible was left out.");
    expect(text).toContain(
      "2026-11-24, commit `0123456789ab`; 2 × some CPU, 24.0 GiB, Linux 6.1.0, Node v20.19.0, guests under emulation (TCG).",
    );
  });
});

describe("results", () => {
  it("of an earlier run are gone on from on the same commit and machine alone", () => {
    const before = part({ a: [1] });
    const { commit, machine } = before;
    const machineNow = (acceleration?: string) => ({ ...machine, ...(acceleration ? { acceleration } : {}) });
    expect(keptRows(before, { commit, machineNow })).toEqual(before.rows);
    expect(keptRows(before, { commit: "ba9876543210", machineNow })).toEqual([]);
    expect(keptRows(before, { commit, machineNow: () => ({ ...machine, cpus: 64 }) })).toEqual([]);
    expect(keptRows(undefined, { commit, machineNow })).toEqual([]);
  });

  it("of a part take the place of those before, and leave the other parts", () => {
    const before = merged(noResults, { boot: part({ a: [1] }), growth: part({ a: [2] }) });
    const after = merged(before, { boot: part({ a: [3] }) });
    expect(after.parts.boot?.rows[0]?.values).toEqual([3]);
    expect(after.parts.growth).toBe(before.parts.growth);
    expect(before.parts.boot?.rows[0]?.values).toEqual([1]);
  });

  it("come back from a file as they went in; no file holds none; another file is refused", async () => {
    const directory = await mkdtemp(join(tmpdir(), "lvs-bench-test-"));
    try {
      const file = join(directory, "results.json");
      expect(await readResults(file)).toEqual(noResults);
      const results = merged(noResults, { boot: part({ a: [1] }) });
      await writeResults(file, results);
      expect(await readResults(file)).toEqual(results);
      expect(await readFile(file, "utf8")).toMatch(/\n$/);
      await writeFile(file, "{}");
      await expect(readResults(file)).rejects.toThrow("holds no results");
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

describe("a command", () => {
  it("gives its output, and its lines as they come", async () => {
    const lines: string[] = [];
    expect(await run(["sh", "-c", "cat; echo err >&2"], { stdin: "in\n", onLine: (line) => lines.push(line) })).toBe(
      "in\n",
    );
    expect(lines.sort()).toEqual(["err", "in"]);
  });

  it("that fails says what it printed last, unless its status is accepted", async () => {
    await expect(run(["sh", "-c", "echo why; exit 3"])).rejects.toThrow(/ended with status 3:\nwhy/);
    expect(await run(["sh", "-c", "echo why; exit 3"], { accept: [3] })).toBe("why\n");
    await expect(run(["sh", "-c", "kill $$"], { accept: [3] })).rejects.toThrow("SIGTERM");
    await expect(run(["/nowhere/program"])).rejects.toThrow("could not be started");
  });
});
