// @ts-check
/** What Pulumi runs (`main` in package.json): the program, compiled. */
import { importCompiled } from "../setup/compiled.mjs";

const { default: program } = await importCompiled("stacks/index.ts");
export default program;
