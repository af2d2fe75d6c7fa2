import { defaultOs, type GuestOs, guestOses, type Lab } from "../lab/index.ts";
import { classes, imageKey, type LabHostRef } from "../provision/index.ts";

const { CloudImage, GuestImage } = classes;

/** The image of the servers with one operating system. */
export interface MadeImage {
  readonly os: GuestOs;
  /** Prefix of the names of its volumes. A server's name is a label without dots, and theirs have two. */
  readonly name: string;
  readonly image: InstanceType<typeof GuestImage>;
  /** The image of the disks, where it is not `image`, of which then the package pool is used, and its kernel to find out the acceleration. */
  readonly cloud?: InstanceType<typeof CloudImage>;
}

/** An image for each operating system of a lab, by it. */
export async function makeImages(
  { servers, image: { packages, url, checksum } }: Lab,
  place: LabHostRef,
): Promise<ReadonlyMap<GuestOs, MadeImage>> {
  // What runs guests there is not this machine's own QEMU.
  const elsewhere = place.kind === "private" ? {} : { host: place };
  // The rules see to it that there is one operating system then.
  const cloud =
    url !== undefined && checksum !== undefined ? { cloud: new CloudImage("cloud-image", { url, checksum }) } : {};
  const used = guestOses.filter((os) => servers.some((server) => server.os === os));
  const made = await Promise.all(
    used.map(async (os): Promise<[GuestOs, MadeImage]> => {
      // Its name does not depend on the other servers of the lab: they may come and go.
      const name = os === defaultOs ? "image" : `image-${os}`;
      const image = new GuestImage(name, { ...elsewhere, os, packages, key: await imageKey({ os, packages }) });
      return [os, { os, name, image, ...cloud }];
    }),
  );
  return new Map(made);
}
