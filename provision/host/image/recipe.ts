import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { defaultOs, type GuestOs } from "../../../lab/index.ts";
import { osFamilies } from "../../os.ts";

/** Virtual size of a guest's disk in bytes; the file is sparse. */
export const diskSize = 3 * 1024 ** 3;

/** Options of mke2fs(8). The journal is small, and there for killed guests: their disks are mounted again without a check. */
export const ext4Options = ["-L", "root", "-m", "0", "-J", "size=16", "-E", "root_owner=0:0"] as const;

/** Options of mmdebstrap(1). The overlay's own configuration files, put there before their packages are unpacked, stay. */
export const mmdebstrapOptions = ["--variant=minbase", "--dpkgopt=force-confold"] as const;

/** What every guest has beyond a minimal Debian: enough to be reached, looked at and repaired. */
export const basePackages = (os: GuestOs): readonly string[] => [
  "systemd-sysv",
  "udev",
  "dbus",
  "linux-image-cloud-amd64",
  "initramfs-tools",
  "busybox-static",
  "openssh-server",
  "openssh-client",
  ...toolPackages(os),
];

/** What checks, faults and people use on a guest. They come over SSH where the image is not the lab's own. */
export const toolPackages = (os: GuestOs): readonly string[] => [
  "ca-certificates",
  "iproute2",
  "iputils-ping",
  "curl",
  "tcpdump",
  ...osFamilies[os].nftables.packages,
  "procps",
  "less",
  "nano",
];

/** The packages of the lab's roles: always in the package pool, in the image only when it is baked. Their order is part of the image's key. */
export function labPackages(os: GuestOs): readonly string[] {
  const { httpd, ipvsadm, arptables, keepalived, mail } = osFamilies[os];
  return [httpd, ipvsadm, arptables, keepalived, mail].flatMap(({ packages }) => packages);
}

/** A way to make the guest image. */
export interface Recipe {
  /** Default: the lab's default. */
  os?: GuestOs;
  /**
   * `plain`: the lab's packages are installed over SSH, as on any Debian; only their dependencies are there.
   * `baked`: they are in the image with their services disabled, so that `apt-get install` finds nothing to do.
   */
  packages: "plain" | "baked";
}

/** The directory with everything that shapes a guest: overlay files, initramfs, build hooks. */
export const guestDirectory = join(import.meta.dirname, "guest");

/**
 * What a release needs beside that: a directory with a mmdebstrap hook `customize`, which runs before the common one. An image's key covers the
 * directory of its own release alone.
 */
export const releaseDirectories: Readonly<Partial<Record<GuestOs, string>>> = {
  "debian-13": join(import.meta.dirname, "debian-13"),
};

/**
 * The cache key of an image: a hash over the recipe's files, package lists and variant.
 * The state of the Debian mirror is not in it: an image stays as it is until the recipe changes or the cache is cleared.
 */
export async function imageKey({ packages, os = defaultOs }: Recipe): Promise<string> {
  const hash = createHash("sha256");
  const { suite } = osFamilies[os].release;
  const lists = [basePackages(os), labPackages(os)];
  hash.update(JSON.stringify([packages, suite, diskSize, ext4Options, mmdebstrapOptions, ...lists]));
  const own = releaseDirectories[os];
  for (const directory of [guestDirectory, ...(own === undefined ? [] : [own])]) {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    for (const file of files.sort()) hash.update(`\0${relative(directory, file)}\0`).update(await readFile(file));
  }
  return hash.digest("hex").slice(0, 16);
}
