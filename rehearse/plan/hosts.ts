import { contains, familyOf, type Ip, parseIp, subnetOf } from "../../lab/index.ts";
import { all } from "../conf/tree.ts";
import type { Director } from "../directors/director.ts";
import type { Folder } from "../folder.ts";
import { allOwnAddresses, peersOf, virtualAddressesOf } from "./addresses.ts";
import type { Assumptions } from "./assumptions.ts";
import { bfdNeighborsOf } from "./bfd.ts";
import { targetsOf } from "./checks/index.ts";
import { usual } from "./networks.ts";
import type { PlannedNetwork, StandIn } from "./plan.ts";
import type { ProxyConfig } from "./proxies/index.ts";

/** A host that configurations talk to. */
export interface TalkedTo {
  readonly address: Ip;
  readonly why: keyof typeof labels;
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
    backends.map(({ address }): TalkedTo => ({ address, why: "proxy" })),
  );
  const ofDirectors = directors.flatMap((director): TalkedTo[] => [
    ...director.virtualServers.flatMap(({ realServers }) =>
      realServers.flatMap(({ address }) => talkedTo(address, "real server")),
    ),
    ...director.virtualServers.flatMap(({ block }) =>
      all(block, "sorry_server").flatMap(({ words }) => talkedTo(words[0] ?? "", "sorry server")),
    ),
    ...director.virtualServers.flatMap(({ realServers }) =>
      realServers.flatMap((real) =>
        real.checks
          .flatMap((check) => targetsOf(check, real))
          .map(({ address }): TalkedTo => ({ address, why: "health check" })),
      ),
    ),
    ...gatewaysOf(director).flatMap((address) => talkedTo(address, "gateway")),
    ...bfdNeighborsOf(director).map((address): TalkedTo => ({ address, why: "BFD neighbour" })),
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

const talkedTo = (text: string, why: TalkedTo["why"]): TalkedTo[] => {
  const address = parseIp(text);
  return address === undefined ? [] : [{ address, why }];
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

/** A stand-in for each host, and a further network for each subnet that no director is on. */
export function placedHosts(
  hosts: readonly TalkedTo[],
  networks: readonly PlannedNetwork[],
  assumed: Assumptions,
): { standIns: StandIn[]; further: PlannedNetwork[] } {
  const further: PlannedNetwork[] = [];
  const numbers = new Map<string, number>();
  const standIns = hosts.map(({ address, why }): StandIn => {
    const label = labels[why];
    const number = (numbers.get(label) ?? 0) + 1;
    numbers.set(label, number);
    const there = [...networks, ...further].find(({ subnets }) => subnets.some((subnet) => contains(subnet, address)));
    const network = there ?? {
      name: `net${networks.length + further.length + 1}`,
      subnets: [subnetOf(address, usual[familyOf(address)])],
    };
    if (!there) {
      further.push(network);
      assumed.add(
        network.name,
        `${network.subnets.join(", ")}: ${address} is in no network of the directors; each of them gets an interface here`,
      );
    }
    return { name: `${label}${number}`, network: network.name, addresses: [address], gateways: [], pages: {} };
  });
  return { standIns, further };
}
