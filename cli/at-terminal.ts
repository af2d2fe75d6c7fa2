import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";

/**
 * Waits for a command that has this process's terminal. Ctrl-C reaches the command directly, because it is in the same process group;
 * signals to this process alone are forwarded.
 * @returns its exit status; 128 plus the signal number if a signal ended it, as in a shell
 */
export async function endOf(child: ChildProcess): Promise<number> {
  const ignore = () => {};
  const passOn = (signal: NodeJS.Signals) => void child.kill(signal);
  process.on("SIGINT", ignore).on("SIGTERM", passOn).on("SIGHUP", passOn);
  try {
    const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
    return code ?? 128 + constants.signals[signal ?? "SIGKILL"];
  } finally {
    process.off("SIGINT", ignore).off("SIGTERM", passOn).off("SIGHUP", passOn);
  }
}
