import { liveLab } from "../../cli/live-lab.ts";
import type { Fault } from "../../verify/faults/fault.ts";
import { Ledger } from "../../verify/faults/ledger.ts";
import { View } from "../../verify/live/view.ts";

/**
 * Injects and heals each fault in turn, on its first target.
 *
 * @returns by fault, whether it is there before, while injected and when healed
 * @throws Error where the lab has no target for one
 */
export async function eachFault(stack: string, faults: readonly Fault[]): Promise<Record<string, boolean[]>> {
  const live = await liveLab(stack);
  const ledger = new Ledger(live);
  const rows = [["fault", "on", "while injected", "when healed"]];
  const seen: Record<string, boolean[]> = {};
  for (const fault of faults) {
    const [server] = fault.targets(live.lab);
    if (server === undefined) throw new Error(`${fault.id} has no target in the lab ${live.lab.name}`);
    const parameters = fault.parameters.parse(fault.id === "netem" ? { delayMs: 50 } : {});
    const look = () => fault.present({ view: new View(live), server }, parameters);
    const before = await look();
    await ledger.inject(fault, server, parameters);
    const during = await look();
    await ledger.heal({ fault: fault.id, server, parameters });
    const after = await look();
    seen[fault.id] = [before.there, during.there, after.there];
    rows.push([fault.id, server, during.seen, after.seen]);
  }
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  console.log(rows.map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ")).join("\n"));
  const left = await ledger.list();
  if (left.length > 0) throw new Error(`the ledger still holds ${left.map(({ fault }) => fault).join(", ")}`);
  return seen;
}

/** What `eachFault` gives where all is well. */
export const healed = (faults: readonly Fault[]): Record<string, boolean[]> =>
  Object.fromEntries(faults.map(({ id }) => [id, [false, true, false]]));
