import { readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { join } from "node:path";

/** The PIDs of all processes. */
export const processes = (): number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

/** Processes of this user, except this one. For root, only root's own. */
export const ownProcesses = (): number[] =>
  processes().filter((pid) => pid !== process.pid && ownerOf(pid) === process.geteuid?.());

/** A file of /proc/PID; empty if the process has ended or hides it. */
function processFile(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return "";
  }
}

/** A link of /proc/PID; empty if the process has ended or hides it. */
export function processLink(pid: number, name: string): string {
  try {
    return readlinkSync(`/proc/${pid}/${name}`);
  } catch {
    return "";
  }
}

/** The words of a process's command line; empty for a kernel thread or an ended process. */
export const commandLine = (pid: number): string[] => processFile(pid, "cmdline").split("\0").slice(0, -1);

/** The name of the guest that a process runs, by its command line; undefined: it is no QEMU. */
export function guestName(words: readonly string[]): string | undefined {
  if (!words[0]?.includes("qemu-system-")) return undefined;
  // -name guest=server1,debug-threads=on
  return /^guest=([^,]+)/.exec(words[words.indexOf("-name") + 1] ?? "")?.[1];
}

/** Kills a process, which may already have ended. */
export function killProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Whether a process is PID 1 of a child namespace and runs its first program. */
export function isFirstOfItsNamespace(pid: number): boolean {
  const pids = /^NSpid:\s+(.*)$/m.exec(processFile(pid, "status"))?.[1]?.split(/\s+/) ?? [];
  return pids.length > 1 && pids.at(-1) === "1";
}

/** The children of each process that has any. */
function children(): Map<number, number[]> {
  const of = new Map<number, number[]>();
  for (const pid of processes()) {
    const parent = Number(/^PPid:\s+(\d+)/m.exec(processFile(pid, "status"))?.[1]);
    of.set(parent, [...(of.get(parent) ?? []), pid]);
  }
  return of;
}

/** The process that a process leads to by its child, the child's child and so on; undefined while it has none, or one of them has several. */
export function lastDescendant(pid: number): number | undefined {
  const of = children();
  let last: number | undefined;
  for (let next = of.get(pid) ?? []; next.length > 0; next = of.get(last) ?? []) {
    if (next.length > 1) return undefined;
    [last = 0] = next;
  }
  return last;
}

/** A process's children, their children, and so on. */
export function descendants(pid: number): number[] {
  const of = children();
  const found: number[] = [];
  for (let next = of.get(pid) ?? []; next.length > 0; next = next.flatMap((one) => of.get(one) ?? []))
    found.push(...next);
  return found;
}

/** Effective user ID in this namespace. The owner of /proc/PID differs: for a process that cannot be dumped it is root. */
function ownerOf(pid: number): number | undefined {
  const [, effective] = /^Uid:\s+\d+\s+(\d+)/m.exec(processFile(pid, "status")) ?? [];
  return effective === undefined ? undefined : Number(effective);
}

/** A mount: proc(5), mountinfo. */
interface Mount {
  /** `MAJOR:MINOR` of the file system. */
  readonly device: string;
  /** The mounted directory of the file system; ends with `//deleted` once it has been removed. */
  readonly root: string;
  readonly point: string;
}

/** The mounts that a process sees, in mount order. */
export const mountsOf = (pid: number | "self"): Mount[] =>
  processFile(pid as number, "mountinfo")
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const [, , device = "", root = "", point = ""] = line.split(" ");
      return { device, root: unquoted(root), point: unquoted(point) };
    });

/** mountinfo writes a space, a tab, a newline and a backslash in octal. */
const unquoted = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/**
 * This user's processes that use files below a directory: as program, open or mapped file, working directory, or mount (as a lab host
 * mounts its userland).
 */
export function usersOf(directory: string): number[] {
  const real = realpathSync(directory);
  const place = locationOf(real);
  const isBelow = (path: string, folder = real) => path === folder || path.startsWith(`${folder}/`);
  const seen = new Map<string, boolean>();
  const hasItMounted = (pid: number): boolean => {
    const namespace = processLink(pid, "ns/mnt");
    const known = seen.get(namespace);
    if (known !== undefined) return known;
    const found = mountsOf(pid).some(({ device, root }) => device === place.device && isBelow(root, place.path));
    if (namespace) seen.set(namespace, found);
    return found;
  };
  return ownProcesses().filter(
    (pid) =>
      ["exe", "cwd"].some((name) => isBelow(processLink(pid, name))) ||
      openFiles(pid).some((path) => isBelow(path)) ||
      hasItMounted(pid),
  );
}

function openFiles(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((name) => processLink(pid, join("fd", name)));
  } catch {
    return [];
  }
}

/** A directory's device and path in its file system, as other mounts of that file system name it. */
function locationOf(real: string): { device: string; path: string } {
  const mounts = mountsOf("self").filter(
    ({ point }) => point === "/" || real === point || real.startsWith(`${point}/`),
  );
  const longest = Math.max(...mounts.map(({ point }) => point.length));
  // Of two mounts at one path the later one covers the earlier.
  const mount = mounts.filter(({ point }) => point.length === longest).at(-1);
  if (!mount) throw new Error(`no mount in /proc/self/mountinfo contains ${real}`);
  const rest = mount.point === "/" ? real : real.slice(mount.point.length);
  return { device: mount.device, path: mount.root === "/" ? rest : `${mount.root}${rest}` };
}
