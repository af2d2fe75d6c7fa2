import { CustomChart, ScatterChart } from "echarts/charts";
import { DataZoomComponent, GridComponent, TitleComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer, SVGRenderer } from "echarts/renderers";
import type { PageData } from "./data.ts";
import { Timeline } from "./option.ts";
import { paletteAt } from "./palette-at.ts";
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

/** Where a timeline is drawn. */
export interface Places {
  readonly place: HTMLElement;
  /** Shown in print alone. */
  readonly paper: HTMLElement;
  /** Says what part of the run is shown. */
  readonly shown: HTMLElement;
}

/** The timeline of a run on the page. It is drawn anew for another run, another theme, and for print. */
export class Drawing {
  zoom!: Zoom;
  readonly #places: Places;
  readonly #chart: ReturnType<typeof init>;
  #data: PageData;
  #timeline!: Timeline;

  constructor(places: Places, data: PageData) {
    this.#places = places;
    this.#data = data;
    this.#begin();
    this.#chart = init(places.place);
    // Before ECharts adds its own listener with the first option.
    this.#chart.getZr().on("mousemove", ({ offsetX }) => {
      this.#timeline.pointer = offsetX;
    });
    this.draw();
    this.#tell();
    this.#chart.on("datazoom", (event) => {
      this.zoom.moved(event);
      this.#tell();
    });
    new ResizeObserver(() => this.#chart.resize()).observe(places.place);
  }

  /** Draws another run. */
  show(data: PageData): void {
    if (data === this.#data) return;
    this.#data = data;
    this.#begin();
    this.#chart.resize();
    this.draw();
    this.#tell();
  }

  draw(): void {
    const { place } = this.#places;
    this.#chart.setOption(this.#timeline.option(paletteAt(place), { zoom: this.zoom.range, slider: true }), {
      notMerge: true,
    });
  }

  /** For print the timeline is redrawn black on white, as vectors; the canvas would be cut off and coarse. */
  print(): void {
    const { paper } = this.#places;
    const own = new Timeline(this.#data);
    const height = own.height({ slider: false });
    const drawing = init(null, null, { renderer: "svg", ssr: true, width: PAPER_WIDTH, height });
    drawing.setOption(own.option(paletteAt(paper), { zoom: this.zoom.range, slider: false }));
    paper.innerHTML = drawing.renderToSVGString();
    drawing.dispose();
  }

  #begin(): void {
    this.#timeline = new Timeline(this.#data);
    this.#places.place.style.height = `${this.#timeline.height({ slider: true })}px`;
    this.zoom = new Zoom(this.#data.durationMs, ([start, end]: Range) =>
      this.#chart.dispatchAction({ type: "dataZoom", start, end }),
    );
  }

  #tell(): void {
    this.#places.shown.textContent = this.zoom.words;
  }
}
