// @ts-check
/** Entry point for Pulumi (`main` in package.json): the compiled program. */
import { importCompiled } from "../setup/compiled.mjs";

const { default: program } = await importCompiled("stacks/index.ts");
export default program;
