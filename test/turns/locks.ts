import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** Gives a lock back. */
export type GiveBack = () => Promise<void>;

/**
 * Waits for a lock of this run: flock(2) on a file, by flock(1). It ends with this process at the latest.
 * @param options of flock(1): `--shared`
 */
async function lock(name: string, ...options: string[]): Promise<GiveBack> {
  const directory = process.env.LVS_LAB_STATE;
  if (!directory)
    throw new Error("LVS_LAB_STATE is not set: run this test by `npm test -- FILE`, not by vitest itself");
  const file = join(directory, `${name}.lock`);
  const holder = spawn("flock", [...options, file, "sh", "-c", "echo locked; exec cat"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(holder, "exit");
  const locked = await Promise.race([once(holder.stdout, "data"), ended.then(() => undefined)]);
  if (!locked) throw new Error(`flock(1) did not wait for the lock ${name}`);
  // It keeps this process from ending by nothing.
  for (const one of [holder, holder.stdin, holder.stdout]) (one as { unref?(): void }).unref?.();
  return async () => {
    holder.ref();
    holder.stdin.end();
    await ended;
  };
}

/*
 * `labs` is a lock for readers and a writer: tests that run side by side hold it shared, a test that runs alone holds it exclusively. Both take the lock `turn`
 * first. A test that waits to run alone keeps `turn`, so that no other test begins before it.
 */

/** Waits until no test runs alone or waits to. */
export async function beside(): Promise<GiveBack> {
  const first = await lock("turn", "--shared");
  const labs = await lock("labs", "--shared");
  await first();
  return labs;
}

/** Waits until no other test measures. */
export const measuring = async (): Promise<GiveBack> => await lock("measuring");

/** Waits until no other test runs. */
export async function alone(): Promise<GiveBack> {
  const first = await lock("turn");
  const labs = await lock("labs");
  return async () => {
    await labs();
    await first();
  };
}
