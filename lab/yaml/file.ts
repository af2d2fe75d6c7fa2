import { readFile } from "node:fs/promises";
import type { z } from "zod";
import { type Finding, readYaml, type YamlFile } from "./document.ts";
import { FileError } from "./problem.ts";
import { checkShape } from "./shape.ts";

/** What a kind of file must be. */
interface Definition<S extends z.ZodType> {
  /** Each property by itself; what is made by `property` has words of its own for what is wrong. */
  readonly schema: S;
  /** What properties must be to one another. It is given what is valid in shape; what is not has its key with undefined. */
  readonly rules: (draft: unknown) => readonly Finding[];
}

/**
 * A file's contents by its schema, constant defaults filled in, and where each piece of it was written.
 * @param file the file's name, for messages
 * @throws FileError with everything that is wrong
 */
export function parseFile<S extends z.ZodType>(
  text: string,
  file: string,
  { schema, rules }: Definition<S>,
): { contents: z.output<S>; yaml: YamlFile } {
  const yaml = readYaml(text);
  if (yaml.value === undefined) {
    throw new FileError(file, text, yaml.problems);
  }
  const { contents, draft, findings } = checkShape(schema, yaml.value);
  const problems = [...yaml.problems, ...[...findings, ...rules(draft)].map(yaml.locate)];
  if (contents === undefined || problems.length > 0) {
    throw new FileError(file, text, problems);
  }
  return { contents, yaml };
}

/**
 * The text of a file.
 * @param expected what it is to be, such as `a lab file`
 * @throws FileError if it cannot be read
 */
export async function readText(file: string, expected: string, remedy: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    const place = { line: 1, column: 1, length: 1, path: "" };
    throw new FileError(file, "", [
      { rule: "unreadable", ...place, expected: `${expected} that can be read`, found, remedy },
    ]);
  }
}
