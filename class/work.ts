import { freeInWords, needInWords } from "../provision/host/memory-verdict.ts";
import { THIS_MACHINE } from "../provision/host/remote/machine-url.ts";

/** One student's part of a command. */
export interface Job<T> {
  /** The student's id. */
  readonly id: string;
  /** Where it may be done: on the machine that has the lab, or on any of these. Not there: on this one. */
  machines?(): readonly string[];
  /** Bytes of memory that it takes once it runs, looked up when it is about to begin; not there: none. */
  need?(): number | Promise<number>;
  /**
   * Does it.
   * @param say tells what it is at, for the table
   * @param machine that was chosen
   */
  run(say: (what: string) => void, machine: string): Promise<T>;
}

/** How a job ended. `left`: it was never begun. */
export type Outcome<T> =
  | { readonly id: string; readonly state: "done"; readonly value: T; readonly ms: number }
  | { readonly id: string; readonly state: "failed"; readonly error: unknown; readonly ms: number }
  | { readonly id: string; readonly state: "left" };

/** What happens, for a table or for lines. */
export interface Progress<T> {
  begun(id: string): void;
  at(id: string, what: string): void;
  ended(outcome: Outcome<T>): void;
}

export interface WorkOptions<T> {
  /** How many jobs run at once on a machine. */
  readonly atOnce: number;
  /** Bytes of memory that are free on a machine now. @throws Error if it cannot be asked */
  free(machine: string): number | Promise<number>;
  /** Is told once of each machine that could not be asked, where others could take its part. */
  lost?(machine: string, error: unknown): void;
  /** Memory does not count. */
  readonly memoryIgnored?: boolean;
  /** No job begins after it. Those that run end by themselves: they have the signal, too. */
  readonly signal: AbortSignal;
  readonly progress: Progress<T>;
}

/** There is not enough memory for a student's lab. */
export class MemoryError extends Error {
  override readonly name = "MemoryError";
}

/**
 * Runs jobs in their order, on each machine at most so many at once, and no more than fit into its free memory beside what running ones have yet to take. A
 * job that has the choice gets the machine with the most room. That one fails stops no other.
 *
 * A job counts with all that it needs until it has ended, and what its guests took meanwhile counts a second time, as memory that is not free: the
 * error is on the safe side. A job that has to wait keeps later ones from its machines. Where nothing runs there any more and it does not fit, it fails, and
 * so does each after it that does not.
 * @returns an outcome for each job, in their order
 */
export async function runAll<T>(jobs: readonly Job<T>[], options: WorkOptions<T>): Promise<Outcome<T>[]> {
  const { atOnce, free, lost, memoryIgnored = false, signal, progress } = options;
  const outcomes = new Map<string, Outcome<T>>();
  const running = new Map<string, { readonly machine: string; readonly need: number; readonly end: Promise<void> }>();
  /** Machines that could not be asked. They are not asked again: it took the time of a connection that nobody answers. */
  const gone = new Map<string, unknown>();
  const end = (outcome: Outcome<T>): void => {
    running.delete(outcome.id);
    outcomes.set(outcome.id, outcome);
    progress.ended(outcome);
  };
  const begin = (job: Job<T>, machine: string, need: number): void => {
    const { id } = job;
    const since = performance.now();
    const ms = (): number => Math.round(performance.now() - since);
    progress.begun(id);
    const work = async (): Promise<void> => {
      try {
        const value = await job.run((what) => progress.at(id, what), machine);
        end({ id, state: "done", value, ms: ms() });
      } catch (error) {
        end({ id, state: "failed", error, ms: ms() });
      }
    };
    // It must be counted before it can end.
    running.set(id, { machine, need, end: Promise.resolve().then(work) });
  };
  const on = (machine: string) => [...running.values()].filter((one) => one.machine === machine);

  /** Begins a job on one of these machines. @returns whether it began; otherwise it waits. @throws Error if it cannot be done */
  const tryOn = async (job: Job<T>, machines: readonly string[], all: readonly string[]): Promise<boolean> => {
    const need = (await job.need?.()) ?? 0;
    const [first] = machines.toSorted((one, other) => on(one).length - on(other).length);
    if (first === undefined) return false;
    if (need === 0 || (memoryIgnored && machines.length === 1)) {
      begin(job, first, need);
      return true;
    }
    const rooms: { readonly machine: string; readonly room: number }[] = [];
    for (const machine of machines.filter((one) => !gone.has(one)))
      try {
        const reserved = on(machine).reduce((sum, one) => sum + one.need, 0);
        rooms.push({ machine, room: (await free(machine)) - reserved });
      } catch (error) {
        if (all.length > 1) lost?.(machine, error);
        gone.set(machine, error);
      }
    const [best] = rooms.toSorted((one, other) => other.room - one.room);
    if (best === undefined && all.some((machine) => !gone.has(machine))) return false; // one that answers has its hands full
    if (best === undefined) throw gone.get(first);
    if (need <= best.room || memoryIgnored) {
      begin(job, best.machine, need);
      return true;
    }
    if (all.some((machine) => on(machine).length > 0)) return false;
    const where = best.machine === THIS_MACHINE ? "" : ` on ${best.machine}`;
    throw new MemoryError(
      `the lab needs ${needInWords(need)} of memory, and ${freeInWords(best.room)} are free${where}. Fix: take labs down, or give the exercise's servers less \`memory\``,
    );
  };

  const waiting = [...jobs];
  while (waiting.length > 0 && !signal.aborted) {
    const blocked = new Set<string>();
    for (const job of [...waiting]) {
      if (signal.aborted) break;
      const all = job.machines?.() ?? [THIS_MACHINE];
      const open = all.filter((machine) => !blocked.has(machine) && on(machine).length < atOnce);
      let begun = false;
      try {
        begun = open.length > 0 && (await tryOn(job, open, all));
      } catch (error) {
        end({ id: job.id, state: "failed", error, ms: 0 });
        begun = true;
      }
      if (begun) waiting.splice(waiting.indexOf(job), 1);
      else for (const machine of all) blocked.add(machine);
    }
    if (waiting.length > 0 && running.size > 0 && !signal.aborted)
      await Promise.race([...running.values()].map((one) => one.end));
  }
  await Promise.all([...running.values()].map((one) => one.end));
  for (const { id } of waiting) end({ id, state: "left" });
  return jobs.flatMap(({ id }) => outcomes.get(id) ?? []);
}
