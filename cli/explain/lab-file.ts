import { join, relative } from "node:path";
import { labNames } from "../../lab/index.ts";
import { projectRoot } from "../../provision/paths.ts";

/** The path of a lab file that is given by its path, or by the name that it has in labs/. */
export const labFileNamed = (name: string): string =>
  labNames().includes(name) ? relative(process.cwd(), join(projectRoot, "labs", `${name}.yaml`)) : name;
