import { existsSync } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { guestOses } from "../../lab/index.ts";
import {
  damageIn,
  leftIn,
  lockOf,
  moveAside,
  removeTree,
  removeUnlessUsed,
  type Store,
} from "../../provision/host/build.ts";
import { imageStore } from "../../provision/host/image/build.ts";
import { cloudImageStore } from "../../provision/host/image/cloud-image.ts";
import { imageKey } from "../../provision/host/image/recipe.ts";
import { usersOf } from "../../provision/host/machine/processes.ts";
import { runningHosts, surveyLab } from "../../provision/host/survey.ts";
import { userlandKey } from "../../provision/host/userland/recipe.ts";
import { userlandStore } from "../../provision/host/userland/userland.ts";
import { cacheRoot } from "../../provision/paths.ts";
import { toolchainDirectory, toolchainKey } from "../../setup/toolchain/locate.mjs";
import { FIX, type Finding } from "./finding.ts";
import { ifFree, isLocked } from "./locks.ts";

/** Directories of builds, named by key, and the keys that this checkout uses. */
interface Kept {
  readonly what: string;
  readonly directory: string;
  readonly wanted: readonly string[];
  /** The lock for building or removing there, or for one key. */
  readonly lockFor: (key: string) => string;
}

const KEY = /^[0-9a-f]{16}$/;

/** Incomplete, damaged or unused directories in the cache. */
export async function cacheFindings(): Promise<Finding[]> {
  const images = imageStore();
  const userlands = userlandStore();
  // Which of them a lab file names is not known here: none counts as unused.
  const clouds = cloudImageStore();
  const cloudKeys = (await namesIn(clouds.directory)).filter((name) => /^sha\d+-[0-9a-f]+$/.test(name));
  const recipes = guestOses.flatMap((os) => (["plain", "baked"] as const).map((packages) => ({ os, packages })));
  const imageKeys = await Promise.all(recipes.map(imageKey));
  const toolchains = join(toolchainDirectory(), "..");
  const kept: readonly Kept[] = [
    { what: "guest image", directory: images.directory, wanted: imageKeys, lockFor: () => lockOf(images) },
    { what: "userland", directory: userlands.directory, wanted: [userlandKey()], lockFor: () => lockOf(userlands) },
    {
      what: "toolchain",
      directory: toolchains,
      wanted: [toolchainKey()],
      lockFor: (key) => join(toolchains, `${key}.lock`),
    },
  ];
  const findings: Finding[] = [];
  for (const store of [images, userlands, clouds]) findings.push(...(await leftovers(store)));
  for (const folder of [toolchains, join(cacheRoot(), "sdk")]) findings.push(...(await halfMade(folder)));
  for (const [store, keys, what] of [
    [images, imageKeys, "guest image"],
    [userlands, [userlandKey()], "userland"],
    [clouds, cloudKeys, "cloud image"],
  ] as const)
    for (const key of keys) findings.push(...(await damaged(store, key, what)));
  for (const one of kept) findings.push(...(await unused(one)));
  return findings;
}

/** Remains of interrupted builds and replaced damaged directories in a store. */
async function leftovers(store: Store): Promise<Finding[]> {
  if (isLocked(lockOf(store))) return [];
  const left = (await leftIn(store)).filter((directory) => usersOf(directory).length === 0);
  return await Promise.all(
    left.map(async (directory): Promise<Finding> => {
      const repair = () =>
        ifFree(lockOf(store), async () => {
          if (!(await removeUnlessUsed(directory))) throw new Error("a process now uses it");
        });
      return halfMadeFinding(directory, await sizeOf(directory), repair);
    }),
  );
}

/** Remains of an interrupted set-up of a toolchain or an SDK: `KEY.partial`, and Go's caches, `KEY.go`. */
async function halfMade(folder: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const name of await namesIn(folder)) {
    const [, key] = /^([0-9a-f]{16})\.(?:partial|go)$/.exec(name) ?? [];
    const lock = join(folder, `${key}.lock`);
    if (key === undefined || isLocked(lock)) continue;
    const directory = join(folder, name);
    findings.push(halfMadeFinding(directory, await sizeOf(directory), () => ifFree(lock, () => removeTree(directory))));
  }
  return findings;
}

const halfMadeFinding = (directory: string, size: number, repair: () => Promise<void>): Finding => ({
  kind: "half-made",
  level: "warning",
  problem: `${directory} (${inMegabytes(size)}) was left by an interrupted build.`,
  fix: FIX,
  repair,
});

/** A built directory that has changed since its build. */
async function damaged(store: Store, key: string, what: string): Promise<Finding[]> {
  const damage = await damageIn(store, key);
  if (damage === undefined) return [];
  const directory = join(store.directory, key);
  const about = {
    kind: "damaged",
    level: "warning",
    problem: `The ${what} ${directory} has changed since its build: ${damage}.`,
  } as const;
  // Guests of a running lab install packages from it: it must not be missing for long.
  const stack = labsWithPackagesIn(directory)[0];
  if (stack !== undefined) return [{ ...about, fix: `npm run up -- -s ${stack}, which rebuilds it` }];
  const repair = () =>
    ifFree(lockOf(store), async () => {
      if ((await damageIn(store, key)) === undefined) return;
      await moveAside(store, key);
      for (const left of await leftIn(store)) await removeUnlessUsed(left);
    });
  return [{ ...about, problem: `${about.problem} It is rebuilt when needed.`, fix: FIX, repair }];
}

/** Builds of other versions of the project's sources, or of other checkouts. */
async function unused({ what, directory: folder, wanted, lockFor }: Kept): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const key of await namesIn(folder)) {
    if (!KEY.test(key) || wanted.includes(key)) continue;
    const directory = join(folder, key);
    const problem = `The ${what} ${directory} (${inMegabytes(await sizeOf(directory))}) is not used by this checkout.`;
    const labs = labsWithPackagesIn(directory);
    const inUse = labs.length > 0 || usersOf(directory).length > 0;
    const repair = () =>
      ifFree(lockFor(key), async () => {
        const gone = labsWithPackagesIn(directory).length === 0 && (await removeUnlessUsed(directory));
        if (!gone) throw new Error("a process now uses it");
      });
    findings.push({
      kind: "unused",
      level: "warning",
      ...(inUse
        ? {
            problem: `${problem} A running lab uses it.`,
            fix: `npm run down -- -s ${labs[0] ?? "STACK"}, then ${FIX}`,
          }
        : { problem, fix: FIX, repair }),
    });
  }
  return findings;
}

/** The running labs that serve packages from below a directory. */
const labsWithPackagesIn = (directory: string): string[] =>
  runningHosts()
    .filter((host) => surveyLab(host.directory).packages.some((pool) => pool.startsWith(`${directory}/`)))
    .map((host) => basename(host.directory));

const namesIn = async (folder: string): Promise<string[]> => (existsSync(folder) ? await readdir(folder) : []);

/** Disk usage of a directory in bytes, as far as this user may read it. */
async function sizeOf(path: string): Promise<number> {
  try {
    const entry = await lstat(path);
    const below = entry.isDirectory() ? await readdir(path) : [];
    let sum = entry.blocks * 512;
    for (const name of below) sum += await sizeOf(join(path, name));
    return sum;
  } catch {
    return 0;
  }
}

const inMegabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6)} MB`;
