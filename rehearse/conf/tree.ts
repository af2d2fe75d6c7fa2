import { countsOnce, hasBlock, type Keywords, keywords, kindOf } from "./keywords.ts";
import type { Line, Place, Unread } from "./place.ts";
import { wordsOf } from "./text.ts";
import { valueFor } from "./values.ts";

/** A statement of a configuration: its keyword, the words after it, and its block if it has one. */
export interface Statement extends Place {
  readonly keyword: string;
  readonly words: readonly string[];
  /** As it is written, without the brace. */
  readonly text: string;
  readonly block?: readonly Statement[];
}

/**
 * The statements of a configuration, with blocks as its braces have them. Braces that do not match are reported, and read as `keepalived -t` would go on
 * after them.
 */
export function readTree(lines: readonly Line[]): { statements: readonly Statement[]; unread: readonly Unread[] } {
  const unread: Unread[] = [];
  const tree = new Tree();
  for (const line of lines) {
    const { file, line: number, text } = line;
    if (text === "{") {
      if (!tree.open())
        unread.push({ file, line: number, message: "a { without a keyword before it", fix: "remove it" });
    } else if (text === "}") {
      if (!tree.close()) unread.push({ file, line: number, message: "a } that closes nothing", fix: "remove it" });
    } else tree.add(statementOf(line));
  }
  for (const { file, line, keyword } of tree.unclosed)
    unread.push({ file, line, message: `the block ${keyword} is not closed`, fix: "write the missing }" });
  return { statements: tree.statements, unread };
}

/** A block that is open, what may stand in it, and the keywords of which no further line counts. */
interface Block {
  readonly name: string;
  readonly inside: Keywords | "list";
  readonly once: Set<string>;
}

/**
 * The statements of a configuration as keepalived takes them: process_stream() and alloc_value_block() of keepalived 2.2.7's lib/parser.c. It opens a block
 * after every keyword that has one, whether there is a { or not. After any other, known or not, it ignores the {; the } then closes the block around it.
 * A number is the one that it goes on with, and a line that it ignores, for its number or since an earlier one counts, is not there.
 */
export function readAsKeepalived(lines: readonly Line[]): readonly Statement[] {
  const tree = new Tree();
  /** The innermost last. */
  const open: Block[] = [{ name: "", inside: keywords, once: new Set() }];
  let next: Block | undefined;
  for (const line of lines) {
    if (next) {
      tree.open();
      open.push(next);
      next = undefined;
      if (line.text === "{") continue;
    }
    if (line.text === "}") {
      if (tree.close()) open.pop();
      continue;
    }
    if (line.text === "{") continue;
    const statement = statementOf(line);
    const { name, inside, once } = open.at(-1) as Block;
    const { keyword } = statement;
    const kind = inside === "list" ? "line" : kindOf(inside, keyword);
    const taken = inside === "list" ? statement : withValue(statement, name);
    if (taken && !once.has(keyword)) tree.add(taken);
    if (taken && countsOnce(name, keyword)) once.add(keyword);
    if (kind !== undefined && hasBlock(kind)) next = { name: keyword, inside: kind, once: new Set() };
  }
  return tree.statements;
}

/** The statement with the values that keepalived goes on with; undefined if it ignores the line. */
function withValue(statement: Statement, block: string): Statement | undefined {
  const { keyword, words } = statement;
  const value = valueFor(block, keyword);
  const [first, ...others] = words;
  if (!value || first === undefined) return statement;
  const made = (word: string): string[] => {
    const taken = value.isRight(word) ? word : value.taken(word);
    return taken === undefined ? [] : [taken];
  };
  const taken = value.each ? words.flatMap(made) : made(first);
  return taken.length === 0 ? undefined : { ...statement, words: value.each ? taken : [...taken, ...others] };
}

function statementOf({ file, line, text }: Line): Statement {
  const [keyword = "", ...words] = wordsOf(text);
  return { file, line, keyword, words, text };
}

/** Statements that are put together, a line after the other. */
class Tree {
  readonly statements: Statement[] = [];
  readonly #open: { statement: Statement; block: Statement[] }[] = [];
  #last: { statement: Statement; siblings: Statement[] } | undefined;

  add(statement: Statement): void {
    const siblings = this.#open.at(-1)?.block ?? this.statements;
    siblings.push(statement);
    this.#last = { statement, siblings };
  }

  /** Opens the block of the statement that was added last. False: there is none. */
  open(): boolean {
    if (!this.#last) return false;
    const block: Statement[] = [];
    const statement = { ...this.#last.statement, block };
    this.#last.siblings[this.#last.siblings.length - 1] = statement;
    this.#open.push({ statement, block });
    this.#last = undefined;
    return true;
  }

  /** Closes the innermost block. False: none is open. */
  close(): boolean {
    this.#last = undefined;
    return this.#open.pop() !== undefined;
  }

  get unclosed(): readonly Statement[] {
    return this.#open.map(({ statement }) => statement);
  }
}

/** The block's statements with this keyword. */
export const all = (block: readonly Statement[] | undefined, ...keywords: string[]): Statement[] =>
  (block ?? []).filter(({ keyword }) => keywords.includes(keyword));

/** The one that counts of them: the last. */
export const last = (block: readonly Statement[] | undefined, ...keywords: string[]): Statement | undefined =>
  all(block, ...keywords).at(-1);
