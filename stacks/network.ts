import * as libvirt from "@pulumi/libvirt";
import { familyOf, type Ip, type Lab } from "../lab/index.ts";
import { bridgeOf, type classes, type LabHostRef, networksUriOf, poolOf } from "../provision/index.ts";

/** A network of the lab on its host. */
export interface MadeNetwork {
  readonly name: string;
  readonly segment: libvirt.Network;
  readonly bridge: string;
  /** The lab host's own address in it; undefined: it has none. */
  readonly hostAddress: Ip | undefined;
}

export interface LabNetworks {
  /** Of the libvirt that has the servers, and what they need. */
  readonly provider: libvirt.Provider;
  readonly pool: libvirt.Pool;
  readonly all: readonly MadeNetwork[];
  /** The network of that name. */
  on(name: string): MadeNetwork;
}

/** libvirt's side of the lab, before there is a server: segments without a way out, and a place for disks. */
export function makeNetworks(lab: Lab, host: InstanceType<typeof classes.LabHost>, place: LabHostRef): LabNetworks {
  const provider = new libvirt.Provider("libvirt", { uri: host.uri });
  const networksUri = networksUriOf(place);
  const ofNetworks =
    networksUri === undefined
      ? provider
      : // As the other one, it is known when the lab host runs.
        new libvirt.Provider("networks", { uri: host.uri.apply(() => networksUri) });
  // Names are fixed, so a replaced resource must be deleted first.
  const options = { deletedWith: host, deleteBeforeReplace: true };
  const all = lab.networks.map(({ name, subnets, hostAddresses }, index): MadeNetwork => {
    const [hostAddress] = hostAddresses;
    const bridge = bridgeOf(index);
    // By its place, as the bridge: a network that only gets another name in the lab file stays as it is.
    const place = index === 0 ? "segment" : `segment-${index + 1}`;
    const segment = new libvirt.Network(
      place,
      {
        name: place,
        mode: "none",
        bridge,
        // IPv4 alone: with an IPv6 address libvirt waits for duplicate address detection on a bridge that nothing is attached to yet.
        addresses: hostAddress === undefined ? [] : subnets.filter((subnet) => familyOf(subnet) === 4),
        dhcp: { enabled: false },
        dns: { enabled: false },
        autostart: true,
      },
      { ...options, provider: ofNetworks },
    );
    return { name, segment, bridge, hostAddress };
  });
  const pool = new libvirt.Pool(
    "pool",
    { name: poolOf(place).name, type: "dir", target: { path: host.host.apply((ref) => poolOf(ref).path) } },
    { ...options, provider },
  );
  const on = (name: string): MadeNetwork => {
    const network = all.find((each) => each.name === name);
    if (!network) throw new Error(`the lab has no network ${name}`);
    return network;
  };
  return { provider, pool, all, on };
}
