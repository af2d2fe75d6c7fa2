import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { projectRoot } from "../../provision/paths.ts";

/** The machine of a measurement. */
export interface Machine {
  readonly cpus: number;
  readonly model: string;
  /** MiB. */
  readonly memory: number;
  readonly kernel: string;
  readonly node: string;
  /** How guests ran; undefined for a part without guests. */
  readonly acceleration?: string;
}

export const machine = (acceleration?: string): Machine => ({
  cpus: cpus().length,
  model: cpus()[0]?.model.trim() ?? "unknown",
  memory: Math.round(totalmem() / 2 ** 20),
  kernel: release(),
  node: process.version,
  ...(acceleration ? { acceleration } : {}),
});

/** The measured commit, followed by `+` if the checkout differs from it. */
export function commit(): string {
  const git = (...args: string[]) =>
    execFileSync("git", args, { cwd: projectRoot, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  try {
    // Files that the benchmark itself writes do not count as changes.
    const changed = git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs");
    return git("rev-parse", "--short=12", "HEAD") + (changed === "" ? "" : "+");
  } catch {
    return "unknown";
  }
}

/** In a second, of the processor times in /proc: USER_HZ is 100 on every Linux that node runs on. */
export const CLOCK_TICKS = 100;

/** Time of all processors since boot, in seconds, by /proc/stat, proc(5): at work, waiting, and given to others by the hypervisor. */
export function processorTime(stat = readFileSync("/proc/stat", "utf8")): {
  busy: number;
  idle: number;
  stolen: number;
} {
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, stolen = 0] = (
    stat.split("\n")[0] ?? ""
  )
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  const busy = user + nice + system + irq + softirq;
  return { busy: busy / CLOCK_TICKS, idle: (idle + iowait) / CLOCK_TICKS, stolen: stolen / CLOCK_TICKS };
}

/** Wall and CPU seconds of the whole machine. */
export interface Spent {
  readonly wall: number;
  readonly cpu: number;
}

/** Starts a timer; each call returns what was spent since the start. */
export function stopwatch(): () => Spent {
  const begin = performance.now();
  const { busy } = processorTime();
  return () => ({ wall: (performance.now() - begin) / 1000, cpu: processorTime().busy - busy });
}

/** Runs `work` and returns its cost. */
export async function timed(work: () => Promise<unknown>): Promise<Spent> {
  const spent = stopwatch();
  await work();
  return spent();
}
