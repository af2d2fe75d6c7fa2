import { inColumns } from "../../verify/report/columns.ts";
import { type Row, rowOf, summarize, type Unit } from "./measured.ts";
import type { PartResult } from "./results.ts";

/** A figure with its significant digits. */
export const figure = (value: number): string => {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toFixed(digits);
};

/** The cells of a part's table, header first. Wall and CPU seconds of one measure share a row. */
export function cells(rows: readonly Row[]): string[][] {
  const shown = rows.filter((row) => row.unit !== "CPU s" || rowOf(rows, row.measure, row.contender) === undefined);
  const cpuOf = ({ measure, contender, unit }: Row) =>
    unit === "s" ? rowOf(rows, measure, contender, "CPU s") : undefined;
  const withCpu = shown.some((row) => cpuOf(row) !== undefined);
  const head = ["what", "who", "median", "min – max", ...(withCpu ? ["CPU"] : []), "runs"];
  return [
    head,
    ...shown.map((row) => {
      const { median, min, max, runs } = summarize(row.values);
      const cpu = cpuOf(row);
      return [
        row.measure,
        row.contender,
        `${figure(median)} ${row.unit}`,
        runs === 1 ? "" : `${figure(min)} – ${figure(max)}`,
        ...(withCpu ? [cpu ? `${figure(summarize(cpu.values).median)} s` : ""] : []),
        String(runs),
      ];
    }),
  ];
}

/** A part's table for the terminal. */
export const plainTable = (rows: readonly Row[]): string => inColumns(cells(rows)).join("\n");

/** Rows as a table in Markdown, header first. `isRight`: whether a column, by its header and place, is aligned to the right. */
export function markdownTable(
  [head = [], ...body]: readonly (readonly string[])[],
  isRight: (name: string, index: number) => boolean,
): string {
  const line = (row: readonly string[]): string => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const rule = `| ${head.map((name, index) => (isRight(name, index) ? "---:" : "---")).join(" | ")} |`;
  return [line(head), rule, ...body.map(line)].join("\n");
}

/** A part in Markdown: table, notes, machine and date. */
export function markdownPart({ rows, notes, machine, date, commit }: PartResult): string {
  const [head = [], ...body] = cells(rows);
  const right = /^(median|min – max|CPU|runs)$/;
  const { cpus, model, memory, kernel, node, acceleration } = machine;
  return [
    ...(body.length > 0 ? [markdownTable([head, ...body], (name) => right.test(name))] : []),
    ...(notes.length > 0 ? [notes.map((note) => `- ${note}`).join("\n")] : []),
    `${date.slice(0, 10)}, commit \`${commit}\`; ${cpus} × ${model}, ${figure(memory / 1024)} GiB, Linux ${kernel}, Node ${node}${
      acceleration ? `, guests under ${acceleration === "kvm" ? "KVM" : "emulation (TCG)"}` : ""
    }.`,
  ].join("\n\n");
}

/** The rows of one unit by measure, in order. */
export function byMeasure(rows: readonly Row[], unit: Unit): { measure: string; rows: Row[] }[] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    if (row.unit !== unit) continue;
    groups.set(row.measure, [...(groups.get(row.measure) ?? []), row]);
  }
  return [...groups].map(([measure, all]) => ({ measure, rows: all }));
}
