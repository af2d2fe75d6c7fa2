import { type Row, rowOf, summarize } from "../harness/measured.ts";
import {
  type Act,
  type ActCost,
  acts,
  type Costs,
  type Emulation,
  type Facts,
  type Line,
  seconds,
  type Work,
  workOf,
} from "./model.ts";
import { GUEST, MACHINE, type Point, paces } from "./points.ts";

/** The exercise: three guests. */
const GUESTS = 3;

/** What a lab costs, by these points. @throws Error without two of them: one is no line */
export function costsOf(points: readonly Point[], facts: Facts): Costs {
  if (points.length < 2) throw new Error("a model needs two sizes. Fix: `npm run bench -- class` goes on");
  const idle = sum(points.map((point) => point.idle)) / sum(points.map(({ labs }) => labs));
  const without: Costs = {
    memory: line(points.map(({ labs, memory }) => [labs, memory])),
    disk: line(points.map(({ labs, disk }) => [labs, disk])),
    ...{ idle, guests: GUESTS, acts: {} as Costs["acts"] },
  };
  return {
    ...without,
    acts: Object.fromEntries(acts.map((act) => [act, actCost(act, points, facts, without)])) as Record<Act, ActCost>,
  };
}

/**
 * Processor time of an act without that of other labs, which would have been spent anyway, as a mean over all labs of all points; then the
 * seconds that the model has still to explain, as a mean over all turns.
 */
function actCost(act: Act, points: readonly Point[], facts: Facts, costs: Costs): ActCost {
  const all = points.map((point) => {
    const { of, wall, labs, tools } = point.acts[act];
    const work = workIn(point, act, facts);
    const background = costs.idle * work.others * wall;
    return { of, wall, work, lab: Math.max(0, labs - background), tools };
  });
  const count = sum(all.map(({ of }) => of));
  const busy = {
    lab: sum(all.map(({ lab }) => lab)) / count,
    tools: sum(all.map(({ tools }) => tools)) / count,
    alone: 0,
  };
  const unexplained = all.map(({ wall, work }) => wall - seconds(busy, work, facts, costs));
  const turns = all.map(({ work }) => Math.ceil(work.labs / work.atOnce));
  return { ...busy, alone: Math.max(0, sum(unexplained) / sum(turns)) };
}

/** `up` is done on the new labs, all else on all of them. */
const workIn = ({ labs, before, acts: all }: Point, act: Act, facts: Facts): Work => ({
  ...workOf(act, labs, facts, act === "up" ? before : 0),
  all: all[act].of,
});

/** The line of least squares. */
function line(points: readonly (readonly [x: number, y: number])[]): Line {
  const [meanX, meanY] = [0, 1].map((index) => sum(points.map((point) => point[index] as number)) / points.length) as [
    number,
    number,
  ];
  const each =
    sum(points.map(([x, y]) => (x - meanX) * (y - meanY))) / sum(points.map(([x]) => (x - meanX) * (x - meanX)));
  return { base: meanY - each * meanX, each };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/**
 * What emulation costs: the smaller of the two slowdowns, so that an estimate of KVM is a cautious one, and the translated code of a lab.
 * Undefined where guests were not emulated, or where it was not measured.
 */
export function emulationIn(rows: readonly Row[], points: readonly Point[]): Emulation | undefined {
  const code = sum(points.map((point) => point.code)) / sum(points.map(({ labs }) => labs));
  const factors = Object.values(paces).flatMap((measure) => {
    const [guest, machine] = [GUEST, MACHINE].map((who) => rowOf(rows, measure, who));
    return guest && machine ? [summarize(guest.values).min / summarize(machine.values).min] : [];
  });
  return factors.length > 0 && code > 0 ? { factor: Math.min(...factors), code } : undefined;
}

/** What the model says of a point, and what was measured. */
export interface Compared {
  readonly what: string;
  readonly unit: "s" | "MiB" | "processors";
  readonly predicted: number;
  readonly measured: number;
  /** Per cent of what was measured; above 0: the model says more. */
  readonly error: number;
  /** Per cent that the error may have. */
  readonly limit: number;
}

/**
 * Per cent. Memory and disk are sums of parts that are alike. Times of emulated guests differ by more from run to run: on one machine, the same
 * `ha` took two to three times as long on another day.
 */
export const limits = { space: 10, time: 25 } as const;

/** Holds a point against the model. */
export function compare(costs: Costs, point: Point, facts: Facts): Compared[] {
  const row = (what: string, unit: Compared["unit"], predicted: number, measured: number): Compared => ({
    ...{ what, unit, predicted, measured },
    error: (predicted / measured - 1) * 100,
    limit: unit === "MiB" ? limits.space : limits.time,
  });
  const names: Readonly<Record<Act, string>> = {
    up: `\`class up\` of ${point.labs - point.before} more labs`,
    solution: "the solution typed in all labs at once",
    grade: "`class grade`",
    reset: "`class reset` of all students",
  };
  return [
    row("memory", "MiB", costs.memory.base + costs.memory.each * point.labs, point.memory),
    row("disk", "MiB", costs.disk.base + costs.disk.each * point.labs, point.disk),
    ...acts.map((act) => {
      const predicted = seconds(costs.acts[act], workIn(point, act, facts), facts, costs);
      return row(names[act], "s", predicted, point.acts[act].wall);
    }),
    row("processors that the untouched class keeps busy", "processors", costs.idle * point.labs, point.idle),
  ];
}

/** Whether the model is as good as it must be. */
export const isWithin = ({ error, limit }: Compared): boolean => Math.abs(error) <= limit;
