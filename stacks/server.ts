import { readFileSync } from "node:fs";
import * as libvirt from "@pulumi/libvirt";
import * as pulumi from "@pulumi/pulumi";
import type { Lab, Server } from "../lab/lab.ts";
import {
  BaseSystem,
  type GuestImage,
  KeyPair,
  type LabHost,
  libvirtCommandLine,
  osFamilies,
  PACKAGE_PORT,
  Packages,
  SeedImage,
  seedOf,
} from "../provision/index.ts";
import type { LabNetwork } from "./network.ts";

const DOMAIN_XSLT = readFileSync(new URL("domain.xsl", import.meta.url), "utf8");

/** A server that is there and answers, without a role yet. */
export interface MadeServer {
  readonly server: Server;
  readonly hostKey: InstanceType<typeof KeyPair>;
  /** How it is reached. */
  readonly reference: pulumi.Output<ServerReference>;
  /** What a role of this server has to wait for. */
  readonly ready: pulumi.Resource;
  readonly domain: libvirt.Domain;
}

type ServerReference = {
  host: { kind: "private"; directory: string };
  name: string;
  address: string;
  hostKey: string;
  privateKey: string;
  instance: string;
  acceleration: "kvm" | "qemu";
};

export interface Surroundings {
  readonly lab: Lab;
  readonly server: Server;
  readonly image: InstanceType<typeof GuestImage>;
  readonly host: InstanceType<typeof LabHost>;
  readonly network: LabNetwork;
  readonly access: InstanceType<typeof KeyPair>;
}

/** One VM: its disk over the image, its seed, its domain; then its name, its neighbours and its roles' packages. */
export function makeServer({ lab, server, image, host, network, access }: Surroundings): MadeServer {
  const { name, address, mac } = server;
  const options = { provider: network.provider, deletedWith: host, deleteBeforeReplace: true };
  const files = imageVolumes({ lab, image, host, network });

  const hostKey = new KeyPair(`${name}-host-key`, { comment: `root@${name}` });
  const text = pulumi
    .all([hostKey.publicKey, hostKey.privateKey, access.publicKey])
    .apply(([publicKey, privateKey, authorized]) =>
      seedOf(`${pulumi.getStack()}-${name}`, {
        hostname: name,
        address: `${address}/${lab.network.prefixLength}`,
        mac,
        authorizedKeys: [authorized],
        hostKey: { private: privateKey, public: publicKey },
      }),
    );
  const seedImage = new SeedImage(`${name}-seed`, { host: host.host, name, seed: text }, { deletedWith: host });
  const seedDisk = new libvirt.Volume(
    `${name}.seed`,
    // Without a format: libvirt calls it iso, and any other word makes a change at every `up`.
    { name: seedImage.file, pool: network.pool.name, source: seedImage.path },
    options,
  );
  const disk = new libvirt.Volume(
    `${name}.disk`,
    {
      name: `${name}.qcow2`,
      pool: network.pool.name,
      baseVolumeId: files.disk.id,
      format: "qcow2",
      ...(lab.image.url ? { size: 8 * 2 ** 30 } : {}),
    },
    options,
  );
  const domain = new libvirt.Domain(
    name,
    {
      name,
      type: image.acceleration,
      arch: "x86_64",
      machine: "q35",
      cpu: image.acceleration.apply((acceleration) => ({
        mode: acceleration === "kvm" ? "host-passthrough" : undefined,
      })),
      memory: server.memory,
      vcpu: 1,
      autostart: true, // a lab host that starts anew brings its servers back
      running: true,
      ...files.boot,
      // The seed as a virtio disk: Debian's cloud kernel has no driver for q35's CD-ROM.
      disks: [{ volumeId: disk.id }, { volumeId: seedDisk.id }],
      networkInterfaces: [{ networkId: network.segment.id, mac }],
      consoles: [{ type: "pty", targetPort: "0", targetType: "serial" }],
      xml: { xslt: DOMAIN_XSLT },
    },
    options,
  );

  const reference: MadeServer["reference"] = pulumi
    .all([host.host, access.privateKey, hostKey.publicKey, domain.id, image.acceleration] as const)
    .apply(([where, privateKey, publicKey, instance, acceleration]) => ({
      host: where as ServerReference["host"],
      name,
      address,
      hostKey: publicKey.split(" ").slice(0, 2).join(" "),
      privateKey,
      instance,
      acceleration: acceleration as ServerReference["acceleration"],
    }));
  const base = new BaseSystem(
    `${name}-base`,
    {
      server: reference,
      generation: host.generation,
      hostname: name,
      hosts: Object.fromEntries([
        ...lab.servers.map((each) => [each.name, each.address] as const),
        ["client", lab.network.client],
      ]),
      packageServer: `http://${lab.network.gateway}:${PACKAGE_PORT}`,
    },
    { deletedWith: domain },
  );
  const names = packagesOf(lab, server);
  const ready =
    names.length === 0
      ? base
      : new Packages(`${name}-packages`, { server: reference, names }, { dependsOn: base, deletedWith: domain });
  return { server, hostKey, reference, ready, domain };
}

/** The packages that a server's roles need, sorted. */
function packagesOf(lab: Lab, server: Server): string[] {
  if (lab.stage === "bare") return []; // whoever does the exercise installs them
  const family = osFamilies[lab.os];
  const groups =
    server.role === "director"
      ? [family.ipvsadm, ...(lab.stage === "ha" ? [family.keepalived, family.mail] : [])]
      : [family.httpd, ...(lab.arpCure === "arptables" ? [family.arptables] : [])];
  return [...groups, family.nftables].flatMap(({ packages }) => [...packages]).sort();
}

interface ImageVolumes {
  readonly disk: libvirt.Volume;
  /** How a domain boots from it. */
  readonly boot: Pick<libvirt.DomainArgs, "kernel" | "initrd" | "cmdlines">;
}

const volumes = new WeakMap<Lab, ImageVolumes>();

/** The image's files in the lab's pool, once a lab: the lab host need not be the machine that the image was built on. */
function imageVolumes({
  lab,
  image,
  host,
  network,
}: Pick<Surroundings, "lab" | "image" | "host" | "network">): ImageVolumes {
  const known = volumes.get(lab);
  if (known) return known;
  const options = { provider: network.provider, deletedWith: host, deleteBeforeReplace: true };
  // Two dots: no server's volume is called so, whatever its name.
  const upload = (file: string, source: pulumi.Input<string>, format: string) => {
    const name = `image.${file}`;
    return new libvirt.Volume(name, { name, pool: network.pool.name, source, format }, options);
  };
  const made: ImageVolumes = lab.image.url
    ? { disk: upload("disk.qcow2", lab.image.url, "qcow2"), boot: {} } // a cloud image boots by its own loader
    : {
        disk: upload("disk.qcow2", image.disk, "qcow2"),
        boot: {
          kernel: upload("kernel.vmlinuz", image.kernel, "raw").id,
          initrd: upload("kernel.initrd", image.initrd, "raw").id,
          cmdlines: image.acceleration.apply((kind) => libvirtCommandLine(kind as "kvm" | "qemu")),
        },
      };
  volumes.set(lab, made);
  return made;
}
