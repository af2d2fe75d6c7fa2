import type { Packed } from "./packed.ts";
import { kindsOf } from "./readme.ts";
import type { Replaced } from "./redaction.ts";

/** What is in an archive, for people: its files, what was replaced, and where to look before it is posted. No secret is in it, no newline at the end. */
export function formatPacked(
  { name, files, replaced, doubts }: Packed,
  { file, bytes, noReport }: { readonly file: string; readonly bytes: number; readonly noReport?: string },
): string {
  return [
    `${file}: ${files.size} files, ${Math.ceil(bytes / 1000)} kB`,
    ...[...files.keys()].map((one) => `  ${name}/${one}`),
    ...(noReport === undefined ? [] : [noReport]),
    `replaced: ${kindsOf(replaced)}`,
    ...placesOf(replaced),
    ...(doubts.length > 0 ? ["not sure:"] : []),
    ...doubts.map(({ file: where, at, why }) => `  ${placeWords(where, at)}: ${why}`),
    "Look at the files before you post them: IP addresses, names of hosts and comments are as they were.",
  ].join("\n");
}

/** Where secrets of each kind were: the lines of each file, or how many places of one that has no lines. */
function placesOf(replaced: readonly Replaced[]): string[] {
  const kinds = new Map<string, Map<string, (number | string)[]>>();
  for (const { kind, file, at } of replaced) {
    const files = kinds.get(kind) ?? new Map<string, (number | string)[]>();
    kinds.set(kind, files.set(file, [...(files.get(file) ?? []), at]));
  }
  return [...kinds].flatMap(([kind, files]) =>
    [...files].map(([file, places]) => {
      const lines = [...new Set(places.filter((one) => typeof one === "number"))];
      const packets = places.find((one) => typeof one === "string" && one.endsWith(" packets"));
      const where = lines.length > 0 ? `${file}:${lines.join(",")}` : `${file}: ${packets ?? `${places.length} texts`}`;
      return `  ${kind}: ${where}`;
    }),
  );
}

const placeWords = (file: string, at: number | string | undefined): string =>
  at === undefined ? file : typeof at === "number" ? `${file}:${at}` : `${file}, ${at}`;
