import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** Kernel samepage merging, of Documentation/admin-guide/mm/ksm.rst. QEMU offers its guests' memory to it by itself. */
const ksm = "/sys/kernel/mm/ksm";
const read = (name: string): string => readFileSync(join(ksm, name), "utf8").trim();
const write = (name: string, value: string): void => writeFileSync(join(ksm, name), value);

/** Pages in a round, and milliseconds between rounds, while it is measured: as fast as one processor can. */
const eager = { pages_to_scan: "20000", sleep_millisecs: "10" };

/** Scans until pages that are the same are shared: the first one looks for pages that do not change. */
const SCANS = 3;
const AT_MOST_MS = 240_000;

/**
 * What `measure` says before equal pages are shared, and after. Switches page sharing on for the whole machine, and off again.
 * @returns the reason, where it cannot be tried
 */
export async function withPagesShared(measure: () => number): Promise<{ before: number; after: number } | string> {
  if (!existsSync(ksm)) return "this kernel has no page sharing (KSM)";
  if (read("run") !== "0") return "page sharing (KSM) is in use on this machine, so its figures have it in them";
  const settings = Object.keys(eager).map((name) => [name, read(name)] as const);
  try {
    for (const [name, value] of Object.entries(eager)) write(name, value);
  } catch {
    return "page sharing (KSM) can be switched on by root alone";
  }
  try {
    const before = measure();
    const scans = (): number => Number(read("full_scans"));
    const enough = scans() + SCANS;
    write("run", "1");
    for (const end = Date.now() + AT_MOST_MS; scans() < enough && Date.now() < end; ) await delay(500);
    return { before, after: measure() };
  } finally {
    write("run", "2"); // gives each process its own pages back
    write("run", "0");
    for (const [name, value] of settings) write(name, value);
  }
}
