import { readFileSync } from "node:fs";
import * as libvirt from "@pulumi/libvirt";
import * as pulumi from "@pulumi/pulumi";
import { clientAddress, type Lab, type Server, withPrefix } from "../lab/index.ts";
import {
  classes,
  directorPackages,
  diskSize,
  type LabHostRef,
  libvirtCommandLine,
  PACKAGE_PORT,
  type RoleInputs,
  roleClasses,
  roleInputs,
  type ServerRef,
  seedOf,
  systemDomain,
  toolPackages,
} from "../provision/index.ts";
import type { MadeImage } from "./images.ts";
import type { LabNetworks } from "./network.ts";

const { BaseSystem, KeyPair, OwnInterfaces, SeedImage } = classes;

const DOMAIN_XSLT = readFileSync(new URL("domain.xsl", import.meta.url), "utf8");

/** Bytes of a disk over a cloud image, which cloud-init lets the root file system grow to. */
const CLOUD_DISK = 8 * 2 ** 30;

/** A reachable server, without a role yet. */
export interface MadeServer {
  readonly server: Server;
  /** The inputs of its roles. */
  readonly inputs: RoleInputs;
  readonly hostKey: InstanceType<typeof classes.KeyPair>;
  /** How it is reached. */
  readonly reference: pulumi.Output<ServerRef>;
  /** Dependency of this server's roles. */
  readonly ready: pulumi.Resource;
  readonly domain: libvirt.Domain;
}

export interface Surroundings {
  readonly lab: Lab;
  readonly server: Server;
  readonly image: MadeImage;
  readonly place: LabHostRef;
  readonly host: InstanceType<typeof classes.LabHost>;
  readonly networks: LabNetworks;
  readonly access: InstanceType<typeof classes.KeyPair>;
  /** What somebody's own configuration needs, instead of the lab's roles. */
  readonly own?: {
    readonly packages: readonly string[];
    /** Kernel settings. */
    readonly sysctls: Readonly<Record<string, string>>;
  };
}

/** Creates one VM: its disk over the image, its seed, its domain; then its base system and its roles' packages. */
export function makeServer({ lab, server, image: made, place, host, networks, access, own }: Surroundings): MadeServer {
  const { image, cloud } = made;
  const { name, os, management } = server;
  const [main] = server.interfaces;
  if (!main) throw new Error(`${name} has no interface`);
  const options = { provider: networks.provider, deletedWith: host, deleteBeforeReplace: true };
  const files = imageVolumes({ image: made, place, host, networks });

  const hostKey = new KeyPair(`${name}-host-key`, { comment: `root@${name}` });
  const text = pulumi
    .all([hostKey.publicKey, hostKey.privateKey, access.publicKey])
    .apply(([publicKey, privateKey, authorized]) =>
      seedOf(`${pulumi.getStack()}-${name}`, {
        hostname: name,
        address: withPrefix(lab, management),
        mac: main.mac,
        authorizedKeys: [authorized],
        hostKey: { private: privateKey, public: publicKey },
        ...(cloud
          ? { cloudInit: { further: server.interfaces.slice(1).map(({ device, mac }) => ({ device, mac })) } }
          : {}),
      }),
    );
  const seedImage = new SeedImage(`${name}-seed`, { host: host.host, name, seed: text }, { deletedWith: host });
  const seedDisk = new libvirt.Volume(
    `${name}.seed`,
    // No format: libvirt reports iso, and any other value would differ at every `up`.
    { name: seedImage.file, pool: networks.pool.name, source: seedImage.path },
    options,
  );
  const disk = new libvirt.Volume(
    `${name}.disk`,
    {
      name: `${name}.qcow2`,
      pool: networks.pool.name,
      format: "qcow2",
      ...files.base,
      ...(cloud ? { size: cloud.virtualSize.apply((size) => Math.max(size, CLOUD_DISK)) } : {}),
    },
    options,
  );
  const onSystem =
    place.kind === "system"
      ? systemDomain(
          place.directory,
          name,
          server.interfaces.map(({ mac }) => mac),
        )
      : undefined;
  const domain = new libvirt.Domain(
    name,
    {
      name: onSystem?.name ?? name,
      ...(onSystem ? { description: onSystem.description } : {}),
      type: image.acceleration,
      arch: "x86_64",
      machine: "q35",
      cpu: image.acceleration.apply((acceleration) => ({
        mode: acceleration === "kvm" ? "host-passthrough" : undefined,
      })),
      memory: server.memory,
      vcpu: 1,
      // A restarted lab host starts its servers. The machine's libvirt would start them without their networks.
      autostart: !onSystem,
      running: true,
      ...files.boot,
      // The seed is a virtio disk: Debian's cloud kernel has no driver for q35's CD-ROM.
      disks: [{ volumeId: disk.id }, { volumeId: seedDisk.id }],
      networkInterfaces: server.interfaces.map(({ network: on, mac }) =>
        onSystem ? { mac } : { networkId: networks.on(on).segment.id, mac },
      ),
      consoles: [{ type: "pty", targetPort: "0", targetType: "serial" }],
      xml: {
        xslt: onSystem
          ? DOMAIN_XSLT.replace("</xsl:stylesheet>", `${onSystem.templates}</xsl:stylesheet>`)
          : DOMAIN_XSLT,
      },
    },
    {
      ...options,
      // The provider takes another interface for a change in place, and then changes nothing.
      replaceOnChanges: ["networkInterfaces"],
      ...(onSystem ? { dependsOn: server.interfaces.map(({ network: on }) => networks.on(on).segment) } : {}),
    },
  );

  const reference: MadeServer["reference"] = pulumi
    .all([host.host, access.privateKey, hostKey.publicKey, domain.id, image.acceleration] as const)
    .apply(([where, privateKey, publicKey, instance, acceleration]) => ({
      host: where as ServerRef["host"],
      name,
      os,
      address: management,
      hostKey: publicKey.split(" ").slice(0, 2).join(" "),
      privateKey,
      instance,
      acceleration: acceleration as ServerRef["acceleration"],
    }));
  const base = new BaseSystem(
    `${name}-base`,
    {
      server: reference,
      generation: host.generation,
      hostname: name,
      hosts: Object.fromEntries([
        ...lab.servers.map((each) => [each.name, each.management] as const),
        ["client", clientAddress(lab)],
      ]),
      packageServer: `http://${networks.on(main.network).hostAddress}:${PACKAGE_PORT}`,
      ...(cloud ? { cloudInit: true } : {}),
    },
    { deletedWith: domain },
  );
  if (own)
    return {
      server,
      inputs: noRoles,
      hostKey,
      reference,
      ready: prepareOwn({ lab, server, own, reference, base, domain }),
      domain,
    };
  const inputs = roleInputs(lab, server);
  const { interfaces, packages } = inputs;
  const networked = interfaces
    ? new roleClasses.interfaces(
        `${name}-interfaces`,
        { server: reference, ...interfaces },
        { dependsOn: base, deletedWith: domain },
      )
    : base;
  const names = [
    ...(lab.setup === "manual" ? [] : packages.names), // the exercise includes their installation
    ...(cloud ? toolPackages(os) : []),
  ];
  const ready =
    names.length === 0
      ? networked
      : new roleClasses.packages(
          `${name}-packages`,
          { server: reference, names: [...new Set(names)].sort(), ...(cloud ? { from: "debian" as const } : {}) },
          { dependsOn: networked, deletedWith: domain },
        );
  return { server, inputs, hostKey, reference, ready, domain };
}

const noRoles: RoleInputs = { packages: { groups: [], names: [] } };

/** What a configuration of somebody's own finds on its server: interfaces by their names, keepalived, and other packages of Debian. */
function prepareOwn({
  lab,
  server,
  own: { packages, sysctls },
  reference,
  base,
  domain,
}: Required<Pick<Surroundings, "lab" | "server" | "own">> &
  Pick<MadeServer, "reference" | "domain"> & { readonly base: pulumi.Resource }): pulumi.Resource {
  const { name, os, interfaces } = server;
  const options = (...dependsOn: pulumi.Resource[]) => ({ dependsOn, deletedWith: domain });
  const networked = new OwnInterfaces(
    `${name}-interfaces`,
    {
      server: reference,
      interfaces: interfaces.map(({ mac, device, addresses }) => ({
        mac: mac.toLowerCase(),
        device,
        addresses: addresses.map((address) => withPrefix(lab, address)),
      })),
      sysctls: { ...sysctls },
    },
    options(base),
  );
  const needed = new roleClasses.packages(
    `${name}-packages`,
    { server: reference, names: directorPackages(os) },
    options(networked),
  );
  if (packages.length === 0) return needed;
  return new roleClasses.packages(
    `${name}-further-packages`,
    { server: reference, names: [...packages].sort(), from: "debian" as const },
    options(needed),
  );
}

interface ImageVolumes {
  /** What makes a server's disk one over the image's. */
  readonly base: Pick<libvirt.VolumeArgs, "baseVolumeId" | "size" | "xml">;
  /** How a domain boots the image. */
  readonly boot: Pick<libvirt.DomainArgs, "kernel" | "initrd" | "cmdlines">;
}

/** Makes a volume one over a qcow2 file outside the pool: the provider's own base volumes are in a pool. */
const overFile = (path: string): string => `<?xml version="1.0"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:output omit-xml-declaration="yes" indent="yes"/>
  <xsl:template match="@*|node()"><xsl:copy><xsl:apply-templates select="@*|node()"/></xsl:copy></xsl:template>
  <xsl:template match="volume">
    <xsl:copy>
      <xsl:apply-templates select="@*|node()"/>
      <backingStore><path>${path}</path><format type="qcow2"/></backingStore>
    </xsl:copy>
  </xsl:template>
</xsl:stylesheet>
`;

const volumes = new WeakMap<MadeImage, ImageVolumes>();

/**
 * An image's files in the lab's storage pool, once per image. On another machine the image is in that machine's cache, where all labs use it: it was sent
 * there once.
 */
function imageVolumes({
  image: made,
  place,
  host,
  networks,
}: Pick<Surroundings, "image" | "place" | "host" | "networks">): ImageVolumes {
  const known = volumes.get(made);
  if (known) return known;
  const { name: prefix, image, cloud } = made;
  const options = { provider: networks.provider, deletedWith: host, deleteBeforeReplace: true };
  const upload = (file: string, source: pulumi.Input<string>, format: string) => {
    const name = `${prefix}.${file}`;
    return new libvirt.Volume(name, { name, pool: networks.pool.name, source, format }, options);
  };
  const cmdlines = image.acceleration.apply((kind) => libvirtCommandLine(kind as "kvm" | "qemu"));
  const files: ImageVolumes = cloud
    ? { base: { baseVolumeId: upload("disk.qcow2", cloud.disk, "qcow2").id }, boot: {} } // a cloud image boots by its own loader
    : place.kind === "remote"
      ? {
          base: { size: diskSize, xml: { xslt: image.disk.apply(overFile) } },
          boot: { kernel: image.kernel, initrd: image.initrd, cmdlines },
        }
      : {
          base: { baseVolumeId: upload("disk.qcow2", image.disk, "qcow2").id },
          boot: {
            kernel: upload("kernel.vmlinuz", image.kernel, "raw").id,
            initrd: upload("kernel.initrd", image.initrd, "raw").id,
            cmdlines,
          },
        };
  volumes.set(made, files);
  return files;
}
