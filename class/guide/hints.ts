import { TIERS } from "./progress.ts";
import { type Judgement, OWN_MACHINE, type Step, type Typed } from "./step.ts";

/** What the three tiers of hints are, in the order in which they are given. */
export const tierTitles = ["Where to look", "What is wrong", "The command"] as const;

/** A part of a hint: text that may be wrapped, or a command that may not. */
export interface HintLine {
  readonly kind: "text" | "command";
  readonly text: string;
}

/**
 * A hint of a step.
 * @param tier from 1
 * @param judgement what the last look says of it
 */
export function hintOf(step: Step, tier: number, judgement: Judgement): HintLine[] {
  if (tier === 1) return step.look.flatMap(typedLines);
  if (tier === 2)
    return (judgement.wrong.length > 0 ? judgement.wrong : [`${judgement.seen}.`]).map((text) => ({
      kind: "text",
      text,
    }));
  return [
    ...(isToldBefore(step) && !step.again
      ? [text("It has no command of its own, but follows from the steps above. To see it:")]
      : []),
    ...step.solution.flatMap(typedLines),
    ...(step.again ? [text("Again and again, until it is seen: chance decides.")] : []),
    ...(step.undo.length > 0 ? [text("When it is seen, take it back:"), ...step.undo.flatMap(typedLines)] : []),
  ];
}

/** What a tier of a step's hints costs: the command alone costs anything, where the first tier has not told it. */
export const costOf = (step: Step, tier: number, hintCost: number): number =>
  tier === TIERS && !isToldBefore(step) ? hintCost : 0;

/** Whether the solution has no command but those of where to look. */
function isToldBefore({ look, solution }: Step): boolean {
  const told = new Set(look.flatMap(({ commands }) => commands));
  return solution.every(({ commands }) => commands.every((command) => told.has(command)));
}

const text = (words: string): HintLine => ({ kind: "text", text: words });

function typedLines({ on, why, commands }: Typed): HintLine[] {
  const place = on === OWN_MACHINE ? "On your own machine" : on === "client" ? "On the client" : `On ${on}`;
  return [
    text(why === undefined ? `${place}:` : `${place}: ${why}`),
    ...commands.flatMap((command) => command.split("\n")).map((line): HintLine => ({ kind: "command", text: line })),
  ];
}
