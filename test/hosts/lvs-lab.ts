import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { projectRoot } from "../../provision/paths.ts";

/** What a command said. */
export interface Said {
  readonly status: number | null;
  readonly stdout: string;
  /** Standard output and standard error, in the order in which they came. */
  readonly output: string;
}

/** `lvs-lab` on this machine, as its user types it; `child` is the command itself. */
export function startLvsLab(words: readonly string[], input = ""): { child: ChildProcess; said: Promise<Said> } {
  const child = spawn(join(projectRoot, "cli/lvs-lab"), words, { cwd: projectRoot });
  const all = { stdout: "", output: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    all.stdout += text;
    all.output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    all.output += text;
  });
  child.stdin.on("error", () => {}).end(input); // the command need not read it
  const said = once(child, "close").then(([status]): Said => ({ status, ...all }));
  return { child, said };
}

export const lvsLab = async (words: readonly string[], input = ""): Promise<Said> =>
  await startLvsLab(words, input).said;

/** @throws Error with all that was said unless the command succeeds */
export async function working(words: readonly string[], input = ""): Promise<Said> {
  const said = await lvsLab(words, input);
  if (said.status !== 0) throw new Error(`lvs-lab ${words.join(" ")}: status ${said.status}\n${said.output}`);
  return said;
}
