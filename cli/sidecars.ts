import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * The sidecar files of a stack in a directory backend, and of the backend itself, that are not whole. Pulumi writes `FILE.attrs` with attributes
 * such as the content type beside each file, unless the backend URL says `metadata=skip`. A run that is killed meanwhile leaves it empty, and then
 * Pulumi cannot read FILE: "failed to load checkpoint: EOF". Nothing reads these attributes, and a file without them is as good: `getAttrs` of
 * gocloud.dev's blob/fileblob.
 * @param backend the backend's directory `.pulumi`
 */
export async function brokenSidecars(backend: string, stack: string): Promise<string[]> {
  const ofStack = ["", ".bak"].map((end) => join(backend, "stacks/lvs-lab", `${stack}.json${end}.attrs`));
  const directories = ["backups/lvs-lab", "history/lvs-lab", "locks/organization/lvs-lab"].map((one) =>
    join(backend, one, stack),
  );
  const inside = await Promise.all(
    directories.map(async (directory) =>
      (await readdir(directory).catch(() => [])).map((name) => join(directory, name)).filter(isSidecar),
    ),
  );
  const broken: string[] = [];
  for (const file of [join(backend, "meta.yaml.attrs"), ...ofStack, ...inside.flat()])
    if ((await isJson(file)) === false) broken.push(file);
  return broken;
}

const isSidecar = (file: string): boolean => file.endsWith(".attrs");

/** Whether a file is whole JSON; undefined if it is not there. */
export async function isJson(file: string): Promise<boolean | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8")) !== null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? undefined : false;
  }
}
