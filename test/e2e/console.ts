import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { projectRoot } from "../../provision/paths.ts";
import { until } from "../../provision/until.ts";

/** A server's console, as `lvs-lab console` shows it at a terminal. */
export interface Console {
  /** Waits until it shows something, and types `keys` before each look. */
  see(what: RegExp, keys?: string): Promise<void>;
  type(keys: string): void;
}

/** Opens a server's console, works there, and leaves it. @returns the exit status of `lvs-lab console` */
export async function atConsole(
  stack: string,
  server: string,
  work: (terminal: Console) => Promise<void>,
): Promise<number | null> {
  const command = `${join(projectRoot, "cli/lvs-lab")} console --stack ${stack} ${server}`;
  const child = spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const closed = once(child, "close");
  let shown = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (shown += text));
  try {
    await work({
      see: (what, keys = "") =>
        until(
          async () => {
            child.stdin.write(keys);
            if (!what.test(shown)) throw new Error(`the console shows:\n${shown}`);
          },
          { seconds: 60, everyMs: 1000, failed: (last) => last as Error },
        ),
      type: (keys) => child.stdin.write(keys),
    });
    child.stdin.write("\u001d"); // Ctrl-]
    const [status] = (await closed) as [number | null];
    return status;
  } finally {
    child.kill();
  }
}
