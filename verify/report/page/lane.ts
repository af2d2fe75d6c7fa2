import type { EChartsCoreOption } from "echarts/core";
import type { Palette } from "./palette.ts";
import { type Box, boxPath, path, type Shape } from "./shapes.ts";

/** The visible part of a lane, and where things are in it. */
export interface View {
  readonly box: Box;
  /** Of the run's clock, in milliseconds. */
  readonly from: number;
  readonly to: number;
  /** Pixels, of a moment in milliseconds. */
  x(ms: number): number;
  /** Pixels, of a value on the lane's axis; of a row's number its middle. */
  y(value: number): number;
}

/** A strip of the timeline with an axis of its own for what is up and down; time is the same for all. */
export interface Lane {
  readonly id: string;
  readonly title: string;
  /** In pixels, without the title. */
  readonly height: number;
  /** What its axis has: rows by name, from above, or a range of numbers. */
  readonly rows?: readonly string[];
  readonly axis?: EChartsCoreOption;
  /** Draws what can be seen, from the back to the front. */
  paint(view: View, palette: Palette): readonly Shape[];
  /** Series of ECharts in this lane, without their axes. `only`: what is shown for good, as on paper; milliseconds. */
  series?(palette: Palette, only?: Pick<View, "from" | "to">): readonly EChartsCoreOption[];
}

/** The height of a row, in pixels. */
export const ROW_HEIGHT = 24;

/** The part of a span that can be seen, as a box in a row; undefined if there is none. It is at least a pixel wide. */
export function boxOf(
  view: View,
  row: number,
  { from, to }: { readonly from: number; readonly to: number },
  { height = 16, shift = 0 }: { readonly height?: number; readonly shift?: number } = {},
): Box | undefined {
  if (to < view.from || from > view.to) return undefined;
  const left = view.x(Math.max(from, view.from));
  const right = view.x(Math.min(to, view.to));
  return { x: left, y: view.y(row) - height / 2 + shift, width: Math.max(1, right - left), height };
}

/** Ticks closer than this, in pixels, are no longer told apart. */
const TICK_ROOM = 3.5;

/** Thin upright lines at moments, which are in order, in a row; where they are too close for that, a pale bar for as long as they are. */
export function ticks(
  view: View,
  row: number,
  moments: readonly number[],
  { colour, height, shift = 0 }: { readonly colour: string; readonly height: number; readonly shift?: number },
): Shape[] {
  const y = view.y(row) - height / 2 + shift;
  const runs: { from: number; to: number }[] = [];
  for (const at of moments.filter((moment) => moment >= view.from && moment <= view.to)) {
    const x = view.x(at);
    const last = runs.at(-1);
    if (last && x - last.to < TICK_ROOM) last.to = x;
    else runs.push({ from: x, to: x });
  }
  const boxes = runs.map(({ from, to }) => ({ x: from - 0.6, y, width: to - from + 1.2, height }));
  const draw = (some: readonly Box[], opacity: number) =>
    some.length === 0 ? [] : [path(some.map(boxPath).join(""), { fill: colour, opacity })];
  return [
    ...draw(
      boxes.filter(({ width }) => width > TICK_ROOM),
      0.45,
    ),
    ...draw(
      boxes.filter(({ width }) => width <= TICK_ROOM),
      1,
    ),
  ];
}

/** Puts spans into as few rows as they need, each into the first in which it overlaps none: the row of each. */
export function pack(spans: readonly { readonly from: number; readonly to: number }[]): number[] {
  const ends: number[] = [];
  const rows: number[] = new Array(spans.length).fill(0);
  const order = spans.map((_, index) => index).sort((a, b) => (spans[a]?.from ?? 0) - (spans[b]?.from ?? 0));
  for (const index of order) {
    const { from = 0, to = 0 } = spans[index] ?? {};
    const free = ends.findIndex((end) => end <= from);
    const row = free === -1 ? ends.length : free;
    ends[row] = to;
    rows[index] = row;
  }
  return rows;
}
