import { existsSync } from "node:fs";
import { bridgeOf } from "../provision/host/bridge.ts";
import { labHostIn } from "../provision/host/reach.ts";
import { labDirectory } from "../provision/paths.ts";
import type { LiveLab } from "../verify/live/live-lab.ts";
import { CliError, exitStatus } from "./exit-status.ts";
import { liveLab } from "./live-lab.ts";

/** The lab's directory. @throws CliError if there is none */
export function existingLabDirectory(stack: string): string {
  const directory = labDirectory(stack);
  if (existsSync(directory)) return directory;
  throw new CliError(
    `the stack "${stack}" has no lab: ${directory} is missing. Fix: \`npm run up -- -s ${stack}\``,
    exitStatus.configuration,
  );
}

/** The lab host of a stack's lab, and the bridges of its networks in lab-file order. */
export interface LabPlace {
  readonly host: LiveLab["host"];
  readonly bridges: readonly string[];
}

/** Finds the lab by its directory alone, without Pulumi. @throws CliError if there is none */
export const placeOnDisk = (stack: string): LabPlace => ({
  host: labHostIn(existingLabDirectory(stack)),
  bridges: [bridgeOf(0)],
});

/** Finds the lab by the stack's outputs. A lab whose `up` failed has none: then by its directory. */
export async function labPlace(stack: string): Promise<LabPlace> {
  try {
    const { host, bridges } = await liveLab(stack);
    return { host, bridges: Object.values(bridges) };
  } catch (error) {
    if (error instanceof CliError && existsSync(labDirectory(stack))) return placeOnDisk(stack);
    throw error;
  }
}
