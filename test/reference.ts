import { readFileSync } from "node:fs";

/** So many steps take a tenth of a second on one idle core of the machine that the budgets are for. */
const STEPS = 55_000_000;

/**
 * How slow this machine is: how long one core takes for a piece of work, as a multiple of what it takes where the budgets of test/budgets.ts come from. It is
 * the processor's time that counts: what else runs here meanwhile makes nothing slower by this measure, and a test that has real-time priority least of all.
 */
export function slowness(): number {
  const begun = process.cpuUsage();
  let state = 1;
  for (let step = 0; step < STEPS; step++) {
    state ^= state << 13; // Marsaglia's xorshift: each step needs the one before
    state ^= state >>> 17;
    state ^= state << 5;
  }
  if (state === 0) throw new Error("xorshift never reaches 0");
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1e5;
}

/** Until now, in ticks: how long all processors were there for this machine, and how long its hypervisor gave them to others. proc(5), /proc/stat. */
export function processorTime(): { given: number; stolen: number } {
  const [cpu = ""] = readFileSync("/proc/stat", "utf8").split("\n", 1);
  const [user, nice, system, idle, iowait, irq, softirq, stolen = 0] = cpu.split(/\s+/).slice(1).map(Number);
  const given = [user, nice, system, idle, iowait, irq, softirq].reduce<number>((sum, one) => sum + (one ?? 0), 0);
  return { given, stolen };
}
