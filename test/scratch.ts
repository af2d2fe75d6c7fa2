import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Makes a directory for what a test makes: below the run's own where there is one. Lab hosts in it end with the run, also with one that is interrupted
 * before the test could end them: see run.ts.
 */
export const scratchDirectory = (prefix: string): Promise<string> =>
  mkdtemp(join(process.env.LVS_LAB_STATE ?? tmpdir(), prefix));
