import { stripVTControlCharacters } from "node:util";

/** A text as a terminal can show it: without control characters. */
export const withoutControls = (text: string): string => text.replace(/\p{Cc}/gu, "");

/**
 * A text of somebody's as one line that is safe to show anywhere: without escape sequences of terminals, control characters, and characters that
 * turn the direction of what follows (Unicode Technical Report 36, section 2.10). What stands for a blank or a new line becomes one blank.
 * @param most the longest that it may be, in characters as they are seen; a longer one ends with `…`
 */
export function plainLine(text: string, most: number): string {
  const line = stripVTControlCharacters(text)
    .replace(/\s+/gu, " ")
    .replace(/[\p{Cc}\p{Cs}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu, "")
    .trim();
  const characters = [...new Intl.Segmenter().segment(line)].map(({ segment }) => segment);
  const short = characters.length > most ? `${characters.slice(0, most - 1).join("")}…` : line;
  // A character may carry any number of marks: its length is limited, too.
  return short.length > most * 4 ? `${short.slice(0, most * 4).replace(/\p{Cs}/gu, "")}…` : short;
}
