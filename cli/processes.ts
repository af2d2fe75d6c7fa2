import { readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import { until } from "../provision/until.ts";

/** How far the clock may have been set between the start of a process and a moment that it noted, in milliseconds. */
const CLOCK_MS = 10_000;

/** /proc/PID/stat counts in these a second on every Linux that Node runs on: USER_HZ, proc(5). */
const TICKS = 100;

/**
 * Whether a pulumi that noted its PID at a moment lives: the process is there, is a pulumi, and was there at that moment. Else the PID is
 * nobody's, or belongs to another process by now.
 */
export function isLivePulumi(pid: number, noted: Date): boolean {
  if (!exists(pid)) return false;
  try {
    const { state, begun } = statOf(pid);
    return !["Z", "X"].includes(state) && isPulumi(pid) && begun <= noted.getTime() + CLOCK_MS;
  } catch {
    return exists(pid); // it ended meanwhile, or hides what it is from this user
  }
}

/** The same, but a pulumi that was just killed gets two seconds to go. */
export async function staysLivePulumi(pid: number, noted: Date): Promise<boolean> {
  return await until(
    async () => {
      if (isLivePulumi(pid, noted)) throw new Error("it lives");
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

/** Whether the process runs Pulumi's CLI, under whatever name a package gives it; its plugins are other programs. */
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

/** The state letter of a process, and when it began, in milliseconds of the wall clock: fields 3 and 22 of /proc/PID/stat, proc(5). */
function statOf(pid: number): { state: string; begun: number } {
  // The command's name is in brackets, and may hold any character.
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
  const boot = Number(/^btime (\d+)$/m.exec(readFileSync("/proc/stat", "utf8"))?.[1]);
  return { state: fields[0] ?? "", begun: (boot + Number(fields[19]) / TICKS) * 1000 };
}
