import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { didYouMean } from "../../lab/yaml/nearest.ts";
import { FileError } from "../../lab/yaml/problem.ts";
import { projectRoot } from "../../provision/paths.ts";

const directory = join(projectRoot, "verify/scenarios/shipped");

/** The names of the shipped scenarios, in alphabetical order. */
export async function scenarioNames(): Promise<string[]> {
  const files = await readdir(directory);
  return files.flatMap((file) => (file.endsWith(".yaml") ? [file.slice(0, -".yaml".length)] : [])).sort();
}

/**
 * The file of a shipped scenario, by its name. Anything with a `/`, or with the ending `.yaml` or `.yml`, is a path and is returned as it is.
 * @throws FileError if no shipped scenario has this name
 */
export async function findScenario(nameOrFile: string): Promise<string> {
  if (/\/|\.ya?ml$/.test(nameOrFile)) {
    return nameOrFile;
  }
  const names = await scenarioNames();
  if (!names.includes(nameOrFile)) {
    const place = { rule: "unknown-scenario", line: 1, column: 1, length: 1, path: "" };
    const expected = `a scenario, one of ${names.join(", ")}, or the path of a file`;
    const remedy = didYouMean(nameOrFile, names) ?? "choose one of these; a file in this directory is `./NAME.yaml`";
    throw new FileError(nameOrFile, "", [{ ...place, expected, found: nameOrFile, remedy }]);
  }
  return join(directory, `${nameOrFile}.yaml`);
}
