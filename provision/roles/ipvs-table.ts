import { parseIp, prefixLengthOfMask } from "../../lab/index.ts";
import type { Section } from "../ssh/index.ts";

/** A virtual service of the kernel's IPVS table: ipvsadm(8). */
export interface VirtualService {
  /** `-t ADDRESS:PORT`, `-u ADDRESS:PORT` or `-f MARK`, as ipvsadm's options name it. */
  readonly key: string;
  readonly scheduler: string;
  /** Of `-b`; undefined: none. */
  readonly schedulerFlags?: readonly string[];
  /** Seconds; undefined: no persistence. */
  readonly persistenceTimeout?: number;
  /** Prefix length of `-M`; undefined: none. */
  readonly persistenceNetmask?: number;
  /** Whether it has one-packet scheduling; undefined: no. */
  readonly onePacket?: true;
  /** By `ADDRESS:PORT`. */
  readonly destinations: Readonly<Record<string, Destination>>;
}

/** How many connections a real server may have: ipvsadm(8), --u-threshold and --l-threshold. */
export interface Thresholds {
  /** At so many it gets no more; not there: there is no limit. */
  readonly upperThreshold?: number | undefined;
  /** Below so many it gets new ones again; not there: three quarters of the upper one. */
  readonly lowerThreshold?: number | undefined;
}

export interface Destination extends Thresholds {
  readonly weight: number;
  /** Forwarding method, as `ipvsadm -l` prints it. */
  readonly forwarding: Forwarding;
}

type Forwarding = "Route" | "Masq" | "Tunnel";
const forwardings: Readonly<Record<string, Forwarding>> = { "-g": "Route", "-m": "Masq", "-i": "Tunnel" };

/** Parses the output of `ipvsadm --save --numeric`. */
export function parseIpvsTable(text: string): VirtualService[] {
  const services: (Omit<VirtualService, "destinations"> & { destinations: Record<string, Destination> })[] = [];
  for (const line of text.split("\n")) {
    const [verb, kind, address, ...rest] = line.trim().split(/\s+/);
    const option = (name: string): string | undefined =>
      rest.includes(name) ? rest[rest.indexOf(name) + 1] : undefined;
    const key = `${kind} ${address}`;
    if (verb === "-A") {
      const persistence = option("-p");
      services.push({
        key,
        scheduler: option("-s") ?? "wlc", // ipvsadm's default
        ...flagsOf(option("-b")),
        ...(persistence === undefined ? {} : { persistenceTimeout: Number(persistence) }),
        ...maskIn(option("-M")),
        // ipvsadm 1.31 saves it by the word of its list.
        ...(["-o", "ops"].some((word) => rest.includes(word)) ? { onePacket: true as const } : {}),
        destinations: {},
      });
    } else if (verb === "-a") {
      const service = services.find((one) => one.key === key);
      const flag = rest.find((word) => word in forwardings);
      if (!service) throw new Error(`ipvsadm printed a destination of ${key} before that service: ${line}`);
      service.destinations[option("-r") ?? ""] = {
        weight: Number(option("-w") ?? 1),
        forwarding: forwardings[flag ?? ""] ?? "Route",
      };
    }
  }
  return services;
}

/** @param text as ipvsadm prints it, `255.255.255.0` */
const maskIn = (text: string | undefined): Pick<VirtualService, "persistenceNetmask"> => {
  const mask = parseIp(text ?? "");
  const persistenceNetmask = mask && prefixLengthOfMask(mask);
  return persistenceNetmask === undefined ? {} : { persistenceNetmask };
};

const flagsOf = (text: string | undefined): Pick<VirtualService, "schedulerFlags"> =>
  text === undefined ? {} : { schedulerFlags: text.split(",") };

/** A virtual service as `ipvsadm -ln` lists it. */
export interface ListedService extends Omit<VirtualService, "destinations"> {
  /** By `ADDRESS:PORT`, in the order of the list. */
  readonly destinations: Readonly<Record<string, ListedDestination>>;
}

export interface ListedDestination {
  readonly weight: number;
  /** `Local`: the director itself serves; `ipvsadm --save` shows it as `Route`. */
  readonly forwarding: Forwarding | "Local";
  /** Connections that stand. */
  readonly active: number;
  /** Connections that have ended and are still remembered. */
  readonly inactive: number;
}

const protocols: Readonly<Record<string, string>> = { TCP: "-t", UDP: "-u", FWM: "-f" };

/** Parses the output of `ipvsadm -ln`, the form for people. Skips other lines. */
export function parseIpvsList(text: string): ListedService[] {
  const services: (ListedService & { destinations: Record<string, ListedService["destinations"][string]> })[] = [];
  for (const line of text.split("\n")) {
    const [service, protocol = "", address, scheduler = "", flags, persistence, mask, ops] =
      /^(TCP|UDP|FWM)\s+(\S+) (\S+)(?: \((\S+)\))?(?: persistent (\d+))?(?: mask ([\d.]+))?( ops)?/.exec(line) ?? [];
    const [destination, real = "", forwarding, weight, active, inactive] =
      /^ {2}-> ([\d[]\S+)\s+(\S+)\s+(\d+)\s+(\d+)\s+(\d+)/.exec(line) ?? [];
    const last = services.at(-1);
    if (service)
      services.push({
        key: `${protocols[protocol]} ${address}`,
        scheduler,
        ...flagsOf(flags),
        ...(persistence === undefined ? {} : { persistenceTimeout: Number(persistence) }),
        ...maskIn(mask),
        ...(ops ? { onePacket: true as const } : {}),
        destinations: {},
      });
    else if (destination && last)
      last.destinations[real] = {
        weight: Number(weight),
        forwarding: forwarding as ListedDestination["forwarding"],
        active: Number(active),
        inactive: Number(inactive),
      };
  }
  return services;
}

/** The thresholds in the output of `ipvsadm -ln --thresholds`, by the service's key and `ADDRESS:PORT`, with a blank between. */
export function parseThresholds(text: string): Map<string, Thresholds> {
  const found = new Map<string, Thresholds>();
  let key = "";
  for (const line of text.split("\n")) {
    const [service, protocol = "", address] = /^(TCP|UDP|FWM)\s+(\S+) /.exec(line) ?? [];
    const [destination, real, upper, lower] = /^ {2}-> ([\d[]\S+)\s+(\d+)\s+(\d+)/.exec(line) ?? [];
    if (service) key = `${protocols[protocol]} ${address}`;
    else if (destination)
      found.set(`${key} ${real}`, {
        ...(upper === "0" ? {} : { upperThreshold: Number(upper) }),
        ...(lower === "0" ? {} : { lowerThreshold: Number(lower) }),
      });
  }
  return found;
}

/** Commands that query the whole table, for `ServerConnection.look`: `ipvsadm --save` leaves thresholds out. */
export const ipvsQuestions = { table: "ipvsadm --save --numeric", thresholds: "ipvsadm -ln --thresholds" };

/** The table, with the thresholds of its destinations, by the answers to `ipvsQuestions`. */
export function ipvsTableIn(
  seen: Readonly<Record<keyof typeof ipvsQuestions, Pick<Section, "text">>>,
): VirtualService[] {
  const thresholds = parseThresholds(seen.thresholds.text);
  return parseIpvsTable(seen.table.text).map((service) => ({
    ...service,
    destinations: Object.fromEntries(
      Object.entries(service.destinations).map(([real, one]) => [
        real,
        { ...one, ...thresholds.get(`${service.key} ${real}`) },
      ]),
    ),
  }));
}

/** ipvsadm's options for thresholds. An edit without them takes both away. */
export const thresholdOptions = ({ upperThreshold, lowerThreshold }: Thresholds): string[] => [
  ...(upperThreshold === undefined ? [] : ["-x", String(upperThreshold)]),
  ...(lowerThreshold === undefined ? [] : ["-y", String(lowerThreshold)]),
];

/** A connection of the kernel's IPVS table. Addresses are `ADDRESS:PORT`. */
export interface IpvsConnection {
  readonly state: string;
  readonly source: string;
  readonly virtual: string;
  readonly destination: string;
}

/** Parses the output of `ipvsadm -lnc`. Skips other lines, and the templates of persistence, which have no port of the client. */
export const parseIpvsConnections = (text: string): IpvsConnection[] =>
  [...text.matchAll(/^(?:TCP|UDP) +\d+:\d+ +(\S+) +(\S+:[1-9]\d*) +(\S+:\d+) +(\S+:\d+)/gm)].map(
    ([, state = "", source = "", virtual = "", destination = ""]) => ({ state, source, virtual, destination }),
  );
