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
import { endpointOf, type Refusal, refusalOf } from "./endpoint.ts";

/** Addresses of a virtual server or of an entry of its group, from the first to the last one. */
export interface AddressRange {
  readonly at: Statement;
  readonly first: Ip;
  readonly last: Ip;
  /** 0: all ports. */
  readonly port: number;
}

export const isRefusal = (entry: AddressRange | Refusal | "fwmark"): entry is Refusal =>
  typeof entry === "object" && "wrong" in entry;

/**
 * What keepalived makes of a line of a virtual_server_group: `fwmark MARK [FAMILY]`, or `ADDRESS PORT`, where the address may be `192.0.2.1-9` (in IPv6 the
 * last part, hexadecimal), `192.0.2.1-192.0.2.9` or `192.0.2.0/28`: alloc_vsg_entry() of its check_data.c.
 */
export function entryOf(at: Statement): AddressRange | Refusal | "fwmark" {
  const { keyword: text, words } = at;
  if (text === "fwmark") return markOf(words);
  const endpoint = endpointOf([text, ...words]);
  if (!endpoint) return refusalOf([text, ...words], "ADDRESS PORT");
  const { address: first, port } = endpoint;
  const last = text.includes("/") ? lastOfSubnet(text) : text.includes("-") ? lastOfRange(first, text) : first;
  return typeof last === "string" ? { at, first, last, port } : last;
}

function markOf([mark = "", family]: readonly string[]): Refusal | "fwmark" {
  if (!/^[1-9]\d*$/.test(mark) || Number(mark) > 0xffff_ffff)
    return { wrong: `${mark || "nothing"} is no firewall mark`, fix: "write a whole number, 1 or more" };
  if (family !== undefined && family !== "inet" && family !== "inet6")
    return { wrong: `${family} is no family of addresses`, fix: "write inet or inet6, or nothing" };
  return "fwmark";
}

function lastOfSubnet(text: string): Ip | Refusal {
  const given = parseCidr(text);
  if (!given || given.prefixLength === 0) return { wrong: `${text} is no network`, fix: "write `ADDRESS/LENGTH PORT`" };
  const network = subnetOf(given.address, given.prefixLength);
  if (firstAddress(network) === given.address) return lastAddress(network);
  return {
    wrong: `${given.address} is not the first address of a network /${given.prefixLength}`,
    fix: `write ${network}, or ${given.address} alone`,
  };
}

function lastOfRange(first: Ip, text: string): Ip | Refusal {
  const end = text.slice(text.indexOf("-") + 1);
  const family = familyOf(first);
  const fix =
    "write `FIRST-LAST PORT`, two addresses of which the second is larger, or only its last part behind the -";
  if (end.includes(family === 4 ? "." : ":")) {
    const last = parseIp(end);
    if (last === undefined || familyOf(last) !== family)
      return { wrong: `a range from ${first} does not end with ${end}`, fix };
    return compare(first, last) > 0 ? { wrong: `${text} ends before it begins`, fix } : last;
  }
  const part = Number.parseInt(end, family === 4 ? 10 : 16) || 0;
  if (part > (family === 4 ? 255 : 0xffff)) return { wrong: `${end} is no last part of an address`, fix };
  const last = parseIp(withLastPart(first, part.toString(family === 4 ? 10 : 16))) ?? first;
  return compare(first, last) >= 0 ? { wrong: `${text} does not end behind its beginning`, fix } : last;
}

const withLastPart = (address: Ip, part: string): string => address.replace(/[^.:]*$/, part);

export const isIn = ({ first, last }: AddressRange, address: Ip): boolean =>
  // Most ranges are one address, and a folder has thousands.
  first === last
    ? address === first
    : familyOf(first) === familyOf(address) && compare(first, address) <= 0 && compare(address, last) <= 0;

function compare(one: Ip, other: Ip): number {
  const others = wordsOf(other);
  return (
    wordsOf(one)
      .map((word, index) => word - (others[index] ?? 0))
      .find((difference) => difference !== 0) ?? 0
  );
}
