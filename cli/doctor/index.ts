import { machineFindings } from "../../setup/steps/machine.mjs";
import { lookUpBackend } from "../environment.ts";
import { LateError, within } from "../within.ts";
import { cacheFindings } from "./cache.ts";
import { faultFindings } from "./faults.ts";
import type { Finding } from "./finding.ts";
import { hostFindings } from "./hosts.ts";
import { lookAtMemory, type StackMemory } from "./memory.ts";
import { staleLockFindings } from "./stale-locks.ts";
import { stateFindings } from "./states.ts";

/** A finding, and the result of `--fix`. */
export interface Outcome extends Finding {
  /** Whether it was fixed. */
  readonly fixed: boolean;
  /** Why the fix failed. */
  readonly failure?: string;
}

export interface Examined {
  readonly outcomes: readonly Outcome[];
  /** Memory of the named stack's lab, if it has one. */
  readonly memory?: StackMemory;
  /** Whether a step timed out and may still be running. */
  readonly late: boolean;
}

export interface ExamineOptions {
  /** Whether to fix what can be fixed. */
  readonly fix: boolean;
  /** A stack whose lab to check for memory, too. */
  readonly stack?: string | undefined;
}

/** Time limits in seconds: for one step, and for the repair of one finding. */
const LOOK_SECONDS = 20;
const REPAIR_SECONDS = 120;

/**
 * Examines the machine and everything of lvs-lab on it, step by step, and repairs each step's findings before the next: a userland, for
 * example, is in use until its lab host has ended. It never hangs and works without set-up.
 */
export async function examine({ fix, stack }: ExamineOptions): Promise<Examined> {
  const outcomes: Outcome[] = [];
  let late = false;
  /** Runs `work` with a time limit. */
  const tried = async <T>(seconds: number, work: () => Promise<T>): Promise<T | Error> => {
    try {
      return await within(seconds, work);
    } catch (error) {
      late ||= error instanceof LateError;
      return error as Error;
    }
  };
  const repaired = async (finding: Finding): Promise<Outcome> => {
    if (!fix || !finding.repair) return { ...finding, fixed: false };
    const result = await tried(REPAIR_SECONDS, finding.repair);
    return result instanceof Error
      ? { ...finding, fixed: false, failure: result.message }
      : { ...finding, fixed: true };
  };
  const part = async (what: string, look: () => Promise<readonly Finding[]>): Promise<void> => {
    const found = await tried(LOOK_SECONDS, look);
    for (const finding of found instanceof Error ? [unfinished(what, found)] : found)
      outcomes.push(await repaired(finding));
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
  problem: `The check of ${what} did not finish: ${message}.`,
  fix: "run npx lvs-lab doctor again",
});

/** The directory of Pulumi's backend, if it is one: other backends cannot be read without Pulumi. */
function chosenBackend(): { directory?: string | undefined; findings: Finding[] } {
  try {
    return { directory: lookUpBackend(), findings: [] };
  } catch (error) {
    const problem = `Cannot determine Pulumi's backend: ${(error as Error).message}.`;
    return { findings: [{ kind: "pulumi-login", level: "error", problem, fix: "pulumi login" }] };
  }
}
