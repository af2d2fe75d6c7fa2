import { freeInWords, needInWords } from "../provision/host/memory-verdict.ts";

/** One student's part of a command. */
export interface Job<T> {
  /** The student's id. */
  readonly id: string;
  /** Bytes of memory that it takes once it runs, looked up when it is about to begin; not there: none. */
  need?(): number | Promise<number>;
  /**
   * Does it.
   * @param say tells what it is at, for the table
   */
  run(say: (what: string) => void): Promise<T>;
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
  /** How many jobs run at once. */
  readonly atOnce: number;
  /** Bytes of memory that are free now. */
  free(): number;
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
 * Runs jobs in their order, at most so many at once, and no more than fit into the free memory beside what running ones have yet to take. That one
 * fails stops no other.
 *
 * A job counts with all that it needs until it has ended, and what its guests took meanwhile counts a second time, as memory that is not free: the
 * error is on the safe side. Where nothing runs any more and the next one does not fit, it fails, and so does each after it that does not.
 * @returns an outcome for each job, in their order
 */
export async function runAll<T>(jobs: readonly Job<T>[], options: WorkOptions<T>): Promise<Outcome<T>[]> {
  const { atOnce, free, memoryIgnored = false, signal, progress } = options;
  const outcomes = new Map<string, Outcome<T>>();
  const running = new Map<string, { readonly need: number; readonly end: Promise<void> }>();
  const end = (outcome: Outcome<T>): void => {
    running.delete(outcome.id);
    outcomes.set(outcome.id, outcome);
    progress.ended(outcome);
  };
  const begin = (job: Job<T>, need: number): void => {
    const { id } = job;
    const since = performance.now();
    const ms = (): number => Math.round(performance.now() - since);
    progress.begun(id);
    const work = async (): Promise<void> => {
      try {
        const value = await job.run((what) => progress.at(id, what));
        end({ id, state: "done", value, ms: ms() });
      } catch (error) {
        end({ id, state: "failed", error, ms: ms() });
      }
    };
    // It must be counted before it can end.
    running.set(id, { need, end: Promise.resolve().then(work) });
  };
  const waiting = [...jobs];
  while (waiting.length > 0 && !signal.aborted) {
    const [job] = waiting;
    if (!job) break;
    if (running.size >= atOnce) {
      await Promise.race([...running.values()].map(({ end }) => end));
      continue;
    }
    let need: number;
    try {
      need = (await job.need?.()) ?? 0;
    } catch (error) {
      end({ id: job.id, state: "failed", error, ms: 0 });
      waiting.shift();
      continue;
    }
    const reserved = [...running.values()].reduce((sum, one) => sum + one.need, 0);
    const room = free() - reserved;
    if (need > room && need > 0 && !memoryIgnored) {
      if (running.size > 0) {
        await Promise.race([...running.values()].map(({ end }) => end));
        continue;
      }
      const message = `the lab needs ${needInWords(need)} of memory, and ${freeInWords(room)} are free. Fix: take labs down, or give the exercise's servers less \`memory\``;
      end({ id: job.id, state: "failed", error: new MemoryError(message), ms: 0 });
      waiting.shift();
      continue;
    }
    waiting.shift();
    begin(job, need);
  }
  await Promise.all([...running.values()].map(({ end }) => end));
  for (const { id } of waiting) end({ id, state: "left" });
  return jobs.flatMap(({ id }) => outcomes.get(id) ?? []);
}
