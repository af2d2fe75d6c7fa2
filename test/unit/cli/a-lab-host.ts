import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A lab's directory with a process that is to it what a lab host's init is: it is found by its command line. */
export async function aLabHost(directory: string): Promise<{ pid: number }> {
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
  const pid = child.pid as number;
  await mkdir(join(directory, "pool"), { recursive: true });
  await writeFile(join(directory, "pool/server1.qcow2"), "disk");
  await writeFile(join(directory, "lvs-lab"), ""); // the mark of a lab's directory
  await writeFile(join(directory, "init.pid"), `${pid}\n`);
  return { pid };
}
