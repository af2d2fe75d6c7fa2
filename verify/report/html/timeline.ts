import { SERVERS } from "../page/palette.ts";
import { type Html, html } from "./template.ts";

/** A run whose timeline is drawn. */
export interface DrawnRun {
  /** Its name on a page with several runs. */
  readonly name?: string;
  /** Its real servers, in the order of their colours. */
  readonly servers: readonly string[];
}

/** The timeline's container, controls and legend. The page's script draws one of the runs, at first the first one. */
export const timelineSection = (
  runs: readonly DrawnRun[],
): Html => html`<section aria-labelledby="timeline" class="timeline">
<div class="bar"><h2 id="timeline">Timeline</h2>
<div class="controls" role="group" aria-label="zoom of the timeline">
<output id="shown" class="quiet"></output>
<button type="button" data-zoom="in" aria-label="zoom in">+</button>
<button type="button" data-zoom="out" aria-label="zoom out">−</button>
<button type="button" data-zoom="all">whole run</button>
</div></div>
<p class="quiet hint">Seconds since the run began. Drag to move; Ctrl and the wheel, a pinch, or the slider to zoom; or, with the focus on it, arrow keys, + and −, 0.</p>
${runs.map(legend)}
<div id="chart" tabindex="0" role="img" aria-label="Timeline of the run: faults, VRRP states, owner of the VIP, requests and their latencies. The tables above and below say the same in numbers."></div>
<div id="print-chart" aria-hidden="true"></div>
<noscript><p>The timeline needs JavaScript. All its numbers are in result.json.</p></noscript>
</section>`;

/** The legend of a run: its real servers have colours of their own. */
const legend = ({ name, servers }: DrawnRun, index: number): Html => html`<div data-legend="${index}"${
  index > 0 ? html` hidden` : undefined
}>${name === undefined ? undefined : html`<h3>${name}</h3>`}
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
${servers.map((server, place) => html`<li><span class="sign point server-${place % SERVERS}"></span>${server}</li>`)}
</ul></div>`;
