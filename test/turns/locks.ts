import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** Gives a lock back. */
export type GiveBack = () => Promise<void>;

/**
 * Takes a lock of this run: flock(2) on a file, by flock(1). It ends with this process at the latest.
 * @param options of flock(1): `--shared`, `--nonblock`
 * @returns undefined if it is taken, and was not to be waited for
 */
export async function flock(name: string, ...options: string[]): Promise<GiveBack | undefined> {
  const file = join(process.env.LVS_LAB_STATE ?? "", `${name}.lock`);
  const holder = spawn("flock", [...options, file, "sh", "-c", "echo locked; exec cat"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(holder, "exit");
  const locked = await Promise.race([once(holder.stdout, "data"), ended.then(() => undefined)]);
  if (!locked) return undefined;
  // It keeps this process from ending by nothing.
  for (const one of [holder, holder.stdin, holder.stdout]) (one as { unref?(): void }).unref?.();
  return async () => {
    holder.ref();
    holder.stdin.end();
    await ended;
  };
}

async function waited(name: string, ...options: string[]): Promise<GiveBack> {
  const giveBack = await flock(name, ...options);
  if (!giveBack) throw new Error(`flock(1) did not wait for the lock ${name}`);
  return giveBack;
}

/*
 * `labs` is a lock for readers and a writer: tests that run side by side hold it shared, a test that runs alone holds it exclusively. Both take the lock `turn`
 * first. A test that waits to run alone keeps `turn`, so that no other test begins before it.
 */

/** Waits until no test runs alone or waits to. */
export async function beside(): Promise<GiveBack> {
  const first = await waited("turn", "--shared");
  const labs = await waited("labs", "--shared");
  await first();
  return labs;
}

/** Waits until no other test measures. */
export const measuring = async (): Promise<GiveBack> => await waited("measuring");

/** Waits until no other test runs. */
export async function alone(): Promise<GiveBack> {
  const first = await waited("turn");
  const labs = await waited("labs");
  return async () => {
    await labs();
    await first();
  };
}
