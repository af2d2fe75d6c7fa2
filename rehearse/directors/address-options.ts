/** The words behind an address in a list of keepalived's addresses that want another one behind them, and those that do not: alloc_ipaddress() of vrrp_ipaddress.c. */
const [withWord, alone] = [
  ["dev", "scope", "broadcast", "brd", "label", "peer", "preferred_lft", "track_group"],
  ["home", "-nodad", "mngtmpaddr", "noprefixroute", "autojoin", "no_track", "use_vmac"],
];

/** What keepalived has against the words behind an address. */
export interface AddressOptions {
  /** It ignores these. */
  readonly unknown: readonly string[];
  /** It wants a word behind this one, and leaves the address out. */
  readonly incomplete?: string;
}

export function addressOptionsIn(words: readonly string[]): AddressOptions {
  const unknown: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as string;
    if (withWord.includes(word) && ++index === words.length) return { unknown, incomplete: word };
    if (!withWord.includes(word) && !alone.includes(word)) unknown.push(word);
  }
  return { unknown };
}
