import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { openHost } from "../provision/host/reach.ts";
import { labDirectory } from "../provision/paths.ts";
import { backendDirectory } from "./environment.ts";
import { CliError, exitStatus, NoPulumiError, StackInUseError } from "./exit-status.ts";
import { isUnknownStack, pulumi, pulumiDo } from "./pulumi.ts";
import { prepareDestroy } from "./recover.ts";
import type { StackLock } from "./stack-lock.ts";

export interface TakeAwayOptions {
  readonly say: (message: string) => void;
  /** Whether to take the lab away without Pulumi, and the stack out of its backend, where Pulumi cannot do it. */
  readonly force?: boolean;
}

/**
 * Takes a stack's lab away, in whatever state it is: by Pulumi if that knows the stack, and what is left then, or all of it, by ending the lab
 * host. Nothing is built or started for it, and a lab that is not there is no error.
 * @throws StackInUseError if a pulumi works on the stack. Nothing is changed then
 * @throws CliError if Pulumi fails and `force` is not given
 */
export async function takeAway(lock: StackLock, { say, force = false }: TakeAwayOptions): Promise<void> {
  const { stack } = lock;
  const destroyed = await destroyByPulumi(lock, { say, force });
  const directory = labDirectory(stack);
  const left = existsSync(directory);
  if (left) say(`Ending the lab host in ${directory}, with all that runs in it, and removing its directory.`);
  // Also where the directory is gone: its processes may still be there.
  await openHost({ kind: "private", directory }).destroy();
  if (destroyed === "failed" || (destroyed === "no pulumi" && force)) await forgetStack(stack, say);
  else if (destroyed === "no pulumi" && left)
    say("There is no `pulumi`, so its record of the lab stays; the next `up` takes that away.");
  else if (destroyed !== "done" && !left) say(`There is no lab of a stack "${stack}": nothing to take away.`);
}

type Destroyed = "done" | "unknown stack" | "no pulumi" | "failed";

/** Destroys what Pulumi knows of. @returns "failed" only with `force` */
async function destroyByPulumi(lock: StackLock, { say, force }: TakeAwayOptions): Promise<Destroyed> {
  const { stack } = lock;
  try {
    if (!(await prepareDestroy(lock, say))) return "unknown stack";
    const status = await pulumiDo("destroy", stack);
    if (status !== 0) throw new CliError(`\`pulumi destroy\` ended with status ${status}`, status);
    return "done";
  } catch (error) {
    if (error instanceof StackInUseError) throw error;
    if (error instanceof NoPulumiError) return "no pulumi";
    const { message } = error as Error;
    if (error instanceof CliError && error.status === exitStatus.cancelled) throw error;
    if (!force)
      throw new CliError(
        `${message}\nFix: \`npm run down -- -s ${stack} --force\` takes the lab away without Pulumi`,
        error instanceof CliError ? error.status : exitStatus.failed,
        { cause: error },
      );
    say(`Pulumi could not take the lab away: ${message}`);
    return "failed";
  }
}

/** Takes a stack out of Pulumi's backend. Its file in the checkout stays. */
async function forgetStack(stack: string, say: (message: string) => void): Promise<void> {
  const { status, stderr } = await pulumi(
    ...["stack", "rm", stack, "--force", "--yes", "--preserve-config", "--non-interactive"],
  ).catch((error: Error) => ({ status: exitStatus.internal, stderr: error.message }));
  if (status === 0) say(`The stack ${stack} is removed from Pulumi's backend.`);
  else if (!isUnknownStack(stderr)) await removeState(stack, say, stderr.trim());
}

/**
 * Removes the files of a state that Pulumi cannot remove.
 * @param why what Pulumi says of it
 * @throws CliError if the backend is no directory
 */
async function removeState(stack: string, say: (message: string) => void, why: string): Promise<void> {
  const backend = backendDirectory();
  if (backend === undefined)
    throw new CliError(
      `the lab is gone, but Pulumi could not remove the stack "${stack}": ${why}\nFix: pulumi stack rm ${stack} --force`,
    );
  const stacks = join(backend, "stacks/lvs-lab");
  // Pulumi keeps the state before the last, and beside each file another with its attributes.
  const ends = [".json", ".json.bak"].flatMap((end) => [end, `${end}.attrs`]);
  const files = ends.map((end) => join(stacks, `${stack}${end}`)).filter((file) => existsSync(file));
  for (const file of files) await rm(file);
  if (files.length > 0) say(`The stack's state is removed: ${files[0]}`);
}
