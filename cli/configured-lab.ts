import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { projectRoot } from "../provision/paths.ts";

/** The lab file that a stack's file names; Pulumi, which would know for sure, may not be there. */
export async function configuredLab(stack: string): Promise<string | undefined> {
  const text = await readFile(join(projectRoot, `Pulumi.${stack}.yaml`), "utf8").catch(() => "");
  return /^\s+lvs-lab:lab:\s*["']?([^"'\n#]*[^"'\n#\s])/m.exec(text)?.[1];
}
