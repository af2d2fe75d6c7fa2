import { posix } from "node:path";
import { Parameters, repeatedLine } from "./parameters.ts";
import { withoutComment } from "./text.ts";

/** A line of a file. */
export interface Place {
  /** Relative to the folder that is read. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** A line of a configuration, as keepalived takes it: without comments, its conditions decided, its parameters replaced. */
export interface Line extends Place {
  readonly text: string;
}

/** What of a configuration cannot be read as its author means it. */
export interface Unread extends Place {
  readonly message: string;
  readonly fix: string;
}

/** The files of a director. Paths are relative to the folder that is read. */
export interface Files {
  /** The text of a file; undefined if it is not there. */
  read(file: string): string | undefined;
  /** The files that an include names: `pattern` as it is written, in the file `from`. */
  matching(pattern: string, from: string): readonly string[];
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

/** Reads a configuration as keepalived does: read_line() of keepalived 2.2.7's lib/parser.c. */
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
  readonly #parameters = new Parameters();
  readonly #open: string[] = [];

  constructor(options: ReadOptions) {
    this.#options = options;
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
    const lines = text.split(/\r?\n/).map((line, index) => ({ file, line: index + 1, text: withoutComment(line) }));
    yield* this.#all(lines);
    this.#open.pop();
    const outer = this.#open.at(-1);
    if (outer !== undefined) this.#enter(outer);
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
    let line = given;
    let others: readonly Line[] = [];
    for (let round = 0; ; round++) {
      const conditional = this.#applies(line.text);
      if (conditional === undefined) return;
      line = { ...line, text: conditional };
      if (this.#defines(line, rest)) return;
      if (/^~(SEQ|LST)/.test(line.text)) {
        const repeated = repeatedLine(line.text, this.#parameters);
        if (!repeated) {
          this.unread.push({
            ...line,
            message: `keepalived does not take ${line.text.slice(0, 4)} so`,
            fix: SEQUENCES,
          });
          return;
        }
        for (const parameters of repeated.rounds) {
          for (const [name, value] of parameters) this.#parameters.set(name, value);
          yield* this.#line({ ...line, text: repeated.text }, [][Symbol.iterator]());
        }
        return yield* this.#all(others);
      }
      const replaced = line.text.startsWith("~") ? undefined : this.#parameters.replace(line.text);
      if (!replaced) break;
      if (round >= deepest) {
        this.unread.push({
          ...line,
          message: "the parameters of this line name each other",
          fix: "define one without the other",
        });
        return;
      }
      line = { ...line, ...replaced.from, text: withoutComment(replaced.text) };
      if (replaced.rest.length > 0) others = [...replaced.rest, ...others];
    }
    const include = /^include([rmwba]?)[ \t]+(.+)$/.exec(line.text);
    if (include) yield* this.#include(include[2] as string, line);
    else if (line.text !== "") yield line;
    yield* this.#all(others);
  }

  /** The line without its conditions, or undefined if one of them does not hold: keepalived.conf(5), "Conditional configuration". */
  #applies(text: string): string | undefined {
    const [, not, name = "", rest] = /^@(\^?)([^ \t]*)(?:[ \t]+(.*))?$/.exec(text) ?? [];
    if (not === undefined) return text;
    this.conditions.add(name);
    return rest !== undefined && (name === this.#options.configId) === (not === "") ? this.#applies(rest) : undefined;
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

  *#include(pattern: string, from: Line): Generator<Line> {
    const files = this.#options.files.matching(pattern, from.file);
    if (files.length === 0)
      this.unread.push({
        ...from,
        message: `no file of the folder is ${pattern}`,
        fix: "put the file into the folder, where keepalived would find it from this one",
      });
    const directory = posix.resolve(posix.dirname(this.files.get(from.file) ?? HOME), posix.dirname(pattern));
    for (const file of files) yield* this.file(file, `${directory}/${posix.basename(file)}`, from);
  }
}

const SEQUENCES =
  'write `~SEQ(NAME, START, STEP, END) …` or `~LST(NAME, VALUE, VALUE) …`: keepalived.conf(5), "Sequence blocks"';
