import { SERVERS } from "../page/palette.ts";
import type { RunResult } from "../result.ts";
import { type Html, html } from "./template.ts";

/** The timeline's container, controls and legend. The page's script draws it. */
export const timelineSection = ({
  series,
}: RunResult): Html => html`<section aria-labelledby="timeline" class="timeline">
<div class="bar"><h2 id="timeline">Timeline</h2>
<div class="controls" role="group" aria-label="zoom of the timeline">
<output id="shown" class="quiet"></output>
<button type="button" data-zoom="in" aria-label="zoom in">+</button>
<button type="button" data-zoom="out" aria-label="zoom out">−</button>
<button type="button" data-zoom="all">whole run</button>
</div></div>
<p class="quiet hint">Seconds since the run began. Drag to move; Ctrl and the wheel, a pinch, or the slider to zoom; or, with the focus on it, arrow keys, + and −, 0.</p>
<ul class="key">
<li><span class="sign answered"></span>answered</li>
<li><span class="sign delayed"></span>delayed (◆)</li>
<li><span class="sign failed"></span>failed (✕)</li>
<li><span class="sign band"></span>outage</li>
<li><span class="sign fault"></span>fault</li>
<li><span class="sign master"></span>MASTER</li>
<li><span class="sign backup"></span>BACKUP</li>
<li><span class="sign silent"></span>silent</li>
<li><span class="sign tick"></span>advertisement, gratuitous ARP, answer on a kept connection</li>
${series.requests.servers.map((name, index) => html`<li><span class="sign point server-${index % SERVERS}"></span>${name}</li>`)}
</ul>
<div id="chart" tabindex="0" role="img" aria-label="Timeline of the run: faults, VRRP states, owner of the VIP, requests and their latencies. The tables above and below say the same in numbers."></div>
<div id="print-chart" aria-hidden="true"></div>
<noscript><p>The timeline needs JavaScript. All its numbers are in result.json.</p></noscript>
</section>`;
