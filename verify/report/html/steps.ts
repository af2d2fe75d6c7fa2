import { stripVTControlCharacters } from "node:util";
import type { Evidence } from "../../live/view.ts";
import type { RunResult, StepResult } from "../result.ts";
import { seconds } from "../words.ts";
import { type Html, html } from "./template.ts";

/** Every step with what it saw. The evidence of failed steps is open. */
export const stepsSection = ({ steps }: RunResult): Html => html`<section aria-labelledby="steps">
<h2 id="steps">Steps</h2>
<ol class="steps">${steps.map(stepItem)}</ol>
</section>`;

function stepItem({ n, kind, title, from, to, ok, seen, hint, evidence }: StepResult): Html {
  // `expected` is left out: the title contains it.
  const facts = [
    ["seen", seen],
    ["try", hint],
  ] as const;
  const rows = facts.flatMap(([name, value]) =>
    value === undefined ? [] : [html`<div><dt>${name}</dt><dd>${value}</dd></div>`],
  );
  return html`<li id="step-${n}" class="${ok ? "ok" : "bad"}" data-step="${n}" data-ok="${String(ok)}">
<div class="line"><span class="mark" aria-label="${ok ? "passed" : "failed"}">${ok ? "✓" : "✗"}</span><span class="number">${n}</span><span class="kind">${kind}</span><span class="title">${title}</span><span class="quiet">${seconds(from)}, took ${seconds(to - from)}</span></div>
${rows.length > 0 ? html`<dl>${rows}</dl>` : undefined}
${evidence.length > 0 ? evidenceOf(evidence, !ok) : undefined}
</li>`;
}

const evidenceOf = (
  evidence: readonly Evidence[],
  open: boolean,
): Html => html`<details${open ? html` open` : undefined}>
<summary>evidence: ${evidence.length === 1 ? "one command" : `${evidence.length} commands`}</summary>
${evidence.map(
  ({ where, command, output, status }) =>
    html`<pre><code><b>${where}$ ${command}</b>
${stripVTControlCharacters(output).trimEnd() || "(no output)"}</code></pre>${status === 0 ? undefined : html`<p class="quiet">${status === null ? "ended by a signal" : `status ${status}`}</p>`}`,
)}
</details>`;
