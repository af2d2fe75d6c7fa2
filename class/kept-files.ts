import { randomUUID } from "node:crypto";
import { link, readFile, rm, writeFile } from "node:fs/promises";
import type { z } from "zod";

/** What a file of JSON says; undefined if it is not there, not whole, or not of the schema. */
export async function readJson<S extends z.ZodType>(file: string, schema: S): Promise<z.output<S> | undefined> {
  try {
    return schema.safeParse(JSON.parse(await readFile(file, "utf8"))).data;
  } catch {
    return undefined;
  }
}

/** The text of a file that is made the first time, for its owner alone, and stays. Of several callers one makes it, and all read what that one wrote. */
export async function madeOnce(file: string, make: () => string | Promise<string>): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  // Of its own for each caller, also of one process.
  const made = `${file}.${randomUUID()}`;
  try {
    await writeFile(made, await make(), { mode: 0o600 });
    await link(made, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    await rm(made, { force: true });
  }
  return await readFile(file, "utf8");
}
