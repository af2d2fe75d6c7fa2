/** Output and exit status of one command in a script of several. */
export interface Section {
  readonly text: string;
  readonly code: number;
}

/** ASCII record separator: occurs in no configuration file and in no command output that the lab reads. */
const MARK = "\x1e";

/** One script that runs each command and marks the end of its output, with its status. */
export const sectionScript = (commands: Readonly<Record<string, string>>): string =>
  Object.values(commands)
    .map((text) => `( ${text}\n) 2>/dev/null </dev/null; printf '\\036%d\\036' $?`)
    .join("\n");

/** Parses the output of a `sectionScript`. */
export function parseSections<K extends string>(names: readonly K[], output: string): Record<K, Section> {
  const parts = output.split(MARK);
  return Object.fromEntries(
    names.map((name, index) => {
      const [text = "", code] = parts.slice(2 * index);
      // A status is complete only if its closing mark arrived too.
      if (code === undefined || parts.length < 2 * index + 3)
        throw new Error(`the server's answer ends before "${name}": ${JSON.stringify(output.slice(-200))}`);
      return [name, { text, code: Number(code) }];
    }),
  ) as Record<K, Section>;
}
