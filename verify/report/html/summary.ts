import { hostPort, type Ip } from "../../../lab/index.ts";
import type { Diagnosis } from "../../wire/records.ts";
import type { RunResult, Window } from "../result.ts";
import { elsewhereWords, labWords, seconds, startWords, tallyWords } from "../words.ts";
import { serverBars } from "./bars.ts";
import { figure, whole } from "./figure.ts";
import { promiseChart } from "./promise-chart.ts";
import { lookButton } from "./shell.ts";
import { type Html, html } from "./template.ts";

/** The scenario, the lab, and whether the run passed. */
export function header(result: RunResult): Html {
  const { scenario, passed, steps, interrupted, durationMs, lab } = result;
  const failed = steps.filter(({ ok }) => !ok);
  const facts: readonly (readonly [string, string | Html])[] = [
    ["lab", html`${lab.name}, ${lab.control} in control, stack ${result.stack}`],
    [
      "virtual service",
      html`<code>${hostPort(lab.vip as Ip, lab.port)}</code>, scheduler <code>${lab.scheduler}</code>`,
    ],
    ["client", html`<code>${lab.client}</code>`],
    ["guests", lab.acceleration === "kvm" ? "KVM" : "emulated: QEMU without KVM"],
    ["when", html`<time datetime="${result.startedAt}">${startWords(result)}</time>`],
    ["duration", `${seconds(durationMs)}, ${steps.length} steps`],
  ];
  return html`<header>
<div class="head">
<div>
<p class="verdict ${passed ? "passed" : "failed"}" data-passed="${String(passed)}">${passed ? "✓ passed" : "✗ failed"}</p>
<h1>${scenario.title}</h1>
</div>
${lookButton()}
</div>
<p class="description">${scenario.description}</p>
${
  interrupted === undefined
    ? undefined
    : html`<p class="trouble">Interrupted after ${seconds(durationMs)}: ${interrupted}. The remaining steps did not run.</p>`
}
${failed.map(({ n, title }) => html`<p class="trouble"><a href="#step-${n}">Step ${n}</a> failed: ${title}</p>`)}
<dl class="facts" aria-label="${labWords(result)}">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
</header>`;
}

/** A row for every fault and heal: the outage beside VRRP's promise, and the outcomes of requests. */
export function windowsTable({ windows, series }: RunResult): Html {
  return html`<section aria-labelledby="windows">
<h2 id="windows">What the client saw</h2>
<div class="scroll"><table class="windows">
<thead><tr class="names"><th scope="col">after</th><th scope="col">outage</th><th scope="col">VRRP’s promise</th><th scope="col">requests</th><th scope="col">answered by</th></tr></thead>
<tbody>${windows.map((window, index) => windowRow(window, index, series.requests.servers))}</tbody>
</table></div>
</section>`;
}

function windowRow(window: Window, index: number, servers: readonly string[]): Html {
  const { step, title, from, to, outage, perServer, promise } = window;
  const path = `/windows/${index}`;
  const { counts, longest } = outage;
  const lost = elsewhereWords(outage);
  return html`<tr data-step="${step}">
<th scope="row" class="after">${step > 0 ? html`<span class="number">${step}</span> ` : undefined}${title}
<div class="quiet">${seconds(from)} to ${seconds(to)}</div>
<button type="button" class="show" data-from="${from}" data-to="${to}">show in the timeline</button></th>
<td>${
    longest
      ? html`<span class="nowrap"><span class="outage">${whole(`${path}/outage/longest/ms`, longest.ms)}</span> ± ${whole(`${path}/outage/longest/errorMs`, longest.errorMs)} ms</span>${longest.to === null ? html`<div class="trouble">not over</div>` : undefined}`
      : html`<span class="outage">none</span><div class="quiet">slowest connection ${whole(`${path}/outage/slowestConnectMs`, outage.slowestConnectMs)} ms</div>`
  }${lost ? html`<div class="quiet">${lost}</div>` : undefined}</td>
<td>${
    promise
      ? html`${whole(`${path}/promise/minimumMs`, promise.minimumMs)} to ${whole(`${path}/promise/maximumMs`, promise.maximumMs)} ms${promiseChart(window)}<div class="quiet">${promise.arithmetic}; up to ${whole(`${path}/promise/toleranceMs`, promise.toleranceMs)} ms more accepted</div>`
      : html`<span class="quiet">VRRP’s timers play no part</span>`
  }</td>
<td>${outcomes(`${path}/outage/counts`, counts)}</td>
<td>${serverBars(`${path}/perServer`, perServer, servers)}</td>
</tr>`;
}

/** Requests by outcome, with their signs in the timeline. `path`: the place of the counts in result.json. */
export function outcomes(path: string, counts: Window["outage"]["counts"]): Html {
  const { total, answered, delayed, failed, errors } = counts;
  return html`<ul class="outcomes">
<li><span class="sign answered"></span>${figure(`${path}/answered`, answered)} answered</li>
<li><span class="sign delayed"></span>${figure(`${path}/delayed`, delayed)} delayed</li>
<li><span class="sign failed"></span>${figure(`${path}/failed`, failed)} failed${failed > 0 ? html` <div class="quiet errors">${tallyWords(errors)}</div>` : undefined}</li>
<li class="quiet">of ${figure(`${path}/total`, total)}</li>
</ul>`;
}

/** The diagnoses from the wire. */
export function diagnosesSection({ diagnoses }: RunResult): Html {
  if (diagnoses.length === 0) return html``;
  return html`<section aria-labelledby="diagnoses">
<h2 id="diagnoses">What the wire says</h2>
<ul class="diagnoses">${diagnoses.map(diagnosisItem)}</ul>
</section>`;
}

const diagnosisItem = ({ id, title, from, to, who, because }: Diagnosis): Html => html`<li>
<p><code class="name">${id}</code> ${title} <span class="quiet">${seconds(from)} to ${to === null ? "the end" : seconds(to)}; ${who.join(", ")}</span></p>
<ul>${because.map((line) => html`<li>${line}</li>`)}</ul>
</li>`;
