import { availableParallelism } from "node:os";
import type { Class, Member } from "../../class/class.ts";
import type { ClassDirectory } from "../../class/directory.ts";
import { type Job, type Outcome, runAll } from "../../class/work.ts";
import { freeMemory } from "../../provision/host/machine/memory.ts";
import { IGNORE_MEMORY } from "../../provision/host/memory-verdict.ts";
import { THIS_MACHINE } from "../../provision/host/remote/machine-url.ts";
import { freeMemoryOn } from "../../provision/host/remote/remote-place.ts";
import { interruptible } from "../../verify/live/interruptible.ts";
import { CliError, exitStatus } from "../exit-status.ts";
import { separately } from "../options.ts";
import { reportOf } from "../report-error.ts";
import { Board, type Out } from "./board.ts";
import type { Ran, RunLvsLab } from "./lvs-lab.ts";
import type { configureStack } from "./stacks.ts";

/** What commands of a class work with. */
export interface ClassTools {
  readonly run: RunLvsLab;
  /** Makes a student's stack before its lab comes up. */
  readonly configure: typeof configureStack;
  readonly out: Out;
  /** Bytes of memory that are free on a machine of a class. @throws Error if it cannot be asked */
  readonly free: (machine: string, directory: ClassDirectory) => number | Promise<number>;
}

/** A student's part failed: with the reason, and what to do. */
export class StudentError extends Error {
  override readonly name = "StudentError";
  /** `To see it: COMMAND`, or `Fix: COMMAND`. */
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

/** Who something is done with. */
type Who = Pick<Member, "id" | "name">;

/** What is done with each student. */
export interface Task<T, M extends Who = Member> {
  /** `bringing up` */
  readonly doing: string;
  done(value: T): string;
  /** The result is shown after it: the table of a terminal goes. */
  readonly passing?: boolean;
  /** Where it may be done: see `Job.machines`. */
  machines?(member: M): readonly string[];
  /** Bytes of memory that it takes. */
  need?(member: M): number | Promise<number>;
  run(
    member: M,
    tools: { readonly signal: AbortSignal; readonly machine: string; say(what: string): void },
  ): Promise<T>;
}

/** Half of the processors: one lab's guests boot on more than one. */
export const defaultAtOnce = (processors = availableParallelism()): number => Math.max(1, Math.floor(processors / 2));

/**
 * Does a task for each student, several at once, and shows how far it is.
 * @returns the outcomes in the students' order, and the exit status: 1 if one failed, 8 if it was interrupted
 */
export async function forEach<T, M extends Who>(
  { labsAtOnce = defaultAtOnce(), directory }: Pick<Class, "labsAtOnce" | "directory">,
  members: readonly M[],
  task: Task<T, M>,
  { out, free }: Pick<ClassTools, "out" | "free">,
): Promise<{ outcomes: Outcome<T>[]; status: number }> {
  const board = new Board<T>(members, out, {
    doing: task.doing,
    done: ({ value }) => task.done(value),
    failed: (error) => reasonOf(error),
  });
  const lost: string[] = [];
  const { outcomes, interrupted } = await interruptible(async (signal) => {
    const { machines, need } = task;
    const jobs = members.map((member): Job<T> => {
      const { id } = member;
      return {
        id,
        ...(machines ? { machines: () => machines(member) } : {}),
        ...(need ? { need: () => need(member) } : {}),
        run: async (say, machine) => await task.run(member, { signal, machine, say }),
      };
    });
    const memoryIgnored = process.env[IGNORE_MEMORY] === "1";
    const done = await runAll(jobs, {
      ...{ atOnce: labsAtOnce, memoryIgnored, signal, progress: board },
      free: async (machine) => await free(machine, directory),
      lost: (machine, error) => void lost.push(`${machine} gets no new lab: ${reasonOf(error)}`),
    });
    return { outcomes: done, interrupted: signal.aborted };
  }).finally(() => board.end({ wiped: task.passing === true }));
  for (const line of lost) out.write(`${line}\n`);
  const failed = outcomes.flatMap((outcome) => (outcome.state === "failed" ? [outcome] : []));
  for (const { id, error } of failed) {
    const hint = error instanceof StudentError ? `. ${error.hint}` : "";
    out.write(`${id}: ${reasonOf(error).replace(/\.$/, "")}${hint}\n`);
  }
  if (interrupted) {
    const left = outcomes.filter(({ state }) => state !== "done").length;
    out.write(`Interrupted: ${left} of ${members.length} not done. The same command goes on.\n`);
    return { outcomes, status: exitStatus.cancelled };
  }
  return { outcomes, status: failed.length > 0 ? exitStatus.failed : exitStatus.ok };
}

/** Why a student's part failed, in a line. */
export function reasonOf(error: unknown): string {
  const { shown } = reportOf(error);
  const text = error instanceof Error ? error.message : String(shown);
  return (text.split("\n")[0] ?? "").trim();
}

/** The students of these ids, in the roster's order; all where none is given. @throws CliError that lists ids that are not in the roster */
export function membersOf(
  { members, roster }: Pick<Class, "members" | "roster">,
  ids: readonly string[] = [],
): Member[] {
  const wanted = new Set(ids.map((id) => id.toLowerCase()));
  const unknown = ids.filter((id) => !members.some((member) => member.id.toLowerCase() === id.toLowerCase()));
  if (unknown.length > 0)
    throw new CliError(
      `there is no student ${unknown.join(", ")} in ${roster}. Fix: choose one of ${members.map(({ id }) => id).join(", ")}${separately(unknown)}`,
      exitStatus.configuration,
    );
  return members.filter(({ id }) => wanted.size === 0 || wanted.has(id.toLowerCase()));
}

/** @throws StudentError unless a run of `lvs-lab` ended well; `see`: a command that shows more */
export function demandOk({ status, lastLine }: Ran, see: string, signal: AbortSignal): void {
  if (status === exitStatus.ok) return;
  signal.throwIfAborted();
  throw new StudentError(lastLine || `ended with status ${status}`, `To see it: ${see}`);
}

/** What is free on this machine, or on another one, which is asked over a connection of the class's own. */
export const machineMemory = async (machine: string, directory: ClassDirectory): Promise<number> =>
  machine === THIS_MACHINE ? freeMemory() : await freeMemoryOn(machine, directory.machine(machine));
