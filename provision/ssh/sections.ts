/** Output and exit status of one command of several. */
export interface Section {
  readonly text: string;
  readonly code: number;
}

/** ASCII record separator: in no configuration file and no command's output that the lab looks at. */
const MARK = "\x1e";

/** One script that runs each command and marks where its output ends and with which status. */
export const sectionScript = (commands: Readonly<Record<string, string>>): string =>
  Object.values(commands)
    .map((text) => `( ${text}\n) 2>/dev/null </dev/null; printf '\\036%d\\036' $?`)
    .join("\n");

/** The counterpart of `sectionScript`. */
export function parseSections<K extends string>(names: readonly K[], output: string): Record<K, Section> {
  const parts = output.split(MARK);
  return Object.fromEntries(
    names.map((name, index) => {
      const [text = "", code] = parts.slice(2 * index);
      // A status is whole only if its closing mark came too.
      if (code === undefined || parts.length < 2 * index + 3)
        throw new Error(`the server's answer ends before "${name}": ${JSON.stringify(output.slice(-200))}`);
      return [name, { text, code: Number(code) }];
    }),
  ) as Record<K, Section>;
}
