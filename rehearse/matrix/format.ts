import { inColumns } from "../../verify/report/columns.ts";
import { ms, tenth } from "../../verify/report/words.ts";
import { type Cell, objectOf } from "./cells.ts";
import type { Row } from "./row.ts";

/** The rows as a table for a terminal, with what did not hold below it. No newline at the end. */
export function formatMatrix(rows: readonly Row[]): string {
  const head = ["", "event", "service", "promised", "measured", "failback", "lost"];
  const lines = rows.map((row) => [
    row.passed ? "✓" : "✗",
    eventWords(row),
    row.service,
    ...(row.report === null ? ["–", row.seen, "–", "–"] : figuresOf(row)),
  ]);
  const failures = rows.flatMap(({ failures: all, report, ...row }) =>
    all.length === 0
      ? []
      : [
          `✗ ${eventWords(row)}, ${row.service}:`,
          ...all.flatMap((one) => one.split("\n").map((line) => `    ${line}`)),
          ...(report === null ? [] : [`    ${report}`]),
        ],
  );
  return [...inColumns([head, ...lines]), ...(failures.length > 0 ? ["", ...failures] : [])].join("\n");
}

/** The event, and what it happens to where that may be one of several. */
export const eventWords = ({ event, object }: { readonly event: string; readonly object: string | null }): string =>
  object === null ? event : `${event} ${object}`;

/** The same of a cell. */
export const cellWords = (cell: Cell): string => eventWords({ event: cell.event, object: objectOf(cell) });

/** The columns of what was promised, measured, the failback, and lost. */
const figuresOf = (row: Row): string[] => [
  ...promisedAndMeasured(row),
  row.failbackMs === null ? "none" : ms(row.failbackMs),
  String(row.lost),
];

/** What was promised and what was measured, in words: the outage, or of a real server's event the time until it was out of the table. */
function promisedAndMeasured({ promise, detection, seen }: Row): [promised: string, measured: string] {
  if (detection) {
    const { minimum, maximum } = detection.promise;
    return [`out in ${tenth(minimum)} to ${tenth(maximum)} s`, `out after ${tenth(detection.ms / 1000)} s`];
  }
  const none = promise?.maximumMs === 0;
  const promised = none ? "none" : promise ? `${Math.round(promise.minimumMs)} to ${ms(promise.maximumMs)}` : "–";
  return [promised, seen.startsWith("none") ? "none" : seen];
}
