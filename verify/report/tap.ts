import type { CheckResult } from "../checks/check.ts";

/**
 * Results of checks as a TAP version 14 stream (testanything.org) with a newline at the end. A failed one has a YAML block: expected, seen,
 * hint, and the commands behind it.
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

/** The YAML block below a test point. Every value is JSON, which is valid YAML 1.2 for any output of a command. */
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

/** Escapes a description: `#` begins a directive, `\` escapes the next character, and a line break ends the description. */
const escaped = (description: string): string => description.replace(/[\\#]/g, "\\$&").replace(/\s+/g, " ");
