import { type Row, rowOf, summarize, type Unit } from "../harness/measured.ts";
import { type Act, acts } from "./model.ts";

/** The part that has the rows. */
export const CLASS = "class";

/** Sizes of the class that are measured, each with the labs of the one before. */
export const sizes = [1, 2, 4, 8] as const;

/** The last size is what the model is checked against; it is fitted on the others. */
export const checkedSize = 8;

/** How rows of a size are named. */
export const sizeName = (labs: number): string => `${labs} lab${labs === 1 ? "" : "s"}`;

/** What is measured at each size, by its name in the record. */
export const measures = {
  up: "`class up --snapshot` of the new labs",
  each: "of that, each new lab",
  fresh: "memory of the guests, untouched",
  idle: "processor time of the labs' processes, untouched, in a minute",
  solution: "the solution typed in all labs at once",
  guests: "memory of the guests, the exercise done",
  code: "of that, translated code",
  rest: "memory of the lab hosts without guests",
  taken: "memory that the machine has no longer free, the exercise done",
  disk: "disk of the labs' directories, with a snapshot each",
  grade: "`class grade`, all labs with full marks",
  load: "processor time of the labs' processes, each client asking for a page a second, in a minute",
  sharedBefore: "memory of the guests before page sharing (KSM)",
  shared: "memory of the guests with page sharing (KSM)",
  resetOne: "`class reset` of one student",
  reset: "`class reset` of all students",
} as const;

/** Processor seconds of an act: of the labs' processes, and of the commands on the teacher's machine. Other load is in neither. */
export const ofLabs = (act: Act): string => `${measures[act]}: the labs' processes`;
export const ofTools = (act: Act): string => `${measures[act]}: lvs-lab, Pulumi, ssh`;

/** Commands that are timed in an emulated guest and on the machine itself. */
export const paces = { loop: "a loop in Perl", forks: "two hundred times /bin/true" } as const;
export const GUEST = "a guest";
export const MACHINE = "the machine itself";

/** A lab whose guests have less memory. */
export const SMALL = "1 lab, guests of 256 MiB";

/** An act as it was measured: on `of` labs while `labs` were there. */
export interface Measured {
  readonly of: number;
  readonly wall: number;
  /** Processor seconds of the labs' processes, and of the commands. */
  readonly labs: number;
  readonly tools: number;
}

/** A size, as it was measured. */
export interface Point {
  readonly labs: number;
  /** Labs that were there before, to which `up` added. */
  readonly before: number;
  /** MiB. */
  readonly memory: number;
  readonly code: number;
  readonly disk: number;
  /** Processors that were busy on average. */
  readonly idle: number;
  readonly acts: Readonly<Record<Act, Measured>>;
}

/** The sizes that rows have figures of, in order. @throws Error if a size lacks one */
export function pointsIn(rows: readonly Row[]): Point[] {
  const present = sizes.filter((labs) => rows.some(({ contender }) => contender === sizeName(labs)));
  return present.map((labs): Point => {
    const before = sizes.filter((size) => size < labs).at(-1) ?? 0;
    const value = (measure: string, unit: Unit): number => {
      const row = rowOf(rows, measure, sizeName(labs), unit);
      if (!row)
        throw new Error(
          `the record has no "${measure}" of ${sizeName(labs)}. Fix: measure it again, \`npm run bench -- class\``,
        );
      return summarize(row.values).median;
    };
    return {
      ...{ labs, before },
      memory: value(measures.guests, "MiB") + value(measures.rest, "MiB"),
      code: value(measures.code, "MiB"),
      disk: value(measures.disk, "MiB"),
      idle: value(measures.idle, "CPU s") / 60,
      acts: Object.fromEntries(
        acts.map((act) => [
          act,
          {
            of: act === "up" ? labs - before : labs,
            wall: value(measures[act], "s"),
            labs: value(ofLabs(act), "CPU s"),
            tools: value(ofTools(act), "CPU s"),
          },
        ]),
      ) as Record<Act, Measured>,
    };
  });
}
