import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout: lab files that are named without a directory of their own are relative to it. */
const projectRoot = fileURLToPath(new URL("..", import.meta.url));

/** The names of the lab files in labs/, sorted: each can be brought up as a stack of that name. */
export const labNames = (): string[] =>
  readdirSync(join(projectRoot, "labs"))
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => file.slice(0, -".yaml".length))
    .sort();

/**
 * The lab file of a stack: the one that its configuration names, else labs/STACK.yaml.
 * @param configured the stack's configuration value `lab`, if it is set
 * @returns a path, relative to the project's root or absolute; undefined if the stack has no lab file
 */
export function labFileOf(stack: string, configured?: string): string | undefined {
  if (configured) return configured;
  const shipped = `labs/${stack}.yaml`;
  return existsSync(join(projectRoot, shipped)) ? shipped : undefined;
}
