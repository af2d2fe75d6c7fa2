/**
 * What a class costs: memory, disk and time of so many labs on so many machines, from what one lab costs. docs/benchmarks.md says the same
 * in words. Seconds of processor time are those of one processor.
 */

import { defaultAtOnce } from "../../cli/class/each.ts";

/** What is done with labs: by `class up`, by a student who types the solution, by `class grade`, by `class reset`. */
export const acts = ["up", "solution", "grade", "reset"] as const;
export type Act = (typeof acts)[number];

/** What an act costs of each lab. */
export interface ActCost {
  /** Processor seconds of the lab's own processes, on the machine that has the lab. */
  readonly lab: number;
  /** Processor seconds of lvs-lab, Pulumi and ssh, on the teacher's machine. */
  readonly tools: number;
  /** Seconds that it takes however many processors there are. */
  readonly alone: number;
}

/** What a lab costs. Memory and disk grow by a line: so much for the first lab's sake, and so much for each. */
export interface Costs {
  /** MiB, after the exercise was done. */
  readonly memory: Line;
  /** MiB, with the snapshot of `class up --snapshot`. */
  readonly disk: Line;
  /** Processors that an untouched lab keeps busy. */
  readonly idle: number;
  /** Guests of a lab: it uses at most so many processors at once. */
  readonly guests: number;
  readonly acts: Readonly<Record<Act, ActCost>>;
}

export interface Line {
  readonly base: number;
  readonly each: number;
}

/** A machine of a class. */
export interface Facts {
  readonly processors: number;
  /** MiB. */
  readonly memory: number;
}

/** Assumptions. They are not measured. */
export const assumed = {
  /** MiB that a machine keeps for itself, and for `class up` itself. */
  reserve: 2048,
  /** Seconds in which each student types the whole solution once. */
  lesson: 45 * 60,
} as const;

const at = ({ base, each }: Line, labs: number): number => base + each * labs;

export interface Work {
  /** Labs on which the act is done, on this machine. */
  readonly labs: number;
  /** At once. */
  readonly atOnce: number;
  /** Other labs that are up on it meanwhile, on average. */
  readonly others: number;
  /** Labs of all machines, whose tools run on this one, the teacher's. */
  readonly all: number;
}

/**
 * Seconds that an act takes on a machine. The labs are worked on in turns of `atOnce`. Each turn takes what no processor shortens, and all of
 * them together the processor time, divided by the processors that other labs leave free. A lab uses no more processors than it has guests.
 * @returns Infinity if other labs leave no processor free
 */
export function seconds({ lab, tools, alone }: ActCost, work: Work, { processors }: Facts, costs: Costs): number {
  const free = processors - work.others * costs.idle;
  if (free <= 0) return Number.POSITIVE_INFINITY;
  const turns = Math.ceil(work.labs / work.atOnce);
  const shared = (work.labs * lab + work.all * tools) / free;
  return turns * alone + Math.max(shared, (turns * lab) / costs.guests);
}

/** How many labs are worked on at once, and how many others are up, when an act is done on all of a machine's labs. */
export function workOf(act: Act, labs: number, { processors }: Facts, before = 0): Omit<Work, "all"> {
  const wanted = labs - before;
  // Every student types; the commands of a class work on a few labs at once.
  const atOnce = act === "solution" ? wanted : Math.min(wanted, defaultAtOnce(processors));
  // During `class up`, half of the wanted labs are up on average.
  const others = act === "up" ? before + (wanted - atOnce) / 2 : labs - atOnce;
  return { labs: wanted, atOnce, others };
}

/** A class on its machines. Of the one with the most labs, which is the teacher's, too. */
export interface Plan {
  readonly labs: number;
  /** MiB. */
  readonly memory: number;
  /** MiB. */
  readonly disk: number;
  /** Seconds for the whole class, from nothing; of reset: for all students. */
  readonly seconds: Readonly<Record<Act, number>>;
  /** Processors that the untouched class keeps busy. */
  readonly idle: number;
  /** Processors that are busy on average in a lesson in which every student types the solution once. */
  readonly working: number;
  /** The most labs that its memory has room for, and its processors in such a lesson. */
  readonly most: { readonly memory: number; readonly processors: number };
  /** What the class has too little of; undefined: nothing. */
  readonly lacks: "memory" | "processors" | "memory and processors" | undefined;
}

/** What a class of so many labs costs on so many machines that are alike. */
export function plan(costs: Costs, facts: Facts, { labs: all, machines }: { labs: number; machines: number }): Plan {
  const labs = Math.ceil(all / machines);
  const typing = (costs.acts.solution.lab * labs + costs.acts.solution.tools * all) / assumed.lesson;
  const perLab = costs.idle + (costs.acts.solution.lab + costs.acts.solution.tools * machines) / assumed.lesson;
  const most = {
    memory: Math.max(0, Math.floor((facts.memory - assumed.reserve - costs.memory.base) / costs.memory.each)),
    processors: Math.floor(facts.processors / perLab),
  };
  const short = [...(most.memory < labs ? ["memory"] : []), ...(most.processors < labs ? ["processors"] : [])];
  return {
    labs,
    memory: at(costs.memory, labs),
    disk: at(costs.disk, labs),
    seconds: Object.fromEntries(
      acts.map((act) => [act, seconds(costs.acts[act], { ...workOf(act, labs, facts), all }, facts, costs)]),
    ) as Record<Act, number>,
    idle: costs.idle * labs,
    working: costs.idle * labs + typing,
    most,
    lacks: short.length > 0 ? (short.join(" and ") as Plan["lacks"]) : undefined,
  };
}

/** How much slower emulated guests are than the machine itself, and what emulation takes of memory. */
export interface Emulation {
  readonly factor: number;
  /** MiB of a lab: the translated code of its guests. */
  readonly code: number;
}

/**
 * What the same labs would cost under KVM. An estimate, and not measured: guests run as fast as the machine itself, and keep no translated code.
 * What takes no processor stays as it is.
 */
export const underKvm = (costs: Costs, { factor, code }: Emulation): Costs => ({
  ...costs,
  memory: { ...costs.memory, each: costs.memory.each - code },
  idle: costs.idle / factor,
  acts: Object.fromEntries(
    acts.map((act) => [act, { ...costs.acts[act], lab: costs.acts[act].lab / factor }]),
  ) as Record<Act, ActCost>,
});
