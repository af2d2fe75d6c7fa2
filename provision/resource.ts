import { isDeepStrictEqual } from "node:util";
import type { z } from "zod";

/** Reports progress to the user at the terminal: one short line. Pulumi's row shows the last one. */
export type Progress = (message: string) => void;

/**
 * The contract of every resource of the lab. `observe` reads the current state, `apply` brings about the wanted state, and `provider.ts`
 * derives Pulumi's operations from the two. `Where` is how to reach the thing (a server, a lab host) and is never observed; `Want` is the
 * wanted state. `observe` returns the properties and shapes of `Want`, so that a diff is a plain comparison and names each property that
 * was changed by hand. A property that always has the same wanted value has a default (`running: true`).
 */
export interface ResourceDefinition<
  Where extends z.ZodObject = z.ZodObject,
  Want extends z.ZodObject = z.ZodObject,
  Facts extends object = object,
> {
  /** Pulumi's type token is `lvs:index:<type>`. */
  readonly type: string;
  /** One sentence for documentation and errors. */
  readonly summary: string;
  readonly where: Where;
  readonly want: Want;
  /** Outputs beyond `Want`: found out, not configured. */
  readonly facts?: readonly (keyof Facts & string)[];
  /** Facts that Pulumi encrypts. */
  readonly secretFacts?: readonly (keyof Facts & string)[];
  /** Properties that cannot change in place. */
  readonly replaceOn?: readonly string[];
  /** Whether every `pulumi up` observes it, not only `refresh`: for things that can disappear without a trace. Must be fast. */
  readonly watch?: boolean;
  /**
   * Converts properties recorded by an earlier version to the current form: a running lab outlives a `git pull`. It receives every state
   * that is read, so it must return one in the current form unchanged.
   */
  upgrade?(recorded: Readonly<Record<string, unknown>>): Record<string, unknown>;
  /** Reads the current state; undefined if there is nothing. Changes nothing. Includes the recorded facts, if any. */
  observe(inputs: Inputs<Where, Want> & Partial<Facts>, progress: Progress): Promise<Observed<Want, Facts> | undefined>;
  /** Brings about `inputs`, starting from `observed`. Idempotent. */
  apply(
    inputs: Inputs<Where, Want>,
    observed: Observed<Want, Facts> | undefined,
    progress: Progress,
  ): Promise<void> | Promise<Observed<Want, Facts>>;
  /** Removes it. Removing something absent is no error. */
  remove(inputs: Inputs<Where, Want>, progress: Progress): Promise<void>;
}

export type Inputs<Where extends z.ZodObject, Want extends z.ZodObject> = Shape<Where> & Shape<Want>;
export type Observed<Want extends z.ZodObject, Facts extends object = object> = {
  [K in keyof Shape<Want>]?: Shape<Want>[K] | undefined;
} & Facts;
/** A schema's output type. An empty schema has no properties (zod's own type gives it every property, of type never). */
export type Shape<S extends z.ZodObject> = keyof S["shape"] extends never ? object : z.output<S>;

/** Type-checks a definition and returns it unchanged. */
export const defineResource = <Where extends z.ZodObject, Want extends z.ZodObject, Facts extends object = object>(
  definition: ResourceDefinition<Where, Want, Facts>,
): ResourceDefinition<Where, Want, Facts> => definition;

/** A property whose value differs from the wanted one. */
export interface Difference {
  readonly property: string;
  readonly wanted: unknown;
  readonly found: unknown;
}

/** Those of the properties `keys` whose value in `found` differs from `wanted`. */
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

/** One line per difference, for users. */
export const describeDifferences = (list: readonly Difference[]): string =>
  list.map(({ property, wanted, found }) => `  ${property}: wanted ${short(wanted)}, found ${short(found)}`).join("\n");
