/** One thing that is wrong with a file that a person wrote. Lines and columns count from 1, columns in UTF-16 units. */
export interface Problem {
  /** Which rule it breaks, a stable id such as `duplicate-name`. */
  readonly rule: string;
  readonly line: number;
  readonly column: number;
  /** How much of the line it is about, in columns; at least 1. */
  readonly length: number;
  /** The property, such as `servers[1].address`; empty for the file as a whole. */
  readonly path: string;
  readonly expected: string;
  /** What stands there, as it was written. */
  readonly found: string;
  /** What to do about it. */
  readonly remedy: string;
  /** What else to look at: the other one of two that may not be the same, or what this one must fit. */
  readonly other?: { readonly line: number; readonly column: number };
}

/** A file that is not what it should be, with all that is wrong with it in the order of the file. */
export class FileError extends Error {
  override readonly name = "FileError";
  readonly file: string;
  /** The file's text; empty if it could not be read. */
  readonly text: string;
  readonly problems: readonly Problem[];

  constructor(file: string, text: string, problems: readonly Problem[]) {
    const ordered = [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
    super(ordered.map((problem) => describe(file, problem)).join("\n"));
    this.file = file;
    this.text = text;
    this.problems = ordered;
  }
}

/** All that is wrong with a file, each with the line that it is about and a caret under the place; no newline at the end. */
export function formatFileError({ file, text, problems }: FileError): string {
  const lines = text.split(/\r?\n/);
  const parts = problems.map((problem) => [describe(file, problem), ...frame(lines, problem)].join("\n"));
  return [...parts, `${file}: ${problems.length} ${problems.length === 1 ? "problem" : "problems"}`].join("\n\n");
}

function describe(file: string, { line, column, path, expected, found, remedy, other }: Problem): string {
  const subject = path ? `${path}: ` : "";
  const elsewhere = other ? ` (see ${file}:${other.line}:${other.column})` : "";
  return `${file}:${line}:${column}: ${subject}expected ${expected}; found ${found}${elsewhere}. Fix: ${remedy}`;
}

function frame(lines: readonly string[], { line, column, length }: Problem): string[] {
  const text = lines[line - 1];
  if (!text) {
    return [];
  }
  const number = String(line);
  const before = text.slice(0, column - 1).replace(/[^\t]/g, " ");
  const carets = "^".repeat(Math.max(1, Math.min(length, text.length - column + 1)));
  return [`  ${number} | ${text}`, `  ${" ".repeat(number.length)} | ${before}${carets}`];
}
