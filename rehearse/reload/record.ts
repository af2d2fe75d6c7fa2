import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "../../verify/report/whole-file.ts";
import type { RollOutResult } from "./result.ts";

/** The file of a roll-out's report, in the directory of the reports. */
export const ROLL_OUT_JSON = "roll-out.json";

/** Writes `roll-out.json` into the directory of the reports: complete or not at all. */
export async function writeRollOut(directory: string, result: RollOutResult): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeWhole(join(directory, ROLL_OUT_JSON), `${JSON.stringify(result, null, 2)}\n`);
}
