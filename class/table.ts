import { minutes } from "../verify/report/words.ts";

/** How far one student's part of a command is. */
export interface Row {
  readonly id: string;
  readonly name: string;
  readonly state: "waiting" | "running" | "done" | "failed" | "left";
  /** What it is at, or what came of it. */
  readonly what: string;
  /** When it began, in milliseconds of some clock. */
  readonly since?: number;
}

const marks: Readonly<Record<Row["state"], string>> = {
  waiting: "·",
  running: "…",
  done: "✓",
  failed: "✗",
  left: "–",
};

/** What is left out first where the table is higher than the terminal. */
const urgency: Readonly<Record<Row["state"], number>> = { running: 0, failed: 1, left: 2, waiting: 3, done: 4 };

/**
 * The state of all as lines for a terminal: a row for each student in their order, where they fit, and a last line with the sum.
 * @param now of the same clock as `since`
 */
export function tableOf(
  rows: readonly Row[],
  { columns, lines, now }: { readonly columns: number; readonly lines: number; readonly now: number },
): string[] {
  const room = Math.max(1, lines - 2);
  const most = rows.length <= room ? rows.length : room - 1;
  const urgent = new Set([...rows].sort((one, other) => urgency[one.state] - urgency[other.state]).slice(0, most));
  const shown = rows.filter((row) => urgent.has(row));
  const width = Math.max(0, ...shown.map(({ id }) => id.length));
  const names = Math.min(24, Math.max(0, ...shown.map(({ name }) => cellsOf(name))));
  const body = shown.map(({ id, name, state, what, since }) => {
    const time = state === "running" && since !== undefined ? ` (${minutes(now - since)})` : "";
    return cut(
      `${marks[state]} ${padded(id, width)}  ${padded(cut(name, names), names)}  ${what}${time}`.trimEnd(),
      columns,
    );
  });
  const hidden = rows.length - shown.length;
  return [...body, ...(hidden > 0 ? [`  and ${hidden} more`] : []), cut(sumOf(rows), columns)];
}

/** `12 of 30 done, 2 running, 1 failed` */
export function sumOf(rows: readonly Pick<Row, "state">[]): string {
  const count = (state: Row["state"]): number => rows.filter((row) => row.state === state).length;
  const others = (["running", "waiting", "failed", "left"] as const).flatMap((state) =>
    count(state) > 0 ? [`${count(state)} ${state === "left" ? "not begun" : state}`] : [],
  );
  return [`${count("done")} of ${rows.length} done`, ...others].join(", ");
}

/** What a terminal shows in two cells: Unicode Standard Annex 11 (East Asian Wide and Fullwidth), and emoji. */
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|^\p{Emoji_Presentation}/u;

const characters = new Intl.Segmenter();

/** How many cells of a terminal's line a text takes. A line that is longer than it seems would wrap, and the table be drawn in the wrong place. */
export const cellsOf = (text: string): number =>
  [...characters.segment(text)].reduce((sum, { segment }) => sum + (wide.test(segment) ? 2 : 1), 0);

const padded = (text: string, cells: number): string => text + " ".repeat(Math.max(0, cells - cellsOf(text)));

/** A text of at most so many cells. */
export function cut(text: string, most: number): string {
  if (cellsOf(text) <= most) return text;
  let short = "";
  let cells = 1;
  for (const { segment } of characters.segment(text)) {
    cells += cellsOf(segment);
    if (cells > most) break;
    short += segment;
  }
  return most > 0 ? `${short}…` : "";
}
