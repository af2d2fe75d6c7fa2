import { z } from "zod";
import { command, type Section, writing } from "../ssh/index.ts";

/** A file of somebody's own, as it is. */
export const ownFile = z.object({ text: z.string(), executable: z.boolean() });

/** Such files by their paths. */
type OwnFiles = Record<string, z.output<typeof ownFile>>;

/** Commands that show files, for `ServerConnection.look`. */
export const fileQuestions = (paths: readonly string[]): Record<string, string> => ({
  ...Object.fromEntries(paths.map((path, index) => [`file${index}`, command`cat ${path}`])),
  executable: command`for file in ${paths}; do [ ! -x "$file" ] || echo "$file"; done`,
});

/** Those of the files that are there. */
export function fileAnswers(seen: Readonly<Record<string, Section>>, paths: readonly string[]): OwnFiles {
  const executable = new Set(seen.executable?.text.split("\n"));
  return Object.fromEntries(
    paths.flatMap((path, index) => {
      const section = seen[`file${index}`];
      return section?.code === 0 ? [[path, { text: section.text, executable: executable.has(path) }]] : [];
    }),
  );
}

/** Commands that put files where they belong. */
export const placing = (files: OwnFiles): string[] =>
  Object.entries(files).map(
    ([path, { text, executable }]) =>
      `${command`mkdir -p ${path.replace(/\/[^/]*$/, "") || "/"}`}\n${writing(path, text)}\n${command`chmod ${executable ? "0755" : "0644"} ${path}`}`,
  );
