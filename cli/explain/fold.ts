/** Text for people stays below this many columns. */
const WIDTH = 99;

/** A comment of a shell script. */
export const comment = (text: string): string => commentOf(text.split(" "));

/** A comment of words, of which each stays on one line. */
function commentOf(words: readonly string[]): string {
  const lines = [""];
  for (const word of words) {
    const last = lines.at(-1) ?? "";
    if (last !== "" && `# ${last} ${word}`.length > WIDTH) lines.push(word);
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
  }
  return lines.map((line) => `# ${line}`).join("\n");
}

/** A long command on several lines, broken between words: the shell reads the same. A comment at its end gets lines of its own. */
export function fold(command: string): string {
  if (command.includes("\n") || command.length <= WIDTH) return command;
  const pieces = piecesOf(command);
  const end = pieces.indexOf("#");
  if (end >= 0)
    return [fold(pieces.slice(0, end).join(" ")), commentOf(phrasesOf(pieces.slice(end + 1).join(" ")))].join("\n");
  const lines = [""];
  for (const piece of pieces) {
    const last = lines.at(-1) ?? "";
    if (last !== "" && `${last} ${piece} \\`.length > WIDTH) lines.push(`  ${piece}`);
    else lines[lines.length - 1] = last === "" ? piece : `${last} ${piece}`;
  }
  return lines.join(" \\\n");
}

/** The words of a comment, of which a quoted one may have blanks: that of a command. An apostrophe quotes nothing. */
const phrasesOf = (text: string): string[] => text.match(/(?<!\S)'[^']*'|\S+/g) ?? [];

/** The words of a command, quotes included; a short option stays with what follows it. */
function piecesOf(code: string): string[] {
  const pieces: string[] = [];
  for (const [word] of code.matchAll(/(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"\\]|['"\\])+/g)) {
    if (/^-\w$/.test(pieces.at(-1) ?? "") && !word.startsWith("-")) pieces.push(`${pieces.pop()} ${word}`);
    else pieces.push(word);
  }
  return pieces;
}
