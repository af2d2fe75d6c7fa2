/** Output and exit status of one command in a script of several. */
export interface Section {
  readonly text: string;
  readonly code: number;
}

/** ASCII record separator: occurs in no configuration file and in no command output that the lab reads. */
const MARK = "\x1e";

/**
 * `cat` of one file by bash itself, for the commands of a `sectionScript`: most read files, and to start a program takes an emulated guest 20 ms, to read a file
 * one. A file with a NUL ends there.
 */
const CAT = `cat() {
  [[ $# = 1 && $1 != -* && ! -d $1 ]] || { command cat "$@"; return; }
  local text
  { IFS= read -r -d '' text || true; } <"$1" && printf %s "$text"
}
`;

/** One script that runs each command and marks the end of its output, with its status. */
export const sectionScript = (commands: readonly string[]): string =>
  CAT + commands.map((text) => `( ${text}\n) 2>/dev/null </dev/null; printf '\\036%d\\036' $?`).join("\n");

/**
 * Parses the output of a `sectionScript`.
 * @param names of its commands, in their order
 * @param first the number of commands before them
 */
export function parseSections<K extends string>(names: readonly K[], output: string, first = 0): Record<K, Section> {
  const parts = output.split(MARK);
  return Object.fromEntries(
    names.map((name, index) => {
      const at = 2 * (first + index);
      const [text = "", code] = parts.slice(at);
      // A status is complete only if its closing mark arrived too.
      if (code === undefined || parts.length < at + 3)
        throw new Error(`the server's answer ends before "${name}": ${JSON.stringify(output.slice(-200))}`);
      return [name, { text, code: Number(code) }];
    }),
  ) as Record<K, Section>;
}
