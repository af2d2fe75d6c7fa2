import { mkdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { defaultOs } from "../../../lab/index.ts";
import { osFamilies } from "../../os.ts";
import { cacheRoot } from "../../paths.ts";
import { type BuildOptions, buildOnce, isBuilt, type Store, step } from "../build.ts";
import { aptProxies, debianMirror, debianSources } from "../machine/debian-mirror.ts";
import { sizesOfFiles } from "../manifest.ts";
import { type Bind, commandIn, userland } from "../userland/userland.ts";
import {
  basePackages,
  diskSize,
  ext4Options,
  guestDirectory,
  imageKey,
  labPackages,
  mmdebstrapOptions,
  type Recipe,
  releaseDirectories,
} from "./recipe.ts";

/** A guest image in the cache. All paths are absolute. */
export interface GuestImage {
  /** Hash of the recipe; the name of the directory. */
  key: string;
  directory: string;
  /** qcow2, to be used as a read-only backing file. */
  disk: string;
  /** For direct kernel boot, with `kernelCommandLine`. */
  kernel: string;
  initrd: string;
  /** A flat apt repository of the lab's packages, relative to the plain image: `deb [trusted=yes] URL ./`. */
  pool: string;
}

/** Every guest image of the cache. */
export const imageStore = (): Store => ({
  directory: join(cacheRoot(), "images"),
  what: "a guest image",
  measure: sizesOfFiles,
});

/** The guest image of a recipe if it has been built, and is whole. */
export async function cachedGuestImage(recipe: Recipe): Promise<GuestImage | undefined> {
  const key = await imageKey(recipe);
  return (await isBuilt(imageStore(), key)) ? describe(key) : undefined;
}

/**
 * The guest image of a recipe, from the cache or built there from Debian's packages: one to three minutes,
 * 1.5 GB of disk meanwhile.
 * Safe to be called by many processes at once: one builds, the others wait for it.
 *
 * @throws when a step of the build fails, with its command and the last lines it wrote.
 */
export async function buildGuestImage(recipe: Recipe, options: BuildOptions = {}): Promise<GuestImage> {
  const key = await imageKey(recipe);
  const what = `the ${recipe.packages} guest image of ${osFamilies[recipe.os ?? defaultOs].title}`;
  await buildOnce(
    {
      store: { ...imageStore(), what },
      name: key,
      build: (scratch) => buildInto(scratch, { recipe, what, ...options }),
    },
    options,
  );
  return describe(key);
}

const describe = (key: string): GuestImage => describedIn(join(imageStore().directory, key), key);

/** The files of a guest image, of which the directory may be on another machine. */
export function describedIn(directory: string, key: string): GuestImage {
  return {
    key,
    directory,
    disk: join(directory, "disk.qcow2"),
    kernel: join(directory, "vmlinuz"),
    initrd: join(directory, "initrd"),
    pool: join(directory, "pool"),
  };
}

async function buildInto(
  scratch: string,
  { recipe, what, onProgress }: BuildOptions & { recipe: Recipe; what: string },
): Promise<void> {
  const place = await userland({ onProgress });
  const [root, raw, result] = ["root", "disk.raw", "result"].map((name) => join(scratch, name)) as [
    string,
    string,
    string,
  ];
  await mkdir(result);
  const { os = defaultOs } = recipe;
  const { suite } = osFamilies[os].release;
  const ofRelease = releaseDirectories[os];
  const binds: Bind[] = [
    { from: scratch, write: true },
    { from: guestDirectory, to: "/guest" },
    ...(ofRelease === undefined ? [] : [{ from: ofRelease, to: "/release" }]),
  ];
  const customize = [...(ofRelease === undefined ? [] : ["/release/customize"]), "/guest/build/customize"];
  const run = (command: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    step(commandIn(place, command, binds), {
      ...{ scratch, what, onProgress },
      env: { TMPDIR: scratch, ...env },
    });

  onProgress?.(`building ${what} from Debian packages, one to three minutes`);
  await run(
    [
      ...["mmdebstrap", "--mode=root", "--format=directory", ...mmdebstrapOptions],
      ...(await aptProxies()).map((setting) => `--aptopt=${setting}`),
      "--setup-hook=/guest/build/setup",
      ...customize.map((hook) => `--customize-hook=${hook}`),
      ...[`--include=${basePackages(os).join(",")}`, suite, root],
      ...debianSources(await debianMirror(), suite),
    ],
    { LAB_VARIANT: recipe.packages, LAB_PACKAGES: labPackages(os).join(" "), LAB_OUTPUT: result },
  );
  onProgress?.("making the disk");
  await writeFile(raw, "");
  await truncate(raw, diskSize);
  await run(["mke2fs", "-q", "-F", "-t", "ext4", ...ext4Options, "-d", root, raw]);
  await run(["qemu-img", "convert", "-O", "qcow2", raw, join(result, "disk.qcow2")]);
}
