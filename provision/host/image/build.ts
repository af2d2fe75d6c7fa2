import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { access, mkdir, readFile, rename, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { withLock } from "../../../tools/lock.mjs";
import { cacheRoot } from "../../paths.ts";
import { debianSources, hostAptProxies, hostAptTargets } from "./debian-sources.ts";
import {
  basePackages,
  diskSize,
  ext4Options,
  guestDirectory,
  imageKey,
  labPackages,
  mmdebstrapOptions,
  type Recipe,
  suite,
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

export interface BuildOptions {
  /** Takes one line a step. */
  onProgress?: (message: string) => void;
  /**
   * A command that runs its arguments as (some) root, for a build by an ordinary user,
   * for example `unshare --user --map-root-user --map-auto`. As root: nothing.
   */
  asRoot?: readonly string[];
}

/** The guest image of a recipe if it has been built. */
export async function cachedGuestImage(recipe: Recipe): Promise<GuestImage | undefined> {
  const key = await imageKey(recipe);
  const image = describe(key, join(cacheRoot(), "images", key));
  return (await exists(image.directory)) ? image : undefined;
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
  const images = join(cacheRoot(), "images");
  const image = describe(key, join(images, key));
  if (await exists(image.directory)) return image;

  const { onProgress } = options;
  const build = async () => {
    if (await exists(image.directory)) return;
    // One name for all builds, under one lock: whatever an interrupted build left is found and removed by the next.
    const scratch = join(images, ".building");
    await removeTree(scratch, options);
    await mkdir(scratch, { recursive: true });
    try {
      await buildInto(scratch, recipe, options);
      await rename(join(scratch, "image"), image.directory);
    } finally {
      await removeTree(scratch, options);
    }
  };
  await withLock(join(images, ".lock"), build, {
    onWait: () => onProgress?.("waiting for another build of a guest image"),
  });
  return image;
}

function describe(key: string, directory: string): GuestImage {
  return {
    key,
    directory,
    disk: join(directory, "disk.qcow2"),
    kernel: join(directory, "vmlinuz"),
    initrd: join(directory, "initrd"),
    pool: join(directory, "pool"),
  };
}

async function buildInto(scratch: string, recipe: Recipe, options: BuildOptions): Promise<void> {
  const root = join(scratch, "root");
  const raw = join(scratch, "disk.raw");
  const image = join(scratch, "image");
  await mkdir(image);
  const sources = debianSources(await hostAptTargets());
  const proxies = await hostAptProxies();

  options.onProgress?.(`building the ${recipe.packages} guest image from Debian packages, one to three minutes`);
  const env = { LAB_VARIANT: recipe.packages, LAB_PACKAGES: labPackages.join(" "), LAB_OUTPUT: image };
  const hooks = ["setup", "customize"].map((hook) => `--${hook}-hook=${join(guestDirectory, "build", hook)}`);
  const aptOptions = proxies.map((setting) => `--aptopt=${setting}`);
  const include = `--include=${basePackages.join(",")}`;
  const debootstrap = ["mmdebstrap", "--mode=root", "--format=directory", ...mmdebstrapOptions];
  await step([...debootstrap, ...aptOptions, ...hooks, include, suite, root, ...sources], scratch, options, env);

  options.onProgress?.("making the disk");
  await writeFile(raw, "");
  await truncate(raw, diskSize);
  await step(["mke2fs", "-q", "-F", "-t", "ext4", ...ext4Options, "-d", root, raw], scratch, options);
  await step(["qemu-img", "convert", "-O", "qcow2", raw, join(image, "disk.qcow2")], scratch, options);
}

/**
 * Runs one command of the build, its output in the scratch directory's log, lines of the form `I: doing something...` as progress.
 * The command lives in mount and process namespaces that end with this process, so that a killed build leaves neither
 * a mount nor a process behind.
 */
async function step(
  command: string[],
  scratch: string,
  options: BuildOptions,
  env: NodeJS.ProcessEnv = {},
): Promise<void> {
  const log = join(scratch, "log");
  const dying = ["setpriv", "--pdeathsig", "KILL"];
  const namespaces = ["unshare", "--mount", "--mount-proc", "--pid", "--fork", "--kill-child"];
  const [program = "", ...args] = [...dying, ...(options.asRoot ?? []), ...namespaces, ...command];
  const child = spawn(program, args, {
    env: { ...process.env, LC_ALL: "C", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const file = createWriteStream(log, { flags: "a" });
  child.stdout.pipe(file, { end: false });
  child.stderr.pipe(file, { end: false });
  createInterface(child.stderr).on("line", (line) => {
    const [, message] = /^I: (.+)\.\.\.$/.exec(line) ?? [];
    if (message) options.onProgress?.(message);
  });
  const status = await new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.once("error", (cause) => reject(new Error(`cannot start ${program}`, { cause })));
    child.once("close", (code, signal) => resolve(code ?? signal));
  });
  await new Promise<void>((resolve) => file.end(() => resolve()));
  if (status !== 0) {
    const tail = (await readFile(log, "utf8")).trimEnd().split("\n").slice(-20).join("\n");
    throw new Error(
      `Building the guest image failed: ${command.join(" ")} ended with status ${status}. Its last lines:\n${tail}`,
    );
  }
}

async function removeTree(directory: string, options: BuildOptions): Promise<void> {
  if (!(await exists(directory))) return;
  const [program = "", ...args] = [
    ...(options.asRoot ?? []),
    "rm",
    "--recursive",
    "--force",
    "--one-file-system",
    directory,
  ];
  await new Promise<void>((resolve, reject) => {
    spawn(program, args, { stdio: "inherit" })
      .once("error", reject)
      .once("close", (code) => {
        if (code === 0) resolve();
        else
          reject(new Error(`cannot remove ${directory}, left behind by an image build: rm ended with status ${code}`));
      });
  });
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
