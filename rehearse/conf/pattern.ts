/**
 * The patterns that an include's pattern means to keepalived, glob(3) with GLOB_BRACE: one for each choice of its braces, in their order. What only other
 * programs take for a part of a pattern is escaped.
 */
export function patternsOf(pattern: string): string[] {
  const [, before = "", inside, after = ""] = outermostBraces(pattern) ?? [];
  if (inside === undefined) return [pattern.replace(/(?<!\[)[()|!+@{}]/g, "\\$&")];
  return choicesIn(inside).flatMap((choice) => patternsOf(`${before}${choice}${after}`));
}

/** What is before the first braces that match, in them and after them. `{}` is none. */
function outermostBraces(pattern: string): [whole: string, before: string, inside: string, after: string] | undefined {
  for (let start = pattern.indexOf("{"); start >= 0; start = pattern.indexOf("{", start + 1)) {
    let depth = 0;
    for (let at = start; at < pattern.length; at++) {
      if (pattern[at] === "{") depth++;
      else if (pattern[at] === "}" && --depth === 0) {
        const inside = pattern.slice(start + 1, at);
        if (inside !== "") return [pattern, pattern.slice(0, start), inside, pattern.slice(at + 1)];
        break;
      }
    }
  }
  return undefined;
}

/** What is between the commas outside of inner braces. */
function choicesIn(inside: string): string[] {
  const choices = [""];
  let depth = 0;
  for (const character of inside) {
    if (character === "{") depth++;
    else if (character === "}") depth--;
    if (character === "," && depth === 0) choices.push("");
    else choices.push(choices.pop() + character);
  }
  return choices;
}
