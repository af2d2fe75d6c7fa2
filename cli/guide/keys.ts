/** What a key asks the guide for. */
export type Key = "hint" | "up" | "down" | "yes" | "quit" | "other";

const known: Readonly<Record<string, Key>> = {
  h: "hint",
  k: "up",
  j: "down",
  y: "yes",
  q: "quit",
  "\u0003": "quit", // Ctrl-C: a terminal in raw mode sends no signal
  "\u0004": "quit", // Ctrl-D
  "\u001b[A": "up", // the arrows, by ECMA-48's CUU and CUD, and as keypads in application mode send them
  "\u001b[B": "down",
  "\u001bOA": "up",
  "\u001bOB": "down",
};

/** The keys in what a terminal sent at once. A sequence of another key is one key. */
export const keysIn = (text: string): Key[] =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's sequences begin with ESC
  [...text.matchAll(/\u001b(?:\[[0-?]*[ -/]*[@-~]|O.)|[\s\S]/gu)].map(
    ([key]) => known[key] ?? known[key.toLowerCase()] ?? "other",
  );
