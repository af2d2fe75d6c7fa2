import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { projectRoot } from "../provision/paths.ts";

/** The lab file named in a stack's file; read without Pulumi, which may be missing. */
export const configuredLab = async (stack: string): Promise<string | undefined> => configured(stack, "lab");

/** The folder of which a stack is the rehearsal, by its file. */
export const configuredRehearsal = async (stack: string): Promise<string | undefined> => configured(stack, "rehearsal");

/** The folder whose files are to replace those that a stack rehearses, by its file. */
export const configuredNext = async (stack: string): Promise<string | undefined> => configured(stack, "rehearsalTo");

/** The lab host of a stack, by its file: `private`, or another machine's URL. */
export const configuredHost = async (stack: string): Promise<string | undefined> => configured(stack, "host");

async function configured(stack: string, key: string): Promise<string | undefined> {
  const text = await readFile(join(projectRoot, `Pulumi.${stack}.yaml`), "utf8").catch(() => "");
  return new RegExp(`^\\s+lvs-lab:${key}:\\s*["']?([^"'\\n#]*[^"'\\n#\\s])`, "m").exec(text)?.[1];
}
