import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { directorOf } from "../../rehearse/directors/director.ts";
import { type Configuration, readFolder } from "../../rehearse/folder.ts";
import { readByKeepalived, readByUs } from "./configuration-read.ts";
import { openKeepalived } from "./keepalived-reads.ts";

const keepalived = await openKeepalived();
afterAll(() => keepalived.end());

/** The files of a director as they are in its /etc/keepalived. */
function filesOf(folder: string, { file }: Configuration): { files: Record<string, string>; first: string } {
  const top = file.includes("/") ? join(folder, file.split("/")[0] as string) : folder;
  const entries = readdirSync(top, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const files = entries.map(({ parentPath, name }) => join(parentPath, name));
  return {
    files: Object.fromEntries(files.map((path) => [path.slice(top.length + 1), readFileSync(path, "utf8")])),
    first: join(folder, file).slice(top.length + 1),
  };
}

describe("a configuration is read as keepalived reads it", () => {
  const cases = join(import.meta.dirname, "../unit/rehearse/conf");
  for (const folder of readdirSync(cases))
    it(folder, async () => {
      const { configurations } = readFolder(join(cases, folder));
      await Promise.all(
        configurations.map(async (configuration) => {
          const { files, first } = filesOf(join(cases, folder), configuration);
          const reading = await keepalived.readFiles(files, first, configuration.director);
          const ours = readByUs(directorOf(configuration));
          if (process.env.SHOW) console.log(reading.test.join("\n"));
          expect(ours, configuration.director).toEqual(readByKeepalived(reading, ours));
          expect(Object.keys(ours.instances)).not.toEqual([]);
        }),
      );
    });
});
