import { machineFindings } from "../../setup/steps/machine.mjs";
import { lookUpBackend } from "../environment.ts";
import { cacheFindings } from "./cache.ts";
import { faultFindings } from "./faults.ts";
import type { Finding } from "./finding.ts";
import { hostFindings } from "./hosts.ts";
import { lookAtMemory, type StackMemory } from "./memory.ts";
import { staleLockFindings } from "./stale-locks.ts";
import { stateFindings } from "./states.ts";
import { LateError, within } from "./within.ts";

/** A finding, and what `--fix` came to. */
export interface Outcome extends Finding {
  /** Whether it was mended. */
  readonly fixed: boolean;
  /** Why it could not be. */
  readonly failure?: string;
}

export interface Examined {
  readonly outcomes: readonly Outcome[];
  /** Of the stack that was named, if it has a lab. */
  readonly memory?: StackMemory;
  /** Whether something did not come to an end in its time, and may still be under way. */
  readonly late: boolean;
}

export interface ExamineOptions {
  /** Whether to mend what can be mended. */
  readonly fix: boolean;
  /** A stack whose lab is looked at, too. */
  readonly stack?: string | undefined;
}

/** How long one part of the look, and the repair of one finding, may take, in seconds. */
const LOOK_SECONDS = 20;
const REPAIR_SECONDS = 120;

/**
 * Looks at the machine and at what is ours on it, one part after another, and mends what can be mended of each part before it looks at the
 * next: a userland, say, is used until its lab host has ended. It never hangs, and what it looks at needs no set-up.
 */
export async function examine({ fix, stack }: ExamineOptions): Promise<Examined> {
  const outcomes: Outcome[] = [];
  let late = false;
  /** Runs a piece of work within its time. */
  const tried = async <T>(seconds: number, work: () => Promise<T>): Promise<T | Error> => {
    try {
      return await within(seconds, work);
    } catch (error) {
      late ||= error instanceof LateError;
      return error as Error;
    }
  };
  const mend = async (finding: Finding): Promise<Outcome> => {
    if (!fix || !finding.repair) return { ...finding, fixed: false };
    const mended = await tried(REPAIR_SECONDS, finding.repair);
    return mended instanceof Error
      ? { ...finding, fixed: false, failure: mended.message }
      : { ...finding, fixed: true };
  };
  const part = async (what: string, look: () => Promise<readonly Finding[]>): Promise<void> => {
    const found = await tried(LOOK_SECONDS, look);
    for (const finding of found instanceof Error ? [unfinished(what, found)] : found)
      outcomes.push(await mend(finding));
  };

  await part("the machine", async () => machineFindings().map((found) => ({ kind: "machine", ...found })));
  const { directory, findings } = chosenBackend();
  outcomes.push(...findings.map((finding) => ({ ...finding, fixed: false })));
  if (directory !== undefined) await part("Pulumi's locks", () => staleLockFindings(directory));
  await part("lab hosts", () => hostFindings(directory));
  if (directory !== undefined) await part("Pulumi's state", () => stateFindings(directory));
  await part("faults", () => faultFindings(directory));
  await part("the cache", cacheFindings);
  let memory: StackMemory | undefined;
  if (stack !== undefined)
    await part("the stack's lab", async () => {
      const looked = await lookAtMemory(stack);
      memory = looked.memory;
      return looked.findings;
    });
  return { outcomes, late, ...(memory ? { memory } : {}) };
}

const unfinished = (what: string, { message }: Error): Finding => ({
  kind: "unfinished",
  level: "warning",
  problem: `The look at ${what} did not come to an end: ${message}.`,
  fix: "npx lvs-lab doctor, once more",
});

/** The directory that is Pulumi's backend, if it is one: of what is kept elsewhere nothing can be seen without Pulumi. */
function chosenBackend(): { directory?: string | undefined; findings: Finding[] } {
  try {
    return { directory: lookUpBackend(), findings: [] };
  } catch (error) {
    const problem = `Where Pulumi keeps stacks cannot be told: ${(error as Error).message}.`;
    return { findings: [{ kind: "pulumi-login", level: "error", problem, fix: "pulumi login" }] };
  }
}
