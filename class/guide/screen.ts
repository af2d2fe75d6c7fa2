import { cellsOf, cut } from "../table.ts";
import { costOf, hintOf, tierTitles } from "./hints.ts";
import { TIERS, tierOf, wasReached } from "./progress.ts";
import {
  type GuideState,
  inPoints,
  isDone,
  judgementOf,
  type Mark,
  markOf,
  marks,
  presentStep,
  sumOf,
} from "./state.ts";
import type { Step } from "./step.ts";

/** How the guide is shown on a terminal. */
export interface View {
  readonly columns: number;
  readonly rows: number;
  /** Whether the terminal has colours. */
  readonly colours: boolean;
  /** The id of the step that is looked at; not there: the present one. */
  readonly chosen?: string | undefined;
  /** A line above the keys: a question, or what happened last. */
  readonly notice?: string | undefined;
  /** When the last look was. */
  readonly at?: Date;
}

/** ECMA-48, SGR: green, red, yellow; 0 ends them. */
const colours: Readonly<Record<Mark, string>> = { reached: "32", broken: "31", open: "", unseen: "33" };

const coloured = (text: string, code: string, on: boolean): string =>
  on && code !== "" ? `\u001b[${code}m${text}\u001b[0m` : text;

/** The step that is looked at. */
export const shownStep = (state: GuideState, chosen?: string): Step | undefined =>
  state.steps.find(({ id }) => id === chosen) ?? presentStep(state) ?? state.steps.at(-1);

/**
 * The guide as the lines of a terminal, no more than its rows: the steps with their marks, and of one of them what it is for and the hints that were
 * taken. What has no room is left out from the end, and said.
 */
export function screenOf(state: GuideState, view: View): string[] {
  const { columns, rows } = view;
  const step = shownStep(state, view.chosen);
  const head = [cut(headOf(state, view), columns), ""];
  const foot = ["", ...(view.notice ? wrapped(view.notice, columns) : []), cut(keysOf(state, step), columns)];
  const room = Math.max(1, rows - head.length - foot.length - 1);
  const details = step ? detailsOf(state, step, columns) : [];
  // The list gets what it needs, up to the half of the screen that the step leaves it.
  const list = listOf(
    state,
    step,
    view,
    Math.max(3, Math.min(state.steps.length, room - Math.min(details.length, Math.ceil(room / 2)) - 1)),
  );
  const left = room - list.length - 1;
  const tooMany = details.length > left;
  const shown = tooMany ? details.slice(0, Math.max(0, left - 1)) : details;
  return [
    ...head,
    ...list,
    "",
    ...shown,
    ...(tooMany && step
      ? [
          cut(
            `… ${details.length - shown.length} more lines: npx lvs-lab guide -s ${state.stack} --hints ${step.id}`,
            columns,
          ),
        ]
      : []),
    ...foot,
  ].slice(0, Math.max(1, rows - 1));
}

const headOf = (state: GuideState, { at }: View): string =>
  `${state.stack}: ${sumOf(state)}${at ? `   (${at.toLocaleTimeString()})` : ""}`;

function keysOf(state: GuideState, step: Step | undefined): string {
  const tier = step ? tierOf(state.progress, step.id) : TIERS;
  const next = tierTitles[tier];
  const cost = step ? costOf(step, tier + 1, state.hintCost) : 0;
  const hint = next === undefined ? [] : [`h ${next.toLowerCase()}${cost > 0 ? ` (${inPoints(cost)})` : ""}`];
  return [...hint, "↑ ↓ choose a step", "q leave"].join("   ");
}

/** The steps around the one that is looked at, at most so many lines. */
function listOf(state: GuideState, shown: Step | undefined, { columns, colours: on }: View, most: number): string[] {
  const { steps } = state;
  const at = Math.max(
    0,
    steps.findIndex(({ id }) => id === shown?.id),
  );
  const from = Math.max(0, Math.min(at - Math.floor(most / 2), steps.length - most));
  const width = Math.max(...steps.map(({ id }) => id.length));
  const places = Math.max(...steps.map(({ hosts }) => hosts.join(", ").length));
  return steps.slice(from, from + most).map((step) => {
    const mark = markOf(state, step);
    const line = `${step.id === shown?.id ? ">" : " "} ${marks[mark]} ${step.id.padEnd(width)}  ${step.hosts.join(", ").padEnd(places)}  ${step.title}`;
    return coloured(cut(line, columns), colours[mark], on);
  });
}

/** What a step is for, how it is, and the hints that were taken. */
function detailsOf(state: GuideState, step: Step, columns: number): string[] {
  const judgement = judgementOf(state, step);
  const mark = markOf(state, step);
  const seen = {
    reached: step.kind === "edge" ? "Seen." : "Reached.",
    broken: `It was reached, and no longer holds: ${judgement.seen}.`,
    open: step.kind === "edge" ? "Not seen yet." : wasReached(state.progress, step.id) ? "" : "Not reached yet.",
    unseen: `It cannot be seen: ${judgement.seen}.`,
  }[mark];
  return [
    ...wrapped(`${step.title}.`, columns),
    ...wrapped(step.why, columns),
    "",
    ...wrapped(seen, columns),
    ...(mark === "reached" && isDone(state) ? ["All steps are reached."] : []),
    ...hintLines(state, step, columns),
  ];
}

/** The hints of a step that were taken, each under its title. Commands are never wrapped by words: they are to be copied. */
export function hintLines(state: GuideState, step: Step, columns: number): string[] {
  const judgement = judgementOf(state, step);
  return tierTitles
    .slice(0, tierOf(state.progress, step.id))
    .flatMap((title, index) => [
      "",
      `${title}:`,
      ...hintOf(step, index + 1, judgement).flatMap(({ kind, text }) =>
        kind === "command" ? inCells(`    ${text}`, columns) : wrapped(text, columns, "  "),
      ),
    ]);
}

/** A line in pieces of so many cells. */
function inCells(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (let rest = text; ; ) {
    if (cellsOf(rest) <= columns) return [...lines, rest];
    lines.push(rest.slice(0, columns));
    rest = rest.slice(columns);
  }
}

/** Text in lines of so many cells, broken between words. */
export function wrapped(text: string, columns: number, indent = ""): string[] {
  if (text === "") return [];
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && cellsOf(`${indent}${line} ${word}`) > columns) {
      lines.push(line);
      line = "";
    }
    line += `${line === "" ? "" : " "}${word}`;
  }
  return [...lines, line].flatMap((one) => inCells(`${indent}${one}`, columns));
}
