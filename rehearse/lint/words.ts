import { last, type Statement } from "../conf/tree.ts";
import type { Instance } from "../directors/instance.ts";
import type { Member } from "../directors/virtual-router.ts";
import type { Weighted } from "../directors/weight.ts";

/** The statement of an instance that counts, or the instance where it has none. */
export const statementOf = ({ at, block }: Instance, ...keywords: string[]): Statement =>
  last(block, ...keywords) ?? at;

/** An instance as messages call it. */
export const nameOf = ({ director, instance }: Member): string => `${instance.name} of ${director.name}`;

/** `a`, `a and b`, `a, b and c`. */
export const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;

/** What happens to something tracked when it lowers the priority: a script that fails, with `reverse` one that succeeds. */
export const eventOf = ({ track: { kind, name }, reverse }: Weighted): string => {
  if (kind === "interface" || kind === "bfd") return `${name} goes ${reverse ? "up" : "down"}`;
  return `${name} ${kind === "file" ? "changes" : reverse ? "succeeds" : "fails"}`;
};

/** What to do about a line that not every version of keepalived understands. */
export const haveVersion = "see that every director has this version: Debian 12 has 2.2.7, Debian 13 has 2.3.3";
