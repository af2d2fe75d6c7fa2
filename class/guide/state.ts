import { hintOf, tierTitles } from "./hints.ts";
import { hintSum, type Progress, TIERS, tierOf, wasReached } from "./progress.ts";
import type { Judgement, Step } from "./step.ts";

/** What a step's mark says. `broken`: a level that was reached and no longer is. */
export type Mark = "reached" | "broken" | "open" | "unseen";

/** How far a lab is, for people and for programs. */
export interface GuideState {
  readonly stack: string;
  readonly lab: string;
  readonly steps: readonly Step[];
  readonly judged: ReadonlyMap<string, Judgement>;
  readonly progress: Progress;
  /** What the third hint of a step costs, in points. */
  readonly hintCost: number;
}

const NOT_LOOKED_AT: Judgement = { state: "unseen", seen: "not looked at yet", wrong: [] };

export const judgementOf = ({ judged }: Pick<GuideState, "judged">, { id }: Pick<Step, "id">): Judgement =>
  judged.get(id) ?? NOT_LOOKED_AT;

/** A step's mark: an edge that was seen stays, a level turns back. */
export function markOf(state: Pick<GuideState, "judged" | "progress">, step: Pick<Step, "id" | "kind">): Mark {
  const before = wasReached(state.progress, step.id);
  const { state: now } = judgementOf(state, step);
  if (now === "reached" || (step.kind === "edge" && before)) return "reached";
  if (now === "unseen") return "unseen";
  return before ? "broken" : "open";
}

/** Whether all marks are green. */
export const isDone = (state: GuideState): boolean => state.steps.every((step) => markOf(state, step) === "reached");

/** The first step whose mark is not green; undefined: all are. */
export const presentStep = (state: GuideState): Step | undefined =>
  state.steps.find((step) => markOf(state, step) !== "reached");

/** A step on a line of its own, as it is told where nothing is redrawn. */
export function stepLine(state: GuideState, step: Step): string {
  const mark = markOf(state, step);
  const { seen } = judgementOf(state, step);
  const what = { reached: "", broken: `; it no longer holds: ${seen}`, open: `: ${seen}`, unseen: `: ${seen}` }[mark];
  return `${marks[mark]} ${step.id} (${step.hosts.join(", ")}): ${step.title}${what}`;
}

export const marks: Readonly<Record<Mark, string>> = { reached: "✓", broken: "✗", open: "·", unseen: "?" };

/** `5 of 9 steps, 1 broken; hints cost 2 points` */
export function sumOf(state: GuideState): string {
  const count = (mark: Mark): number => state.steps.filter((step) => markOf(state, step) === mark).length;
  const { taken, points } = hintSum(state.progress);
  return [
    `${count("reached")} of ${state.steps.length} steps`,
    ...(count("broken") > 0 ? [`${count("broken")} no longer hold`] : []),
    ...(count("unseen") > 0 ? [`${count("unseen")} cannot be seen`] : []),
    ...(taken > 0
      ? [`${taken} ${taken === 1 ? "hint" : "hints"}${points > 0 ? `, which cost ${inPoints(points)}` : ""}`]
      : []),
  ].join(", ");
}

export const inPoints = (points: number): string => `${points} ${points === 1 ? "point" : "points"}`;

/** How far a lab is, as data; `version` increases with changes that readers must know of. */
export const guideAsJson = (state: GuideState, at: Date): unknown => ({
  format: "lvs-lab guide",
  version: 1,
  stack: state.stack,
  lab: state.lab,
  at: at.toISOString(),
  passed: isDone(state),
  present: presentStep(state)?.id ?? null,
  hints: { ...hintSum(state.progress), commandCosts: state.hintCost },
  steps: state.steps.map((step) => {
    const tier = tierOf(state.progress, step.id);
    const judgement = judgementOf(state, step);
    const { reachedAt } = state.progress.steps[step.id] ?? {};
    return {
      ...{ id: step.id, kind: step.kind, title: step.title, why: step.why, hosts: step.hosts },
      mark: markOf(state, step),
      seen: judgement.seen,
      ...(reachedAt === undefined ? {} : { reachedAt }),
      hints: Array.from({ length: Math.min(tier, TIERS) }, (_, index) => ({
        title: tierTitles[index],
        lines: hintOf(step, index + 1, judgement).map(({ text }) => text),
      })),
    };
  }),
});
