// @ts-check
/**
 * Runs a program of the project: `node setup/run.mjs ENTRY [ARGUMENT …]`. The program gets its arguments as if it had been started
 * directly.
 */
import { importCompiled, isPackageMissing } from "./compiled.mjs";

const [entry = ""] = process.argv.splice(2, 1);
try {
  await importCompiled(entry);
} catch (error) {
  const [, , command, ...words] = process.argv;
  if (entry !== "cli/main.ts" || command !== "doctor" || !isPackageMissing(error)) throw error;
  // `lvs-lab doctor` must work before the set-up, too.
  const { doctorBeforeSetup } = await import("./steps/doctor.mjs");
  process.exitCode = doctorBeforeSetup(words);
}
