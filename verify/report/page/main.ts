/** The script of a page: draws the timeline of its run, or of one of its runs, and handles zoom, theme and print. */
import type { PageData } from "./data.ts";
import { Drawing } from "./drawing.ts";
import { ownLook } from "./theme.ts";

const byId = (id: string): HTMLElement => {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no element #${id}`);
  return element;
};

const runs: readonly PageData[] = JSON.parse(byId("runs").textContent ?? "");
const [first] = runs;
const drawing = first && new Drawing({ place: byId("chart"), paper: byId("print-chart"), shown: byId("shown") }, first);
ownLook(byId("theme"), () => drawing?.draw());
if (drawing) handle(drawing);

function handle(drawing: Drawing): void {
  for (const button of document.querySelectorAll<HTMLElement>("[data-zoom]"))
    button.addEventListener("click", () => drawing.zoom.by(button.dataset.zoom ?? ""));
  for (const button of document.querySelectorAll<HTMLElement>("button.show"))
    button.addEventListener("click", () => {
      const { run, from, to } = button.dataset;
      if (run !== undefined) select(drawing, Number(run));
      if (from !== undefined) drawing.zoom.show(Number(from), Number(to));
      byId("timeline").scrollIntoView({ behavior: "smooth" });
    });
  byId("chart").addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (drawing.zoom.by(event.key)) event.preventDefault();
  });
  addEventListener("beforeprint", () => drawing.print());
  matchMedia("print").addEventListener("change", ({ matches }) => matches && drawing.print());
}

/** Shows another run of the page, with its legend. */
function select(drawing: Drawing, index: number): void {
  const data = runs[index];
  if (!data) return;
  drawing.show(data);
  for (const legend of document.querySelectorAll<HTMLElement>("[data-legend]"))
    legend.hidden = legend.dataset.legend !== String(index);
}

document.documentElement.dataset.drawn = "true";
