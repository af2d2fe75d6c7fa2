import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { until } from "../../../provision/until.ts";

/** A program of some name that does nothing: a copy of sleep(1). It goes when the test ends. */
export async function aProgram(name: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "lvs-lab-bin-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, name);
  await copyFile("/bin/sleep", file);
  return file;
}

/** A process with the name of Pulumi's CLI. */
export async function aPulumi(name = "pulumi"): Promise<ChildProcess & { pid: number }> {
  const child = spawn(await aProgram(name), ["1000"], { stdio: "ignore" });
  const ended = once(child, "exit");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  await once(child, "spawn");
  return child as ChildProcess & { pid: number };
}

/** The PID of a pulumi that has ended, and that its parent never asks about. */
export async function aZombie(): Promise<number> {
  // It ends when its parent is no shell any more: that would ask for the status.
  const parent = spawn("sh", ["-c", '"$1" 1 & echo $!; exec sleep 1000', "sh", await aProgram("pulumi")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void parent.kill("SIGKILL"));
  const pid = Number(String((await once(parent.stdout, "data"))[0]));
  await until(
    async () => {
      if (!/\) Z /.test(await readFile(`/proc/${pid}/stat`, "utf8"))) throw new Error("it still runs");
    },
    { seconds: 5, everyMs: 20, failed: (last) => last as Error },
  );
  return pid;
}

/** A PID that no process has. */
export const NOBODY = 2 ** 22 + 1;
