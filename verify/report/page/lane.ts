import type { EChartsCoreOption } from "echarts/core";
import type { Palette } from "./palette.ts";
import { type Box, boxPath, path, type Shape } from "./shapes.ts";

/** The visible part of a lane, with its coordinates. */
export interface View {
  readonly box: Box;
  /** Milliseconds on the run's clock. */
  readonly from: number;
  readonly to: number;
  /** The pixel position of a moment in milliseconds. */
  x(ms: number): number;
  /** The pixel position of a value on the lane's axis; for a row's number, its middle. */
  y(value: number): number;
}

/** A strip of the timeline with its own vertical axis; all lanes share the time axis. */
export interface Lane {
  readonly id: string;
  readonly title: string;
  /** Pixels, without the title. */
  readonly height: number;
  /** The axis: named rows from the top, or a range of numbers. */
  readonly rows?: readonly string[];
  readonly axis?: EChartsCoreOption;
  /** Draws the visible part, from back to front. */
  paint(view: View, palette: Palette): readonly Shape[];
  /** ECharts series in this lane, without their axes. `only`: the fixed visible range, as on paper; milliseconds. */
  series?(palette: Palette, only?: Pick<View, "from" | "to">): readonly EChartsCoreOption[];
}

/** The height of a row, in pixels. */
export const ROW_HEIGHT = 24;

/** The visible part of a span as a box in a row, at least a pixel wide; undefined if none is visible. */
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

/** Ticks closer than this, in pixels, merge. */
const TICK_ROOM = 3.5;

/** Thin vertical lines at ordered moments in a row; where they are too close, a pale bar instead. */
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

/** Packs spans into as few rows as possible, each into the first row without overlap. @returns the row of each */
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
