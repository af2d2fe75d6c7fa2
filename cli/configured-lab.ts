import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { projectRoot } from "../provision/paths.ts";

/** The lab file named in a stack's file; read without Pulumi, which may be missing. */
export async function configuredLab(stack: string): Promise<string | undefined> {
  const text = await readFile(join(projectRoot, `Pulumi.${stack}.yaml`), "utf8").catch(() => "");
  return /^\s+lvs-lab:lab:\s*["']?([^"'\n#]*[^"'\n#\s])/m.exec(text)?.[1];
}
