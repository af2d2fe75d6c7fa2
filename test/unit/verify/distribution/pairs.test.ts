import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { type Scheduler, schedulers, type VirtualService } from "../../../../lab/index.ts";
import { balancing } from "../../../../verify/checks/balancing.ts";
import type { Seen } from "../../../../verify/checks/check.ts";
import { aLiveLab } from "../a-live-lab.ts";
import { serviceOf } from "../other-labs.ts";
import { type Before, SimulatedDirector, SimulatedView, withWeights } from "./a-director.ts";
import { same } from "./same.ts";

const live = await aLiveLab("dr");

/** What the check of one service sees where the director has another one. */
async function looked(
  weights: readonly number[],
  wanted: Partial<VirtualService>,
  set: Partial<VirtualService>,
  before?: Before,
): Promise<Seen> {
  const lab = withWeights(live.lab, weights, wanted);
  const director = new SimulatedDirector(serviceOf(withWeights(live.lab, weights, set)), before);
  const [subject] = balancing.subjects(lab);
  if (!subject) throw new Error("the lab has no service");
  return await balancing.look(new SimulatedView({ ...live, lab }, director), subject);
}

/** Connections of others that have ended, more on one than an active connection counts. */
const busy = { inactive: { server2: 300, server3: 7 } };

const situations: [string, number[], Before][] = [
  ["equal weights", [1, 1], {}],
  ["equal weights, begun in the middle", [1, 1], { state: 0.5 }],
  ["equal weights, not idle", [2, 2], busy],
  ["three times the weight", [3, 1], { state: 0.3 }],
  ["three times the weight for the last", [1, 3], busy],
  ["three real servers", [2, 1, 1], { state: 0.7 }],
  ["weights without a common divisor", [5, 3], { ...busy, state: 1 }],
  ["four real servers", [1, 2, 3, 4], {}],
];

describe.each(situations)("%s, %j", (_name, weights, before) => {
  it.each(schedulers)(
    "the check of %s passes for itself, and for no other that a client could tell from it",
    async (expected) => {
      const passing: Scheduler[] = [];
      for (const set of schedulers)
        if ((await looked(weights, { scheduler: expected }, { scheduler: set }, before)).passed) passing.push(set);
      const service = serviceOf(withWeights(live.lab, weights));
      const alike = same.filter((one) => one.expected === expected && one.where(service));
      const certain = alike.filter(({ byMemory }) => !byMemory).map(({ set }) => set);
      const possible = alike.map(({ set }) => set);
      expect(passing.filter((set) => !possible.includes(set) || certain.includes(set)).sort()).toEqual(
        [expected, ...certain].sort(),
      );
    },
  );
});

it.each(schedulers)("the check of %s passes for itself beside connections of others that stand", async (scheduler) => {
  const others = { active: { server2: 3, server3: 1 }, inactive: { server3: 20 } };
  for (const weights of [
    [1, 1],
    [2, 5],
    [1, 2, 3],
  ])
    expect((await looked(weights, { scheduler }, { scheduler }, others)).passed, `${weights}`).toBe(true);
});

it("with one real server, every scheduler is every other", async () => {
  for (const expected of schedulers)
    for (const set of schedulers)
      expect((await looked([7], { scheduler: expected }, { scheduler: set })).passed, `${expected} ${set}`).toBe(true);
});

it("docs/schedulers.md names them and no others, each with its reason", async () => {
  const [, table = ""] =
    /^\| pair \|.*\n\|-.*\n((?:\|.*\n)+)/m.exec(await readFile("docs/schedulers.md", "utf8")) ?? [];
  const rows = table.trim().split("\n");
  const pairs = new Map(same.map((one) => [[one.expected, one.set].sort().join("`, `"), one.because]));
  for (const [names, because] of pairs)
    expect(rows.find((row) => row.startsWith(`| \`${names}\` | `))).toContain(because);
  expect(rows).toHaveLength(pairs.size);
});

describe("limits of what is opened", () => {
  it.each<[Scheduler, Scheduler, number[]]>([
    ["fo", "ovf", [23, 1]],
    ["ovf", "fo", [23, 1]],
    ["lblc", "fo", [23, 1]],
    ["wrr", "fo", [60, 1]],
  ])("%s cannot be told from %s with weights %j", async (expected, set, weights) => {
    expect((await looked(weights, { scheduler: expected }, { scheduler: set })).passed).toBe(true);
  });

  it.each<[Scheduler, Scheduler, number[]]>([
    ["fo", "ovf", [22, 1]],
    ["ovf", "fo", [22, 1]],
    ["wrr", "fo", [12, 1]],
  ])("%s can be told from %s with weights %j", async (expected, set, weights) => {
    expect((await looked(weights, { scheduler: expected }, { scheduler: set })).passed).toBe(false);
  });
});

describe("flags", () => {
  const ways = (scheduler: "sh" | "mh"): Partial<VirtualService>[] =>
    [[], [`${scheduler}-fallback`], [`${scheduler}-port`], [`${scheduler}-fallback`, `${scheduler}-port`]].map(
      (schedulerFlags) => ({ scheduler, schedulerFlags }),
    );

  it("of sh are told apart where a real server has weight 0", async () => {
    for (const wanted of ways("sh"))
      for (const set of ways("sh")) {
        const { passed, seen } = await looked([2, 0, 3], wanted, set);
        expect(passed, `${wanted.schedulerFlags} where ${set.schedulerFlags} is set: ${seen}`).toBe(
          wanted === set || JSON.stringify(wanted) === JSON.stringify(set),
        );
      }
  });

  it("of sh and mh that add the port are told from those that do not", async () => {
    for (const scheduler of ["sh", "mh"] as const) {
      const [bare = {}, , port = {}] = ways(scheduler);
      expect((await looked([1, 1], bare, port)).passed).toBe(false);
      expect((await looked([1, 1], port, bare)).passed).toBe(false);
      expect((await looked([1, 1], port, port)).passed).toBe(true);
    }
  });

  it("mh-fallback makes no difference: mh gives no slot to a real server of weight 0", async () => {
    const [bare = {}, fallback = {}] = ways("mh");
    expect((await looked([2, 0, 3], bare, fallback)).passed).toBe(true);
    expect((await looked([2, 0, 3], fallback, bare)).passed).toBe(true);
  });

  it("sh and mh with the port are told from each other", async () => {
    const [, , sh = {}] = ways("sh");
    const [, , mh = {}] = ways("mh");
    expect((await looked([3, 1], sh, mh)).passed).toBe(false);
    expect((await looked([3, 1], mh, sh)).passed).toBe(false);
  });
});
