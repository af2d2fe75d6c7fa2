import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { $ } from "zx";
import { aptProxies, debianMirror } from "../../provision/host/machine/debian-mirror.ts";
import { withLock } from "../../setup/lock.mjs";
import { cacheRoot, projectRoot } from "../../setup/paths.mjs";

export type Suite = "bookworm" | "trixie";

/** Ordinary users, each with a range of subordinate IDs. Only carol may use sudo, without a password. */
const users = ["alice", "bob", "carol"] as const;
export type User = (typeof users)[number];

/** bookworm's own Node (18) is too old for the project: `installNode` brings another. */
const packages: Record<Suite, readonly string[]> = {
  bookworm: [],
  trixie: ["nodejs", "npm"],
};
const commonPackages = [
  ...["systemd", "systemd-sysv", "libpam-systemd", "dbus", "udev", "kmod", "iproute2", "procps", "nftables"],
  ...["sudo", "uidmap", "ca-certificates", "git", "mmdebstrap"],
];

const masked = [
  // These would change the machine's kernel settings and devices.
  ...["systemd-sysctl.service", "systemd-udev-trigger.service"],
  // These start at random times.
  ...["apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer"],
];

const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** Size of a host's disk: a sparse file. */
const DISK_SIZE = "20G";

/** The folder of everything that hosts keep on the machine. */
export const hostsCache = (): string => join(cacheRoot(), "test-hosts");

/**
 * Copies a suite's image to a new disk; builds the image first if it is missing.
 * An image is one ext4 file: copying a tree of 45,000 files took half a minute.
 */
export async function copyHostImage(suite: Suite, disk: string): Promise<void> {
  const folder = join(hostsCache(), "images");
  const archives = await archivesOf(suite);
  const recipe = await readFile(join(projectRoot, "test/hosts/host-image.ts"));
  const key = createHash("sha256").update(recipe).update(archives.join()).digest("hex").slice(0, 16);
  const image = join(folder, `${suite}-${key}.ext4`);
  await withLock(join(folder, `${suite}.lock`), async () => {
    if (!existsSync(image)) {
      // Images of other recipes, and leftovers of killed builds.
      for (const name of await readdir(folder))
        if (name.startsWith(`${suite}-`)) await rm(join(folder, name), { recursive: true, force: true });
      await build(suite, archives, image);
    }
    await $({ quiet: true })`cp --sparse=auto --reflink=auto ${image} ${disk}`;
  });
}

/** The suite's archives, as `URI RELEASE`, on the mirror that the lab uses. */
async function archivesOf(suite: Suite): Promise<string[]> {
  const { debian, security } = await debianMirror();
  return [`${debian} ${suite}`, `${debian} ${suite}-updates`, `${security} ${suite}-security`];
}

const sourcesList = (archives: readonly string[], option: string): string[] =>
  archives.map((archive) => `deb [${option}] ${archive} main`);

async function build(suite: Suite, archives: readonly string[], image: string): Promise<void> {
  const directory = `${image}.root`;
  const signed = sourcesList(archives, `signed-by=${keyring}`);
  let result = await bootstrap(suite, signed, directory);
  // The keyring of an older Debian may lack the keys of a newer suite.
  if (result.exitCode !== 0 && /NO_PUBKEY|is not signed/.test(result.stderr))
    result = await bootstrap(suite, sourcesList(archives, "trusted=yes"), directory);
  if (result.exitCode !== 0) throw new Error(`mmdebstrap ${suite}: status ${result.exitCode}\n${result.stderr}`);
  const files: Record<string, string> = {
    hostname: "host\n",
    hosts: "127.0.0.1 localhost\n127.0.1.1 host\n::1 localhost ip6-localhost ip6-loopback\n",
    "default/locale": "LANG=C.UTF-8\n",
    "sudoers.d/carol": "carol ALL=(ALL) NOPASSWD: ALL\n",
    "apt/sources.list": `${signed.join("\n")}\n`,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, "etc", name), text);
  // Tells systemd that /etc and /var are up to date, as after a first boot.
  for (const folder of ["etc", "var"])
    await $({ quiet: true })`touch --reference ${join(directory, "usr")} ${join(directory, folder, ".updated")}`;
  await $({ quiet: true })`mke2fs -q -t ext4 -O ^has_journal -d ${directory} ${image}.partial ${DISK_SIZE}`;
  await rename(`${image}.partial`, image);
  await rm(directory, { recursive: true });
}

/** Runs mmdebstrap into an empty directory. */
async function bootstrap(suite: Suite, sources: readonly string[], directory: string) {
  await rm(directory, { recursive: true, force: true });
  const hooks = [
    ...users.map((user) => `chroot "$1" useradd --create-home --shell /bin/bash ${user}`),
    ...masked.map((unit) => `ln -s /dev/null "$1/etc/systemd/system/${unit}"`),
  ];
  const options = [
    "--variant=minbase",
    `--include=${[...commonPackages, ...packages[suite]].join(",")}`,
    ...(await aptProxies()).map((option) => `--aptopt=${option}`),
    ...hooks.map((hook) => `--customize-hook=${hook}`),
  ];
  return await $({ quiet: true, nothrow: true })`mmdebstrap ${options} ${suite} ${directory} ${sources}`;
}
