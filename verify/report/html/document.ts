import { createHash } from "node:crypto";
import type { PageBundle } from "../bundle.ts";
import type { PageData } from "../page/data.ts";
import type { RunResult } from "../result.ts";
import { figuresSection } from "./figures.ts";
import { glossary } from "./glossary.ts";
import { stepsSection } from "./steps.ts";
import { diagnosesSection, header, windowsTable } from "./summary.ts";
import { Html, html, jsonFor } from "./template.ts";
import { timelineSection } from "./timeline.ts";

/**
 * The report as one HTML file that loads nothing. The tables need no script; the one script draws the timeline, and the page's policy
 * allows no other.
 */
export function reportDocument(result: RunResult, { script, style }: PageBundle): string {
  const policy = [
    "default-src 'none'",
    `script-src 'sha256-${createHash("sha256").update(script).digest("base64")}'`,
    "style-src 'unsafe-inline'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="lvs-lab">
<link rel="icon" href="data:,">
<title>${result.passed ? "✓" : "✗"} ${result.scenario.title} – lvs-lab</title>
<style>${new Html(style)}</style>
</head>
<body>
${header(result)}
<main>
${windowsTable(result)}
${diagnosesSection(result)}
${timelineSection(result)}
${figuresSection(result)}
${stepsSection(result)}
${glossary(result)}
</main>
<footer><p>Written by lvs-lab from result.json (format version ${result.version}), which holds every number of this page${
    result.series.capture ? html`; the packets are in <code>${result.series.capture.file}</code>` : undefined
  }.</p></footer>
<script type="application/json" id="run">${jsonFor(pageData(result))}</script>
<script>${new Html(script)}</script>
</body>
</html>
`.markup;
}

/** The part of a result that the timeline draws. */
const pageData = ({ durationMs, lab, steps, windows, diagnoses, load, series }: RunResult): PageData => ({
  durationMs,
  lab,
  steps: steps.map(({ evidence: _, ...step }) => step),
  windows,
  diagnoses,
  load,
  series,
});
