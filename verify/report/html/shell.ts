import { createHash } from "node:crypto";
import type { PageBundle } from "../bundle.ts";
import type { PageData } from "../page/data.ts";
import type { RunResult } from "../result.ts";
import { Html, html, jsonFor } from "./template.ts";

/** What is different from page to page. */
export interface Page {
  readonly title: string;
  readonly passed: boolean;
  readonly header: Html;
  readonly main: readonly Html[];
  readonly footer: Html;
  /** The runs whose timelines the page can draw. */
  readonly runs: readonly PageData[];
}

/**
 * A page as one HTML file that loads nothing. Its tables need no script; the one script draws timelines, and the page's policy allows no other.
 */
export function pageDocument({ title, passed, header, main, footer, runs }: Page, bundle: PageBundle): string {
  const { script, style } = bundle;
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
<title>${passed ? "✓" : "✗"} ${title} – lvs-lab</title>
<style>${new Html(style)}</style>
</head>
<body>
${header}
<main>
${new Html(main.map(({ markup }) => markup).join("\n"))}
</main>
<footer><p>${footer}</p></footer>
<script type="application/json" id="runs">${jsonFor(runs)}</script>
<script>${new Html(script)}</script>
</body>
</html>
`.markup;
}

/** The part of a result that a timeline draws. */
export const pageData = ({ durationMs, lab, steps, windows, diagnoses, load, series }: RunResult): PageData => ({
  durationMs,
  lab,
  steps: steps.map(({ evidence: _, ...step }) => step),
  windows,
  diagnoses,
  load,
  series,
});

/** The button that switches between the light and the dark look. */
export const lookButton = (): Html => html`<button id="theme" type="button" aria-pressed="false">dark look</button>`;
