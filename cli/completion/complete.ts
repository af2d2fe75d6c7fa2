import type { Argument, Command, Option } from "commander";

/** A candidate at the cursor. */
export interface Completion {
  readonly value: string;
  readonly description?: string;
}

export interface Completed {
  readonly completions: readonly Completion[];
  /** Whether the shell also completes paths. */
  readonly paths?: "files" | "directories";
}

/**
 * Returns the values of an option or argument, by its name.
 * @param command the command that has it, such as `fault inject`
 * @param given the command's arguments that are already typed
 * @param stack the value of --stack, if already typed
 */
export type ValuesOf = (asked: {
  name: string;
  command: string;
  given: readonly string[];
  stack?: string;
}) => Promise<Completed>;

/**
 * Completes the last word (which may be empty) after the program's name, from commander's command tree. Parses words as commander does:
 * options before or between arguments, `--option=value`, `--`, options with one, many or optional values.
 */
export async function complete(program: Command, words: readonly string[], valuesOf: ValuesOf): Promise<Completed> {
  const last = words.at(-1) ?? "";
  const line = new Line(program);
  for (const word of words.slice(0, -1)) line.read(word);
  const { completions, ...paths } = await candidates(line, last, valuesOf);
  return { completions: completions.filter(({ value }) => value.startsWith(last)), ...paths };
}

/** State of parsing a command line. */
class Line {
  command: Command;
  /** The arguments parsed. */
  readonly arguments: string[] = [];
  /** The option that takes the next values; `first` until it has one. */
  taking: { readonly option: Option; first: boolean } | undefined;
  /** Set by `--`: no more options follow. */
  optionsEnded = false;
  readonly given = new Set<string>();
  stack: string | undefined;

  constructor(program: Command) {
    this.command = program;
  }

  /** The next argument. */
  get argument(): Argument | undefined {
    const all = this.command.registeredArguments;
    const last = all.at(-1);
    return all[this.arguments.length] ?? (last?.variadic ? last : undefined);
  }

  /** Whether the next word belongs to another program's command line. */
  get isForeign(): boolean {
    return this.arguments.length > 0 && this.command.registeredArguments.at(-1)?.name() === FOREIGN;
  }

  read(word: string): void {
    const { taking } = this;
    if (taking && ((taking.first && taking.option.required) || !word.startsWith("-"))) {
      if (taking.option.long === "--stack") this.stack = word;
      this.taking = taking.option.variadic ? { ...taking, first: false } : undefined;
      return;
    }
    this.taking = undefined;
    if (this.optionsEnded || this.isForeign || !word.startsWith("-") || word === "-") this.#readArgument(word);
    else if (word === "--") this.optionsEnded = true;
    else this.#readOption(word);
  }

  #readArgument(word: string): void {
    const below = this.command.commands.find((one) => one.name() === word || one.aliases().includes(word));
    if (below && this.arguments.length === 0) this.command = below;
    else this.arguments.push(word);
  }

  #readOption(word: string): void {
    const { option, value } = optionOf(this.command, word);
    if (!option) return;
    this.given.add(option.attributeName());
    if (value !== undefined && option.long === "--stack") this.stack = value;
    if (value === undefined && (option.required || option.optional)) this.taking = { option, first: true };
  }
}

/** Name of the argument that holds another program's command line: `lvs-lab ssh SERVER COMMAND…`. */
const FOREIGN = "command";

/** The option that a word names, with its attached value, if any: `--stack=dr`, `-sdr`. */
function optionOf(command: Command, word: string): { option: Option | undefined; value?: string } {
  const [name = "", ...rest] = word.split("=");
  const named = command.options.find(({ long, short }) => long === name || short === word);
  if (named) return { option: named, ...(rest.length > 0 ? { value: rest.join("=") } : {}) };
  const short = word.startsWith("--") ? undefined : command.options.find((one) => one.short === word.slice(0, 2));
  return { option: short, ...(short ? { value: word.slice(2) } : {}) };
}

async function candidates(line: Line, last: string, valuesOf: ValuesOf): Promise<Completed> {
  const { command, taking } = line;
  if (taking?.first && taking.option.required) return await valuesFor(line, taking.option, valuesOf);
  if (line.optionsEnded || line.isForeign || !last.startsWith("-")) {
    const further = taking ? await valuesFor(line, taking.option, valuesOf) : { completions: [] };
    return both(further, await argumentsOf(line, valuesOf));
  }
  const { option, value } = last.includes("=") ? optionOf(command, last) : {};
  if (!option) return { completions: optionsOf(line) };
  if (value === undefined || !(option.required || option.optional)) return { completions: [] };
  const { completions, ...paths } = await valuesFor(line, option, valuesOf);
  const prefix = last.slice(0, last.length - value.length);
  return { completions: completions.map((one) => ({ ...one, value: `${prefix}${one.value}` })), ...paths };
}

/** The values of an option or an argument. Offers only values that need no quoting in any shell. */
async function valuesFor(
  { command, arguments: given, stack }: Line,
  of: Option | Argument,
  valuesOf: ValuesOf,
): Promise<Completed> {
  if (of.argChoices) return { completions: of.argChoices.map((value) => ({ value })) };
  const name = "attributeName" in of ? of.attributeName() : of.name();
  const asked = { name, command: pathOf(command), given, ...(stack === undefined ? {} : { stack }) };
  const { completions, ...paths } = await valuesOf(asked);
  return { completions: completions.filter(({ value }) => /^[\w.][\w.:@/-]*$/.test(value)), ...paths };
}

/** A command's full name, without the program's. */
const pathOf = (command: Command): string =>
  command.parent?.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();

const both = (one: Completed, other: Completed): Completed => ({
  ...one,
  ...other,
  completions: [...one.completions, ...other.completions],
});

/** Subcommands, and values of the next argument. */
async function argumentsOf(line: Line, valuesOf: ValuesOf): Promise<Completed> {
  const { command, argument } = line;
  if (line.isForeign) return { completions: [] };
  const below = line.arguments.length > 0 ? [] : command.createHelp().visibleCommands(command);
  const commands = below.map((one) => described(one.name(), one.description()));
  if (!argument) return { completions: commands };
  return both({ completions: commands }, await valuesFor(line, argument, valuesOf));
}

/** The command's options that are not given yet or may be repeated. */
const optionsOf = ({ command, given }: Line): Completion[] =>
  command
    .createHelp()
    .visibleOptions(command)
    .filter((option) => option.variadic || !given.has(option.attributeName()))
    .flatMap(({ long, short, description }) =>
      [long, short].flatMap((name) => (name ? [described(name, description)] : [])),
    );

/** A description must be one line. */
const described = (value: string, description: string): Completion => ({
  value,
  description: description.replace(/\s+/g, " ").trim(),
});
