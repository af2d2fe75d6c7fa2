// @ts-check
/**
 * Runs a program of the project: `node tools/run.mjs ENTRY [ARGUMENT …]`. The program sees its arguments where it would see them if it had been
 * started itself.
 */
import { importCompiled } from "./compiled.mjs";

const [entry = ""] = process.argv.splice(2, 1);
await importCompiled(entry);
