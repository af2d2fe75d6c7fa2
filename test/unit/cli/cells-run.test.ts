import { beforeAll, describe, expect, it } from "vitest";
import { type CellsOptions, runCells } from "../../../cli/cells-run.ts";
import type { Lab } from "../../../lab/index.ts";
import { LabHostDownError } from "../../../provision/host/reach.ts";
import { type Cell, cellsOf, formatMatrix } from "../../../rehearse/matrix/index.ts";
import { InterruptedError } from "../../../verify/live/interruptible.ts";
import { LabError } from "../../../verify/live/lab-error.ts";
import { junit } from "../../../verify/report/junit.ts";
import type { RunResult } from "../../../verify/report/result.ts";
import { aLiveLab } from "../verify/a-live-lab.ts";
import { aRun } from "../verify/report/a-run.ts";

let lab: Lab;
let cells: readonly Cell[];
beforeAll(async () => {
  ({ lab } = await aLiveLab("ha"));
  cells = cellsOf(lab, ["crash", "stop", "cable"]);
});

/** A run whose steps are all well. */
const wellRun = (): RunResult => {
  const run = aRun();
  return { ...run, passed: true, steps: run.steps.map((step) => ({ ...step, ok: true })) };
};

/** What became of the cells, of which each has the outcome of its event: a result, or an error. */
async function outcomes(byEvent: Partial<Record<Cell["event"], () => RunResult>>, further: Partial<CellsOptions> = {}) {
  const said: unknown[] = [];
  const recorded: string[] = [];
  const options: CellsOptions = {
    lab,
    run: async ({ event }) => ({ result: (byEvent[event] ?? wellRun)(), paths: { html: `${event}/report.html` } }),
    record: {
      add: async ({ event }) => void recorded.push(event),
      addBroken: async ({ event }, { failures }) => void recorded.push(`${event} broken: ${failures.join()}`),
      end: async ({ finished, reason }) => void recorded.push(`${finished ? "end" : "not finished"}: ${reason}`),
    },
    signal: new AbortController().signal,
    say: (line) => void said.push(line),
    ...further,
  };
  const ran = await runCells(cells, options).catch((error: unknown) => error as Error);
  return { said, recorded, ran };
}
const failing = (error: unknown) => (): never => {
  throw error;
};

describe("a matrix", () => {
  it("goes on after a cell whose run ends with an error, which has failed with the reason", async () => {
    const { ran, recorded, said } = await outcomes({ stop: failing(new LabError("the lab is not healthy")) });
    if (ran instanceof Error) throw ran;
    expect(recorded).toEqual(["crash", "stop broken: the lab is not healthy", "cable", "end: "]);
    expect(ran.rows.map(({ event, passed, report }) => [event, passed, report])).toEqual([
      ["crash", true, "crash/report.html"],
      ["stop", false, null],
      ["cable", true, "cable/report.html"],
    ]);
    expect(ran.left).toEqual([]);
    expect(said).toEqual([
      "[1/3] crash, 172.25.254.100:80",
      "[2/3] stop, 172.25.254.100:80",
      "lvs-lab: the lab is not healthy",
      "[3/3] cable, 172.25.254.100:80",
    ]);
    const table = formatMatrix(ran.rows).split("\n");
    expect(table[2]).toMatch(/^✗ {2}stop +172\.25\.254\.100:80 +– +not measured +– +–$/);
    expect(table.slice(4)).toEqual(["", "✗ stop, 172.25.254.100:80:", "    the lab is not healthy"]);
    const xml = junit(ran.suites);
    expect(xml.match(/<testsuite /g)).toHaveLength(3);
    expect(xml).toContain('<failure message="the lab is not healthy"');
  });

  it("goes on after a bug of one run, too, and shows it whole", async () => {
    const bug = new TypeError("x is not a function");
    const { recorded, said } = await outcomes({ crash: failing(bug) });
    expect(recorded[0]).toBe("crash broken: TypeError: x is not a function");
    expect(recorded).toHaveLength(4);
    expect(said).toContain(bug);
  });

  it("ends where no other run could be better: its host is down, or somebody has ended it", async () => {
    for (const error of [new LabHostDownError("no host"), new InterruptedError("SIGINT")]) {
      const { ran, recorded } = await outcomes({ stop: failing(error) });
      expect(ran).toBe(error);
      expect(recorded).toEqual(["crash"]);
    }
  });

  it("is not finished if a signal ends a run, or comes between two", async () => {
    const ended = await outcomes({ stop: () => ({ ...wellRun(), interrupted: "SIGTERM" }) });
    expect(ended.recorded).toEqual(["crash", "stop", "not finished: the run before it was ended by SIGTERM"]);
    expect(ended.ran).toMatchObject({ left: [cells[2]] });
    const controller = new AbortController();
    const reason = new InterruptedError("SIGINT");
    const crash = () => {
      controller.abort(reason);
      return wellRun();
    };
    const between = await outcomes({ crash }, { signal: controller.signal });
    expect(between.recorded).toEqual(["crash", "not finished: it was interrupted before"]);
    expect(between.ran).toBe(reason);
  });

  it("begins no third run of a service that two have found not served", async () => {
    const notServed = (): RunResult => ({ ...aRun(), passed: false, steps: aRun().steps.slice(0, 1) });
    const { recorded } = await outcomes({ crash: notServed, stop: notServed });
    const reason = "the 2 runs of 172.25.254.100:80 before it found it not served, and broke nothing";
    expect(recorded).toEqual(["crash", "stop", `cable broken: ${reason}`, "end: "]);
    expect((await outcomes({ crash: notServed })).recorded).toEqual(["crash", "stop", "cable", "end: "]);
  });

  it("begins no run when its budget is used up, and says so", async () => {
    const { ran, recorded } = await outcomes({}, { budgetMs: 0 });
    expect(recorded).toEqual(["end: it would have ended after the budget of 0ms"]);
    expect(ran).toMatchObject({ rows: [], left: cells });
    const times = new Map(cells.map((cell, index) => [cell, [1, 90_000, 1][index] as number]));
    const partly = await outcomes({}, { budgetMs: 60_000, times });
    expect(partly.recorded).toEqual(["crash", "end: it would have ended after the budget of 1m"]);
    expect(partly.ran).toMatchObject({ left: cells.slice(1) });
  });
});
