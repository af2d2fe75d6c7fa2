import { hostname } from "node:os";
import type { Line } from "./lines.ts";

/** The value of a parameter: a text; or, of one that is written over several lines, these. */
type Value = string | readonly Line[];

/** What a line became when its parameters were replaced. */
interface Replaced {
  readonly text: string;
  /** The other lines of a parameter of several lines; it stands at the end of the text. */
  readonly rest: readonly Line[];
  /** Where the text stands, if all of it is such a parameter's first line. */
  readonly from?: Line;
}

/** The parameters of a configuration, `$NAME=VALUE`, as they are defined while it is read: keepalived.conf(5), "Parameter substitution". */
export class Parameters {
  readonly #values = new Map<string, Value>([
    ["_HASH", "#"],
    ["_BANG", "!"],
    ["_INSTANCE", hostname()],
    ["_RANDOM", "0"],
  ]);

  set(name: string, value: Value): void {
    this.#values.set(name, value);
  }

  /** Replaces `${NAME}` and `$NAME`; undefined if the text has none that is defined. Unknown ones stay as they are. */
  replace(text: string): Replaced | undefined {
    let changed = false;
    let rest: readonly Line[] = [];
    let from: Line | undefined;
    // After a name without braces comes a blank, a comma, a parenthesis or the end.
    const pattern = /\$(?:\{([A-Za-z_]\w*)(?: [ \d]*)?\}|([A-Za-z_]\w*)(?=[ \t,)]|$))/g;
    const result = text.replace(pattern, (whole, inBraces: string | undefined, plain: string, at: number) => {
      const value = this.#values.get(inBraces ?? plain);
      if (value === undefined) return whole;
      if (typeof value === "string") {
        changed = true;
        return value;
      }
      if (at + whole.length !== text.length) return whole;
      changed = true;
      const [first, ...others] = value;
      rest = others;
      if (at === 0) from = first;
      return first?.text ?? "";
    });
    return changed ? { text: result, rest, ...(from ? { from } : {}) } : undefined;
  }
}

/** A line that is read several times, with other parameters each time: keepalived.conf(5), "Sequence blocks" and "List blocks". */
export interface Repeated {
  readonly rounds: readonly (readonly (readonly [name: string, value: string])[])[];
  readonly text: string;
}

/** The longest sequence; keepalived has none, a mistyped one must not take all memory. */
const longest = 100_000;

/** A line that begins with ~SEQ or ~LST; undefined if it is none that keepalived takes. */
export function repeatedLine(line: string, parameters: Parameters): Repeated | undefined {
  const [, kind, hexadecimal, inside = "", text = ""] = /^~(SEQ|LST)(x?)[ \t]*\(([^)]*)\)[ \t]*(.*)$/.exec(line) ?? [];
  if (kind === "SEQ") return sequence(inside, text, hexadecimal === "x", parameters);
  return kind === "LST" && hexadecimal === "" ? list(inside, text) : undefined;
}

function sequence(inside: string, text: string, hexadecimal: boolean, parameters: Parameters): Repeated | undefined {
  const [name = "", ...given] = inside.split(",").map((one) => one.trim());
  const numbers = given.map((one) => Number(parameters.replace(one)?.text ?? one));
  if (name === "" || numbers.length < 1 || numbers.length > 3 || numbers.some((one) => !Number.isInteger(one)))
    return undefined;
  const [start, step, end] = boundsOf(numbers);
  if (
    step === 0 ||
    (start < end && step < 0) ||
    (start > end && step > 0) ||
    Math.abs(end - start) / Math.abs(step) > longest
  )
    return undefined;
  const rounds = Array.from({ length: Math.floor((end - start) / step) + 1 }, (_, index) => {
    const value = start + index * step;
    return [[name, value.toString(hexadecimal ? 16 : 10)] as const];
  });
  return { rounds, text };
}

const boundsOf = ([one = 0, two, three]: readonly number[]): [start: number, step: number, end: number] => {
  if (two === undefined) return [one < 0 ? -1 : 1, one < 1 ? -1 : 1, one];
  return three === undefined ? [one, one <= two ? 1 : -1, two] : [one, two, three];
};

function list(inside: string, text: string): Repeated | undefined {
  const sets = [...inside.matchAll(/\{([^}]*)\}|[^,{}]+/g)]
    .filter(([whole]) => whole.trim() !== "")
    .map(([whole, several]) => (several ?? whole).split(",").map((one) => one.trim()));
  const [names, ...values] = sets;
  if (!names || values.length === 0) return undefined;
  return { rounds: values.map((set) => names.map((name, index) => [name, set[index] ?? ""] as const)), text };
}
