// @ts-check
/** Entry point for Pulumi (`main` in package.json): the compiled program. */
import { RunError } from "@pulumi/pulumi";
import { importCompiled } from "../setup/compiled.mjs";
import { missingPackage } from "../setup/missing-package.mjs";

const { default: program } = await importCompiled("stacks/index.ts").catch((error) => {
  const missing = missingPackage(error);
  // Pulumi shows only the message of a RunError.
  throw missing === undefined ? error : Object.assign(new RunError(missing), { stack: "" });
});
export default program;
