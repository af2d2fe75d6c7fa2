import { familyOf, type Ip, parseIp } from "../../lab/index.ts";
import { all } from "../conf/tree.ts";
import type { Director } from "../directors/director.ts";
import type { Folder } from "../folder.ts";
import { allOwnAddresses, peersOf, virtualAddressesOf } from "./addresses.ts";
import type { Assumptions } from "./assumptions.ts";
import { bfdNeighborsOf } from "./bfd.ts";
import { targetsOf } from "./checks/index.ts";
import { likelySubnet, networkWith } from "./networks.ts";
import type { PlannedNetwork, StandIn } from "./plan.ts";
import type { ProxyConfig } from "./proxies/index.ts";

/** A host that configurations talk to. */
export interface TalkedTo {
  readonly address: Ip;
  readonly why: keyof typeof labels;
  /** Whether it answers clients by itself, as real servers of DR and TUN do. */
  readonly direct: boolean;
}

/** What stand-ins are called. */
const labels = {
  ...{ "real server": "real", "sorry server": "sorry", "health check": "checked", proxy: "backend" },
  ...{ gateway: "gateway", "BFD neighbour": "neighbour", script: "host" },
} as const;

/** The hosts that the configurations and the directors' proxies talk to and that are none of the directors' own, each once. */
export function hostsTalkedTo(
  folder: Folder,
  directors: readonly Director[],
  proxies: readonly ProxyConfig[] = [],
): TalkedTo[] {
  const others = new Set([
    ...directors.flatMap(virtualAddressesOf),
    ...allOwnAddresses(directors),
    ...peersOf(directors),
  ]);
  const ofProxies = proxies.flatMap(({ backends }) =>
    backends.map(({ address }): TalkedTo => ({ address, why: "proxy", direct: false })),
  );
  const ofDirectors = directors.flatMap((director): TalkedTo[] => [
    ...director.virtualServers.flatMap(({ realServers }) =>
      realServers.flatMap(({ address, method }) => talkedTo(address, "real server", method !== "NAT")),
    ),
    ...director.virtualServers.flatMap(({ block, method }) =>
      all(block, "sorry_server").flatMap(({ words }) => talkedTo(words[0] ?? "", "sorry server", method !== "NAT")),
    ),
    ...director.virtualServers.flatMap(({ realServers }) =>
      realServers.flatMap((real) =>
        real.checks
          .flatMap((check) => targetsOf(check, real))
          .map(({ address }): TalkedTo => ({ address, why: "health check", direct: false })),
      ),
    ),
    ...gatewaysOf(director).flatMap((address) => talkedTo(address, "gateway")),
    ...bfdNeighborsOf(director).map((address): TalkedTo => ({ address, why: "BFD neighbour", direct: false })),
    ...director.commands
      .filter(({ decides }) => decides !== undefined)
      .flatMap(({ words }) =>
        scriptAddresses(folder, director, words).flatMap((address) => talkedTo(address, "script")),
      ),
  ]);
  const found = [...ofDirectors, ...ofProxies];
  return found.filter(
    ({ address }, index) =>
      // What a host is first of all counts.
      index === found.findIndex((one) => one.address === address) && !others.has(address) && isOfOneHost(address),
  );
}

const talkedTo = (text: string, why: TalkedTo["why"], direct = false): TalkedTo[] => {
  const address = parseIp(text);
  return address === undefined ? [] : [{ address, why, direct }];
};

/** Whether an address is that of another host: not a loopback one, a multicast group or a netmask. */
const isOfOneHost = (address: Ip): boolean => {
  if (familyOf(address) === 6) return address !== "::1" && address !== "::" && !address.startsWith("ff");
  const first = Number(address.split(".")[0]);
  return first !== 0 && first !== 127 && first < 224;
};

const gatewaysOf = ({ configuration, instances }: Director): string[] =>
  [...instances.flatMap(({ block }) => all(block, "virtual_routes")), ...all(configuration.statements, "static_routes")]
    .flatMap(({ block }) => block ?? [])
    .flatMap(({ keyword, words }) =>
      [keyword, ...words].flatMap((word, index, line) =>
        ["via", "gw", "or"].includes(line[index - 1] ?? "") ? [word] : [],
      ),
    );

/** The addresses in a script's command, and in its file if the folder has it. */
function scriptAddresses(folder: Folder, { configuration }: Director, words: readonly string[]): string[] {
  const file = words.flatMap((word) => folder.find(word, configuration.file)?.text ?? []);
  return [...words, ...file].flatMap((text) => text.match(/(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])/g) ?? []);
}

/** Where hosts are. */
export interface Placed {
  /** A stand-in for each host, in their order. */
  readonly standIns: readonly StandIn[];
  /** The networks of the directors' interfaces, in their order. */
  readonly networks: readonly PlannedNetwork[];
  /** Networks of hosts that no director is on. */
  readonly further: readonly PlannedNetwork[];
}

/**
 * A stand-in for each host, and a place for each subnet that no director is in: a further network, or for real servers that answer clients by
 * themselves the clients' own, for that is where their answers go.
 */
export function placedHosts(
  hosts: readonly TalkedTo[],
  { networks, home }: { networks: readonly PlannedNetwork[]; home: PlannedNetwork },
  assumed: Assumptions,
): Placed {
  const known = [...networks];
  const numbers = new Map<string, number>();
  const standIns = hosts.map(({ address, why, direct }): StandIn => {
    const label = labels[why];
    const number = (numbers.get(label) ?? 0) + 1;
    numbers.set(label, number);
    const there = networkWith(known, address);
    const network = there ?? placeFor(address, direct ? home.name : undefined, known, assumed);
    return { name: `${label}${number}`, network: network.name, addresses: [address], gateways: [], pages: {} };
  });
  return { standIns, networks: known.slice(0, networks.length), further: known.slice(networks.length) };
}

/** Adds the likely subnet of an address to a known network, or to a further one. */
function placeFor(
  address: Ip,
  name: string | undefined,
  known: PlannedNetwork[],
  assumed: Assumptions,
): PlannedNetwork {
  const subnet = likelySubnet(
    address,
    known.flatMap(({ subnets }) => subnets),
  );
  const at = name === undefined ? known.length : known.findIndex((one) => one.name === name);
  const before = known[at];
  const network = before
    ? { ...before, subnets: [...before.subnets, subnet].toSorted((one, other) => familyOf(one) - familyOf(other)) }
    : { name: `net${known.length + 1}`, subnets: [subnet] };
  known[at] = network;
  assumed.add(
    network.name,
    before
      ? `${subnet}: ${address} is in no network of the directors; it answers clients by itself, so that it is on theirs`
      : `${subnet}: ${address} is in no network of the directors; each of them gets an interface here`,
  );
  return network;
}
