import type { RunResult } from "../result.ts";
import { serverBars } from "./bars.ts";
import { figure, tenth, whole } from "./figure.ts";
import { outcomes } from "./summary.ts";
import { type Html, html } from "./template.ts";

/** The figures of the whole run, with their errors. */
export function figuresSection({ load, series, windows }: RunResult): Html {
  const { latency, jitter, counts, perServer, intervalMs, timeoutMs } = load;
  const { capture } = series;
  const worst = Math.max(0, ...windows.map(({ outage }) => outage.longest?.errorMs ?? 0));
  return html`<section aria-labelledby="figures">
<h2 id="figures">Figures of the whole run</h2>
<div class="cards">
<div><h3>Requests</h3>${outcomes("/load/counts", counts)}</div>
<div><h3>Answered by</h3>${serverBars("/load/perServer", perServer, series.requests.servers)}</div>
<div><h3>Latency of answered requests</h3>
<table class="plain"><tbody>
<tr><th scope="row">median</th><td>${tenth("/load/latency/medianMs", latency.medianMs)} ms</td></tr>
<tr><th scope="row">95 %</th><td>${tenth("/load/latency/p95Ms", latency.p95Ms)} ms</td></tr>
<tr><th scope="row">99 %</th><td>${tenth("/load/latency/p99Ms", latency.p99Ms)} ms</td></tr>
<tr><th scope="row">at most</th><td>${tenth("/load/latency/maxMs", latency.maxMs)} ms</td></tr>
</tbody></table></div>
<div><h3>Error of these figures</h3>
<table class="plain"><tbody>
<tr><th scope="row">a request is due every</th><td>${figure("/load/intervalMs", intervalMs)} ms</td></tr>
<tr><th scope="row">and may take</th><td>${figure("/load/timeoutMs", timeoutMs)} ms</td></tr>
<tr><th scope="row">the probe was late by, median</th><td>${tenth("/load/jitter/medianMs", jitter.medianMs)} ms</td></tr>
<tr><th scope="row">99 %</th><td>${tenth("/load/jitter/p99Ms", jitter.p99Ms)} ms</td></tr>
<tr><th scope="row">at most</th><td>${tenth("/load/jitter/maxMs", jitter.maxMs)} ms</td></tr>
<tr><th scope="row">an outage is off by at most</th><td>± ${Math.round(worst)} ms</td></tr>
${
  capture
    ? html`<tr><th scope="row">the capture’s clock is off by at most</th><td>± ${figure("/series/capture/clockErrorMs", capture.clockErrorMs)} ms</td></tr>
<tr><th scope="row">packets captured, dropped</th><td>${whole("/series/capture/packets", capture.packets)}, ${whole("/series/capture/dropped", capture.dropped)}</td></tr>`
    : html`<tr><th scope="row">packets captured</th><td>none</td></tr>`
}
</tbody></table></div>
</div>
</section>`;
}
