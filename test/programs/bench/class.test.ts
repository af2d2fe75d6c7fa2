import { describe, expect, it } from "vitest";
import { solutionOf } from "../../../bench/class/bench-class.ts";
import { type Compared, compare, costsOf, emulationIn, isWithin, limits } from "../../../bench/class/fit.ts";
import { acts, assumed, type Costs, plan, seconds, underKvm, workOf } from "../../../bench/class/model.ts";
import { classPage, planRows } from "../../../bench/class/page.ts";
import { measures, ofLabs, ofTools, pointsIn, sizeName, sizes } from "../../../bench/class/points.ts";
import { filled } from "../../../bench/docs.ts";
import type { Row, Unit } from "../../../bench/harness/measured.ts";
import { merged, noResults, type PartResult } from "../../../bench/harness/results.ts";
import { defaultAtOnce } from "../../../cli/class/each.ts";
import { readLab } from "../../../lab/index.ts";

const two = { processors: 2, memory: 24_000 };

/** Labs of three guests that keep a twentieth of a processor busy. */
const costs: Costs = {
  memory: { base: 100, each: 1000 },
  disk: { base: 50, each: 600 },
  idle: 0.05,
  guests: 3,
  acts: {
    up: { lab: 80, tools: 10, alone: 5 },
    solution: { lab: 100, tools: 4, alone: 2 },
    grade: { lab: 6, tools: 4, alone: 1 },
    reset: { lab: 10, tools: 2, alone: 3 },
  },
};

/** A class that costs just that, as rows of the benchmark. */
function rowsOf(own: Costs, facts = two, { code = 200 } = {}): Row[] {
  const rows: Row[] = [];
  for (const [index, labs] of sizes.entries()) {
    const add = (measure: string, value: number, unit: Unit): void =>
      void rows.push({ measure, contender: sizeName(labs), unit, values: [value] });
    const before = index === 0 ? 0 : (sizes[index - 1] as number);
    add(measures.guests, own.memory.base + own.memory.each * labs - 30, "MiB");
    add(measures.rest, 30, "MiB");
    add(measures.code, code * labs, "MiB");
    add(measures.disk, own.disk.base + own.disk.each * labs, "MiB");
    add(measures.idle, own.idle * labs * 60, "CPU s");
    for (const act of acts) {
      const work = { ...workOf(act, labs, facts, act === "up" ? before : 0), all: act === "up" ? labs - before : labs };
      const wall = seconds(own.acts[act], work, facts, own);
      const ofTheirs = own.acts[act].lab * work.labs + own.idle * work.others * wall;
      add(measures[act], wall, "s");
      add(measures[act], ofTheirs + own.acts[act].tools * work.all, "CPU s");
      add(ofLabs(act), ofTheirs, "CPU s");
      add(ofTools(act), own.acts[act].tools * work.all, "CPU s");
    }
  }
  return rows;
}

const recorded = (rows: readonly Row[]): PartResult => ({
  date: "2026-11-24T15:00:00.000Z",
  commit: "0123456789ab",
  machine: { cpus: 2, model: "some CPU", memory: 24_000, kernel: "6.1.0", node: "v20.19.0", acceleration: "qemu" },
  notes: [],
  rows,
});

describe("the time of an act", () => {
  const work = { labs: 4, atOnce: 1, others: 0, all: 4 };

  it("is that of the processors and what none of them shortens, in turns", () => {
    // 4 × (80 + 10) CPU s on two processors, and 4 × 5 s.
    expect(seconds(costs.acts.up, work, two, costs)).toBe(200);
    expect(seconds(costs.acts.up, { ...work, atOnce: 4 }, two, costs)).toBe(185);
  });

  it("grows with what other labs keep busy, up to never", () => {
    expect(seconds(costs.acts.up, { ...work, others: 20 }, two, costs)).toBe(20 + 360);
    expect(seconds(costs.acts.up, { ...work, others: 40 }, two, costs)).toBe(Number.POSITIVE_INFINITY);
  });

  it("is no shorter than a lab's guests allow, however many processors there are", () => {
    expect(seconds(costs.acts.up, work, { ...two, processors: 64 }, costs)).toBeCloseTo(20 + (4 * 80) / 3);
  });
});

describe("what is worked on at once", () => {
  it("is half of the processors, and all where students type", () => {
    expect([1, 2, 3, 16].map((processors) => defaultAtOnce(processors))).toEqual([1, 1, 1, 8]);
    expect(workOf("grade", 8, two)).toEqual({ labs: 8, atOnce: 1, others: 7 });
    expect(workOf("solution", 8, two)).toEqual({ labs: 8, atOnce: 8, others: 0 });
  });

  it("comes up beside the labs that were there, and half of the new ones", () => {
    expect(workOf("up", 8, two, 4)).toEqual({ labs: 4, atOnce: 1, others: 5.5 });
    expect(workOf("up", 1, two)).toEqual({ labs: 1, atOnce: 1, others: 0 });
  });
});

describe("a plan", () => {
  it("has each machine's part of the labs, and on the teacher's machine the tools of all", () => {
    const one = plan(costs, two, { labs: 30, machines: 1 });
    const three = plan(costs, two, { labs: 30, machines: 3 });
    expect(one).toMatchObject({ labs: 30, memory: 30_100, disk: 18_050, idle: 1.5 });
    expect(three).toMatchObject({ labs: 10, memory: 10_100, disk: 6050, idle: 0.5 });
    expect(three.seconds.solution).toBe(2 + (10 * 100 + 30 * 4) / 2);
    expect(three.working).toBeCloseTo(0.5 + (10 * 100 + 30 * 4) / assumed.lesson);
  });

  it("says what there is too little of", () => {
    const lacks = (memory: number, processors: number) =>
      plan(costs, { memory, processors }, { labs: 30, machines: 1 }).lacks;
    expect(lacks(64_000, 8)).toBeUndefined();
    expect(lacks(24_000, 8)).toBe("memory");
    expect(lacks(64_000, 2)).toBe("processors");
    expect(lacks(24_000, 2)).toBe("memory and processors");
  });

  it("counts the labs that fit: memory but for what the machine keeps, and processors of a lesson", () => {
    const { most } = plan(costs, { memory: 24_000, processors: 2 }, { labs: 30, machines: 1 });
    expect(most.memory).toBe(Math.floor((24_000 - assumed.reserve - 100) / 1000));
    expect(most.processors).toBe(Math.floor(2 / (0.05 + 104 / assumed.lesson)));
    expect(plan(costs, { memory: 1024, processors: 2 }, { labs: 1, machines: 1 }).most.memory).toBe(0);
  });

  it("under KVM has the guests' part alone made faster, and no translated code", () => {
    const fast = underKvm(costs, { factor: 10, code: 400 });
    expect(fast.memory).toEqual({ base: 100, each: 600 });
    expect(fast.idle).toBeCloseTo(0.005);
    expect(fast.acts.up).toEqual({ lab: 8, tools: 10, alone: 5 });
    expect(fast.disk).toEqual(costs.disk);
  });
});

describe("the fit", () => {
  const points = pointsIn(rowsOf(costs));
  const fitted = costsOf(points.slice(0, 3), two);

  it("finds the costs of a class that has just these", () => {
    expect(fitted.memory.base).toBeCloseTo(100);
    expect(fitted.memory.each).toBeCloseTo(1000);
    expect(fitted.disk.each).toBeCloseTo(600);
    expect(fitted.idle).toBeCloseTo(0.05);
    for (const act of acts)
      for (const part of ["lab", "tools", "alone"] as const)
        expect(fitted.acts[act][part], `${act} ${part}`).toBeCloseTo(costs.acts[act][part]);
  });

  it("predicts the size that it has not seen", () => {
    const compared = compare(fitted, points[3] as (typeof points)[0], two);
    expect(compared).toHaveLength(2 + acts.length + 1);
    for (const one of compared) expect(one.error, one.what).toBeCloseTo(0);
    expect(compared.every(isWithin)).toBe(true);
  });

  it("is told of by its error where the last size is another one", () => {
    const [last] = pointsIn(rowsOf({ ...costs, memory: { base: 100, each: 1200 } })).slice(-1);
    const off = compare(fitted, last as (typeof points)[0], two).filter((one) => !isWithin(one));
    expect(off.map(({ what }) => what)).toEqual(["memory"]);
    expect(off[0]?.error).toBeCloseTo((8100 / 9700 - 1) * 100);
  });

  it("allows an error up to its limit, of either sign", () => {
    const one = { what: "", unit: "s", predicted: 1, measured: 1, limit: limits.time } satisfies Partial<Compared>;
    expect([-25, 25, -25.1, 25.1].map((error) => isWithin({ ...one, error }))).toEqual([true, true, false, false]);
  });

  it("needs two sizes, with all their figures", () => {
    expect(() => costsOf(points.slice(0, 1), two)).toThrow("needs two sizes");
    const short = rowsOf(costs).filter(({ measure }) => measure !== measures.grade);
    expect(() => pointsIn(short)).toThrow('the record has no "`class grade`, all labs with full marks" of 1 lab');
  });
});

describe("emulation", () => {
  const paces: Row[] = [
    { measure: "a loop in Perl", contender: "a guest", unit: "s", values: [3, 2.4, 5] },
    { measure: "a loop in Perl", contender: "the machine itself", unit: "s", values: [0.2, 0.25] },
    { measure: "two hundred times /bin/true", contender: "a guest", unit: "s", values: [9] },
    { measure: "two hundred times /bin/true", contender: "the machine itself", unit: "s", values: [0.5] },
  ];

  it("is the smaller slowdown of the fastest runs, and the translated code of a lab", () => {
    const points = pointsIn(rowsOf(costs));
    expect(emulationIn(paces, points)?.factor).toBeCloseTo(12);
    expect(emulationIn(paces, points)?.code).toBeCloseTo(200);
  });

  it("is none where guests have no translated code, or nothing was timed", () => {
    expect(emulationIn(paces, pointsIn(rowsOf(costs, two, { code: 0 })))).toBeUndefined();
    expect(emulationIn([], pointsIn(rowsOf(costs)))).toBeUndefined();
  });

  it("gives the page its columns of KVM, which are marked as estimated", () => {
    const page = classPage(recorded([...rowsOf(costs), ...paces]));
    expect(page).toContain("| KVM, estimated, on 1 machine of 16 processors, 64.0 GiB |");
    expect(page).toContain("KVM was not measured.");
    expect(classPage(recorded(rowsOf(costs)))).not.toContain("estimated");
  });
});

describe("the page", () => {
  it("has the model, its check, and 30 students on one machine and on three", () => {
    const page = classPage(recorded(rowsOf(costs)));
    expect(page).toContain("1000 MiB of memory and 600 MiB of disk");
    expect(page).toContain("| memory | 8100 MiB | 8100 MiB | 0 % | 10 % |");
    expect(page).toContain("as measured on 3 machines of 2 processors, 23.4 GiB");
    expect(page).toMatch(/\| what is too little \| memory and processors \| \w+/);
  });

  it("says what has not been measured yet", () => {
    const upTo = (most: number) =>
      rowsOf(costs).filter(({ contender }) => sizes.some((size) => size <= most && contender === sizeName(size)));
    expect(classPage(recorded(upTo(1)))).toContain("Too few sizes");
    expect(classPage(recorded(upTo(4)))).toContain("has not been checked: 8 labs are not measured yet");
  });

  it("is where docs/ has its place, and nothing is where nothing is recorded", () => {
    const page = "<!-- bench class --><!-- end class -->\n<!-- bench class-plan --><!-- end class-plan -->\n";
    expect(filled(page, noResults, false).match(/Not recorded yet: `npm run bench -- class`\./g)).toHaveLength(2);
    expect(filled(page, merged(noResults, { class: recorded(rowsOf(costs)) }), false)).toContain("**30 students**");
  });

  it("says never where the class itself leaves no processor free", () => {
    const busy = plan({ ...costs, idle: 0.5 }, two, { labs: 30, machines: 1 });
    const rows = planRows([{ title: "", facts: two, plan: busy }]);
    expect(rows.find(([what]) => what === "`class grade`")?.[1]).toBe("never");
  });
});

it("the solution is typed on real servers first, as bash takes it", async () => {
  const file = "labs/bare.yaml";
  const { servers } = await readLab(file);
  const scripts = await solutionOf(file, servers);
  expect(scripts.map(({ server }) => server)).toEqual(["server2", "server3", "server1"]);
  for (const { script } of scripts) expect(script).toMatch(/^#!\/usr\/bin\/env bash\n/);
});
