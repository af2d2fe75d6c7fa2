import { posix } from "node:path";
import { Parameters, type Replaced, repeatedLine } from "./parameters.ts";
import type { Line, Place, Unread } from "./place.ts";
import { partsOf, withoutComment } from "./text.ts";

/** The files of a director. Paths are relative to the folder that is read. */
export interface Files {
  /** The text of a file; undefined if it is not there. */
  read(file: string): string | undefined;
  /** The files that an include names, in keepalived's order: `pattern` as it is written, in the file `from`. */
  matching(pattern: string, from: string): readonly string[];
  isExecutable(file: string): boolean;
}

export interface ReadOptions {
  readonly files: Files;
  /** What `@NAME` lines are compared with: the director's name, or what its keepalived is given by --config-id. */
  readonly configId: string;
}

/** The lines of a configuration. */
export interface Lines {
  readonly lines: readonly Line[];
  readonly unread: readonly Unread[];
  /** The files that it consists of, the first one first, each with its path on the director. */
  readonly files: ReadonlyMap<string, string>;
  /** The names in its `@NAME` lines. */
  readonly conditions: ReadonlySet<string>;
}

/** The file of a folder that is no director's: what is around its configurations. */
export const PLAN = "rehearsal.yaml";

/** Where keepalived reads its configuration on a director. */
export const HOME = "/etc/keepalived";

/** Replacing parameters that contain parameters ends after so many rounds. */
const deepest = 100;

/** The longest line that keepalived reads in one piece, in bytes: MAXBUF of its lib/parser.h, without a NUL. */
const longest = 1023;

/**
 * Reads a configuration as keepalived does: read_line() of keepalived 2.2.7's lib/parser.c. Its first process writes a copy of all files without
 * comments, which the others read in the same way.
 */
export function readLines(file: string, options: ReadOptions): Lines {
  const reader = new Reader(options);
  const lines = [...reader.file(file, `${HOME}/keepalived.conf`, { file, line: 1 })];
  return { lines, unread: reader.unread, files: reader.files, conditions: reader.conditions };
}

class Reader {
  readonly unread: Unread[] = [];
  readonly files = new Map<string, string>();
  readonly conditions = new Set<string>();
  readonly #options: ReadOptions;
  readonly #parameters: Parameters;
  readonly #open: string[] = [];
  /** The lines that begin with an include as they are written, as FILE:LINE. */
  readonly #begun = new Set<string>();

  constructor(options: ReadOptions) {
    this.#options = options;
    this.#parameters = new Parameters(options.configId);
  }

  /** @param path its path on the director */
  *file(file: string, path: string, from: Place): Generator<Line> {
    const text = this.#options.files.read(file);
    if (text === undefined || this.#open.includes(file)) {
      const message = text === undefined ? `there is no file ${file}` : `${file} includes itself`;
      this.unread.push({ ...from, message, fix: "name a file of the folder" });
      return;
    }
    this.files.set(file, path);
    this.#open.push(file);
    this.#enter(file);
    yield* this.#all(text.split(/\r*\n/).map((one, index) => this.#cleaned({ file, line: index + 1, text: one })));
    this.#open.pop();
    const outer = this.#open.at(-1);
    if (outer !== undefined) this.#enter(outer);
  }

  /** Without comments. They are looked for twice, in the file and in the copy: a \\# of the file is a # in the copy, and begins a comment there. */
  #cleaned(line: Line): Line {
    if (Buffer.byteLength(line.text) > longest)
      this.unread.push({
        ...placeOf(line),
        message: `a line of more than ${longest} bytes; keepalived takes what is behind them for the next line`,
        fix: "write several lines",
      });
    const copied = withoutComment(line.text);
    if (isInclude.test(copied)) this.#begun.add(`${line.file}:${line.line}`);
    const text = withoutComment(copied);
    if (/[#!]/.test(copied.slice(text.length)))
      this.unread.push({
        ...placeOf(line),
        message:
          "a # or ! after a backslash; keepalived takes the backslash away, and then the rest of the line for a comment",
        fix: "put the word into double quotes",
      });
    if ((text.match(/(?<!\\)"/g) ?? []).length % 2 === 1)
      this.unread.push({
        ...placeOf(line),
        message: "a quote that does not end; keepalived leaves out what is behind it",
        fix: "write the other quote",
      });
    return { ...line, text };
  }

  #enter(file: string): void {
    this.#parameters.set("_PWD", posix.dirname(this.files.get(file) ?? HOME));
  }

  *#all(lines: readonly Line[]): Generator<Line> {
    const rest = lines[Symbol.iterator]();
    for (let next = rest.next(); !next.done; next = rest.next())
      if (next.value.text !== "") yield* this.#line(next.value, rest);
  }

  /** @param rest the lines after it: a parameter may be written over several of them */
  *#line(given: Line, rest: Iterator<Line>): Generator<Line> {
    let line: Line | undefined = given;
    const others: Line[] = [];
    for (let round = 0; line; round++) {
      const text = this.#applicable(line.text);
      line = text === undefined ? undefined : { ...line, text };
      if (!line || this.#defines(line, rest)) line = undefined;
      else if (/^~(SEQ|LST)/.test(line.text)) {
        yield* this.#repeated(line);
        line = undefined;
      } else {
        const replaced = line.text.startsWith("~") ? undefined : this.#parameters.replace(line.text);
        if (!replaced) break;
        others.unshift(...replaced.rest);
        line = this.#cleanedAgain(line, replaced, round);
        if (line && !line.text.startsWith("@") && !line.text.includes("$")) break;
      }
    }
    if (line) yield* this.#decided(line, rest);
    yield* this.#all(others);
  }

  /** A line with its parameters replaced; undefined if they have no end. */
  #cleanedAgain(line: Line, { text, from }: Replaced, round: number): Line | undefined {
    if (round < deepest) return { ...line, ...from, text: withoutComment(text) };
    const message = "the parameters of this line name each other";
    this.unread.push({ ...placeOf(line), message, fix: "define one without the other" });
    return undefined;
  }

  /** A line without conditions and parameters. */
  *#decided(line: Line, rest: Iterator<Line>): Generator<Line> {
    const [, kind = "", pattern] = isInclude.exec(line.text) ?? [];
    if (pattern !== undefined) return yield* this.#include(pattern, line, /[aw]/.test(kind));
    const [first, residue] = partsOf(line.text);
    if (first !== "") yield { ...line, text: first };
    if (residue !== "") yield* this.#line({ ...line, text: residue }, rest);
  }

  /** The lines of ~SEQ and ~LST. */
  *#repeated(line: Line): Generator<Line> {
    const repeated = repeatedLine(line.text, this.#parameters);
    if (!repeated) {
      const message = `keepalived does not take ${line.text.slice(0, 4)} so, and leaves the line out`;
      this.unread.push({ ...placeOf(line), message, fix: SEQUENCES });
      return;
    }
    for (const parameters of repeated.rounds) {
      for (const [name, value] of parameters) this.#parameters.set(name, value);
      yield* this.#all([{ ...line, text: repeated.text }]);
    }
  }

  /** The line without its condition, or undefined if that does not hold: keepalived.conf(5), "Conditional configuration". */
  #applicable(text: string): string | undefined {
    const [, not, name = "", rest] = /^@(\^?)([^ \t]*)(?:[ \t]+(.*))?$/.exec(text) ?? [];
    if (not === undefined) return text;
    if (name !== "") this.conditions.add(name);
    return (name === this.#options.configId) === (not === "") ? rest : undefined;
  }

  /** Whether the line defines a parameter; then it is defined, with the lines that belong to it. */
  #defines(line: Line, rest: Iterator<Line>): boolean {
    const [, name, value = ""] = /^\$([A-Za-z_]\w*)=[ \t]*(.*)$/.exec(line.text) ?? [];
    if (name === undefined) return false;
    if (!value.endsWith("\\")) {
      this.#parameters.set(name, value);
      return true;
    }
    const lines: Line[] = [];
    for (let next: Line | undefined = { ...line, text: value }; next; ) {
      const continued = next.text.endsWith("\\");
      const text = continued ? next.text.slice(0, -1).replace(/[ \t]+$/, "") : next.text;
      if (text !== "") lines.push({ ...next, text });
      const following: IteratorResult<Line> = continued ? rest.next() : { done: true, value: undefined };
      next = following.done || following.value.text === "" ? undefined : following.value;
    }
    this.#parameters.set(name, lines);
    return true;
  }

  /** @param mustMatch whether keepalived takes it for an error that a pattern matches nothing: keepalived.conf(5), "include" */
  *#include(pattern: string, from: Line, mustMatch: boolean): Generator<Line> {
    const files = this.#options.files.matching(pattern, from.file);
    const place = placeOf(from);
    // Its copy of all files has the contents of such a file and the line as well.
    if (!this.#begun.has(`${from.file}:${from.line}`))
      this.unread.push({
        ...place,
        message: `keepalived reads ${pattern} twice, for the line does not begin with \`include\``,
        fix: "write the include on a line of its own; put conditions into the file that it names",
        level: "warning",
      });
    if (files.length === 0)
      this.unread.push({
        ...place,
        message: `no file of the folder is ${pattern}`,
        fix: "put the file into the folder, where keepalived would find it from this one",
        ...(/[*?[]/.test(pattern) && !mustMatch ? { level: "note" } : {}),
      });
    const directory = posix.resolve(posix.dirname(this.files.get(from.file) ?? HOME), posix.dirname(pattern));
    for (const file of files) {
      // In a folder in which all files are executable it says nothing.
      const first = this.#open[0] as string;
      if (this.#options.files.isExecutable(file) && !this.#options.files.isExecutable(first))
        this.unread.push({
          ...place,
          message: `${file} is executable; keepalived leaves such a file out`,
          fix: `chmod a-x ${file}`,
        });
      else yield* this.file(file, `${directory}/${posix.basename(file)}`, place);
    }
  }
}

const isInclude = /^include([rmwba]?)\s[ \t]*(.*)$/;

const placeOf = ({ file, line }: Place): Place => ({ file, line });

const SEQUENCES =
  'write `~SEQ(NAME, START, STEP, END) …` or `~LST(NAME, VALUE, VALUE) …`: keepalived.conf(5), "Sequence blocks"';
