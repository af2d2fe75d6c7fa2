import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Class, Member } from "../../class/class.ts";
import { labHostIn } from "../../provision/host/reach.ts";
import { THIS_MACHINE } from "../../provision/host/remote/machine-url.ts";
import { labDirectory } from "../../provision/paths.ts";
import { configuredHost, configuredLab, configuredRehearsal } from "../configured-lab.ts";
import { CliError, exitStatus, StackInUseError } from "../exit-status.ts";
import { createStack, must } from "../pulumi.ts";
import { holdingStack } from "../stack-lock.ts";

/** How long another command may work on a stack before its student has failed: as long as an `up` with everything to build. */
const WAIT_MS = 15 * 60_000;

/** Whether a stack has a lab, up or not. */
export const hasLab = (stack: string): boolean => existsSync(labDirectory(stack));

/** The machine that has a stack's lab, as `machines` of class.yaml names it; undefined: there is no lab. */
export function machineOfLab(stack: string): string | undefined {
  if (!hasLab(stack)) return undefined;
  const host = labHostIn(labDirectory(stack));
  return host.kind === "remote" ? host.machine : THIS_MACHINE;
}

export interface ConfigureOptions {
  readonly signal: AbortSignal;
  /** Where the lab is to be; not there: on this machine. */
  readonly machine?: string;
  say(what: string): void;
  /** Milliseconds; for tests. */
  readonly everyMs?: number;
}

/**
 * Makes a student's stack, and names their lab file and its machine in its configuration, if that is not so yet. Waits while another command works on the stack:
 * what a killed `class up` began goes on without it.
 * @throws CliError if the stack is somebody else's; StackInUseError if the other command does not end
 */
export async function configureStack(
  { directory }: Pick<Class, "directory">,
  { id, stack, labFile }: Pick<Member, "id" | "stack" | "labFile">,
  { signal, say, machine = THIS_MACHINE, everyMs = 2000 }: ConfigureOptions,
): Promise<void> {
  const until = Date.now() + WAIT_MS;
  for (;;) {
    try {
      await holdingStack(stack, async () => {
        const before = await configuredLab(stack);
        const isOwn = (await directory.recorded()).has(stack);
        // A stack file outlives the state directory, with the class's record in it.
        const isNamed = before === undefined ? await configuredRehearsal(stack) : before !== labFile;
        if (!isOwn && (isNamed || hasLab(stack))) throw othersError(stack);
        await directory.record(stack, id);
        const host = (await configuredHost(stack)) ?? THIS_MACHINE;
        if (before === labFile && host === machine) return;
        await createStack(stack);
        await must("config", "set", "lab", labFile, "--stack", stack);
        if (host !== machine) await must("config", "set", "host", machine, "--stack", stack);
      });
      return;
    } catch (error) {
      if (!(error instanceof StackInUseError) || Date.now() > until) throw error;
      say(`waits: ${error.message}`);
      await delay(everyMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}

const othersError = (stack: string): CliError =>
  new CliError(
    `the stack "${stack}" is there already, and not of this class. Fix: give the class another name; or remove the stack: \`npx lvs-lab down -s ${stack}\`, then \`pulumi stack rm ${stack}\``,
    exitStatus.configuration,
  );
