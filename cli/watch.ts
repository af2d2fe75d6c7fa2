import { setTimeout as delay } from "node:timers/promises";
import type { CheckResult } from "../verify/checks/check.ts";

export interface WatchOptions {
  /** Runs all checks once. */
  readonly look: () => Promise<readonly CheckResult[]>;
  /** Ends the watch, also during a run. */
  readonly signal: AbortSignal;
  /** Pause between runs, in milliseconds. */
  readonly everyMs: number;
  /** Output: a terminal is redrawn; anything else gets only changes. */
  readonly out: { readonly isTTY?: boolean; write(text: string): unknown };
  /** Formats all results, for a terminal. */
  readonly whole: (results: readonly CheckResult[]) => string;
  /** Formats one result on a line. */
  readonly one: (result: CheckResult) => string;
}

/** Cursor to the top left, and clear below: ECMA-48, CUP and ED. */
const REDRAW = "\u001b[H\u001b[J";

/** Runs the checks repeatedly until the signal. Returns the last complete results; undefined if there are none. */
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

/** Results that changed since the last run; at first, all. */
function changed(results: readonly CheckResult[], before: readonly CheckResult[] = []): CheckResult[] {
  const key = ({ id, subject }: CheckResult): string => `${id} ${subject}`;
  const known = new Map(before.map((result) => [key(result), result]));
  return results.filter((result) => {
    const old = known.get(key(result));
    return old?.passed !== result.passed || (!result.passed && old.seen !== result.seen);
  });
}
