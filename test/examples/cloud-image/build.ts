import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type BuildOptions, buildOnce, removeTree, type Store, step } from "../../../provision/host/build.ts";
import { aptProxies, debianMirror, debianSources } from "../../../provision/host/machine/debian-mirror.ts";
import { sizesOfFiles } from "../../../provision/host/manifest.ts";
import { commandIn, userland } from "../../../provision/host/userland/userland.ts";
import { cacheRoot } from "../../../provision/paths.ts";

/** A Debian 12 as the Debian cloud team's images have it: real cloud-init, netplan, its own kernel and boot loader on a partitioned disk. */
export interface CloudImage {
  /** qcow2. */
  readonly file: string;
  /** As a lab file has it: `sha512:HEX`. */
  readonly checksum: string;
}

const SUITE = "bookworm";

/** None of what a lab needs is there beside these: no curl, tcpdump, nft, nor the dependencies of the roles' packages. */
const packages = [
  "systemd-sysv",
  "libpam-systemd",
  "udev",
  "dbus",
  "linux-image-cloud-amd64",
  "initramfs-tools",
  "grub-pc-bin",
  "grub-common",
  "cloud-init",
  "cloud-guest-utils",
  "fdisk",
  "netplan.io",
  "systemd-resolved",
  "openssh-server",
  "sudo",
  "ca-certificates",
  "iproute2",
];

const SECTOR = 512;
/** Bytes of the whole disk: cloud-init lets the root file system grow to what a server's disk has. */
const DISK = 2 * 1024 ** 3;
/** Where the one partition begins, in sectors. The boot loader is in front of it. */
const FIRST = 2048;

const store = (): Store => ({
  directory: join(cacheRoot(), "test-cloud-images"),
  what: "the cloud image of the tests",
  measure: sizesOfFiles,
});

/** Builds the image, or takes it from the cache: two minutes, 1.5 GB of disk meanwhile. Those of other recipes go. */
export async function buildCloudImage(options: BuildOptions = {}): Promise<CloudImage> {
  const name = await recipeKey();
  const directory = await buildOnce({ store: store(), name, build: (scratch) => build(scratch, options) }, options);
  const file = join(directory, "cloud.qcow2");
  const hash = createHash("sha512");
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return { file, checksum: `sha512:${hash.digest("hex")}` };
}

const sources = ["build.ts", "customize"].map((name) => join(import.meta.dirname, name));

async function recipeKey(): Promise<string> {
  const hash = createHash("sha256");
  for (const file of sources) hash.update(await readFile(file));
  return hash.digest("hex").slice(0, 16);
}

async function build(scratch: string, { onProgress }: BuildOptions): Promise<void> {
  const { directory } = store();
  for (const name of await readdir(directory)) if (/^[0-9a-f]{16}$/.test(name)) await removeTree(join(directory, name));
  const place = await userland({ onProgress });
  const at = (name: string) => join(scratch, name);
  const [root, raw, result] = [at("root"), at("disk.raw"), at("result")];
  await mkdir(result);
  const binds = [
    { from: scratch, write: true },
    { from: import.meta.dirname, to: "/recipe" },
  ];
  const env = { TMPDIR: scratch, LAB_OUTPUT: scratch };
  const run = (command: readonly string[]) =>
    step(commandIn(place, command, binds), { scratch, what: store().what, env, onProgress });
  onProgress?.(`building ${store().what} from Debian packages, two minutes`);
  await run([
    ...["mmdebstrap", "--mode=root", "--format=directory", "--variant=minbase"],
    ...["--aptopt=APT::Install-Recommends false", "--dpkgopt=path-exclude=/usr/share/man/*"],
    ...(await aptProxies()).map((setting) => `--aptopt=${setting}`),
    ...["--customize-hook=/recipe/customize", `--include=${packages.join(",")}`, SUITE, root],
    ...debianSources(await debianMirror(), SUITE),
  ]);
  await writeFile(raw, "");
  await truncate(raw, DISK);
  const blocks = (DISK - FIRST * SECTOR) / 1024;
  const options = ["-L", "cloudimg-root", "-m", "0", "-E", `offset=${FIRST * SECTOR},root_owner=0:0`];
  await run(["mke2fs", "-q", "-F", "-t", "ext4", ...options, "-d", root, raw, `${blocks}k`]);
  await writeBootSectors(raw, await readFile(at("boot.img")), await readFile(at("core.img")));
  await run(["qemu-img", "convert", "-O", "qcow2", raw, join(result, "cloud.qcow2")]);
}

/**
 * Writes the master boot record, with one active partition of Linux up to the end, and GRUB's core.img after it, where boot.img looks for it:
 * at sector 1. core.img knows its own length, and takes its sectors to follow one another (grub-core/boot/i386/pc/diskboot.S).
 */
async function writeBootSectors(raw: string, boot: Buffer, core: Buffer): Promise<void> {
  if (core.length > (FIRST - 1) * SECTOR)
    throw new Error(`core.img has ${core.length} bytes: it reaches into the partition`);
  const sector = Buffer.alloc(SECTOR);
  boot.copy(sector, 0, 0, 440);
  sector.writeUInt32LE(0x4c56534c, 440); // the disk's signature
  sector.set([0x80, 0xfe, 0xff, 0xff, 0x83, 0xfe, 0xff, 0xff], 446); // active, Linux; by LBA alone
  sector.writeUInt32LE(FIRST, 454);
  sector.writeUInt32LE((await stat(raw)).size / SECTOR - FIRST, 458);
  sector.writeUInt16LE(0xaa55, 510);
  const disk = await open(raw, "r+");
  try {
    await disk.write(sector, 0, SECTOR, 0);
    await disk.write(core, 0, core.length, SECTOR);
  } finally {
    await disk.close();
  }
}
