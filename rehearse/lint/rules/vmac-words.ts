import { familyOf } from "../../../lab/index.ts";
import type { Statement } from "../../conf/tree.ts";
import type { Director } from "../../directors/director.ts";
import { addressOf, type Instance } from "../../directors/instance.ts";
import type { Found, Rule } from "../rule.ts";

export const vmacWords: Rule = {
  id: "vmac-words",
  title: "words behind use_vmac or use_ipvlan that keepalived does not take",
  level: "error",
  why:
    "keepalived goes on without such a word: the interface gets the name vrrp.VRID, or the MAC address 00:00:5e:00:01:VRID of RFC 5798. keepalived 2.2 does " +
    "not know the words name, group and netlink_notify_msg, and calls the interface so.",
  source: "vrrp_vmac_handler() and vrrp_ipvlan_handler() in keepalived's vrrp_parser.c; keepalived.conf(5), use_vmac",
  *look({ directors }) {
    for (const director of directors) yield* wordsOf(director);
  },
};

/** Words that came with keepalived 2.3.0. */
const newer = ["name", "group", "netlink_notify_msg"];

/** What is wrong with a word, and what to write. */
type Wrong = readonly [wrong: string, fix: string];

function* wordsOf({ name: director, instances }: Director): Iterable<Found> {
  /** Names of interfaces, and the instance that has each. */
  const names = new Map<string, Instance>();
  for (const instance of instances)
    for (const at of instance.block) {
      if (at.keyword !== "use_vmac" && at.keyword !== "use_ipvlan") continue;
      for (const [word, [wrong, fix]] of wrongIn(at, instance, names))
        yield {
          at,
          message: `${at.keyword} of ${instance.name} of ${director} goes on without ${word}: ${wrong}`,
          fix,
        };
      const first = at.words.find((word) => newer.includes(word));
      if (first !== undefined)
        yield {
          at,
          level: "warning",
          message: `${at.keyword} of ${instance.name} of ${director}: keepalived knows ${first} since 2.3.0, and 2.2 calls the interface ${first}`,
          fix: "write the name of the interface alone",
        };
    }
}

function* wrongIn(at: Statement, instance: Instance, names: Map<string, Instance>): Iterable<readonly [string, Wrong]> {
  const kinds = new Set<string>();
  for (const word of at.words) {
    if (newer.includes(word)) return;
    const kind = kindOf(word, at);
    const wrong = kinds.has(kind)
      ? ([`there is another ${kind}`, `write one ${kind}`] as const)
      : wrongWith(word, kind, instance, names);
    if (wrong) yield [word, wrong];
    else {
      kinds.add(kind);
      if (kind === "name") names.set(word, instance);
    }
  }
}

function kindOf(word: string, { keyword }: Statement): "MAC address" | "type" | "address" | "name" {
  if (keyword === "use_vmac") return word.includes(":") ? "MAC address" : "name";
  if (["bridge", "private", "vepa"].includes(word)) return "type";
  return addressOf(word) ? "address" : "name";
}

function wrongWith(
  word: string,
  kind: ReturnType<typeof kindOf>,
  instance: Instance,
  names: ReadonlyMap<string, Instance>,
): Wrong | undefined {
  if (kind === "MAC address") return wrongWithMac(word);
  if (kind === "address") {
    const address = addressOf(word);
    return address && familyOf(address) !== instance.family
      ? [`the instance is of IPv${instance.family}`, `write an IPv${instance.family} address`]
      : undefined;
  }
  if (kind !== "name") return undefined;
  if (word.length > 15) return ["a name has 15 characters at most", "write a shorter name: ip-link(8)"];
  if (/[/:\s]/.test(word) || word === "." || word === "..")
    return ["it is no name of an interface", "write another name"];
  const other = names.get(word);
  return other && other !== instance
    ? [
        `${other.name} has it already`,
        "write another name, or leave it out: keepalived makes one of the virtual_router_id",
      ]
    : undefined;
}

/** Six bytes, or five and the virtual_router_id. */
function wrongWithMac(word: string): Wrong | undefined {
  const fix = "write an address such as 02:00:5e:00:53:01";
  if (!/^[\da-f]{1,2}(:[\da-f]{1,2}){4}(:|:[\da-f]{1,2})?$/i.test(word)) return ["it is no MAC address", fix];
  const bytes = word.split(":").map((byte) => Number.parseInt(byte, 16));
  if (((bytes[0] ?? 0) & 1) === 1) return ["it is a multicast address", fix];
  return /^0?0:0?0:5e:0?0:0?[12]:/i.test(`${word}:`) ? ["it is an address of RFC 5798", "leave it out"] : undefined;
}
