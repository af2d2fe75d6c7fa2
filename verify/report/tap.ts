import type { CheckResult } from "../checks/check.ts";

/**
 * Results of checks as a TAP version 14 stream (testanything.org), newline at the end. Those that failed have a YAML block with what was
 * expected, what was seen, what to do and the commands behind it.
 */
export const tap = (results: readonly CheckResult[]): string =>
  [
    "TAP version 14",
    `1..${results.length}`,
    ...results.flatMap((result, index) => [
      `${result.passed ? "ok" : "not ok"} ${index + 1} - ${escaped(`${result.id} ${result.subject}: ${result.title}`)}`,
      ...(result.passed ? [] : diagnosis(result)),
    ]),
    "",
  ].join("\n");

/** A YAML block below a test point. Every value is JSON, which YAML 1.2 takes as it is, whatever a command has printed. */
function diagnosis({ expected, seen, hint, byHand, evidence, ms }: CheckResult): string[] {
  const values = { message: seen, severity: "fail", expected, hint, byHand, duration_ms: ms, evidence };
  return [
    "  ---",
    ...Object.entries(values)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`),
    "  ...",
  ];
}

/** In a description `#` begins a directive, and `\` makes the next character plain. A line break would end it. */
const escaped = (description: string): string => description.replace(/[\\#]/g, "\\$&").replace(/\s+/g, " ");
