import { createHash } from "node:crypto";
import { access, mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import { defineResource } from "../resource.ts";
import { runOnHost } from "./command.ts";
import { labHostRef, openHost, SEGMENT } from "./reach.ts";

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
    const directory = join(host.directory, "seeds");
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const scratch = await mkdtemp(join(directory, ".new-"));
    try {
      const files = { "user-data": seed.userData, "meta-data": seed.metaData, "network-config": seed.networkConfig };
      for (const [file, text] of Object.entries(files)) await writeFile(join(scratch, file), text, { mode: 0o600 });
      const iso = join(scratch, "seed.iso");
      const paths = Object.keys(files).map((file) => join(scratch, file));
      const words = ["genisoimage", "-quiet", "-volid", "cidata", "-joliet", "-rock", "-output", iso, ...paths];
      await runOnHost(openHost(host), SEGMENT, words);
      await removeSeeds(host.directory, name);
      await rename(iso, pathOf(host.directory, name, seed));
    } finally {
      await rm(scratch, { recursive: true });
    }
  },

  async remove({ host, name }) {
    await removeSeeds(host.directory, name);
  },
});

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
