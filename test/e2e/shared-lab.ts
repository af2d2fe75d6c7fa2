import { availableParallelism } from "node:os";
import { sharedLab } from "./stack.ts";

/** Run by vitest after the last test file. */
export async function teardown(): Promise<void> {
  for (let worker = 1; worker <= availableParallelism(); worker++) await sharedLab(String(worker)).remove();
}
