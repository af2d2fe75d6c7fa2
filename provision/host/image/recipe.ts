import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { osFamilies } from "../../os.ts";

const { httpd, ipvsadm, arptables, keepalived, mail, nftables } = osFamilies.debian;

/** The Debian release of the guests. */
export const suite = "bookworm";

/** Virtual size of a guest's disk in bytes; the file is sparse. */
export const diskSize = 3 * 1024 ** 3;

/** Options of mke2fs(8). The journal is small, and there for killed guests: their disks are mounted again without a check. */
export const ext4Options = ["-L", "root", "-m", "0", "-J", "size=16", "-E", "root_owner=0:0"] as const;

/** Options of mmdebstrap(1). The overlay's own configuration files, put there before their packages are unpacked, stay. */
export const mmdebstrapOptions = ["--variant=minbase", "--dpkgopt=force-confold"] as const;

/** What every guest has beyond a minimal Debian: enough to be reached, looked at and repaired. */
export const basePackages: readonly string[] = [
  "systemd-sysv",
  "udev",
  "dbus",
  "linux-image-cloud-amd64",
  "initramfs-tools",
  "busybox-static",
  "openssh-server",
  "openssh-client",
  "ca-certificates",
  "iproute2",
  "iputils-ping",
  "curl",
  "tcpdump",
  ...nftables.packages,
  "procps",
  "less",
  "nano",
];

/** The packages of the lab's roles: always in the package pool, in the image only when it is baked. Their order is part of the image's key. */
export const labPackages: readonly string[] = [httpd, ipvsadm, arptables, keepalived, mail].flatMap(
  ({ packages }) => packages,
);

/** A way to make the guest image. */
export interface Recipe {
  /**
   * `plain`: the lab's packages are installed over SSH, as on any Debian; only their dependencies are there.
   * `baked`: they are in the image with their services disabled, so that `apt-get install` finds nothing to do.
   */
  packages: "plain" | "baked";
}

/** The directory with everything that shapes a guest: overlay files, initramfs, build hooks. */
export const guestDirectory = join(import.meta.dirname, "guest");

/**
 * The cache key of an image: a hash over the recipe's files, package lists and variant.
 * The state of the Debian mirror is not in it: an image stays as it is until the recipe changes or the cache is cleared.
 */
export async function imageKey(recipe: Recipe): Promise<string> {
  const hash = createHash("sha256");
  hash.update(
    JSON.stringify([recipe.packages, suite, diskSize, ext4Options, mmdebstrapOptions, basePackages, labPackages]),
  );
  const entries = await readdir(guestDirectory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const file of files.sort()) {
    hash.update(`\0${relative(guestDirectory, file)}\0`).update(await readFile(file));
  }
  return hash.digest("hex").slice(0, 16);
}
