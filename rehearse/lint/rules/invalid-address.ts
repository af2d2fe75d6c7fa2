import { familyOf, parseIp } from "../../../lab/index.ts";
import { all, type Statement } from "../../conf/tree.ts";
import { prefixLengths } from "../../conf/values.ts";
import { everyStatement } from "../../conf/walk.ts";
import { addressOptionsIn } from "../../directors/address-options.ts";
import { entryOf, isRefusal } from "../../directors/address-range.ts";
import { endpointOf, refusalOf } from "../../directors/endpoint.ts";
import { addressOf } from "../../directors/instance.ts";
import type { Found, Rule } from "../rule.ts";
import { listed } from "../words.ts";

/** Blocks whose lines begin with an address; of some with its prefix length. */
const addressLists: Readonly<Record<string, "with a prefix length" | "alone">> = {
  virtual_ipaddress: "with a prefix length",
  virtual_ipaddress_excluded: "with a prefix length",
  static_ipaddress: "with a prefix length",
  unicast_peer: "alone",
};

/** What of the lines of such a block keepalived does not take. */
function* addressesIn({ keyword: list, block: lines = [] }: Statement): Iterable<Found> {
  for (const at of lines) {
    const [text = "", length] = at.keyword.split("/");
    const address = parseIp(text);
    if (address === undefined) {
      yield {
        at,
        message: `${text} is no address, and keepalived leaves it out`,
        fix: "write an IPv4 or IPv6 address",
      };
      continue;
    }
    if (addressLists[list] === "alone") continue;
    const lengths = prefixLengths[familyOf(address)];
    const most = familyOf(address) === 4 ? "32" : "128";
    if (length !== undefined && length !== "" && !lengths.isRight(length))
      yield {
        at,
        message: `a prefix length is ${lengths.what}; keepalived takes ${lengths.taken(length) ?? most} for ${length}`,
        fix: `write ${address}/N, with the length of its network`,
      };
    const { leftOut, unknown } = addressOptionsIn(at.words);
    if (leftOut) yield { at, message: `keepalived leaves ${text} out: ${leftOut.wrong}`, fix: leftOut.fix };
    else if (unknown.length > 0)
      yield {
        at,
        message: `keepalived ignores ${listed(unknown)} behind ${text}`,
        fix: "write one address a line, and options such as `dev eth0`, `label eth0:1`, `brd +`",
      };
  }
}

/** What is wrong with the lines of a virtual_server_group. */
function* entriesIn({ block: lines = [] }: Statement): Iterable<Found> {
  for (const at of lines) {
    if (at.keyword === "fwmark" && at.words.length === 0) continue; // does-not-start
    const entry = entryOf(at);
    if (isRefusal(entry)) yield { at, message: `no packet comes to this entry: ${entry.wrong}`, fix: entry.fix };
  }
}

const ofOneFamily = "write an address of the same family; by TUN either may be";

/** What is wrong with the address and port of a server. */
function* serverIn(at: Statement, around: Statement | undefined): Iterable<Found> {
  const [text, port] = at.words;
  if (text === undefined) return;
  if (at.keyword === "virtual_server" && text === "group") return;
  if (at.keyword === "virtual_server" && text === "fwmark") {
    if (port !== undefined && !/^[1-9]\d*$/.test(port))
      yield {
        at,
        message: `${port} is no firewall mark, and keepalived makes a virtual server without an address`,
        fix: "write a whole number, 1 or more",
      };
    return;
  }
  const what = at.keyword.replace("_", " ");
  const found = endpointOf(at.words);
  if (!found) {
    const { wrong, fix } = refusalOf(at.words, `${at.keyword} ADDRESS PORT`);
    yield { at, message: `keepalived leaves the ${what} out: ${wrong}`, fix };
    return;
  }
  const service = around && endpointOf(around.words);
  const method = [...all(around?.block, "lb_kind", "lvs_method"), ...all(at.block, "lvs_method")].at(-1)?.words[0];
  if (service && method !== "TUN" && familyOf(service.address) !== familyOf(found.address))
    yield {
      at,
      message: `keepalived leaves the ${what} out: it has IPv${familyOf(found.address)}, and ${around.words[0]} is IPv${familyOf(service.address)}`,
      fix: ofOneFamily,
    };
}

export const invalidAddress: Rule = {
  id: "invalid-address",
  title: "an address or a port that keepalived does not take",
  level: "error",
  why:
    "keepalived starts without the address or the server, with a line in its log. It looks up no names. An instance has addresses of one family, that of " +
    "its first one, and so has a virtual server, but for real servers that are reached by tunnel.",
  source:
    "parse_ipaddress() in keepalived's vrrp_ipaddress.c; inet_stosockaddr() in lib/utils.c; alloc_vsg_entry() in check_data.c; rs_end_handler() in check_parser.c; RFC 5798, section 5.2.9",
  *look({ folder, directors }) {
    for (const { written } of folder.configurations)
      for (const { at, kind, around } of everyStatement(written)) {
        if (kind !== undefined && /^(virtual|real|sorry)_server$/.test(at.keyword)) yield* serverIn(at, around);
        if (kind === "list" && Object.hasOwn(addressLists, at.keyword)) yield* addressesIn(at);
        if (kind !== undefined && at.keyword === "virtual_server_group") yield* entriesIn(at);
      }
    for (const { virtualServers } of directors)
      for (const { at: around, kind, family, block, realServers, sorryServer } of virtualServers) {
        if (kind === "address" || family === undefined) continue;
        const taken = new Set([...realServers, sorryServer].map((one) => one?.at));
        const valid = (keyword: string) => all(block, keyword).filter(({ words }) => endpointOf(words));
        // Of several sorry servers the last one counts. One that is valid and not taken is of the other family.
        for (const at of [...valid("real_server"), ...valid("sorry_server").slice(-1)])
          if (!taken.has(at))
            yield {
              at,
              message: `keepalived leaves the ${at.keyword.replace("_", " ")} out: it has IPv${family === 4 ? 6 : 4}, and virtual_server ${around.words.join(" ")} is IPv${family} by the first line that says so`,
              fix: ofOneFamily,
            };
      }
    for (const { instances, name: director } of directors)
      for (const { name, family, block } of instances)
        for (const at of all(block, "virtual_ipaddress", "unicast_peer").flatMap(({ block: inside }) => inside ?? [])) {
          const address = addressOf(at.keyword);
          if (address !== undefined && familyOf(address) !== family)
            yield {
              at,
              message: `keepalived leaves ${address} out: ${name} of ${director} is an instance of IPv${family}`,
              fix: "write it into an instance of its own; a virtual address may also be in virtual_ipaddress_excluded",
            };
        }
  },
};
