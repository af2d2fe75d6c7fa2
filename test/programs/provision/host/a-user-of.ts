import { spawn } from "node:child_process";
import { once } from "node:events";
import { onTestFinished } from "vitest";
import { becomeRoot } from "../../../../provision/host/machine/namespaces.ts";

/** A process that has a directory mounted in a mount namespace of its own, as a lab host has its userland. */
export async function aUserOf(directory: string): Promise<{ pid: number; end(): Promise<void> }> {
  const script = 'mount --bind "$1" /mnt && echo mounted && exec sleep 1000';
  const namespaces = [...becomeRoot(), "--mount", "--propagation", "private", "--"];
  const child = spawn("unshare", [...namespaces, "sh", "-c", script, "sh", directory], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const end = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  onTestFinished(end);
  await once(child.stdout, "data");
  return { pid: child.pid as number, end };
}
