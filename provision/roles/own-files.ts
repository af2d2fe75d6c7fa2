import { z } from "zod";
import { command, type Section, writing } from "../ssh/index.ts";

/** A file of somebody's own, as it is. */
export const ownFile = z.object({
  text: z.string(),
  executable: z.boolean(),
  /** `text` is its bytes in base64: they are not UTF-8 text. */
  base64: z.literal(true).optional(),
});

/** Such files by their paths. */
type OwnFiles = Record<string, z.output<typeof ownFile>>;

/** Commands that show files, for `ServerConnection.look`. */
export const fileQuestions = (files: OwnFiles): Record<string, string> => ({
  ...Object.fromEntries(
    Object.entries(files).map(([path, { base64 }], index) => [
      `file${index}`,
      base64 ? command`base64 --wrap=0 ${path}` : command`cat ${path}`,
    ]),
  ),
  executable: command`for file in ${Object.keys(files)}; do [ ! -x "$file" ] || echo "$file"; done`,
});

/** Those of the files that are there. */
export function fileAnswers(seen: Readonly<Record<string, Section>>, files: OwnFiles): OwnFiles {
  const executable = new Set(seen.executable?.text.split("\n"));
  return Object.fromEntries(
    Object.entries(files).flatMap(([path, wanted], index) => {
      const section = seen[`file${index}`];
      return section?.code === 0 ? [[path, { ...wanted, text: section.text, executable: executable.has(path) }]] : [];
    }),
  );
}

/** Commands that put files where they belong. */
export const placing = (files: OwnFiles): string[] =>
  Object.entries(files).map(([path, { text, executable, base64 }]) =>
    [
      command`mkdir -p ${path.replace(/\/[^/]*$/, "") || "/"}`,
      writing(path, text, { base64 }),
      command`chmod ${executable ? "0755" : "0644"} ${path}`,
    ].join("\n"),
  );
