import type { Tile, TileTask } from "../tile.ts";
import { markClass } from "./card.ts";
import { element } from "./element.ts";
import { ago, heldBy, nameOf, signWords, since as sinceWords, stepsInWords } from "./words.ts";

/** What is known of a lab, as the contents of a dialog. `lower`: lowers the hand. */
export function detailsOf(tile: Tile, now: number, lower: () => void): Node[] {
  const { student, tasks } = tile;
  const title = element("h2", "", nameOf(tile));
  title.id = "details-title";
  const close = element("form", "", element("button", "", "Close"));
  close.method = "dialog";
  return [
    element(
      "div",
      "head",
      element("div", "", title, element("p", "quiet", student ? `${student.id}, stack ${student.stack}` : "")),
      close,
    ),
    ...handOf(tile, now, lower),
    factsOf(tile, now),
    ...(tasks.length > 0 ? [tasksOf(tasks)] : []),
    ...(student ? [commandsOf(student.stack)] : []),
  ];
}

function handOf({ hand }: Tile, now: number, lower: () => void): Node[] {
  if (!hand) return [];
  const button = element("button", "lower", "Lower the hand");
  button.type = "button";
  button.addEventListener("click", lower);
  return [
    element(
      "p",
      "question",
      `Hand up ${sinceWords(hand.since, now)}${hand.text === undefined ? "" : `: “${hand.text}”`} `,
      button,
    ),
  ];
}

function factsOf({ state, words, score, lookedAt, vips, faults, guide, sign, stuckSince }: Tile, now: number): Node {
  const facts: readonly (readonly [string, string])[] = [
    ["lab", lookedAt === undefined ? words : `${words}; looked at ${ago(lookedAt, now)}`],
    ...(score
      ? [["points", `${score.points} of ${score.of}, ${score.percent} %${unchanged(stuckSince, now)}`] as const]
      : []),
    ...(guide ? [["guide", stepsInWords(guide.done)] as const] : []),
    ...vips.map((vip) => [vip.address ?? "VIP", heldBy(vip)] as const),
    ...faults.map(
      ({ fault, where, since: at }) => ["fault", `${fault} on ${where}, for ${sinceWords(at, now)}`] as const,
    ),
    [
      "sign of life",
      sign ? `${ago(sign.at, now)}: ${signWords[sign.kind]}` : state === "unseen" ? "" : "none since the view began",
    ],
  ];
  return element(
    "dl",
    "facts",
    ...facts
      .filter(([, value]) => value !== "")
      .map(([name, value]) => element("div", "", element("dt", "", name), element("dd", "", value))),
  );
}

const unchanged = (since: number | undefined, now: number): string =>
  since === undefined || now - since < 60_000 ? "" : `; the same for ${sinceWords(since, now)}`;

const tasksOf = (tasks: readonly TileTask[]): Node => element("ol", "tasks", ...tasks.map(taskOf));

function taskOf(task: TileTask): HTMLElement {
  const { id, title, where, status, points, of, seen, hint, foreign = [] } = task;
  const what = element(
    "span",
    "",
    element("span", "title", title),
    element("span", "quiet", `  ${id}, ${where}: ${status}`),
  );
  const line = element(
    "p",
    "line",
    element("span", markClass(task)),
    what,
    element("span", "points", `${points}/${of}`),
  );
  const row = (name: string, value: string): Node =>
    element("p", "row", element("span", "quiet", name), element("span", "value", value));
  return element(
    "li",
    "",
    line,
    ...(seen !== undefined && status === "wrong" ? [row("seen", seen)] : []),
    ...(hint === undefined ? [] : [row("hint", hint)]),
    ...foreign.map((one) => row("another’s", one)),
  );
}

const commandsOf = (stack: string): Node =>
  element("pre", "", [`npx lvs-lab grade -s ${stack}`, `npx lvs-lab status -s ${stack}`].join("\n"));
