import { FileError, type Problem } from "../../../lab/index.ts";

/** A file that is right but for one thing. */
export interface FileCase {
  readonly why: string;
  readonly base?: string;
  readonly from: string;
  /** With the mark ‸ where the problem must be shown. */
  readonly to: string;
  readonly rule: string;
  readonly path: string;
  readonly expected: RegExp;
  readonly found: string;
  readonly remedy: RegExp;
}

const mark = "‸";

/** Where the mark stands in a text, and the text without it. */
export function unmarked(marked: string): { text: string; line: number; column: number } {
  const before = marked.split(mark)[0]?.split("\n") ?? [];
  if (marked.split(mark).length !== 2) {
    throw new Error(`a case has one ${mark}:\n${marked}`);
  }
  return { text: marked.replace(mark, ""), line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** The text with one place of it changed; a case whose place is not there is a mistake in the case. */
export function edit(text: string, from: string, to: string): string {
  if (text.split(from).length !== 2) {
    throw new Error(`a case changes one place, ${JSON.stringify(from)} is there ${text.split(from).length - 1} times`);
  }
  return text.replace(from, to);
}

/** All that is wrong with a file, as reading it says; nothing if it can be read. */
export function problemsIn(read: () => unknown): readonly Problem[] {
  try {
    read();
    return [];
  } catch (error) {
    if (error instanceof FileError) {
      return error.problems;
    }
    throw error;
  }
}
