import * as libvirt from "@pulumi/libvirt";
import type { Lab } from "../lab/lab.ts";
import { BRIDGE, type LabHost } from "../provision/index.ts";

export interface LabNetwork {
  readonly provider: libvirt.Provider;
  readonly segment: libvirt.Network;
  readonly pool: libvirt.Pool;
  readonly bridge: string;
}

/** libvirt's side of the lab, before there is a server: a flat segment without a way out, and a place for disks. */
export function makeNetwork(lab: Lab, host: InstanceType<typeof LabHost>): LabNetwork {
  const provider = new libvirt.Provider("libvirt", { uri: host.uri });
  // Names are fixed, so what is replaced has to go first.
  const options = { provider, deletedWith: host, deleteBeforeReplace: true };
  const segment = new libvirt.Network(
    "segment",
    {
      name: "segment",
      mode: "none",
      bridge: BRIDGE,
      addresses: [lab.network.subnet],
      dhcp: { enabled: false },
      dns: { enabled: false },
      autostart: true,
    },
    options,
  );
  const pool = new libvirt.Pool(
    "pool",
    { name: "pool", type: "dir", target: { path: host.host.apply(({ directory }) => `${directory}/pool`) } },
    options,
  );
  return { provider, segment, pool, bridge: BRIDGE };
}
