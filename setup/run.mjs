// @ts-check
/**
 * Runs a program of the project: `node setup/run.mjs ENTRY [ARGUMENT …]`. The program gets its arguments as if it had been started
 * directly.
 */
import { importCompiled } from "./compiled.mjs";
import { missingPackage } from "./missing-package.mjs";

const [entry = ""] = process.argv.splice(2, 1);
try {
  await importCompiled(entry);
} catch (error) {
  const missing = missingPackage(error);
  if (entry !== "cli/main.ts" || missing === undefined) throw error;
  const [, , command, ...words] = process.argv;
  if (command === "doctor") {
    // It must work before the set-up, too.
    const { doctorBeforeSetup } = await import("./steps/doctor.mjs");
    process.exitCode = doctorBeforeSetup(words);
  } else {
    console.error(`lvs-lab: ${missing}`);
    process.exitCode = 2; // exitStatus.configuration, which is not there yet
  }
}
