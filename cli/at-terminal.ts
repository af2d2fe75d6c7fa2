import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";

/**
 * Waits for a command that was given this process's terminal. Ctrl-C reaches the command by itself, being of the same process group; what only
 * this process gets is passed on.
 * @returns its exit status; 128 and the signal's number when a signal ended it, as a shell counts
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
