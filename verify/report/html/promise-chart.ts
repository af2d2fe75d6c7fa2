import type { Window } from "../result.ts";
import { bandWords, outageWords } from "../words.ts";
import { type Html, html } from "./template.ts";

const WIDTH = 260;

/** The outage as a mark with its error, over VRRP's promised band and the tolerance beyond it. */
export function promiseChart({ outage, promise }: Window): Html {
  if (!promise) return html``;
  const { minimumMs, maximumMs, toleranceMs } = promise;
  const { ms = 0, errorMs = 0 } = outage.longest ?? {};
  const end = 1.06 * Math.max(maximumMs + toleranceMs, ms + errorMs);
  const x = (value: number) => ((Math.max(0, value) / end) * WIDTH).toFixed(1);
  const width = (from: number, to: number) => (((to - Math.max(0, from)) / end) * WIDTH).toFixed(1);
  const ticks = [minimumMs, maximumMs];
  return html`<svg class="promise" viewBox="0 0 ${WIDTH} 34" role="img" aria-label="Outage ${outageWords(outage)}; VRRP promises ${bandWords(promise)}">
<line class="base" x1="0" x2="${WIDTH}" y1="20" y2="20"/>
<rect class="band" x="${x(minimumMs)}" width="${width(minimumMs, maximumMs)}" y="8" height="12"/>
<rect class="tolerance" x="${x(maximumMs)}" width="${width(maximumMs, maximumMs + toleranceMs)}" y="8" height="12"/>
${ticks.map((tick, index) => html`<text x="${x(tick)}" y="32" text-anchor="${index === 0 ? "end" : "start"}">${(tick / 1000).toFixed(1)} s</text>`)}
<rect class="error" x="${x(ms - errorMs)}" width="${width(ms - errorMs, ms + errorMs)}" y="3" height="22"/>
<line class="seen" x1="${x(ms)}" x2="${x(ms)}" y1="2" y2="26"/>
</svg>`;
}
