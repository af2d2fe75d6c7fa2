import { z } from "zod";
import type { Judgement } from "./step.ts";

/** Tiers of hints: where to look, what is wrong, the command. */
export const TIERS = 3;

const moment = z.iso.datetime();

/** How far a student is. `version` increases with changes that readers must know of. */
export const progressSchema = z.object({
  format: z.literal("lvs-lab guide progress"),
  version: z.literal(1),
  /** The lab's name. */
  lab: z.string(),
  /** By the step's id; a step that never was reached or begun is not there. */
  steps: z.record(
    z.string(),
    z.object({
      /** When it was reached first; it stays. */
      reachedAt: moment.optional(),
      /** As it was last seen. Of an edge that was reached: what the look alone says. */
      state: z.enum(["reached", "open", "unseen"]),
      /** Since when. */
      since: moment,
    }),
  ),
  hints: z.array(z.object({ step: z.string(), tier: z.int().min(1).max(TIERS), at: moment, cost: z.number().min(0) })),
});
export type Progress = z.output<typeof progressSchema>;

export const noProgress = (lab: string): Progress => ({
  format: "lvs-lab guide progress",
  version: 1,
  lab,
  steps: {},
  hints: [],
});

/** How many steps have been reached. */
export const reachedIn = (progress: Progress): number =>
  Object.keys(progress.steps).filter((id) => wasReached(progress, id)).length;

export const wasReached = ({ steps }: Progress, id: string): boolean => steps[id]?.reachedAt !== undefined;

/** What becomes of progress by a look: states that differ from what was known are new, and what was reached first stays. */
export function withLook(progress: Progress, judged: ReadonlyMap<string, Judgement>, at: Date): Progress {
  const now = at.toISOString();
  const steps = { ...progress.steps };
  for (const [id, { state }] of judged) {
    const before = steps[id];
    if (before?.state === state && (state !== "reached" || before.reachedAt !== undefined)) continue;
    const reachedAt = before?.reachedAt ?? (state === "reached" ? now : undefined);
    steps[id] = { state, since: now, ...(reachedAt === undefined ? {} : { reachedAt }) };
  }
  return { ...progress, steps };
}

/** Whether a look changes progress. */
export const isNews = ({ steps }: Progress, judged: ReadonlyMap<string, Judgement>): boolean =>
  [...judged].some(([id, { state }]) => steps[id]?.state !== state);

/** The highest tier of a step's hints that was taken; 0: none. */
export const tierOf = ({ hints }: Progress, step: string): number =>
  Math.max(0, ...hints.filter((one) => one.step === step).map(({ tier }) => tier));

/** Takes a hint. Taken before, it costs nothing again. */
export function withHint(progress: Progress, hint: { step: string; tier: number; cost: number }, at: Date): Progress {
  if (progress.hints.some(({ step, tier }) => step === hint.step && tier === hint.tier)) return progress;
  return { ...progress, hints: [...progress.hints, { ...hint, at: at.toISOString() }] };
}

/** How many hints were taken, and what points they cost. */
export const hintSum = ({ hints }: Progress): { taken: number; points: number } => ({
  taken: hints.length,
  points: hints.reduce((sum, { cost }) => sum + cost, 0),
});
