/** What a shell script does with its exit status. */
export interface ShellScript {
  /** Whether it ends with 0 however its commands end. */
  readonly alwaysSucceeds: boolean;
  /** The lines of its `echo` and `printf` commands that may be the last ones it runs, or else of all of them. From 1. */
  readonly echoes: readonly number[];
}

/** How a command may end, as bits. */
const zero = 1;
const nonzero = 2;
const either = zero | nonzero;

/**
 * Reads a script of sh, dash, ksh or bash as far as its exit status goes. Undefined where that cannot be told: here documents, `set -e`, `trap`,
 * `exec`, `eval`, other files' functions, an `exit` with anything but 0, a script that stops keepalived itself, and whatever is no sentence of the
 * shell's grammar (POSIX.1-2017, XCU 2.10).
 */
export function readShellScript(text: string): ShellScript | undefined {
  try {
    const script = new Parser(tokensOf(text));
    const { status, echoes } = script.list();
    script.end();
    if (script.untold) return undefined;
    return { alwaysSucceeds: status === zero, echoes: echoes.length > 0 ? echoes : script.echoes };
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}

class Unreadable extends Error {}

interface Token {
  /** An operator, or undefined for a word. */
  readonly operator?: string;
  /** Of a word as it is written, with its quotes. */
  readonly text: string;
  readonly line: number;
}

/** From an opening bracket to the bracket that closes it, with quotes inside. */
function bracketEnd(text: string, start: number, open: string, close: string): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const character = text[at] as string;
    if (character === "\\") at++;
    else if (character === "'" || character === '"') at = quoteEnd(text, at) - 1;
    else if (character === open) depth++;
    else if (character === close && --depth === 0) return at + 1;
  }
  throw new Unreadable();
}

/** From an opening quote to behind the one that closes it. */
function quoteEnd(text: string, start: number): number {
  const quote = text[start] as string;
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at];
    if (character === quote) return at + 1;
    if (quote === "'") continue;
    if (character === "\\") at++;
    else if (quote === '"') at = expansionEnd(text, at, at + 1) - 1;
  }
  throw new Unreadable();
}

/** From `$(`, `${` or a backquote to behind its end; `otherwise` if none of them is there. */
function expansionEnd(text: string, at: number, otherwise: number): number {
  if (text[at] === "`") return quoteEnd(text, at);
  if (text[at] !== "$") return otherwise;
  if (text[at + 1] === "(") return bracketEnd(text, at + 1, "(", ")");
  return text[at + 1] === "{" ? bracketEnd(text, at + 1, "{", "}") : otherwise;
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at);
    const [skipped] = /^(?:[ \t\r]|\\\r?\n|#.*)+/.exec(rest) ?? [];
    if (skipped !== undefined) {
      line += skipped.split("\n").length - 1;
      at += skipped.length;
      continue;
    }
    const [operator] = /^(?:;;&?|;&|&&|\|\||\|&|\n|[;|()]|&(?!>))/.exec(rest) ?? [];
    if (operator !== undefined) {
      tokens.push({ operator, text: operator, line });
      if (operator === "\n") line++;
      at += operator.length;
      continue;
    }
    const end = wordEnd(text, at);
    const word = text.slice(at, end);
    tokens.push({ text: word, line });
    line += word.split("\n").length - 1;
    at = end;
  }
  return tokens;
}

function wordEnd(text: string, start: number): number {
  let at = start;
  while (at < text.length && !/[ \t\r\n;|()]/.test(text[at] as string)) {
    const arrows = /^&?[<>]+(?:&-?|\|)?/.exec(text.slice(at))?.[0];
    if (arrows?.includes("<<") && !arrows.startsWith("<<<")) throw new Unreadable();
    if (arrows !== undefined) {
      at += arrows.length;
      if (text[at] === "(") at = bracketEnd(text, at, "(", ")");
      else if (/[ \t]/.test(text[at] ?? "")) at += /^[ \t]+/.exec(text.slice(at))?.[0].length ?? 0;
    } else if (text[at] === "&") break;
    else if (text[at] === "\\") at += 2;
    else if (text[at] === "'" || text[at] === '"') at = quoteEnd(text, at);
    else at = expansionEnd(text, at, at + 1);
  }
  if (at === start) throw new Unreadable();
  return Math.min(at, text.length);
}

/** How a part of a script may end, and which of its echoes may be the last command. */
interface Outcome {
  readonly status: number;
  readonly echoes: readonly number[];
}

const nothing: Outcome = { status: zero, echoes: [] };
const unknown: Outcome = { status: either, echoes: [] };

const union = (...outcomes: readonly Outcome[]): Outcome => ({
  status: outcomes.reduce((status, outcome) => status | outcome.status, 0),
  echoes: outcomes.flatMap(({ echoes }) => echoes),
});

const redirection = /^(?:\d*|&)[<>]/;
const separators = [";", "\n", "&"];
const enders = ["then", "fi", "elif", "else", "do", "done", "esac", "}"];
/** Commands after which the script's exit status cannot be told from its text. */
const untellable = ["exec", "trap", "eval", ".", "source", "return", "kill", "exit"];

class Parser {
  /** All lines with an `echo` or a `printf`. */
  readonly echoes: number[] = [];
  /** Whether something in it makes its exit status unknown. */
  untold = false;
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  end(): void {
    if (this.#at < this.#tokens.length) throw new Unreadable();
  }

  /** Commands one after another, up to a word or an operator that ends them. */
  list(): Outcome {
    let outcome = nothing;
    for (;;) {
      for (let one = this.#takeOperator(...separators); one; one = this.#takeOperator(...separators))
        if (one === "&") outcome = nothing;
      const token = this.#tokens[this.#at];
      if (!token || token.operator !== undefined ? token?.operator !== "(" : enders.includes(token.text))
        return outcome;
      outcome = this.#andOr();
    }
  }

  #andOr(): Outcome {
    let outcome = this.#pipeline();
    for (;;) {
      const operator = this.#takeOperator("&&", "||");
      if (operator === undefined) return outcome;
      while (this.#takeOperator("\n"));
      const next = this.#pipeline();
      const [stays, goesOn] = operator === "&&" ? [nonzero, zero] : [zero, nonzero];
      outcome = {
        status: (outcome.status & stays) | ((outcome.status & goesOn) !== 0 ? next.status : 0),
        echoes: [...outcome.echoes, ...next.echoes],
      };
    }
  }

  #pipeline(): Outcome {
    const not = this.#takeWord("!");
    let outcome = this.#command();
    while (this.#takeOperator("|", "|&")) {
      while (this.#takeOperator("\n"));
      outcome = { ...this.#command(), echoes: [] };
    }
    if (!not) return outcome;
    return { ...outcome, status: ((outcome.status & zero) << 1) | ((outcome.status & nonzero) >> 1) };
  }

  #command(): Outcome {
    const token = this.#tokens[this.#at];
    if (!token) throw new Unreadable();
    if (this.#takeOperator("(")) {
      if (this.#tokens[this.#at]?.operator === "(") throw new Unreadable();
      return this.#grouped(")", true);
    }
    if (this.#takeWord("{")) return this.#grouped("}", false);
    if (this.#takeWord("if")) return this.#if();
    if (this.#takeWord("while") || this.#takeWord("until")) {
      this.list();
      return this.#loop();
    }
    if (this.#takeWord("for")) {
      this.#upTo("do");
      return union(nothing, this.#body());
    }
    if (this.#takeWord("case")) return this.#case();
    if (this.#takeWord("select") || this.#takeWord("function")) throw new Unreadable();
    const [, parenthesis, close] = this.#tokens.slice(this.#at, this.#at + 3);
    if (parenthesis?.operator === "(" && close?.operator === ")") {
      this.#at += 3;
      while (this.#takeOperator("\n"));
      this.#command();
      return nothing;
    }
    return this.#simple();
  }

  #grouped(end: string, operator: boolean): Outcome {
    const outcome = this.list();
    if (operator) this.#needOperator(end);
    else this.#needWord(end);
    this.#redirections();
    return outcome;
  }

  #if(): Outcome {
    this.list();
    this.#needWord("then");
    const branches = [this.list()];
    while (this.#takeWord("elif")) {
      this.list();
      this.#needWord("then");
      branches.push(this.list());
    }
    branches.push(this.#takeWord("else") ? this.list() : nothing);
    this.#needWord("fi");
    this.#redirections();
    return union(...branches);
  }

  #loop(): Outcome {
    this.#needWord("do");
    return union(nothing, this.#body());
  }

  #body(): Outcome {
    const outcome = this.list();
    this.#needWord("done");
    this.#redirections();
    return outcome;
  }

  #case(): Outcome {
    this.#upTo("in");
    const branches = [nothing];
    for (;;) {
      while (this.#takeOperator("\n"));
      if (this.#takeWord("esac")) break;
      while (!this.#takeOperator(")")) this.#next();
      branches.push(this.list());
      if (!this.#takeOperator(";;", ";&", ";;&") && this.#tokens[this.#at]?.text !== "esac") throw new Unreadable();
    }
    this.#redirections();
    return union(...branches);
  }

  #simple(): Outcome {
    const words: Token[] = [];
    const doubled = this.#tokens[this.#at]?.text === "[[";
    for (let token = this.#tokens[this.#at]; token; token = this.#tokens[this.#at]) {
      if (token.operator !== undefined && !(doubled && words.at(-1)?.text !== "]]")) break;
      words.push(token);
      this.#at++;
    }
    if (words.length === 0) throw new Unreadable();
    return this.#outcomeOf(
      words.filter(({ text }) => !redirection.test(text)),
      words.some(({ text }) => /^[1&]?>(?!&2)/.test(text)),
    );
  }

  /** @param intoFile whether its output goes into a file */
  #outcomeOf(words: readonly Token[], intoFile: boolean): Outcome {
    const command = words.find(({ text }) => !/^\w+\+?=/.test(text));
    if (!command) return words.some(({ text }) => /\$\(|`/.test(text)) ? unknown : nothing;
    const [argument] = words.slice(words.indexOf(command) + 1);
    switch (command.text) {
      case "echo":
      case "printf":
        if (intoFile) return nothing;
        this.echoes.push(command.line);
        return { status: zero, echoes: [command.line] };
      case "exit":
        if (argument?.text !== "0") this.untold = true;
        return nothing;
      case "set":
        if (words.some(({ text }) => /^-\w*e|^errexit$|^pipefail$/.test(text))) this.untold = true;
        return nothing;
      case "true":
      case ":":
        return nothing;
      case "false":
        return { status: nonzero, echoes: [] };
    }
    if (untellable.includes(command.text) || words.some(({ text }) => text.includes("keepalived"))) this.untold = true;
    return unknown;
  }

  #redirections(): void {
    while (redirection.test(this.#tokens[this.#at]?.text ?? "")) this.#at++;
  }

  #upTo(word: string): void {
    while (!this.#takeWord(word)) this.#next();
  }

  #next(): void {
    if (this.#at++ >= this.#tokens.length) throw new Unreadable();
  }

  #takeWord(word: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.operator !== undefined || token?.text !== word) return false;
    this.#at++;
    return true;
  }

  #takeOperator(...operators: string[]): string | undefined {
    const operator = this.#tokens[this.#at]?.operator;
    if (operator === undefined || !operators.includes(operator)) return undefined;
    this.#at++;
    return operator;
  }

  #needWord(word: string): void {
    if (!this.#takeWord(word)) throw new Unreadable();
  }

  #needOperator(operator: string): void {
    if (!this.#takeOperator(operator)) throw new Unreadable();
  }
}
