import { join } from "node:path";
import { interfaceOn, type Network, readLab, type Server, withPrefix } from "../../lab/index.ts";
import type { GuestImage } from "../../provision/host/image/build.ts";
import { seed } from "../../provision/host/image/seed.ts";
import { type LabHost, openHost } from "../../provision/host/reach.ts";
import { seedImage } from "../../provision/host/seed-image.ts";
import { labDirectory, projectRoot } from "../../provision/paths.ts";
import { closeConnections, type ServerRef } from "../../provision/ssh/index.ts";
import { generateKeys } from "../../provision/ssh/key-pair.ts";
import { prepareImages } from "./images.ts";

/** A prepared guest that is not started yet. */
export interface PreparedGuest {
  readonly server: Server;
  /** Its seed, an ISO 9660 image. */
  readonly seed: string;
  readonly reference: ServerRef;
}

/** A lab host without Pulumi, and the images of a lab's guests, for contenders that start them in another way. */
export interface PlainHost {
  readonly directory: string;
  readonly access: LabHost;
  readonly image: GuestImage;
  readonly acceleration: ServerRef["acceleration"];
  /** The lab's one network. */
  readonly network: Network;
  /** The lab host's address on it, with its prefix length. */
  readonly hostAddress: string;
  readonly guests: readonly PreparedGuest[];
}

/** Starts a lab host for `work` and always ends it with everything that runs in it. The guests are those of bare-ha. */
export async function withPlainHost<T>(name: string, work: (host: PlainHost) => Promise<T>): Promise<T> {
  const lab = await readLab(join(projectRoot, "labs/bare-ha.yaml"));
  const [network] = lab.networks;
  const [hostAddress] = network?.hostAddresses ?? [];
  if (!network || hostAddress === undefined) throw new Error(`the lab ${lab.name} has no network`);
  const { plain: image, acceleration } = await prepareImages();
  const host = { kind: "private" as const, directory: labDirectory(`bench-${name}`) };
  const access = openHost(host);
  try {
    await access.start({ packages: { "debian-12": image.pool } });
    const user = await generateKeys("lvs-lab-bench");
    const guests = await Promise.all(
      lab.servers.map(async (server): Promise<PreparedGuest> => {
        const hostKey = await generateKeys(`root@${server.name}`);
        const files = seed({
          instanceId: `bench-${name}-${server.name}`,
          hostname: server.name,
          address: withPrefix(lab, server.management),
          mac: interfaceOn(server, network.name).mac,
          authorizedKeys: [user.publicKey],
          hostKey: { private: hostKey.privateKey, public: hostKey.publicKey },
        });
        const inputs = { host, name: server.name, seed: files };
        await seedImage.apply(inputs, undefined, () => {});
        const made = (await seedImage.observe(inputs, () => {})) as { path?: string } | undefined;
        if (!made?.path) throw new Error(`the seed of ${server.name} is not where it was put`);
        const reference = {
          host,
          name: server.name,
          os: server.os,
          address: server.management,
          hostKey: hostKey.publicKey.split(" ").slice(0, 2).join(" "),
          privateKey: user.privateKey,
          instance: `bench-${performance.now()}`,
          acceleration,
        };
        return { server, seed: made.path, reference };
      }),
    );
    return await work({
      directory: host.directory,
      access,
      image,
      acceleration,
      network,
      hostAddress: withPrefix(lab, hostAddress),
      guests,
    });
  } finally {
    await closeConnections();
    await access.destroy();
  }
}
