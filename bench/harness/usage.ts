import { readFileSync } from "node:fs";
import { commandLine, processes, processLink } from "../../provision/host/machine/processes.ts";
import { CLOCK_TICKS } from "./machine.ts";
import { run } from "./run.ts";

/** A process, by what the kernel says of it. */
interface Process {
  readonly pid: number;
  readonly words: readonly string[];
  /** Its PID namespace, as `pid:[4026531836]`. */
  readonly namespace: string;
}

/** Every process that this user may look at, but for those that end meanwhile. */
const visible = (): Process[] =>
  processes()
    .map((pid) => ({ pid, words: commandLine(pid), namespace: processLink(pid, "ns/pid") }))
    .filter(({ namespace }) => namespace !== "");

/** What labs take of a machine. */
export interface Usage {
  /** MiB, each the sum of proportional set sizes: a page that several processes share counts once. */
  readonly memory: {
    readonly guests: number;
    /** Of the guests': what their QEMUs keep of translated code. None under KVM. */
    readonly code: number;
    /** All other processes of the lab hosts: libvirtd, nginx and what else runs there. */
    readonly rest: number;
  };
  /** Seconds of processor time since the labs' start, of processes that have ended, too. */
  readonly cpu: number;
}

/** The QEMUs that have a file open in one of these directories. */
const guestsIn = (directories: readonly string[], all: readonly Process[]): Process[] =>
  all.filter(
    ({ words }) =>
      words[0]?.includes("qemu-system") && directories.some((one) => words.some((word) => word.includes(`${one}/`))),
  );

/** What the labs of these directories take. @throws Error when no guest runs there */
export function usageOf(directories: readonly string[]): Usage {
  const all = visible();
  const guests = new Set(guestsIn(directories, all).map(({ pid }) => pid));
  if (guests.size === 0) throw noGuests(directories);
  // A lab host is a PID namespace.
  const hosts = new Set(all.filter(({ pid }) => guests.has(pid)).map(({ namespace }) => namespace));
  const memory = { guests: 0, code: 0, rest: 0 };
  let cpu = 0;
  for (const { pid, namespace } of all)
    if (hosts.has(namespace))
      try {
        const pss = pssOf(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8")) / 1024;
        const { own, children } = processorTime(readFileSync(`/proc/${pid}/stat`, "utf8"));
        cpu += own + children;
        if (guests.has(pid)) {
          memory.guests += pss;
          memory.code += codeOf(readFileSync(`/proc/${pid}/smaps`, "utf8")) / 1024;
        } else memory.rest += pss;
      } catch {
        // It has ended meanwhile.
      }
  return { memory, cpu };
}

/** Memory in MiB of the QEMU processes that have a file open in one of these directories. */
export function memoryOf(directories: readonly string[]): number {
  const kib = guestsIn(directories, visible())
    .map(({ pid }) => {
      try {
        return pssOf(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"));
      } catch {
        return 0; // it has ended meanwhile
      }
    })
    .reduce((sum, one) => sum + one, 0);
  if (kib === 0) throw noGuests(directories);
  return kib / 1024;
}

const noGuests = (directories: readonly string[]): Error =>
  new Error(`no QEMU has a file in ${directories.join(", ")}. Fix: see why the lab's guests do not run`);

/** KiB. */
export const pssOf = (rollup: string): number => Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0);

/** KiB of memory of no file that may be executed, of a process's smaps: QEMU's translated code. */
export const codeOf = (smaps: string): number =>
  smaps
    .split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)
    .filter((mapping) => /^\S+ ..x. \S+ 00:00 0 *$/m.test(mapping.split("\n")[0] ?? ""))
    .reduce((sum, mapping) => sum + pssOf(mapping), 0);

/** Seconds of processor time of a process, and of its children that it has waited for: proc(5), stat. */
export function processorTime(stat: string): { readonly own: number; readonly children: number } {
  // The name, in parentheses, may have any character.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [utime = 0, stime = 0, cutime = 0, cstime = 0] = fields.slice(11, 15).map(Number);
  return { own: (utime + stime) / CLOCK_TICKS, children: (cutime + cstime) / CLOCK_TICKS };
}

/** Seconds of processor time of all commands that this process has run to their end, and of what they ran. */
export const commandTime = (): number => processorTime(readFileSync("/proc/self/stat", "utf8")).children;

/** Allocated disk space in MiB. */
export async function diskOf(directories: readonly string[]): Promise<number> {
  const output = await run(["du", "--summarize", "--block-size=1", "--one-file-system", ...directories]);
  return (
    output
      .trimEnd()
      .split("\n")
      .reduce((sum, line) => sum + Number(line.split("\t")[0]), 0) /
    2 ** 20
  );
}
