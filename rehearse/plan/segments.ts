import {
  type Cidr,
  contains,
  familyOf,
  firstAddress,
  type Ip,
  isLinkLocal,
  parseCidr,
  prefixLengthOf,
  subnetOf,
} from "../../lab/index.ts";
import { all, last, type Statement } from "../conf/tree.ts";
import type { Director } from "../directors/director.ts";
import { heldBy, type Instance } from "../directors/instance.ts";
import { trackedDevices } from "../directors/track.ts";
import { virtualRoutersOf } from "../directors/virtual-router.ts";

/** An interface that a director's configuration names, before it is known which network it is on. */
export interface Port {
  readonly director: Director;
  readonly device: string;
  /** Subnets of the addresses that keepalived puts on it, as far as they have prefix lengths. */
  readonly subnets: readonly Cidr[];
}

/** The interface of an instance that names none, and of a static address: default_interface of keepalived.conf(5). */
const defaultDevice = ({ settings }: Director): string => last(settings, "default_interface")?.words[0] ?? "eth0";

export const deviceOf = (director: Director, { interface: device }: Pick<Instance, "interface">): string =>
  device ?? defaultDevice(director);

/** The addresses of a configuration's static_ipaddress blocks. */
export const staticAddressesOf = (director: Director): { address: Ip; prefixLength?: number; device: string }[] =>
  all(director.configuration.statements, "static_ipaddress")
    .flatMap(({ block }) => block ?? [])
    .flatMap(({ keyword, words }) => {
      const found = parseCidr(keyword.includes("/") ? keyword : `${keyword}/${keyword.includes(":") ? 128 : 32}`);
      return found ? [{ ...found, device: deviceAfter(words) ?? defaultDevice(director) }] : [];
    });

const deviceAfter = (words: Statement["words"]): string | undefined =>
  words.includes("dev") ? words[words.indexOf("dev") + 1] : undefined;

/** The interfaces that a director's configuration names, in its order. */
export function portsOf(director: Director): Port[] {
  const { instances, syncGroups, settings } = director;
  const subnets = new Map<string, Cidr[]>();
  const add = (device: string | undefined, subnet: readonly Cidr[] = []) => {
    if (device !== undefined && device !== "lo") subnets.set(device, [...(subnets.get(device) ?? []), ...subnet]);
  };
  for (const instance of instances) {
    const own = deviceOf(director, instance);
    add(own);
    for (const { address, prefixLength, device = own } of heldBy(instance))
      add(device, writtenSubnet(address, prefixLength));
  }
  for (const device of trackedDevices([...instances, ...syncGroups])) add(device);
  add(last(settings, "lvs_sync_daemon")?.words[0]);
  for (const { address, prefixLength, device } of staticAddressesOf(director))
    add(device, writtenSubnet(address, prefixLength));
  if (subnets.size === 0) add(defaultDevice(director));
  return [...subnets].map(([device, found]) => ({ director, device, subnets: [...new Set(found)] }));
}

/** The subnet of an address with a prefix length; none if it has none, if there is no room for other hosts, or if it is on every link. */
function writtenSubnet(address: Ip, prefixLength = Number.NaN): Cidr[] {
  if (isLinkLocal(address)) return [];
  const longest = familyOf(address) === 4 ? 30 : 126;
  return prefixLength >= 1 && prefixLength <= longest ? [subnetOf(address, prefixLength)] : [];
}

/** Of each subnet the largest one that it lies in. */
function outerOf(subnets: readonly Cidr[]): ReadonlyMap<Cidr, Cidr> {
  const largest = [...new Set(subnets)].toSorted((one, other) => prefixLengthOf(one) - prefixLengthOf(other));
  return new Map(
    largest.map((subnet) => [subnet, largest.find((one) => contains(one, firstAddress(subnet))) ?? subnet]),
  );
}

/** The interfaces by the segment that they are on: those of one virtual router, of subnets that overlap, or else of one name. */
export function segmentsOf(directors: readonly Director[]): Port[][] {
  const ports = directors.flatMap(portsOf);
  const segment = new Map(ports.map((port, index) => [port, index]));
  const join = (one: Port | undefined, other: Port | undefined) => {
    if (!one || !other) return;
    const [to, from] = [segment.get(one), segment.get(other)];
    for (const [port, index] of segment) if (index === from) segment.set(port, to as number);
  };
  for (const { members } of virtualRoutersOf(directors)) {
    const [first, ...others] = members.map(({ director, instance }) =>
      ports.find((port) => port.director === director && port.device === deviceOf(director, instance)),
    );
    for (const other of others) join(first, other);
  }
  const outer = outerOf(ports.flatMap(({ subnets }) => subnets));
  for (const one of ports)
    for (const other of ports) {
      const shared = one.subnets.some((subnet) =>
        other.subnets.some((another) => outer.get(subnet) === outer.get(another)),
      );
      const alike =
        one.device === other.device &&
        one.director !== other.director &&
        (one.subnets.length === 0 || other.subnets.length === 0);
      if (shared || alike) join(one, other);
    }
  const groups = new Map<number, Port[]>();
  for (const [port, index] of segment) groups.set(index, [...(groups.get(index) ?? []), port]);
  return [...groups.values()];
}
