import { contains, familyOf, type Ip, parseIp } from "../../lab/index.ts";
import { isIn } from "../directors/address-range.ts";
import type { Director } from "../directors/director.ts";
import type { VirtualServer } from "../directors/virtual-server.ts";
import type { Folder } from "../folder.ts";
import { virtualAddressesOf } from "./addresses.ts";
import type { Assumptions } from "./assumptions.ts";
import type { PlannedNetwork, PlannedService } from "./plan.ts";

/** What clients ask for of virtual servers that name no port: those by a firewall mark, and those of all ports. */
export interface OpenServices {
  readonly services: PlannedService[];
  /** A sentence for each virtual server of which nothing tells what clients ask for. */
  readonly missing: string[];
}

/** The port that clients ask for where a virtual server takes all. */
const WEB = 80;

/** Finds them: by the commands in the folder that set marks, and else by assumption. */
export function openServicesFor(
  folder: Folder,
  directors: readonly Director[],
  home: PlannedNetwork,
  assumed: Assumptions,
): OpenServices {
  const virtual = directors.flatMap(({ virtualServers }) => virtualServers);
  const isHome = (address: Ip) => home.subnets.some((subnet) => contains(subnet, address));
  const held = directors.flatMap(virtualAddressesOf).find((address) => isHome(address) && familyOf(address) === 4);
  const commands = marksIn(folder);
  const services: PlannedService[] = [];
  const missing: string[] = [];
  for (const mark of new Set(virtual.flatMap((one) => one.mark ?? []))) {
    const setting = commands.filter((one) => one.mark === mark && isHome(one.address));
    const [found] = setting;
    if (!found) {
      missing.push(
        `nothing in the folder says which packets have the firewall mark ${mark}: name them in services, such as { address: ${held ?? "192.0.2.100"}, port: ${WEB}, firewallMark: ${mark} }, or it is not measured`,
      );
      continue;
    }
    const { address, file } = found;
    const ports = [...new Set(setting.flatMap((one) => (one.address === address ? one.ports : [])))];
    assumed.add(
      "client",
      `packets to ${address}, ${ports.length > 1 ? "ports" : "port"} ${ports.join(" and ")}, have the firewall mark ${mark}, as in ${file}: the rehearsal has each director set it`,
    );
    for (const port of ports) services.push({ address, port, tls: port === 443, firewallMark: mark });
  }
  for (const range of virtual.flatMap((one) => (one.protocol === "TCP" ? one.ranges : []))) {
    const { first: address, port } = range;
    if (port > 0 || !isHome(address) || services.some((one) => one.address === address)) continue;
    assumed.add("client", `clients ask for port ${WEB} of ${address}, whose virtual server takes all ports`);
    services.push({ address, port: WEB, tls: false });
  }
  return { services, missing };
}

/** The services of a plan by which clients ask for a virtual server that names no port: by its firewall mark, or on its addresses of all ports. */
export const askedOf = ({ mark, ranges }: VirtualServer, services: readonly PlannedService[]): PlannedService[] =>
  services.filter(({ address, firewallMark }) =>
    firewallMark === undefined
      ? ranges.some((range) => range.port === 0 && isIn(range, address))
      : firewallMark === mark,
  );

/** A command that gives packets a firewall mark. */
interface MarkCommand {
  readonly mark: number;
  readonly address: Ip;
  readonly ports: readonly number[];
  readonly file: string;
}

/** The commands of iptables(8) and the rules of nft(8) that give packets of TCP to one IPv4 address and some ports a mark. */
function marksIn(folder: Folder): MarkCommand[] {
  return folder.texts().flatMap(({ file, text }) =>
    text.split("\n").flatMap((line): MarkCommand[] => {
      if (/^\s*#/.test(line)) return [];
      const mark = Number(/(?:--set-x?mark|\bmark set)\s+(0x[\da-f]+|\d+)/i.exec(line)?.[1]);
      const address = parseIp(/(?:\s-d|--dst|--destination|\bip daddr)\s+([\d.]+)/.exec(line)?.[1] ?? "");
      const [, text = ""] = /(?:--dports?|--destination-ports?|\btcp dport)\s+(\{[^}]*\}|[\d,]+)/.exec(line) ?? [];
      const ports = text
        .replace(/[{}\s]/g, "")
        .split(",")
        .flatMap((port) => (/^\d+$/.test(port) ? [Number(port)] : []));
      const isTcp = /(?:-p|--protocol)\s+tcp|\btcp dport/.test(line);
      if (!(mark > 0) || address === undefined || familyOf(address) === 6 || ports.length === 0 || !isTcp) return [];
      return [{ mark, address, ports, file }];
    }),
  );
}
