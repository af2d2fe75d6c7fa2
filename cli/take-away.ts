import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { labHostIn, MachineError, openHost } from "../provision/host/reach.ts";
import { labDirectory } from "../provision/paths.ts";
import { backendDirectory } from "./environment.ts";
import { CliError, exitStatus, NoPulumiError, StackInUseError } from "./exit-status.ts";
import { isUnknownStack, pulumi, pulumiDo } from "./pulumi.ts";
import { prepareDestroy } from "./recover.ts";
import type { StackLock } from "./stack-lock.ts";

export interface TakeAwayOptions {
  readonly say: (message: string) => void;
  /** If Pulumi fails: remove the lab without it, and the stack from its backend. */
  readonly force?: boolean;
}

/**
 * Removes a stack's lab in any state: by Pulumi if it knows the stack, then the rest (or all) by ending the lab host. Builds and starts
 * nothing; a missing lab is no error.
 * @throws StackInUseError if a pulumi works on the stack. Nothing is changed then
 * @throws CliError if Pulumi fails without `force`
 */
export async function takeAway(lock: StackLock, { say, force = false }: TakeAwayOptions): Promise<void> {
  const { stack } = lock;
  const destroyed = await destroyByPulumi(lock, { say, force });
  const directory = labDirectory(stack);
  const left = existsSync(directory);
  if (left) say(`Ending the lab host in ${directory}, with everything in it, and removing its directory.`);
  // Even if the directory is gone: its processes may still run.
  const host = openHost(labHostIn(directory));
  await host.destroy().catch(async (error) => {
    if (!force || !(error instanceof MachineError)) throw error;
    say(`${error.message} The lab stays there; this machine forgets it.`);
    await host.forget();
  });
  if (destroyed === "failed" || (destroyed === "no pulumi" && force)) await forgetStack(stack, say);
  else if (destroyed === "no pulumi" && left)
    say("`pulumi` is missing, so its record of the lab stays; the next `up` removes it.");
  else if (destroyed !== "done" && !left) say(`The stack "${stack}" has no lab: nothing to remove.`);
}

type Destroyed = "done" | "unknown stack" | "no pulumi" | "failed";

/** Destroys what Pulumi has recorded. @returns "failed" only with `force` */
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
        `${message}\nFix: \`npm run down -- -s ${stack} --force\` removes the lab without Pulumi`,
        error instanceof CliError ? error.status : exitStatus.failed,
        { cause: error },
      );
    say(`Pulumi cannot remove the lab: ${message}`);
    return "failed";
  }
}

/** Removes a stack from Pulumi's backend. Its file in the checkout stays. */
async function forgetStack(stack: string, say: (message: string) => void): Promise<void> {
  const { status, stderr } = await pulumi(
    ...["stack", "rm", stack, "--force", "--yes", "--preserve-config", "--non-interactive"],
  ).catch((error: Error) => ({ status: exitStatus.internal, stderr: error.message }));
  if (status === 0) say(`Removed the stack ${stack} from Pulumi's backend.`);
  else if (!isUnknownStack(stderr)) await removeState(stack, say, stderr.trim());
}

/**
 * Removes the files of a state that Pulumi cannot remove.
 * @param why Pulumi's error output
 * @throws CliError if the backend is no directory
 */
async function removeState(stack: string, say: (message: string) => void, why: string): Promise<void> {
  const backend = backendDirectory();
  if (backend === undefined)
    throw new CliError(
      `the lab is removed, but Pulumi cannot remove the stack "${stack}": ${why}\nFix: pulumi stack rm ${stack} --force`,
    );
  const stacks = join(backend, "stacks/lvs-lab");
  // Pulumi also keeps the previous state, and an attributes file for each.
  const ends = [".json", ".json.bak"].flatMap((end) => [end, `${end}.attrs`]);
  const files = ends.map((end) => join(stacks, `${stack}${end}`)).filter((file) => existsSync(file));
  for (const file of files) await rm(file);
  if (files.length > 0) say(`Removed the stack's state: ${files[0]}`);
}
