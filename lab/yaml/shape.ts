import type { z } from "zod";
import { type Finding, type Path, samePath } from "./document.ts";
import { didYouMean } from "./nearest.ts";
import { choicesAt, explain, keysAt, noKeyRemedy, propertyPaths } from "./schema.ts";

/** What a schema says of a file. */
interface Shape<S extends z.ZodType> {
  /** The file's contents with their constant defaults, if all of them are valid. */
  readonly contents?: z.output<S>;
  /** What is valid of it, for rules to judge although other parts are not: what is not has its key with undefined. */
  readonly draft: unknown;
  readonly findings: readonly Finding[];
}

/** Holds data against a schema, each property by itself. */
export function checkShape<S extends z.ZodType>(schema: S, value: unknown): Shape<S> {
  const { success, data, error } = schema.safeParse(value, { reportInput: true });
  if (success) {
    return { contents: data, draft: value, findings: [] };
  }
  const issues = error.issues.flatMap(meant);
  // A property that breaks two rules, not whole and too small, is one problem.
  const firsts = issues.filter((issue, index) => index === issues.findIndex(({ path }) => samePath(path, issue.path)));
  const unknown = issues.filter((issue) => issue.code === "unrecognized_keys");
  const wrong = firsts.filter((issue) => issue.code !== "unrecognized_keys");
  return {
    draft: without(value, [
      ...unknown.flatMap(({ path, keys }) => keys.map((key) => [...path, key])),
      ...wrong.map(({ path }) => path),
    ]),
    findings: [
      ...unknown.flatMap(({ path, keys }) => keys.map((key) => unknownKey(schema, path, key))),
      ...wrong.map((issue) => wrongValue(schema, issue)),
    ],
  };
}

/** Where a word may stand for a map, what is wrong with the map if a map was written: not that it is no such word. */
function meant(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== "invalid_union") {
    return [issue];
  }
  const variant = issue.errors.find((errors) =>
    errors.every(({ code, path }) => path.length > 0 || code === "unrecognized_keys"),
  );
  return variant
    ? variant.flatMap(meant).map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }))
    : [issue];
}

function unknownKey(schema: z.ZodType, parent: Path, key: string): Finding {
  const keys = keysAt(schema, parent);
  return {
    rule: "unknown-key",
    path: [...parent, key],
    atKey: true,
    expected: keys.length > 0 ? `one of ${keys.join(", ")}` : "no key: there is none",
    found: key,
    remedy: noKeyRemedy(schema, parent, key) ?? didYouMean(key, keys) ?? otherPlace(schema, key) ?? "remove it",
  };
}

/** Where the key would be right; of several places, the least deep ones. */
function otherPlace(schema: z.ZodType, key: string): string | undefined {
  const places = propertyPaths(schema).filter((path) => path.split(".").at(-1) === key);
  const depth = (path: string) => path.split(".").length;
  const least = Math.min(...places.map(depth));
  const shown = places.filter((path) => depth(path) === least);
  return shown.length > 0 ? `did you mean \`${shown.join("` or `")}\`?` : undefined;
}

function wrongValue(schema: z.ZodType, issue: z.core.$ZodIssue): Finding {
  const { path, input } = issue;
  const { expected, remedy } = explain(schema, path, input);
  return {
    rule: input === undefined || input === null ? "missing" : "value",
    path,
    expected,
    remedy: remedyForType(issue) ?? didYouMean(input, choicesAt(schema, path)) ?? remedy,
  };
}

/** YAML's own trap: what is text and what is a number is decided by quotes. */
function remedyForType(issue: z.core.$ZodIssue): string | undefined {
  if (issue.code !== "invalid_type") {
    return undefined;
  }
  const { expected, input } = issue;
  if (expected === "string" && (typeof input === "number" || typeof input === "boolean")) {
    return `put it in quotes: without them YAML reads a ${typeof input}`;
  }
  if (expected === "number" && typeof input === "string" && /^\d+$/.test(input)) {
    return "take the quotes off: with them YAML reads text";
  }
  return undefined;
}

/** A copy of the data with undefined in place of what stands at the paths. */
function without(value: unknown, paths: readonly Path[], here: Path = []): unknown {
  if (paths.some((path) => samePath(path, here))) {
    return here.length === 0 ? {} : undefined;
  }
  if (Array.isArray(value)) {
    return value.map((item, index) => without(item, paths, [...here, index]));
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, without(item, paths, [...here, key])]));
}
