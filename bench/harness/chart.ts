import * as charts from "echarts/charts";
import * as components from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { type Row, summarize } from "./measured.ts";
import type { PartResult } from "./results.ts";
import { byMeasure, figure } from "./tables.ts";

echarts.use([charts.BarChart, charts.CustomChart, components.GridComponent, components.TitleComponent, SVGRenderer]);

/** Each colour on a light background, and its replacement on a dark one. */
const colours = {
  ground: { light: "#fffffe", dark: "#0d1117" },
  ink: { light: "#1f2328", dark: "#e6edf3" },
  muted: { light: "#59636e", dark: "#9198a1" },
  line: { light: "#d1d9e0", dark: "#3d444d" },
  ours: { light: "#0969da", dark: "#4493f8" },
  others: { light: "#8c959f", dark: "#6e7681" },
  floor: { light: "#1a7f37", dark: "#3fb950" },
} as const;

const WIDTH = 860;
const GUTTER = 230;
const BAR = 22;
const HEAD = 30;
const GAP = 14;
const FONT = "ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif";

/** The main contender of each chart, and the one that is no program but the minimum of work. */
const isOurs = (name: string): boolean => /^(lvs-lab|pulumi)\b/i.test(name);
const isFloor = (name: string): boolean => /^floor\b/.test(name);

/**
 * The wall times of parts as one SVG: a group of bars per measure, from zero, each with its median and a whisker from the fastest to the
 * slowest run. Shows a part's first measure, and others with three contenders or more. Follows the reader's light or dark theme. Empty if
 * nothing was measured in seconds.
 */
export function chart(parts: readonly (readonly [string, PartResult])[]): string {
  const groups = parts.flatMap(([part, { rows }]) =>
    byMeasure(rows, "s")
      .filter((group, index) => index === 0 || group.rows.length >= 3)
      .map(({ measure, rows: all }) => ({ title: `${part}: ${measure}`, rows: all })),
  );
  if (groups.length === 0) return "";
  let top = 12;
  const placed = groups.map((group) => {
    const place = { ...group, top: top + HEAD, height: group.rows.length * BAR };
    top = place.top + place.height + GAP;
    return place;
  });
  const height = top + 4;
  const drawing = echarts.init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height });
  try {
    drawing.setOption({
      animation: false,
      backgroundColor: colours.ground.light,
      textStyle: { fontFamily: FONT },
      title: placed.map((group) => ({
        text: group.title,
        left: 12,
        top: group.top - HEAD + 6,
        padding: 0,
        textStyle: { fontSize: 13, fontWeight: 600, color: colours.ink.light, fontFamily: FONT },
      })),
      grid: placed.map((group) => ({ left: GUTTER, right: 150, top: group.top, height: group.height })),
      xAxis: placed.map((group, gridIndex) => ({
        gridIndex,
        type: "value",
        min: 0,
        max: Math.max(...group.rows.map(({ values }) => Math.max(...values))) || 1,
        axisLabel: { show: false },
        splitLine: { show: false },
      })),
      yAxis: placed.map((group, gridIndex) => ({
        gridIndex,
        type: "category",
        inverse: true,
        data: group.rows.map(({ contender }) => contender),
        axisTick: { show: false },
        axisLine: { lineStyle: { color: colours.line.light } },
        axisLabel: {
          color: colours.ink.light,
          fontSize: 12,
          fontFamily: FONT,
          interval: 0,
          width: GUTTER - 20,
          overflow: "truncate",
        },
      })),
      series: placed.flatMap((group, index) => [
        {
          type: "bar",
          xAxisIndex: index,
          yAxisIndex: index,
          barWidth: BAR * 0.62,
          data: group.rows.map((row) => ({
            value: summarize(row.values).median,
            itemStyle: { color: colourOf(row.contender) },
          })),
        },
        whiskers(group.rows, index),
      ]),
    });
    return adaptive(drawing.renderToSVGString());
  } finally {
    drawing.dispose();
  }
}

const colourOf = (contender: string): string =>
  (isOurs(contender) ? colours.ours : isFloor(contender) ? colours.floor : colours.others).light;

/** The range from the fastest to the slowest run, followed by the figures. */
function whiskers(rows: readonly Row[], index: number) {
  const summaries = rows.map(({ values }) => summarize(values));
  return {
    type: "custom" as const,
    xAxisIndex: index,
    yAxisIndex: index,
    silent: true,
    data: summaries.map(({ min, max }, row) => [min, row, max]),
    encode: { x: [0, 2], y: 1 },
    renderItem: (
      params: { dataIndex: number },
      api: { coord(at: [number, number]): number[]; value(dimension: number): number },
    ) => {
      const row = api.value(1);
      const [from = 0, y = 0] = api.coord([api.value(0), row]);
      const [to = 0] = api.coord([api.value(2), row]);
      const { median, min, max, runs } = summaries[params.dataIndex] ?? summarize([0]);
      const stroke = { stroke: colours.ink.light, lineWidth: 1 };
      const segment = (x1: number, y1: number, x2: number, y2: number) => ({
        type: "line" as const,
        shape: { x1, y1, x2, y2 },
        style: stroke,
      });
      return {
        type: "group" as const,
        children: [
          ...(runs > 1
            ? [segment(from, y, to, y), segment(from, y - 4, from, y + 4), segment(to, y - 4, to, y + 4)]
            : []),
          {
            type: "text" as const,
            style: {
              x: to + 8,
              y,
              verticalAlign: "middle",
              text: runs > 1 ? `${figure(median)} s (${figure(min)} – ${figure(max)})` : `${figure(median)} s`,
              fill: colours.muted.light,
              font: `12px ${FONT}`,
            },
          },
        ],
      };
    },
  };
}

/**
 * Makes a drawing in light colours follow a dark theme: style rules override a drawing's attributes. Leaves out what ECharts adds for the
 * mouse, whose names change on every run.
 */
function adaptive(svg: string): string {
  const rules = Object.values(colours).flatMap(({ light, dark }) => [
    `[fill="${light}"]{fill:${dark}}`,
    `[stroke="${light}"]{stroke:${dark}}`,
  ]);
  const still = svg.replace(/<style[\s\S]*?<\/style>/g, "").replace(/ (class|ecmeta_\w+|pointer-events)="[^"]*"/g, "");
  const style = `<style>@media (prefers-color-scheme:dark){${rules.join("")}}</style>`;
  const title = "<title>Benchmarks: medians, with the fastest and the slowest run</title>";
  return `${still.replace(/<svg[^>]*>/, (open) => `${open}\n${title}\n${style}`).trim()}\n`;
}
