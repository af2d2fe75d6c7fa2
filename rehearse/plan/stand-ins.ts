import { contains, familyOf, type Ip, parseIp, prefixLengthOf } from "../../lab/index.ts";
import { all, last, type Statement } from "../conf/tree.ts";
import type { Director } from "../directors/director.ts";
import { numberOf } from "../directors/instance.ts";
import { type Method, servedAddresses, type VirtualServer } from "../directors/virtual-server.ts";
import type { Plan } from "./plan.ts";

/** A stand-in with all that configurations ask of it. Addresses of its own have their prefix lengths. */
export interface EquippedStandIn {
  readonly name: string;
  readonly network: string;
  readonly addresses: string[];
  /** The VIPs that it has without answering for them: those whose packets reach it by direct routing or in a tunnel. */
  readonly quietAddresses: string[];
  readonly gateways: string[];
  readonly tunnel: boolean;
  readonly listeners: Listener[];
}

/** Where a stand-in answers: each port of it that a configuration names, with TLS where a health check speaks it, and with the statuses that it asks for. */
export interface Listener {
  readonly port: number;
  readonly tls: boolean;
  /** HTTP statuses by path, where health checks do not want 200. */
  readonly statuses: Readonly<Record<string, number>>;
}

/** The stand-ins of a plan, each with what the directors' configurations ask of it. */
export const standInsOf = (plan: Plan, directors: readonly Director[]): EquippedStandIn[] =>
  plan.standIns.map(({ name, network, addresses, gateways }) => {
    const uses = directors.flatMap(({ virtualServers }) =>
      virtualServers.flatMap((service) =>
        usesOf(service)
          .filter((use) => addresses.some((address) => address === use.address))
          .map((use) => ({ ...use, service })),
      ),
    );
    const quiet = uses.filter(({ method }) => method !== "NAT").flatMap(({ service }) => servedAddresses(service));
    return {
      ...{ name, network },
      addresses: addresses.map((address) => `${address}/${prefixLengthIn(plan, network, address)}`),
      quietAddresses: [...new Set(quiet)],
      gateways: [...gateways],
      tunnel: uses.some(({ method }) => method === "TUN"),
      listeners: merged(uses.flatMap(({ listeners }) => listeners)),
    };
  });

/** The prefix length of an address in the plan's networks. */
const prefixLengthIn = ({ networks }: Plan, network: string, address: Ip): number => {
  const subnet = networks.find(({ name }) => name === network)?.subnets.find((one) => contains(one, address));
  return subnet ? prefixLengthOf(subnet) : familyOf(address) === 4 ? 32 : 128;
};

/** What a virtual server asks of an address. */
interface Use {
  readonly address: Ip;
  readonly method: Method;
  readonly listeners: readonly Listener[];
}

/** What a virtual server asks of its real servers and of its sorry server. */
function usesOf({ block, kind, method, ranges, realServers }: VirtualServer): Use[] {
  const served = kind === "fwmark" ? [] : ranges.map(({ port }) => port);
  const uses = realServers.flatMap((real): Use[] => {
    const address = parseIp(real.address);
    const own = real.portInTable || real.port;
    const checked = real.checks.map((check) => ({
      port: check.port ?? 0,
      tls: check.kind === "SSL_GET",
      statuses: statusesOf(check.block),
    }));
    return address === undefined
      ? []
      : [{ address, method: real.method, listeners: [...(own > 0 ? [own] : served).map(plain), ...checked] }];
  });
  const sorry = all(block, "sorry_server").flatMap(({ words: [text = "", port] }): Use[] => {
    const address = parseIp(text);
    const ports = port === undefined ? served : [Number(port)];
    return address === undefined
      ? []
      : [{ address, method: sorryMethod(block) ?? method, listeners: ports.map(plain) }];
  });
  return [...uses, ...sorry];
}

const sorryMethod = (block: readonly Statement[]): Method | undefined =>
  last(block, "sorry_server_lvs_method")?.words[0] as Method | undefined;

const plain = (port: number): Listener => ({ port, tls: false, statuses: {} });

/** One listener for each port, with all that is asked of it, in the order of the ports. */
function merged(listeners: readonly Listener[]): Listener[] {
  const found = new Map<number, Listener>();
  for (const { port, tls, statuses } of listeners) {
    if (!(Number.isInteger(port) && port > 0 && port < 65_536)) continue;
    const known = found.get(port) ?? plain(port);
    found.set(port, { port, tls: tls || known.tls, statuses: { ...known.statuses, ...statuses } });
  }
  return [...found.values()].sort((one, other) => one.port - other.port);
}

/** The statuses that HTTP_GET and SSL_GET ask for, by path, where they are not 200: whole ones, since `200-299` is no number. */
function statusesOf(block: readonly Statement[]): Record<string, number> {
  const urls = all(block, "url").map(({ block: inside }) => ({
    // nginx compares paths without a query.
    path: (last(inside, "path")?.words[0] ?? "/").replace(/[?#].*$/, ""),
    status: numberOf(last(inside, "status_code")) ?? 200,
  }));
  return Object.fromEntries(
    urls.filter(({ status }) => status > 200 && status < 600).map(({ path, status }) => [path, status]),
  );
}
