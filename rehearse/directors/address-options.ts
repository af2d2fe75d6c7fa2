import type { Refusal } from "./endpoint.ts";

/** The words behind an address in a list of keepalived's addresses that want another one behind them, and those that do not: alloc_ipaddress() of vrrp_ipaddress.c. */
const [withWord, alone] = [
  ["dev", "scope", "broadcast", "brd", "label", "peer", "preferred_lft", "track_group"],
  ["home", "-nodad", "mngtmpaddr", "noprefixroute", "autojoin", "no_track", "use_vmac"],
];

/** What keepalived has against the words behind an address. */
export interface AddressOptions {
  /** It ignores these. */
  readonly unknown: readonly string[];
  /** Why it leaves the address out, and what to write. */
  readonly leftOut?: Refusal;
}

/** IFNAMSIZ of Linux's if.h, less the zero at the end. */
const longestLabel = 15;

export function addressOptionsIn(words: readonly string[]): AddressOptions {
  const unknown: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as string;
    if (!withWord.includes(word)) {
      if (!alone.includes(word)) unknown.push(word);
      continue;
    }
    const value = words[++index];
    if (value === undefined)
      return {
        unknown,
        leftOut: { wrong: `${word} has no word behind it`, fix: `write what belongs to it, or remove ${word}` },
      };
    if (word === "label" && value.length > longestLabel)
      return {
        unknown,
        leftOut: { wrong: `its label ${value} has more than ${longestLabel} characters`, fix: "write a shorter label" },
      };
  }
  return { unknown };
}
