import { isDeepStrictEqual } from "node:util";
import type { z } from "zod";

/** How a resource tells the person at the terminal what it is doing. One short line; the last one stands in Pulumi's row. */
export type Progress = (message: string) => void;

/**
 * The contract that every resource of the lab fulfils. `observe` says what is there, `apply` brings about what is wanted, and all
 * of Pulumi's verbs follow from the two (`provider.ts`).
 *
 * `Where` is how the thing is reached (a server, a lab host) and never observed; `Want` is the state that the resource stands for.
 * `observe` returns that state in the properties and shapes of `Want`, so that a difference is a plain comparison and a
 * property that a hand has changed is shown by its own name. What is always wanted is a property with a default (`running: true`).
 */
export interface ResourceDefinition<
  Where extends z.ZodObject = z.ZodObject,
  Want extends z.ZodObject = z.ZodObject,
  Facts extends object = object,
> {
  /** Pulumi's type token is `lvs:index:<type>`. */
  readonly type: string;
  /** One sentence for docs and errors. */
  readonly summary: string;
  readonly where: Where;
  readonly want: Want;
  /** Outputs beyond `Want`: what is found out, not asked for. */
  readonly facts?: readonly (keyof Facts & string)[];
  /** Facts that Pulumi is to encrypt. */
  readonly secretFacts?: readonly (keyof Facts & string)[];
  /** Properties that cannot change in place. */
  readonly replaceOn?: readonly string[];
  /** Whether the thing is looked at on every `pulumi up`, not only on `refresh`: for what can die without a trace. Must be fast. */
  readonly watch?: boolean;
  /**
   * Properties as an earlier version of the project recorded them, in today's form: a lab that is up outlives a `git pull`. It is given every
   * state that is read, so it returns one of today's form as it is.
   */
  upgrade?(recorded: Readonly<Record<string, unknown>>): Record<string, unknown>;
  /** What is there now; undefined if there is nothing. Changes nothing. The facts of the last time come along where there are any. */
  observe(inputs: Inputs<Where, Want> & Partial<Facts>, progress: Progress): Promise<Observed<Want, Facts> | undefined>;
  /** Brings `inputs` about from `observed`. Doing it twice changes nothing. */
  apply(
    inputs: Inputs<Where, Want>,
    observed: Observed<Want, Facts> | undefined,
    progress: Progress,
  ): Promise<void> | Promise<Observed<Want, Facts>>;
  /** Takes it away. Taking away what is not there is no error. */
  remove(inputs: Inputs<Where, Want>, progress: Progress): Promise<void>;
}

export type Inputs<Where extends z.ZodObject, Want extends z.ZodObject> = Shape<Where> & Shape<Want>;
export type Observed<Want extends z.ZodObject, Facts extends object = object> = {
  [K in keyof Shape<Want>]?: Shape<Want>[K] | undefined;
} & Facts;
/** A schema's output; that of an empty one has no properties (zod's own type says that it has every property, of type never). */
export type Shape<S extends z.ZodObject> = keyof S["shape"] extends never ? object : z.output<S>;

/** Checks a definition's types while keeping them; the value is the argument. */
export const defineResource = <Where extends z.ZodObject, Want extends z.ZodObject, Facts extends object = object>(
  definition: ResourceDefinition<Where, Want, Facts>,
): ResourceDefinition<Where, Want, Facts> => definition;

/** A property that is not as wanted. */
export interface Difference {
  readonly property: string;
  readonly wanted: unknown;
  readonly found: unknown;
}

/** The properties of `keys` in which `found` is not what `wanted` says. */
export const differences = (
  keys: readonly string[],
  wanted: Readonly<Record<string, unknown>>,
  found: Readonly<Record<string, unknown>> | undefined,
): Difference[] =>
  keys
    .filter((key) => !isDeepStrictEqual(wanted[key], found?.[key]))
    .map((property) => ({ property, wanted: wanted[property], found: found?.[property] }));

const short = (value: unknown): string => {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
};

/** One line a difference, for people. */
export const describeDifferences = (list: readonly Difference[]): string =>
  list.map(({ property, wanted, found }) => `  ${property}: wanted ${short(wanted)}, found ${short(found)}`).join("\n");
