import { existsSync } from "node:fs";
import { join } from "node:path";
import { stateRoot } from "../provision/paths.ts";
import { BRIDGE } from "../stacks/bridge.ts";
import type { LiveLab } from "../verify/live-lab.ts";
import { CliError, exitStatus } from "./exit-status.ts";

/** The directory of a stack's lab: logs, transcripts, keys. */
export const labDirectory = (stack: string): string => join(stateRoot(), stack);

/** The directory, if the lab has one. @throws CliError if it has none */
export function existingLabDirectory(stack: string): string {
  const directory = labDirectory(stack);
  if (existsSync(directory)) return directory;
  throw new CliError(
    `the stack "${stack}" has no lab: there is no ${directory}. Fix: \`npm run up -- -s ${stack}\``,
    exitStatus.configuration,
  );
}

/** The lab host and the bridge of a stack's lab. */
export type LabPlace = Pick<LiveLab, "host" | "bridge">;

/** The same by the lab's directory alone, without Pulumi. @throws CliError if there is none */
export const placeOnDisk = (stack: string): LabPlace => ({
  host: { kind: "private", directory: existingLabDirectory(stack) },
  bridge: BRIDGE,
});
