import {
  familyOf,
  firstAddress,
  type Ip,
  lastAddress,
  parseCidr,
  parseIp,
  subnetOf,
  wordsOf,
} from "../../lab/index.ts";
import type { Statement } from "../conf/tree.ts";

/** Addresses of a virtual server or of an entry of its group, from the first to the last one. */
export interface AddressRange {
  readonly at: Statement;
  readonly first: Ip;
  readonly last: Ip;
  /** 0: all ports. */
  readonly port: number;
}

/**
 * The addresses of a line `ADDRESS PORT`: an address, `192.0.2.1-9` (in IPv6 the last part, hexadecimal), `192.0.2.1-192.0.2.9` or
 * `192.0.2.0/28`: alloc_vsg_entry() of keepalived's check_data.c. Empty if it has none.
 */
export function rangesIn(at: Statement): AddressRange[] {
  const port = Number(at.words[0] ?? 0);
  const subnet = parseCidr(at.keyword);
  if (subnet) {
    const whole = subnetOf(subnet.address, subnet.prefixLength);
    return [{ at, first: firstAddress(whole), last: lastAddress(whole), port }];
  }
  const [start = "", end] = at.keyword.split("-");
  const first = parseIp(start);
  const last = first && end !== undefined ? (parseIp(end) ?? parseIp(withLastPart(first, end))) : first;
  return first && last ? [{ at, first, last, port }] : [];
}

const withLastPart = (address: Ip, part: string): string => address.replace(/[^.:]*$/, part);

export const isIn = ({ first, last }: AddressRange, address: Ip): boolean =>
  familyOf(first) === familyOf(address) && compare(first, address) <= 0 && compare(address, last) <= 0;

function compare(one: Ip, other: Ip): number {
  const others = wordsOf(other);
  return (
    wordsOf(one)
      .map((word, index) => word - (others[index] ?? 0))
      .find((difference) => difference !== 0) ?? 0
  );
}
