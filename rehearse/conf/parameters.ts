import type { Line } from "./line.ts";

/** The value of a parameter: a text; or, of one that is written over several lines, these. */
type Value = string | readonly Line[];

/** What a line became when its parameters were replaced. */
export interface Replaced {
  readonly text: string;
  /** The other lines of a parameter of several lines; it stands at the end of the text. */
  readonly rest: readonly Line[];
  /** Where the text stands, if all of it is such a parameter's first line. */
  readonly from?: Line;
}

/** The parameters of a configuration, `$NAME=VALUE`, as they are defined while it is read: keepalived.conf(5), "Parameter substitution". */
export class Parameters {
  readonly #values: Map<string, Value>;

  /** @param configId what keepalived is given by --config-id */
  constructor(configId: string) {
    this.#values = new Map([
      ["_HASH", "#"],
      ["_BANG", "!"],
      ["_INSTANCE", configId],
    ]);
  }

  set(name: string, value: Value): void {
    this.#values.set(name, value);
  }

  /** Replaces `${NAME}` and `$NAME`; undefined if the text has none that is defined. Unknown ones stay as they are. */
  replace(text: string): Replaced | undefined {
    let changed = false;
    let rest: readonly Line[] = [];
    let from: Line | undefined;
    // After a name without braces comes a blank, a comma, a parenthesis or the end.
    const pattern = /\$(?:\{([A-Za-z_]\w*)([ \d]*\d)?\}|([A-Za-z_]\w*)(?=[ \t,)]|$))/g;
    const result = text.replace(
      pattern,
      (whole, inBraces: string | undefined, numbers: string | undefined, plain: string, at: number) => {
        const value = this.#valueOf(inBraces ?? plain, numbers);
        // One of several lines stands at the end of its line.
        if (value === undefined || (typeof value !== "string" && at + whole.length !== text.length)) return whole;
        changed = true;
        if (typeof value === "string") return value;
        const [first, ...others] = value;
        rest = others;
        if (at === 0) from = first;
        return first?.text ?? "";
      },
    );
    return changed ? { text: result, rest, ...(from ? { from } : {}) } : undefined;
  }

  /** @param numbers what follows the name in braces */
  #valueOf(name: string, numbers: string | undefined): Value | undefined {
    const value = this.#values.get(name);
    // A number from the first one on, another one at each start.
    if (name === "_RANDOM" && value === undefined) return numbers?.trim().split(/ +/)[0] ?? "0";
    return numbers === undefined ? value : undefined;
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
  const rounds =
    kind === "SEQ"
      ? sequence(inside, hexadecimal === "x", parameters)
      : kind === "LST" && hexadecimal === ""
        ? list(inside)
        : undefined;
  return rounds && { rounds, text };
}

/** add_seq() of keepalived 2.2.7's lib/parser.c. */
function sequence(inside: string, hexadecimal: boolean, parameters: Parameters): Repeated["rounds"] | undefined {
  const [, name, bounds = ""] = /^[ \t]*([^ \t,]+)[ \t]*,(.*)$/.exec(inside) ?? [];
  const numbers = (parameters.replace(`${bounds})`)?.text ?? `${bounds})`).slice(0, -1).split(",").map(numberOf);
  if (name === undefined || numbers.length > 3 || !areKnown(numbers)) return undefined;
  const [start, step, end] = boundsOf(numbers);
  if (
    step === 0 ||
    (start < end && step < 0) ||
    (start > end && step > 0) ||
    (hexadecimal && (start < 0 || end < 0)) ||
    Math.abs(end - start) / Math.abs(step) > longest
  )
    return undefined;
  return Array.from({ length: Math.floor((end - start) / step) + 1 }, (_, index) => [
    [name, (start + index * step).toString(hexadecimal ? 16 : 10)] as const,
  ]);
}

const boundsOf = ([one = 0, two, three]: readonly number[]): [start: number, step: number, end: number] => {
  if (two === undefined) return [one < 0 ? -1 : 1, one < 1 ? -1 : 1, one];
  return three === undefined ? [one, one <= two ? 1 : -1, two] : [one, two, three];
};

const areKnown = (numbers: readonly (number | undefined)[]): numbers is readonly number[] =>
  !numbers.includes(undefined);

/** A number as strtol(3) reads it: 0x begins a hexadecimal one, 0 an octal one; nothing is 0. */
function numberOf(text: string): number | undefined {
  const [, sign, hexadecimal, octal, decimal] =
    /^[ \t]*(?:([+-]?)(?:0[xX]([\da-fA-F]+)|(0[0-7]*)|([1-9]\d*)))?[ \t]*$/.exec(text) ?? [];
  if (sign === undefined) return text.trim() === "" ? 0 : undefined;
  const value = Number.parseInt(hexadecimal ?? octal ?? (decimal as string), hexadecimal ? 16 : octal ? 8 : 10);
  return sign === "-" ? -value : value;
}

/** add_lst() of keepalived 2.2.7's lib/parser.c. */
function list(inside: string): Repeated["rounds"] | undefined {
  const sets: string[][] = [];
  const one = /[ \t]*(?:\{([^{}]*)\}|([^,{}]*?))[ \t]*(,|$)/y;
  for (let more = true; more; ) {
    const [, several, single, comma] = one.exec(inside) ?? [];
    if (comma === undefined) return undefined;
    sets.push((several ?? (single as string)).split(",").map((word) => word.trim()));
    more = comma !== "";
  }
  const [names = [], ...values] = sets;
  if (values.length === 0 || values.some(({ length }) => length > names.length)) return undefined;
  return values.map((set) => names.map((name, index) => [name, set[index] ?? ""] as const));
}
