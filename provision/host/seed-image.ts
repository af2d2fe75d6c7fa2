import { createHash } from "node:crypto";
import { access, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { defineResource } from "../resource.ts";
import { runOnHost } from "./command.ts";
import { type LabHost, labHostRef, openHost, SEGMENT } from "./reach.ts";

/**
 * A server's NoCloud seed as an ISO 9660 image. The libvirt provider's own cloud-init disk is not used: refreshing downloads it through a
 * libvirt stream, which sometimes hung when several were read at once, and `pulumi refresh` with it.
 */
export const seedImage = defineResource({
  type: "SeedImage",
  summary: "A server's cloud-init seed as a disk image: its name, address and keys.",
  where: z.object({ host: labHostRef }),
  want: z.object({
    /** The server's name. */
    name: z.string(),
    /** The files of the seed, in the form of cloud-init's NoCloud data source. */
    seed: z.object({ userData: z.string(), metaData: z.string(), networkConfig: z.string() }),
  }),
  facts: ["path", "file"],

  async observe({ host, name, seed }) {
    const path = pathOf(host.directory, name, seed);
    const there = await access(path).then(
      () => true,
      () => false,
    );
    return there ? { name, seed, path, file: basename(path) } : undefined;
  },

  async apply({ host, name, seed }) {
    const path = pathOf(host.directory, name, seed);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const made = `${path}.new`;
    try {
      await writeIso(openHost(host), seed, made);
      await removeSeeds(host.directory, name);
      await rename(made, path);
    } finally {
      await rm(made, { force: true });
    }
  },

  async remove({ host, name }) {
    await removeSeeds(host.directory, name);
  },
});

/**
 * Makes the image on the lab host, which has genisoimage, of files that it gets by standard input, one after the other. Pulumi reads the image on
 * this machine. The arguments are the files' sizes.
 */
const makeIso = `set -e
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
umask 077
for name in user-data meta-data network-config; do head -c "$1" >"$name"; shift; done
genisoimage -quiet -volid cidata -joliet -rock user-data meta-data network-config`;

async function writeIso(
  host: LabHost,
  { userData, metaData, networkConfig }: Readonly<Record<"userData" | "metaData" | "networkConfig", string>>,
  path: string,
): Promise<void> {
  const files = [userData, metaData, networkConfig].map((text) => Buffer.from(text));
  const command = ["bash", "-c", makeIso, "bash", ...files.map(({ length }) => String(length))];
  const made = await open(path, "w", 0o600);
  try {
    await runOnHost(host, SEGMENT, command, { input: Buffer.concat(files), output: made.fd });
  } finally {
    await made.close();
  }
}

/** The name contains a content hash: a changed seed is a new disk. */
const pathOf = (directory: string, name: string, seed: Record<string, string>): string =>
  join(
    directory,
    "seeds",
    `${name}-seed-${createHash("sha256").update(JSON.stringify(seed)).digest("hex").slice(0, 12)}.iso`,
  );

async function removeSeeds(directory: string, name: string): Promise<void> {
  const seeds = join(directory, "seeds");
  // Match the full name: another server may be called NAME-seed.
  const mine = new RegExp(`^${name}-seed-[0-9a-f]{12}\\.iso$`);
  const own = (await readdir(seeds).catch(() => [])).filter((file) => mine.test(file));
  for (const file of own) await rm(join(seeds, file));
}
