import type { EChartsCoreOption } from "echarts/core";
import type { PageData } from "../data.ts";
import type { Lane } from "../lane.ts";
import { nth } from "../palette.ts";
import { path, text } from "../shapes.ts";

/** From this number of points on, ECharts draws them in bulk. */
const LARGE = 4000;

/** The lowest latency drawn, because a logarithmic axis has no 0; milliseconds. */
const LEAST_MS = 0.1;

/** × as a fillable outline. */
const CROSS = "path://M0 1.5L1.5 0L5 3.5L8.5 0L10 1.5L6.5 5L10 8.5L8.5 10L5 6.5L1.5 10L0 8.5L3.5 5Z";

/** The latency of each request, coloured by real server; failed requests are crosses on the line of the timeout. */
export function latenciesLane({ series: { requests }, load: { timeoutMs, latency } }: PageData): Lane {
  const { started, ended, outcome, server, servers } = requests;
  const points = (wanted: number, of?: number): [number, number][] =>
    started.flatMap((from, n): [number, number][] =>
      outcome[n] === wanted && (of === undefined || server[n] === of)
        ? [[from / 1000, wanted === 2 ? timeoutMs : Math.max(LEAST_MS, (ended[n] ?? from) - from)]]
        : [],
    );
  const answered = servers.map((_, index) => points(0, index));
  const delayed = servers.map((_, index) => points(1, index));
  const failed = points(2);
  const fastest = answered.flat().reduce((least, [, ms]) => Math.min(least, ms), latency.medianMs || 1);
  const least = 10 ** Math.floor(Math.log10(Math.max(LEAST_MS, fastest)));
  const most = 10 ** Math.ceil(Math.log10(timeoutMs * 1.5));
  return {
    id: "latencies",
    title: "Latency",
    height: 150,
    axis: { type: "log", min: least, max: most, unit: "ms" },
    paint: (view, palette) => {
      const y = view.y(timeoutMs);
      const { x, width } = view.box;
      return [
        path(`M${x} ${y}h${width}`, { stroke: palette.muted, lineWidth: 1, lineDash: [4, 4] }),
        text({
          text: `timeout ${timeoutMs} ms`,
          x: x + width - 4,
          y: y - 8,
          fill: palette.muted,
          align: "right",
          verticalAlign: "bottom",
        }),
      ];
    },
    series: (palette, only) => [
      ...answered.map((data, index) =>
        scatter(only ? distinct(data, only) : data, {
          symbol: "circle",
          symbolSize: 3.4,
          colour: nth(palette.servers, index),
          opacity: 0.75,
        }),
      ),
      ...delayed.map((data, index) =>
        scatter(only ? distinct(data, only) : data, {
          symbol: "diamond",
          symbolSize: 9,
          colour: nth(palette.servers, index),
        }),
      ),
      scatter(only ? distinct(failed, only) : failed, { symbol: CROSS, symbolSize: 7, colour: palette.failed }),
    ],
  };
}

/** The number of distinct places for points: across a lane, and up one power of ten. */
const COLUMNS = 700;
const ROWS_A_DECADE = 25;

/** The first of all points that would overlap on paper: many vectors are slow and large. Seconds and milliseconds. */
export function distinct(
  points: readonly (readonly [number, number])[],
  { from, to }: { readonly from: number; readonly to: number },
): [number, number][] {
  const places = new Map<string, [number, number]>();
  for (const [at, ms] of points) {
    if (at * 1000 < from || at * 1000 > to) continue;
    const column = Math.floor(((at * 1000 - from) / (to - from)) * COLUMNS);
    const place = `${column} ${Math.floor(Math.log10(ms) * ROWS_A_DECADE)}`;
    if (!places.has(place)) places.set(place, [at, ms]);
  }
  return [...places.values()];
}

interface Look {
  readonly symbol: string;
  readonly symbolSize: number;
  readonly colour: string;
  readonly opacity?: number;
}

const scatter = (
  data: readonly [number, number][],
  { symbol, symbolSize, colour, opacity = 1 }: Look,
): EChartsCoreOption => ({
  type: "scatter",
  data,
  symbol,
  symbolSize,
  large: true,
  largeThreshold: LARGE,
  silent: true,
  emphasis: { disabled: true },
  tooltip: { show: false },
  itemStyle: { color: colour, opacity },
});
