import { type Row, rowOf, summarize, type Unit } from "./measured.ts";
import type { Results } from "./results.ts";

/**
 * A ratio of two fastest runs of one part: the ratio of two programs on a machine varies far less between machines than their times. Load
 * on the machine can only lengthen a run.
 */
export interface Ratio {
  readonly name: string;
  readonly part: string;
  /** The measured thing, and its reference. A larger ratio is worse. */
  readonly of: readonly [measure: string, contender: string];
  readonly to: readonly [measure: string, contender: string];
  readonly unit: Unit;
}

const OURS = "lvs-lab: pulumi up";
const SCRIPT = "floor: one shell script a server";
const idle = "an `up` with nothing to do";
const served = "until the client is served";

/** The ratios that the guard compares. */
export const ratios: readonly Ratio[] = [
  {
    name: "an `up` with nothing to do, in imports of Pulumi's SDK",
    part: "idle",
    of: [idle, OURS],
    to: [idle, "plain node that imports Pulumi's SDK"],
    unit: "s",
  },
  {
    name: "provisioning, in the time of the bare commands",
    part: "provision",
    of: [served, OURS],
    to: [served, SCRIPT],
    unit: "s",
  },
  {
    name: "provisioning, in the time of Ansible",
    part: "provision",
    of: [served, OURS],
    to: [served, "Ansible"],
    unit: "s",
  },
];

/** A ratio's value in some results; undefined if one of the two was not measured. */
export function ratioIn({ part, of, to, unit }: Ratio, results: Results): number | undefined {
  const rows = results.parts[part]?.rows ?? [];
  const fastestOf = ([measure, contender]: Ratio["of"]): number | undefined => {
    const row: Row | undefined = rowOf(rows, measure, contender, unit);
    return row && summarize(row.values).min;
  };
  const one = fastestOf(of);
  const other = fastestOf(to);
  return one !== undefined && other ? one / other : undefined;
}

export interface Verdict {
  readonly ratio: Ratio;
  readonly recorded: number;
  readonly now: number;
  /** Relative change: 0.3 is 30 % slower, below 0 is faster. */
  readonly loss: number;
}

/** Compares new results with the recorded ones, as far as both have the ratio. */
export const judge = (recorded: Results, now: Results): Verdict[] =>
  ratios.flatMap((ratio) => {
    const before = ratioIn(ratio, recorded);
    const after = ratioIn(ratio, now);
    return before === undefined || after === undefined
      ? []
      : [{ ratio, recorded: before, now: after, loss: after / before - 1 }];
  });
