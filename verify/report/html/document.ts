import type { PageBundle } from "../bundle.ts";
import type { RunResult } from "../result.ts";
import { figuresSection } from "./figures.ts";
import { glossary } from "./glossary.ts";
import { pageData, pageDocument } from "./shell.ts";
import { stepsSection } from "./steps.ts";
import { diagnosesSection, header, windowsTable } from "./summary.ts";
import { html } from "./template.ts";
import { timelineSection } from "./timeline.ts";

/** The report of a run as one HTML file. */
export const reportDocument = (result: RunResult, bundle: PageBundle): string =>
  pageDocument(
    {
      title: result.scenario.title,
      passed: result.passed,
      header: header(result),
      main: [
        windowsTable(result),
        diagnosesSection(result),
        timelineSection([{ servers: result.series.requests.servers }]),
        figuresSection(result),
        stepsSection(result),
        glossary(result),
      ],
      footer: html`Written by lvs-lab from result.json (format version ${result.version}), which holds every number of this page${
        result.series.capture ? html`; the packets are in <code>${result.series.capture.file}</code>` : undefined
      }.`,
      runs: [pageData(result)],
    },
    bundle,
  );
