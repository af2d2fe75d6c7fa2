import { readFileSync } from "node:fs";
import { join } from "node:path";

const MIB = 2 ** 20;

/** Maximum size of QEMU's translated code for each emulated guest, in MiB: `tb-cache` in stacks/domain.xsl. */
export const CODE_CACHE_MIB = 256;

/**
 * Maximum memory of guests in bytes: their own, plus the translated code under emulation.
 * @param guests their memory in MiB
 */
export const memoryOf = (guests: readonly { memory: number }[], acceleration: "kvm" | "qemu"): number =>
  guests.reduce((sum, { memory }) => sum + (memory + (acceleration === "qemu" ? CODE_CACHE_MIB : 0)) * MIB, 0);

/**
 * Memory available without swapping, in bytes: the kernel's estimate, or a cgroup's lower limit. Reads /proc and the cgroup's files.
 * @param root root of a Linux-like file system, for tests
 */
export function freeMemory(root = "/"): number {
  const available =
    Number(/^MemAvailable:\s+(\d+) kB$/m.exec(read(join(root, "proc/meminfo")))?.[1] ?? Number.NaN) * 1024;
  const figures = [available, ...cgroups(root).flatMap(roomIn)].filter((figure) => !Number.isNaN(figure));
  return Math.max(0, Math.min(...figures));
}

/** A memory cgroup's directory and interface version: cgroups(7). */
interface Cgroup {
  readonly version: 1 | 2;
  readonly folder: string;
}

/** The memory cgroups of this process, from its own up to the topmost one that the mount shows. */
function cgroups(root: string): Cgroup[] {
  const mounts = read(join(root, "proc/self/mountinfo")).split("\n").map(cgroupMount);
  return read(join(root, "proc/self/cgroup"))
    .split("\n")
    .flatMap((line) => {
      const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
      const version = controllers === "" ? 2 : 1;
      if (path === undefined || (version === 1 && !controllers?.split(",").includes("memory"))) return [];
      const mount = mounts.find((one) => one?.version === version);
      if (!mount) return [];
      // In a container without a cgroup namespace the path is the machine's; the mount starts below the machine's root.
      const below = mount.top === "/" ? path : path.startsWith(`${mount.top}/`) ? path.slice(mount.top.length) : "/";
      const parts = below.split("/").filter((part) => part !== "" && part !== "..");
      return [...parts.keys(), parts.length].map((depth): Cgroup => {
        return { version, folder: join(root, mount.point, ...parts.slice(0, depth)) };
      });
    });
}

/** A mount of memory cgroups: proc(5), mountinfo. */
function cgroupMount(line: string): { version: 1 | 2; top: string; point: string } | undefined {
  const [before = "", after = ""] = line.split(" - ");
  const [, , , top = "", point = ""] = before.split(" ");
  const [type, , options = ""] = after.split(" ");
  if (type === "cgroup2") return { version: 2, top, point };
  return type === "cgroup" && options.split(",").includes("memory") ? { version: 1, top, point } : undefined;
}

/** Memory left to a cgroup before its limit, if it has one. Cached files do not count: the kernel can drop them. */
function roomIn({ version, folder }: Cgroup): number[] {
  const [limit, usage, prefix] =
    version === 2 ? ["memory.max", "memory.current", ""] : ["memory.limit_in_bytes", "memory.usage_in_bytes", "total_"];
  const [most, now] = [limit, usage].map((file) => Number.parseInt(read(join(folder, file)), 10)) as [number, number];
  if (Number.isNaN(most) || Number.isNaN(now)) return []; // "max", or a cgroup without the memory controller
  const stat = read(join(folder, "memory.stat"));
  const cached = ["inactive_file", "active_file"].map((name) =>
    Number(new RegExp(`^${prefix}${name} (\\d+)$`, "m").exec(stat)?.[1] ?? 0),
  );
  return [most - now + cached.reduce((sum, bytes) => sum + bytes, 0)];
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
