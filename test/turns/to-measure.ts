import { alone, beside, type GiveBack, measuring } from "./locks.ts";
import { realTime } from "./real-time.ts";

/** A test may take so long while another waits for its turn, in milliseconds. */
export const PATIENCE = 20 * 60_000;

/** What this test file drives that does not descend from its process: each gives the PIDs of lab hosts that run. */
export const driven: (() => readonly number[])[] = [];

/** Waits until this process may measure: with real-time priority while no other measures, or else alone. */
export async function toMeasure(): Promise<GiveBack> {
  const turns = [await beside(), await measuring()];
  const takeBack = await realTime(() => [process.pid, ...driven.flatMap((pids) => pids())]);
  const giveBack = async () => {
    await takeBack?.();
    for (const one of turns.reverse()) await one();
  };
  if (takeBack) return giveBack;
  await giveBack();
  return await alone();
}
