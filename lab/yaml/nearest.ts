/** `did you mean …?`, if what was written is close to one of the names that could have been. */
export function didYouMean(input: unknown, names: readonly string[]): string | undefined {
  const meant = typeof input === "string" ? nearest(input, names) : undefined;
  return meant && `did you mean \`${meant}\`?`;
}

/** The one of the names that somebody who wrote `text` most likely meant. */
export function nearest(text: string, names: readonly string[]): string | undefined {
  const plain = (name: string) => name.toLowerCase().replace(/[-_ ]/g, "");
  const wanted = plain(text);
  const [best] = names
    .map((name) => ({ name, distance: distance(wanted, plain(name)) }))
    .filter(
      ({ name, distance }) =>
        distance <= Math.max(1, Math.floor(wanted.length / 3)) ||
        (wanted.length >= 4 && plain(name).startsWith(wanted)),
    )
    .sort((a, b) => a.distance - b.distance);
  return best?.name;
}

/** How many letters to insert, delete, replace or exchange with their neighbour to make one text of the other (optimal string alignment). */
function distance(from: string, to: string): number {
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, index) => index)];
  const at = (i: number, j: number): number => rows[i]?.[j] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= from.length; i += 1) {
    rows.push([i]);
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = at(i - 1, j - 1) + (from[i - 1] === to[j - 1] ? 0 : 1);
      const exchanged = from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1] ? at(i - 2, j - 2) + 1 : replaced;
      rows[i]?.push(Math.min(replaced, exchanged, at(i - 1, j) + 1, at(i, j - 1) + 1));
    }
  }
  return at(from.length, to.length);
}
