import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { projectRoot } from "../../../provision/paths.ts";

/** A resource that the Pulumi program declares. */
export interface Declared {
  readonly type: string;
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: inputs of many kinds
  readonly inputs: any;
  /** The names of the resources that it depends on. */
  readonly dependencies: readonly string[];
}

/**
 * What the Pulumi program declares for a stack: that of a lab of labs/, or of another lab file or folder by the stack's configuration.
 * @throws Error with what the program wrote to stderr, if it failed
 */
export async function declaredFor(stack: string, config: Readonly<Record<string, string>> = {}): Promise<Declared[]> {
  // As Pulumi starts the program, without what its SDK loads for nothing.
  const args = ["--import", join(projectRoot, "setup/lean.mjs"), "--import", "tsx"];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...args, join(import.meta.dirname, "declared.ts"), stack],
    {
      cwd: projectRoot,
      env: {
        ...process.env,
        LVS_LAB_STATE: "/lab-state",
        PULUMI_CONFIG: JSON.stringify(
          Object.fromEntries(Object.entries(config).map(([name, value]) => [`lvs-lab:${name}`, value])),
        ),
      },
      maxBuffer: 2 ** 24,
    },
  );
  return JSON.parse(stdout) as Declared[];
}
