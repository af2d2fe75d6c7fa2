import { existsSync } from "node:fs";
import { sharedLab } from "./stack.ts";

/** Run by vitest after the last test file. */
export async function teardown(): Promise<void> {
  for (let number = 1; existsSync(sharedLab(number).directory); number++) await sharedLab(number).remove();
}
