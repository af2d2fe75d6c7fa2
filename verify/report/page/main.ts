/** The script of report.html: draws the timeline, and handles zoom, theme and print. */
import { CustomChart, ScatterChart } from "echarts/charts";
import { DataZoomComponent, GridComponent, TitleComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer, SVGRenderer } from "echarts/renderers";
import type { PageData } from "./data.ts";
import { Timeline } from "./option.ts";
import { paletteAt } from "./palette-at.ts";
import { ownLook } from "./theme.ts";
import { type Range, Zoom } from "./zoom.ts";

use([
  CanvasRenderer,
  SVGRenderer,
  CustomChart,
  ScatterChart,
  GridComponent,
  TitleComponent,
  TooltipComponent,
  DataZoomComponent,
]);

/** The width of the timeline on paper, in CSS pixels; it is scaled to the page. */
const PAPER_WIDTH = 1000;

const byId = (id: string): HTMLElement => {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no element #${id}`);
  return element;
};

const data: PageData = JSON.parse(byId("run").textContent ?? "");
const timeline = new Timeline(data);
const place = byId("chart");
place.style.height = `${timeline.height({ slider: true })}px`;
const chart = init(place);
const zoom = new Zoom(data.durationMs, ([start, end]: Range) => chart.dispatchAction({ type: "dataZoom", start, end }));

// Before ECharts adds its own listener with the first option.
chart.getZr().on("mousemove", ({ offsetX }) => {
  timeline.pointer = offsetX;
});

const draw = (): void => {
  chart.setOption(timeline.option(paletteAt(place), { zoom: zoom.range, slider: true }), { notMerge: true });
};
draw();
const tell = (): void => {
  byId("shown").textContent = zoom.words;
};
tell();
chart.on("datazoom", (event) => {
  zoom.moved(event);
  tell();
});
new ResizeObserver(() => chart.resize()).observe(place);
ownLook(byId("theme"), draw);

for (const button of document.querySelectorAll<HTMLElement>("[data-zoom]"))
  button.addEventListener("click", () => zoom.by(button.dataset.zoom ?? ""));
for (const button of document.querySelectorAll<HTMLElement>("button.show"))
  button.addEventListener("click", () => {
    zoom.show(Number(button.dataset.from), Number(button.dataset.to));
    byId("timeline").scrollIntoView({ behavior: "smooth" });
  });
place.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (zoom.by(event.key)) event.preventDefault();
});

/** For print the timeline is redrawn black on white, as vectors; the canvas would be cut off and coarse. */
const print = (): void => {
  const paper = byId("print-chart");
  const own = new Timeline(data);
  const height = own.height({ slider: false });
  const drawing = init(null, null, { renderer: "svg", ssr: true, width: PAPER_WIDTH, height });
  drawing.setOption(own.option(paletteAt(paper), { zoom: zoom.range, slider: false }));
  paper.innerHTML = drawing.renderToSVGString();
  drawing.dispose();
};
addEventListener("beforeprint", print);
matchMedia("print").addEventListener("change", ({ matches }) => matches && print());

document.documentElement.dataset.drawn = "true";
