import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { labSchema } from "../../lab/schema.ts";
import { toJsonSchema } from "../../lab/yaml/schema.ts";
import { projectRoot } from "../../provision/paths.ts";

/** The file that this writes. */
export const labSchemaFile = join(projectRoot, "lab/schema.json");

/** lab/schema.json, the JSON Schema of lab files for editors, from lab/schema.ts, in Biome's format. */
export function labJsonSchema(): string {
  const { $schema, ...schema } = toJsonSchema(labSchema);
  const text = JSON.stringify({
    $schema,
    $id: "urn:lvs-lab:lab-file",
    title: "A lab file of lvs-lab",
    $comment: "Written by `npm run docs` from lab/schema.ts: change that file, not this one.",
    ...schema,
  });
  const biome = join(projectRoot, "node_modules/.bin/biome");
  return execFileSync(biome, ["format", `--stdin-file-path=${labSchemaFile}`], {
    cwd: projectRoot,
    input: text,
    encoding: "utf8",
  });
}

if (import.meta.filename === process.argv[1]) await writeFile(labSchemaFile, labJsonSchema());
