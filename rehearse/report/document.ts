import type { PageBundle } from "../../verify/report/bundle.ts";
import { figure, whole } from "../../verify/report/html/figure.ts";
import { promiseChart } from "../../verify/report/html/promise-chart.ts";
import { lookButton, pageDocument } from "../../verify/report/html/shell.ts";
import { type Html, html } from "../../verify/report/html/template.ts";
import { timelineSection } from "../../verify/report/html/timeline.ts";
import type { PageData } from "../../verify/report/page/data.ts";
import type { Window } from "../../verify/report/result.ts";
import { startWords, tenth } from "../../verify/report/words.ts";
import { eventWords, momentsOf } from "../matrix/index.ts";
import type { CellsNotRun, MatrixCell, MatrixFinding, MatrixResult, MatrixVersions } from "./result.ts";

/** A cell whose run the page can draw. */
interface Drawn {
  readonly cell: MatrixCell;
  readonly run: PageData;
}

/** The report of a rehearsal as one HTML file. @param runs what to draw of each cell's run, in the order of the cells; null: nothing */
export function matrixDocument(result: MatrixResult, runs: readonly (PageData | null)[], bundle: PageBundle): string {
  const drawn = result.cells.flatMap((cell, index): Drawn[] => {
    const run = runs[index];
    return run ? [{ cell, run }] : [];
  });
  return pageDocument(
    {
      title: `Rehearsal of ${result.folder}`,
      passed: isWell(result),
      header: header(result),
      main: [
        cellsTable(result.cells, drawn),
        notRunTable(result.notRun),
        ...(drawn.length > 0
          ? [
              timelineSection(
                drawn.map(({ cell, run }) => ({ name: nameOf(cell), servers: run.series.requests.servers })),
              ),
            ]
          : []),
        findingsTable(result.findings),
        versionsTable(result.versions),
        glossary,
      ],
      footer: html`Written by lvs-lab from matrix.json (format version ${result.version}), which holds every number of this page; the reports of the single runs are in the directories beside it.`,
      runs: drawn.map(({ run }) => run),
    },
    bundle,
  );
}

/** Whether all that was to be run was run, and passed. */
const isWell = ({ finished, passed, cells }: MatrixResult): boolean => finished && passed && cells.length > 0;

const nameOf = (cell: MatrixCell): string => `${eventWords(cell)}, ${cell.service}: ${cell.title}`;

function header(result: MatrixResult): Html {
  const { folder, stack, finished, cells, notRun, versions } = result;
  const failed = cells.filter(({ passed }) => !passed);
  const facts: readonly (readonly [string, string | Html])[] = [
    ["folder", html`<code>${folder}</code>, stack ${stack}`],
    ["directors", versions.directors.map(({ name }) => name).join(", ")],
    ["guests", versions.acceleration === "kvm" ? "KVM" : "emulated: QEMU without KVM"],
    ["when", html`<time datetime="${result.startedAt}">${startWords(result)}</time>`],
    ["runs", `${cells.length}, of which ${cells.length - failed.length} passed`],
  ];
  const verdict = isWell(result) ? "✓ passed" : failed.length > 0 ? "✗ failed" : "✗ not finished";
  return html`<header>
<div class="head">
<div>
<p class="verdict ${isWell(result) ? "passed" : "failed"}" data-passed="${String(isWell(result))}">${verdict}</p>
<h1>Rehearsal of ${folder}</h1>
</div>
${lookButton()}
</div>
<p class="description">The directors ran these keepalived configurations as they are. Each row below is one thing that was done to them under load, with what VRRP’s timers or the health check promise, and what was measured.</p>
${finished ? undefined : html`<p class="trouble">Not finished: written after ${cells.length} of ${cells.length + waiting(notRun)} runs.</p>`}
${failed.map((cell) => html`<p class="trouble"><a href="#cell-${cells.indexOf(cell) + 1}">${eventWords(cell)}, ${cell.service}</a> failed: ${cell.failures.join("; ")}</p>`)}
<dl class="facts" aria-label="facts of the rehearsal">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
</header>`;
}

/** How many cells have not had their turn. */
const waiting = (notRun: readonly CellsNotRun[]): number =>
  notRun.filter((one) => one.waiting).reduce((sum, { events }) => sum + events.length, 0);

function cellsTable(cells: readonly MatrixCell[], drawn: readonly Drawn[]): Html {
  if (cells.length === 0)
    return html`<section aria-labelledby="cells"><h2 id="cells">What was rehearsed</h2><p>Nothing yet.</p></section>`;
  return html`<section aria-labelledby="cells">
<h2 id="cells">What was rehearsed</h2>
<div class="scroll"><table class="windows matrix">
<thead><tr class="names"><th scope="col">event</th><th scope="col">measured</th><th scope="col">promised</th><th scope="col">verdict</th><th scope="col">failback, lost</th><th scope="col">who had the VIP</th></tr></thead>
<tbody>${cells.map((cell, index) =>
    cellRow(
      cell,
      index,
      drawn.findIndex((one) => one.cell === cell),
      drawn,
    ),
  )}</tbody>
</table></div>
</section>`;
}

/** @param place of its run among those that are drawn; -1: it is not */
function cellRow(cell: MatrixCell, index: number, place: number, drawn: readonly Drawn[]): Html {
  const { event, title, service, instance, passed, failures, report } = cell;
  const path = `/cells/${index}`;
  const run = drawn[place]?.run;
  const window = run && momentsOf(run).broken;
  return html`<tr id="cell-${index + 1}" data-event="${event}" data-passed="${String(passed)}">
<th scope="row" class="after">${eventWords(cell)}
<div class="quiet">${title}</div>
<div class="quiet"><code>${service}</code>${instance === null ? undefined : html`, ${instance}`}</div>
${window ? html`<button type="button" class="show" data-run="${place}" data-from="${window.from}" data-to="${window.to}">show in the timeline</button>` : undefined}
${report === null ? undefined : html`<div class="quiet"><a href="${encodeURI(report)}">report of this run</a></div>`}</th>
<td>${measured(cell, path)}</td>
<td>${promised(cell, path, window)}</td>
<td><span class="nowrap ${passed ? "" : "trouble"}">${passed ? "✓ held" : cell.measured ? "✗ missed" : "✗ failed"}</span>${
    failures.length > 0 ? html`<ul class="failures">${failures.map((one) => html`<li>${one}</li>`)}</ul>` : undefined
  }</td>
<td>${failbackAndLost(cell, path)}</td>
<td>${holders(cell)}</td>
</tr>`;
}

/** Of a real server's event the time until it was out of the table, else the outage. */
function measured({ measured: isMeasured, detection, outageMs, outageErrorMs, seen }: MatrixCell, path: string): Html {
  if (!isMeasured) return html`<span class="quiet">${seen}</span>`;
  const outage =
    outageMs === null
      ? html`<span class="outage">none</span>`
      : html`<span class="nowrap"><span class="outage">${whole(`${path}/outageMs`, outageMs)}</span>${
          outageErrorMs === null ? undefined : html` ± ${whole(`${path}/outageErrorMs`, outageErrorMs)}`
        } ms</span>`;
  if (!detection) return html`${outage}${beside(seen)}`;
  return html`<span class="nowrap">out after <span class="outage">${figure(`${path}/detection/ms`, detection.ms, (detection.ms / 1000).toFixed(1))}</span> s</span>
<div class="quiet">outage ${seen}</div>`;
}

/** What the words of an outage say beside its length. */
function beside(seen: string): Html {
  const [, ...further] = seen.split(", ");
  return further.length === 0 ? html`` : html`<div class="quiet">${further.join(", ")}</div>`;
}

function promised(
  { measured: isMeasured, promise, detection }: MatrixCell,
  path: string,
  window: Window | undefined,
): Html {
  if (!isMeasured) return html`–`;
  if (detection)
    return html`out in ${tenths(`${path}/detection/promise/minimum`, detection.promise.minimum)} to ${tenths(`${path}/detection/promise/maximum`, detection.promise.maximum)} s
<div class="quiet">by its health check</div>`;
  if (!promise) return html`<span class="quiet">VRRP’s timers play no part</span>`;
  // What is tracked has a weight that does not move the addresses.
  if (promise.maximumMs === 0) return html`no outage<div class="quiet">${promise.arithmetic}</div>`;
  return html`${whole(`${path}/promise/minimumMs`, promise.minimumMs)} to ${whole(`${path}/promise/maximumMs`, promise.maximumMs)} ms${
    window ? promiseChart(window) : undefined
  }<div class="quiet">${promise.arithmetic}; up to ${whole(`${path}/promise/toleranceMs`, promise.toleranceMs)} ms more accepted</div>`;
}

function failbackAndLost({ measured: isMeasured, failbackMs, lost }: MatrixCell, path: string): Html {
  if (!isMeasured) return html`–`;
  return html`<span class="nowrap">failback ${failbackMs === null ? "none" : html`${whole(`${path}/failbackMs`, failbackMs)} ms`}</span>
<div class="nowrap">${figure(`${path}/lost`, lost)} lost</div>`;
}

const tenths = (path: string, value: number): Html => figure(path, value, String(tenth(value)));

/** Who had the VIP on the wire, and in the client's ARP entry. */
function holders({ measured: isMeasured, vip, arp }: MatrixCell): Html {
  if (!isMeasured) return html`–`;
  const moments = ["before", "during", "after"] as const;
  return html`<table class="plain"><thead><tr><th></th><th scope="col">on the wire</th><th scope="col">client’s ARP</th></tr></thead><tbody>${moments.map(
    (moment) =>
      html`<tr><th scope="row">${moment}</th><td>${vip[moment].join(" and ") || "nobody"}</td><td>${arp[moment] ?? "none"}</td></tr>`,
  )}</tbody></table>`;
}

function notRunTable(notRun: readonly CellsNotRun[]): Html {
  if (notRun.length === 0) return html``;
  return html`<section aria-labelledby="not-run">
<h2 id="not-run">What was not rehearsed</h2>
<div class="scroll"><table class="plain list"><thead><tr><th scope="col">service</th><th scope="col">events</th><th scope="col">why</th></tr></thead>
<tbody>${notRun.map(({ service, events, reason }) => html`<tr><td><code>${service}</code></td><td>${events.join(", ")}</td><td>${reason}</td></tr>`)}</tbody></table></div>
</section>`;
}

function findingsTable(findings: readonly MatrixFinding[]): Html {
  return html`<section aria-labelledby="lint">
<h2 id="lint">What lint finds in the files</h2>
${
  findings.length === 0
    ? html`<p>Nothing.</p>`
    : html`<div class="scroll"><table class="plain list"><thead><tr><th scope="col">place</th><th scope="col">level</th><th scope="col">finding</th></tr></thead>
<tbody>${findings.map(
        ({ rule, level, file, line, message, fix }) =>
          html`<tr><td><code>${file}:${line}</code></td><td class="${level === "error" ? "trouble" : ""}">${level}</td><td>${message} <code>${rule}</code><div class="quiet">Fix: ${fix}</div></td></tr>`,
      )}</tbody></table></div>`
}
</section>`;
}

function versionsTable({ lvsLab, node, hostKernel, acceleration, directors }: MatrixVersions): Html {
  const unknown = html`<span class="quiet">not known</span>`;
  return html`<section aria-labelledby="versions">
<h2 id="versions">Versions</h2>
<div class="scroll"><table class="plain list"><thead><tr><th scope="col">director</th><th scope="col">keepalived</th><th scope="col">package</th><th scope="col">system</th><th scope="col">kernel</th></tr></thead>
<tbody>${directors.map(
    (one) =>
      html`<tr><td>${one.name}</td><td>${one.keepalived ?? unknown}</td><td>${one.keepalivedPackage ?? unknown}</td><td>${one.os ?? unknown}</td><td>${one.kernel ?? unknown}</td></tr>`,
  )}</tbody></table></div>
<p class="quiet">lvs-lab ${lvsLab}, Node ${node}, on Linux ${hostKernel}; guests ${acceleration === "kvm" ? "by KVM" : "emulated"}</p>
</section>`;
}

const glossary = html`<section aria-labelledby="words" class="glossary">
<h2 id="words">Words</h2>
<dl>
<div><dt>outage</dt><dd>the longest time without service after the event, as the client saw it.</dd></div>
<div><dt>failback</dt><dd>the same when everything came back.</dd></div>
<div><dt>lost</dt><dd>requests that had no answer, in the whole run.</dd></div>
<div><dt>during</dt><dd>the last moment before what was broken was put back.</dd></div>
<div><dt>promised</dt><dd>what VRRP’s timers (RFC 3768, section 6.1; RFC 9568, section 6.1) or the health check’s allow. An outage that is shorter has held as well.</dd></div>
</dl>
</section>`;
