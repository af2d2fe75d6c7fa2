import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A process with the command line of a lab host's init for `directory`; it waits for its end, and ends with the test. */
export async function anInit(directory: string): Promise<ChildProcess & { pid: number }> {
  const scripts = await mkdtemp(join(tmpdir(), "lvs-lab-init-"));
  const init = join(scripts, "init.sh");
  await writeFile(init, "#!/bin/sh\necho started\nread end\n");
  await chmod(init, 0o755);
  const child = spawn(init, [directory], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
    await rm(scripts, { recursive: true });
  });
  await once(child.stdout, "data");
  return child as ChildProcess & { pid: number };
}
