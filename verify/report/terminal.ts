import { stripVTControlCharacters, styleText } from "node:util";
import { strip } from "../probe/index.ts";
import type { Diagnosis } from "../wire/records.ts";
import { requestRows } from "./requests.ts";
import type { RunResult, StepResult, Window } from "./result.ts";
import { opensWindow } from "./steps.ts";
import {
  bandWords,
  countsWords,
  elsewhereWords,
  labWords,
  latencyWords,
  ms,
  outageWords,
  probeWords,
  seconds,
  startWords,
  tallyWords,
} from "./words.ts";

/** The maximum length of a line, in characters. */
const WIDTH = 100;

/** The width of the picture of service over time, in characters. */
const STRIP_WIDTH = 80;

/** The indent below a failed step's title. */
const FAILURE_INDENT = 17;

/** The width of labels. */
const LABEL_WIDTH = 10;

type Paint = (style: "red" | "green" | "yellow" | "bold" | "dim", text: string) => string;

/** Formats a run for a terminal: at most 100 columns, with ANSI colours only if `colour` is set. */
export function formatRun(result: RunResult, { colour = false }: { colour?: boolean } = {}): string {
  const paint: Paint = colour ? (style, text) => styleText(style, text, { validateStream: false }) : (_, text) => text;
  const { scenario, passed, durationMs, steps, windows, diagnoses, load, interrupted, series } = result;
  return [
    `${mark(passed, paint)} ${paint("bold", clean(scenario.title))}: ${passed ? "passed" : paint("red", "failed")} in ${seconds(durationMs)}`,
    ...wrap("  ", labWords(result)),
    `  ${startWords(result)}`,
    "",
    ...steps.flatMap((step) => stepLines(step, paint)),
    ...(interrupted === undefined
      ? []
      : wrap(
          `  ${paint("red", "✗")}${" ".repeat(14)}`,
          `interrupted after ${seconds(durationMs)}: ${clean(interrupted)}`,
        )),
    ...windows.filter(isTelling).flatMap((window) => ["", ...windowLines(window, paint)]),
    "",
    ...picture(result, paint),
    ...fact("requests", clean(countsWords(load.counts)), paint),
    ...fact("servers", clean(tallyWords(load.perServer)), paint),
    ...fact("latency", latencyWords(load.latency), paint),
    ...fact("probe", probeWords(load), paint),
    ...(series.capture ? fact("capture", captureWords(series.capture), paint) : []),
    ...(diagnoses.length === 0 ? [] : ["", ...diagnoses.flatMap((one) => diagnosisLines(one, paint))]),
  ].join("\n");
}

function stepLines(step: StepResult, paint: Paint): string[] {
  const { n, ok, title, from, seen, hint, evidence } = step;
  const head = `  ${mark(ok, paint)} ${String(n).padStart(2)}  ${paint("dim", seconds(from).padStart(7))}  `;
  if (ok) return wrap(head, `${clean(title)}${seen === undefined ? "" : paint("dim", `: ${clean(seen)}`)}`);
  const last = evidence.at(-1);
  return [
    ...wrap(head, paint("red", clean(title))),
    ...[
      ["seen", seen],
      ["try", hint],
    ].flatMap(([label = "", text]) => (text === undefined ? [] : fact(label, clean(text), paint, FAILURE_INDENT))),
    ...(last ? fact("evidence", `${clean(last.where)}$ ${clean(last.command)}`, paint, FAILURE_INDENT) : []),
  ];
}

/** The time before the first fault is shown only if something went wrong in it. */
const isTelling = ({ step, outage }: Window): boolean => step > 0 || outage.longest !== null;

function windowLines({ title, from, to, outage, perServer, promise }: Window, paint: Paint): string[] {
  const outcome = [outageWords(outage), elsewhereWords(outage)].filter(Boolean).join("; ");
  return [
    `  ${paint("bold", clean(title))}${paint("dim", `  ${seconds(from)} to ${seconds(to)}`)}`,
    ...fact("outage", paint(outage.longest ? "yellow" : "green", outcome), paint),
    ...(promise ? fact("VRRP", `${bandWords(promise)}: ${promise.arithmetic}`, paint) : []),
    ...fact("requests", clean(countsWords(outage.counts)), paint),
    ...fact("servers", clean(tallyWords(perServer)), paint),
  ];
}

/** Service over time, with the step numbers of faults and heals below their starts. */
function picture({ series, durationMs, steps }: RunResult, paint: Paint): string[] {
  const binMs = durationMs / STRIP_WIDTH;
  const line = strip(requestRows(series.requests), { from: 0, to: durationMs, binMs });
  const numbers = steps.filter(opensWindow).reduce((text, { n, from }) => {
    const column = Math.floor(from / binMs);
    return text.length > column ? text : `${text.padEnd(column)}▲${n}`;
  }, "");
  return [
    ...fact("service", line, paint),
    ...(numbers ? fact("", paint("dim", numbers), paint) : []),
    ...fact("", paint("dim", `█ all answered, ▁ none; ${ms(binMs)} a character${numbers ? ", ▲ at step" : ""}`), paint),
  ];
}

const captureWords = ({ packets, dropped, clockErrorMs }: NonNullable<RunResult["series"]["capture"]>): string =>
  `${packets} packets, ${dropped} dropped; its clock is within ${clockErrorMs} ms of the run's`;

function diagnosisLines({ id, title, from, to, because }: Diagnosis, paint: Paint): string[] {
  const when = `${seconds(from)} to ${to === null ? "the end" : seconds(to)}`;
  return [
    `  ${paint("bold", id)}${paint("dim", `  ${when}`)}`,
    ...wrap("    ", clean(title)),
    ...because.flatMap((line) => wrap("    - ", clean(line))),
  ];
}

const mark = (ok: boolean, paint: Paint): string => (ok ? paint("green", "✓") : paint("red", "✗"));

const fact = (label: string, text: string, paint: Paint, indent = 2): string[] =>
  wrap(`${" ".repeat(indent)}${paint("dim", label.padEnd(LABEL_WIDTH))}`, text);

/** Text from the lab on one line, without control characters. */
const clean = (text: string): string => stripVTControlCharacters(text).replace(/\s*[\n\r\t\p{Cc}]\s*/gu, " ");

const lengthOf = (text: string): number => [...stripVTControlCharacters(text)].length;

/** Wraps a text after a head; further lines are indented to the text. */
function wrap(head: string, text: string): string[] {
  if (lengthOf(head) + lengthOf(text) <= WIDTH) return [(head + text).trimEnd()];
  const lines = [head];
  for (const word of text.split(" ")) {
    const last = lines.at(-1) ?? "";
    const fresh = last === head || last.trim() === "";
    if (!fresh && lengthOf(last) + 1 + lengthOf(word) > WIDTH) lines.push(" ".repeat(lengthOf(head)) + word);
    else lines[lines.length - 1] = fresh ? last + word : `${last} ${word}`;
  }
  return lines.map((line) => line.trimEnd());
}
