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
 * Files and tests that run side by side share the lock `labs`; one that runs alone has it to itself. To get it, one goes through the door `turn`: whoever wants to
 * be alone stays in it until it has been, so that nobody else begins meanwhile.
 */

/** Waits until nobody is alone, or wants to be. */
export async function beside(): Promise<GiveBack> {
  const door = await waited("turn", "--shared");
  const labs = await waited("labs", "--shared");
  await door();
  return labs;
}

/** Waits until everybody else has given `labs` back. */
export async function alone(): Promise<GiveBack> {
  const door = await waited("turn");
  const labs = await waited("labs");
  return async () => {
    await labs();
    await door();
  };
}
