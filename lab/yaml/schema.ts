import { z } from "zod";
import type { Path } from "./document.ts";
import { inPlainWords } from "./plain-words.ts";

/** What a property must be, in words for the user, and how to put it right; the remedy may depend on the value. */
interface Explanation {
  readonly expected: string;
  readonly remedy: string | ((value: unknown) => string);
  /** Of a map: keys that people write there although there are none, with what to do instead. */
  readonly noKeys?: Readonly<Record<string, string>>;
}

const explanations = z.registry<Explanation>();

/** Ties a schema to its explanation. */
export const property = <S extends z.ZodType>(
  schema: S,
  expected: string,
  remedy: Explanation["remedy"],
  noKeys: Explanation["noKeys"] = {},
): S => {
  explanations.add(schema, { expected, remedy, noKeys });
  return schema;
};

/** One of a fixed set of words. */
export const choice = <const T extends readonly string[]>(values: T, remedy: Explanation["remedy"]) =>
  property(z.enum(values), `one of ${values.join(", ")}`, remedy);

/** `what` says what the number is, `example` is the property as it may be written. */
export const wholeNumber = (min: number, max: number, what: string, example: string) =>
  property(z.int().min(min).max(max), `${what}, a whole number from ${min} to ${max}`, `write \`${example}\``);

/** What the property at a path must be and how to put it right, for the value that was found there. */
export function explain(root: z.ZodType, path: Path, value: unknown): { expected: string; remedy: string } {
  const explanation = explanationAt(root, path) ?? inPlainWords(schemaAt(root, path), path.at(-1));
  const { expected, remedy } = explanation;
  return { expected, remedy: typeof remedy === "string" ? remedy : remedy(value) };
}

/** A schema as JSON Schema for editors: what may be written, each property described by what it must be. */
export const toJsonSchema = (schema: z.ZodType): z.core.JSONSchema.BaseSchema =>
  z.toJSONSchema(schema, {
    target: "draft-7",
    io: "input",
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      const expected = zodSchema instanceof z.ZodType ? explanations.get(zodSchema)?.expected : undefined;
      if (expected !== undefined) jsonSchema.description = expected;
    },
  });

/** What to do about a key that people write at a path although there is none. */
export const noKeyRemedy = (root: z.ZodType, path: Path, key: string): string | undefined =>
  Object.entries(explanationAt(root, path)?.noKeys ?? {}).find(([name]) => name === key)?.[1];

/** The values that the property at a path may have, when they are a fixed set or part of one. */
export const choicesAt = (root: z.ZodType, path: Path): readonly string[] =>
  variants(schemaAt(root, path)).flatMap((schema) => (schema instanceof z.ZodEnum ? schema.options.map(String) : []));

/** The keys that the map at a path may have. */
export const keysAt = (root: z.ZodType, path: Path): string[] =>
  variants(schemaAt(root, path)).flatMap((schema) => (schema instanceof z.ZodObject ? Object.keys(schema.shape) : []));

/** The path of every property that a file may have, list items as `[]`: `service.vip`, `servers[].name`. */
export function propertyPaths(schema: unknown, prefix = ""): string[] {
  return variants(schema).flatMap((inner) => {
    if (inner instanceof z.ZodArray) {
      return propertyPaths(inner.element, `${prefix}[]`);
    }
    if (!(inner instanceof z.ZodObject)) {
      return [];
    }
    return Object.entries(inner.shape).flatMap(([key, value]) => {
      const path = prefix ? `${prefix}.${key}` : key;
      return [path, ...propertyPaths(value, path)];
    });
  });
}

/** The schema itself, without what makes it optional or gives it a default. */
function unwrap(schema: unknown): unknown {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault
    ? unwrap(schema.def.innerType)
    : schema;
}

/** What a property may be: one schema, or several where a word may stand for a map. */
function variants(schema: unknown): unknown[] {
  const inner = unwrap(schema);
  return inner instanceof z.ZodUnion ? inner.options.flatMap(variants) : [inner];
}

const explanationAt = (root: z.ZodType, path: Path): Explanation | undefined => {
  const schema = unwrap(schemaAt(root, path));
  return schema instanceof z.ZodType ? explanations.get(schema) : undefined;
};

/** The schema at a path; what makes it optional or gives it a default is still around it. */
function schemaAt(root: z.ZodType, path: Path): z.ZodType | undefined {
  let schema: unknown = root;
  for (const step of path) {
    schema = variants(schema)
      .map((inner) => {
        if (inner instanceof z.ZodObject) {
          return inner.shape[String(step)];
        }
        return inner instanceof z.ZodArray ? inner.element : undefined;
      })
      .find((inner) => inner !== undefined);
  }
  return schema instanceof z.ZodType ? schema : undefined;
}
