import type { Line, Place, Unread } from "./place.ts";
import { wordsOf } from "./text.ts";

/** A statement of a configuration: its keyword, the words after it, and its block if it has one. */
export interface Statement extends Place {
  readonly keyword: string;
  readonly words: readonly string[];
  /** As it is written, without the brace. */
  readonly text: string;
  readonly block?: readonly Statement[];
}

/** The statements of a configuration. Braces that do not match are reported, and read as `keepalived -t` would go on after them. */
export function readTree(lines: readonly Line[]): { statements: readonly Statement[]; unread: readonly Unread[] } {
  const unread: Unread[] = [];
  const root: Statement[] = [];
  const open: { statement: Statement; block: Statement[] }[] = [];
  let last: { statement: Statement; siblings: Statement[] } | undefined;
  for (const { file, line, text } of lines) {
    const siblings = open.at(-1)?.block ?? root;
    if (text === "{") {
      if (!last) {
        unread.push({ file, line, message: "a { without a keyword before it", fix: "remove it" });
        continue;
      }
      const block: Statement[] = [];
      const statement = { ...last.statement, block };
      last.siblings[last.siblings.length - 1] = statement;
      open.push({ statement, block });
      last = undefined;
    } else if (text === "}") {
      if (!open.pop()) unread.push({ file, line, message: "a } that closes nothing", fix: "remove it" });
      last = undefined;
    } else {
      const [keyword = "", ...words] = wordsOf(text);
      const statement = { file, line, keyword, words, text };
      siblings.push(statement);
      last = { statement, siblings };
    }
  }
  for (const { statement } of open)
    unread.push({
      ...{ file: statement.file, line: statement.line },
      message: `the block ${statement.keyword} is not closed`,
      fix: "write the missing }",
    });
  return { statements: root, unread };
}

/** The block's statements with this keyword. */
export const all = (block: readonly Statement[] | undefined, ...keywords: string[]): Statement[] =>
  (block ?? []).filter(({ keyword }) => keywords.includes(keyword));

/** The one that counts of them: the last. */
export const last = (block: readonly Statement[] | undefined, ...keywords: string[]): Statement | undefined =>
  all(block, ...keywords).at(-1);
