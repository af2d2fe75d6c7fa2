import type { EChartsCoreOption } from "echarts/core";
import { opensWindow } from "../steps.ts";
import { Binning } from "./bins.ts";
import type { PageData } from "./data.ts";
import type { Lane, View } from "./lane.ts";
import { connectionsLane } from "./lanes/connections.ts";
import { diagnosesLane, eventsLane } from "./lanes/events.ts";
import { latenciesLane } from "./lanes/latencies.ts";
import { binLength, outcomesLane } from "./lanes/outcomes.ts";
import { ownersLane } from "./lanes/owners.ts";
import { vrrpLane } from "./lanes/vrrp.ts";
import { momentRows } from "./moment.ts";
import type { Palette } from "./palette.ts";
import { boxPath, FONT_FAMILY, path, type Shape } from "./shapes.ts";
import { tooltipElement } from "./tooltip.ts";

/** The left edge of the lanes, in pixels: row names are to its left. */
const GUTTER = 116;
const RIGHT = 22;
const TITLE = 23;
const GAP = 12;

/** Room for the time axis and, if there is one, the slider below it. */
const AXIS = 26;
const SLIDER = 42;

/** The timeline of a run, with ECharts options for screen and paper. */
export class Timeline {
  readonly #data: PageData;
  readonly #lanes: readonly Lane[];
  readonly #binning: Binning;

  constructor(data: PageData) {
    this.#data = data;
    this.#binning = new Binning(data.series.requests, data.load.intervalMs);
    const { series, diagnoses } = data;
    this.#lanes = [
      eventsLane(data),
      ...(diagnoses.length > 0 ? [diagnosesLane(data)] : []),
      ...(series.vrrpStates.length > 0 ? [vrrpLane(data)] : []),
      ...(series.vipOwners.length + series.arp.length > 0 ? [ownersLane(data)] : []),
      outcomesLane(this.#binning, data.load.intervalMs),
      latenciesLane(data),
      ...(series.connections.length > 0 ? [connectionsLane(data)] : []),
    ];
  }

  /** Its height in pixels. */
  height({ slider }: { readonly slider: boolean }): number {
    const lanes = this.#lanes.reduce((sum, { height }) => sum + TITLE + height + GAP, 0);
    return lanes - GAP + AXIS + (slider ? SLIDER : 0);
  }

  /** The ECharts option. `zoom`: the visible part of the run, in percent; without `slider` the view is fixed. */
  option(
    palette: Palette,
    { zoom, slider }: { readonly zoom: readonly [number, number]; readonly slider: boolean },
  ): EChartsCoreOption {
    const lanes = this.#lanes;
    let top = 0;
    const places = lanes.map(({ height }) => {
      const place = { title: top, top: top + TITLE, height };
      top += TITLE + height + GAP;
      return place;
    });
    const end = this.#data.durationMs / 1000;
    const [from, to] = zoom.map((percent) => (percent / 100) * this.#data.durationMs) as [number, number];
    const all = lanes.map((_, index) => index);
    const common = { xAxisIndex: all, filterMode: "none", start: zoom[0], end: zoom[1], minValueSpan: MIN_SPAN_S };
    return {
      animation: false,
      textStyle: { fontFamily: FONT_FAMILY, fontSize: 11, color: palette.ink },
      title: lanes.map(({ title }, index) => ({
        text: title,
        left: 0,
        top: (places[index]?.title ?? 0) + 2,
        padding: 0,
        textStyle: { fontSize: 12, fontWeight: 600, color: palette.ink },
      })),
      grid: places.map((place) => ({
        left: GUTTER,
        right: RIGHT,
        top: place.top,
        height: place.height,
        outerBoundsMode: "none",
        show: true,
        borderWidth: 0,
        backgroundColor: "transparent",
      })),
      xAxis: lanes.map((_, index) => timeAxis(index, end, index === lanes.length - 1, palette)),
      yAxis: lanes.map((lane, index) => laneAxis(lane, index, palette)),
      series: lanes.flatMap((lane, index) => {
        const axes = { xAxisIndex: index, yAxisIndex: index };
        return [
          {
            ...axes,
            type: "custom",
            data: [[0, 0]],
            silent: true,
            emphasis: { disabled: true },
            clip: true,
            z: 1,
            renderItem: this.#painter(lane, palette),
          },
          ...(lane.series?.(palette, slider ? undefined : { from, to }) ?? []).map((series) => ({
            ...series,
            ...axes,
            clip: true,
            z: 2,
          })),
        ];
      }),
      ...(slider
        ? {
            axisPointer: { link: [{ xAxisIndex: "all" }] },
            tooltip: this.#tooltip(palette),
            dataZoom: [
              {
                type: "inside",
                ...common,
                zoomOnMouseWheel: "ctrl",
                moveOnMouseWheel: false,
                preventDefaultMouseMove: false,
              },
              {
                type: "slider",
                ...common,
                left: GUTTER,
                right: RIGHT,
                bottom: 6,
                height: 22,
                showDataShadow: false,
                brushSelect: false,
                labelFormatter: (value: number) => `${value.toFixed(1)} s`,
                textStyle: { color: palette.muted, fontSize: 11 },
                borderColor: palette.line,
                backgroundColor: "transparent",
                fillerColor: translucent(palette.answered, 0.16),
                handleStyle: { color: palette.surface, borderColor: palette.muted },
                moveHandleStyle: { color: palette.muted, opacity: 0.5 },
                emphasis: { handleStyle: { borderColor: palette.ink }, moveHandleStyle: { color: palette.ink } },
              },
            ],
          }
        : { dataZoom: [{ type: "inside", ...common, disabled: true }] }),
    };
  }

  #tooltip(palette: Palette): EChartsCoreOption {
    return {
      trigger: "axis",
      confine: true,
      transitionDuration: 0,
      backgroundColor: palette.surface,
      borderColor: palette.line,
      textStyle: { color: palette.ink, fontSize: 12 },
      axisPointer: { type: "line", axis: "x", snap: false, lineStyle: { color: palette.muted, type: "solid" } },
      formatter: () => {
        const moment = (this.pointer - this.#origin) / this.#perMs;
        const bin = this.#binning.at(moment, binLength(this.#binning, this.#width / this.#perMs, this.#width));
        return tooltipElement(moment, momentRows(this.#data, moment, bin));
      },
    };
  }

  /** The pointer's distance from the left, in pixels: ECharts passes a tooltip only the nearest data. */
  pointer = 0;

  /** The last drawing: the position of the run's start, the scale, and the width; pixels and milliseconds. */
  #origin = 0;
  #perMs = 1;
  #width = 1;

  /** A lane as one element of a custom series, which redraws the visible part. */
  #painter(lane: Lane, palette: Palette) {
    return ({ coordSys }: { coordSys: unknown }, api: RenderApi) => {
      const box = coordSys as View["box"];
      const [origin] = api.coord([0, 0]);
      const perMs = (api.coord([1, 0])[0] - origin) / 1000;
      const from = (box.x - origin) / perMs;
      const to = (box.x + box.width - origin) / perMs;
      const view: View = {
        box,
        from,
        to,
        x: (ms) => origin + ms * perMs,
        y: (value) => api.coord([0, value])[1],
      };
      this.#origin = origin;
      this.#perMs = perMs;
      this.#width = box.width;
      return {
        type: "group" as const,
        emphasisDisabled: true,
        children: [...this.#backdrop(view, palette), ...lane.paint(view, palette)],
      };
    };
  }

  /** Outages as bands, and starts of faults and heals as lines, through all lanes. */
  #backdrop(view: View, palette: Palette): Shape[] {
    const { windows, steps, durationMs } = this.#data;
    const { y, height } = view.box;
    const bands = windows.flatMap(({ outage: { longest } }) => {
      const { from = 0, to = durationMs } = longest ?? {};
      const left = view.x(Math.max(from, view.from));
      const right = view.x(Math.min(to ?? durationMs, view.to));
      return longest && right > left ? [boxPath({ x: left, y, width: right - left, height })] : [];
    });
    const lines = steps
      .filter((step) => opensWindow(step) && step.from >= view.from && step.from <= view.to)
      .map(({ from }) => `M${view.x(from)} ${y}v${height}`);
    return [
      path(boxPath(view.box), { fill: palette.line, opacity: 0.22 }),
      path(bands.join(""), { fill: palette.outage, opacity: 0.16 }),
      path(lines.join(""), { stroke: palette.fault, lineWidth: 1, lineDash: [2, 3] }),
    ];
  }
}

/** The shortest visible part, in seconds. */
const MIN_SPAN_S = 0.05;

/** The coordinate functions that ECharts passes to a custom series. */
interface RenderApi {
  coord(value: readonly [number, number]): [number, number];
}

const timeAxis = (gridIndex: number, end: number, labelled: boolean, palette: Palette): EChartsCoreOption => ({
  type: "value",
  gridIndex,
  min: 0,
  max: end,
  axisLine: { show: labelled, onZero: false, lineStyle: { color: palette.line } },
  axisTick: { show: labelled, lineStyle: { color: palette.line } },
  axisLabel: {
    show: labelled,
    color: palette.muted,
    hideOverlap: true,
    formatter: secondsLabel,
  },
  splitLine: { show: true, lineStyle: { color: palette.line, opacity: 0.7 } },
  axisPointer: {
    label: {
      show: labelled,
      backgroundColor: palette.ink,
      color: palette.surface,
      formatter: ({ value }: { value: number }) => `${value.toFixed(3)} s`,
    },
  },
});

function laneAxis({ rows, axis }: Lane, gridIndex: number, palette: Palette): EChartsCoreOption {
  const labels = { color: palette.muted, fontSize: 11 };
  const quiet = { axisTick: { show: false }, axisLine: { show: false }, axisPointer: { show: false } };
  if (rows)
    return {
      type: "category",
      gridIndex,
      data: rows,
      inverse: true,
      ...quiet,
      splitLine: { show: false },
      axisLabel: { ...labels, interval: 0, width: GUTTER - 14, overflow: "truncate" },
    };
  const { unit, ...rest } = (axis ?? {}) as { unit?: string };
  return {
    ...rest,
    gridIndex,
    ...quiet,
    splitLine: { show: true, lineStyle: { color: palette.line, opacity: 0.7 } },
    axisLabel: { ...labels, formatter: (value: number) => `${round(value)}${unit ? ` ${unit}` : ""}` },
  };
}

/** Unless the view starts with the run, the first label is that of the edge, which is not a round number. */
const secondsLabel = (value: number, index: number): string => (index === 0 && value !== 0 ? "" : `${round(value)} s`);

const round = (value: number): number => Math.round(value * 1000) / 1000;

/** Makes an `rgb(r, g, b)` colour of the computed style less opaque. */
const translucent = (colour: string, opacity: number): string =>
  colour.replace(/^rgb\((.*)\)$/, (_, parts) => `rgba(${parts}, ${opacity})`);
