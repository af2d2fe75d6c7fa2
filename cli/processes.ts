import { readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import { until } from "../provision/until.ts";

/** Tolerated clock change between a process's start and the time that it recorded, in milliseconds. */
const CLOCK_MS = 10_000;

/** Clock ticks per second in /proc/PID/stat on every Linux that Node supports: USER_HZ, proc(5). */
const TICKS = 100;

/**
 * Whether a pulumi that recorded its PID at a given time is alive: the process exists, is a pulumi, and had started by then. Otherwise the
 * PID is free or belongs to another process.
 */
export function isLivePulumi(pid: number, noted: Date): boolean {
  if (!isLive(pid, noted)) return false;
  try {
    return isPulumi(pid);
  } catch {
    return exists(pid); // it has ended, or hides its program from this user
  }
}

/** Whether the process that recorded its PID at a given time is alive; a later process that has the PID does not count. */
export function isLive(pid: number, noted: Date): boolean {
  if (!exists(pid)) return false;
  try {
    const { state, begun } = statOf(pid);
    return !["Z", "X"].includes(state) && begun <= noted.getTime() + CLOCK_MS;
  } catch {
    return exists(pid); // it has ended, or hides from this user
  }
}

/** Like `isLivePulumi`, but gives a pulumi that was just killed two seconds to end. */
export async function staysLivePulumi(pid: number, noted: Date): Promise<boolean> {
  return await until(
    async () => {
      if (isLivePulumi(pid, noted)) throw new Error("still alive");
      return false;
    },
    { seconds: 2, everyMs: 100, failed: () => new Error() },
  ).catch(() => true);
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // another user's
  }
}

/** Whether the process runs Pulumi's CLI, under any packaged name; plugins are other programs. */
function isPulumi(pid: number): boolean {
  const names = [
    readFileSync(`/proc/${pid}/comm`, "utf8").trim(),
    basename(readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[0] ?? ""),
    basename(executable(pid)),
  ];
  return names.some((name) => name.includes("pulumi") && !/pulumi-(resource|language|analyzer)/.test(name));
}

function executable(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return ""; // another user's
  }
}

/** A process's state letter and start time in milliseconds of the wall clock: fields 3 and 22 of /proc/PID/stat, proc(5). */
function statOf(pid: number): { state: string; begun: number } {
  // The command name is in parentheses and may contain any character.
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
  const boot = Number(/^btime (\d+)$/m.exec(readFileSync("/proc/stat", "utf8"))?.[1]);
  return { state: fields[0] ?? "", begun: (boot + Number(fields[19]) / TICKS) * 1000 };
}
