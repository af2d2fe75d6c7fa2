import { setTimeout as delay } from "node:timers/promises";
import type { CheckResult } from "../verify/checks/check.ts";

export interface WatchOptions {
  /** One look at everything. */
  readonly look: () => Promise<readonly CheckResult[]>;
  /** Ends the watch, also in the middle of a look. */
  readonly signal: AbortSignal;
  /** Pause between two looks, in milliseconds. */
  readonly everyMs: number;
  /** Where it prints; a terminal is drawn anew, anything else told what has changed. */
  readonly out: { readonly isTTY?: boolean; write(text: string): unknown };
  /** Everything, for a terminal. */
  readonly whole: (results: readonly CheckResult[]) => string;
  /** One check, for a line of its own. */
  readonly one: (result: CheckResult) => string;
}

/** Cursor to the top left, and what is below it cleared: ECMA-48, CUP and ED. */
const REDRAW = "\u001b[H\u001b[J";

/** Looks again and again until the signal, and gives the last look that was finished; undefined if none was. */
export async function watch(options: WatchOptions): Promise<readonly CheckResult[] | undefined> {
  const { look, signal, everyMs, out } = options;
  const ended = new Promise<undefined>((resolve) => signal.addEventListener("abort", () => resolve(undefined)));
  let last: readonly CheckResult[] | undefined;
  while (!signal.aborted) {
    const results = await Promise.race([look(), ended]);
    if (!results) break;
    if (out.isTTY) out.write(`${REDRAW}${options.whole(results)}\n`);
    else for (const result of changed(results, last)) out.write(`${new Date().toISOString()} ${options.one(result)}\n`);
    last = results;
    await delay(everyMs, undefined, { signal }).catch(() => {});
  }
  return last;
}

/** What is otherwise than at the last look; at the first one everything is. */
function changed(results: readonly CheckResult[], before: readonly CheckResult[] = []): CheckResult[] {
  const key = ({ id, subject }: CheckResult): string => `${id} ${subject}`;
  const known = new Map(before.map((result) => [key(result), result]));
  return results.filter((result) => {
    const old = known.get(key(result));
    return old?.passed !== result.passed || (!result.passed && old.seen !== result.seen);
  });
}
