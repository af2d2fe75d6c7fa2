import { existsSync } from "node:fs";
import { mkdir, readdir, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { cacheFindings } from "../../../../cli/doctor/cache.ts";
import { FIX, type Finding } from "../../../../cli/doctor/finding.ts";
import { buildOnce, lockOf, type Store } from "../../../../provision/host/build.ts";
import { cachedGuestImage, imageStore } from "../../../../provision/host/image/build.ts";
import { cloudImageStore } from "../../../../provision/host/image/cloud-image.ts";
import { imageKey } from "../../../../provision/host/image/recipe.ts";
import { userlandKey } from "../../../../provision/host/userland/recipe.ts";
import { userlandStore } from "../../../../provision/host/userland/userland.ts";
import { withLock } from "../../../../setup/lock.mjs";
import { toolchainDirectory } from "../../../../setup/toolchain/locate.mjs";
import { aState, told } from "../../../unit/cli/doctor/a-state.ts";
import { aLabHost } from "../../../unit/provision/host/a-lab-host.ts";
import { aUserOf } from "../../provision/host/a-user-of.ts";

const OLD = "0123456789abcdef";

let own: Awaited<ReturnType<typeof aState>>;
beforeEach(async () => {
  own = await aState();
});

/** A directory of two megabytes. */
async function fill(directory: string): Promise<string> {
  await mkdir(join(directory, "below"), { recursive: true });
  await writeFile(join(directory, "below/file"), "x".repeat(2_000_000));
  return directory;
}

const built = (store: Store, name: string) =>
  buildOnce({ store, name, build: (scratch) => fill(join(scratch, "result")) });

const problems = (findings: readonly Finding[]) => findings.map(({ problem }) => problem);

it("nothing is found in a cache that is not there, nor in one that is as it should be", async () => {
  expect(await cacheFindings()).toEqual([]);
  expect(existsSync(own.cache)).toBe(false);
  await built(imageStore(), await imageKey({ packages: "plain" }));
  await built(imageStore(), await imageKey({ packages: "baked" }));
  await built(userlandStore(), userlandKey());
  await built(cloudImageStore(), `sha256-${"0".repeat(64)}`);
  await fill(toolchainDirectory());
  await writeFile(`${toolchainDirectory()}.lock`, "");
  for (const other of ["images/notes", "userland/notes", "toolchain/notes", "sdk/0123456789abcdef", "debian", "logs"])
    await fill(join(own.cache, other));
  expect(await cacheFindings()).toEqual([]);
});

describe("what an interrupted build left", () => {
  const places = [
    ["of an image", () => join(imageStore().directory, ".building"), () => lockOf(imageStore())],
    ["of a userland", () => join(userlandStore().directory, ".building"), () => lockOf(userlandStore())],
    ["of a download", () => join(cloudImageStore().directory, ".building"), () => lockOf(cloudImageStore())],
    ["of a damaged image", () => join(imageStore().directory, `.damaged.${OLD}.1`), () => lockOf(imageStore())],
    ["of a toolchain", () => `${toolchainDirectory()}.partial`, () => `${toolchainDirectory()}.lock`],
    ["of Go's caches", () => `${toolchainDirectory()}.go`, () => `${toolchainDirectory()}.lock`],
    ["of an SDK", () => join(own.cache, `sdk/${OLD}.partial`), () => join(own.cache, `sdk/${OLD}.lock`)],
  ] as const;

  it.each(places)("%s is found with its size, and removed", async (_of, placeOf) => {
    const directory = await fill(placeOf());
    const [finding, ...others] = await cacheFindings();
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ kind: "half-made", level: "warning", fix: FIX });
    expect(finding?.problem).toMatch(new RegExp(`^${directory} \\([23] MB\\) was left by an interrupted build\\.$`));
    await finding?.repair?.();
    expect(existsSync(directory)).toBe(false);
    expect(await cacheFindings()).toEqual([]);
  });

  it.each(places)("%s is not touched while somebody holds the lock", async (_of, placeOf, lock) => {
    const directory = await fill(placeOf());
    const [finding] = await cacheFindings();
    await withLock(lock(), async () => {
      expect(await cacheFindings()).toEqual([]);
      await expect(finding?.repair?.()).rejects.toThrow("is locked by another process");
    });
    expect(existsSync(directory)).toBe(true);
  });

  it("is not touched while somebody uses it", async () => {
    const directory = await fill(join(userlandStore().directory, `.damaged.${OLD}.1`));
    const user = await aUserOf(directory);
    expect(await cacheFindings()).toEqual([]);
    await user.end();
    const [finding] = await cacheFindings();
    await aUserOf(directory);
    await expect(finding?.repair?.()).rejects.toThrow("a process now uses it");
    expect(existsSync(join(directory, "below/file"))).toBe(true);
  });
});

describe("what this checkout does not use", () => {
  const kinds = [
    ["guest image", () => imageStore().directory],
    ["userland", () => userlandStore().directory],
    ["toolchain", () => join(own.cache, "toolchain")],
  ] as const;

  it.each(kinds)("a %s is found with its size, and removed", async (what, folder) => {
    const directory = await fill(join(folder(), OLD));
    const [finding, ...others] = await cacheFindings();
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ kind: "unused", level: "warning", fix: FIX });
    expect(finding?.problem).toMatch(
      new RegExp(`^The ${what} ${directory} \\([23] MB\\) is not used by this checkout\\.$`),
    );
    await finding?.repair?.();
    expect(await readdir(folder())).not.toContain(OLD);
  });

  it.each(kinds)("a %s stays while a process uses it", async (_what, folder) => {
    const directory = await fill(join(folder(), OLD));
    const [before] = await cacheFindings();
    await aUserOf(join(directory, "below"));
    const [finding] = await cacheFindings();
    expect(finding?.repair).toBeUndefined();
    expect(finding?.problem).toContain("A running lab uses it.");
    await expect(before?.repair?.()).rejects.toThrow("a process now uses it");
    expect(existsSync(join(directory, "below/file"))).toBe(true);
  });

  it.each(["packages", "packages-debian-13"])("an image stays while a lab that runs hands out its %s", async (link) => {
    const directory = await fill(join(imageStore().directory, OLD));
    await aLabHost(own.lab("ha"));
    await symlink(join(directory, "pool"), join(own.lab("ha"), link));
    const [finding] = await cacheFindings();
    expect(finding?.repair).toBeUndefined();
    expect(finding?.fix).toBe(`npm run down -- -s ha, then ${FIX}`);
  });
});

describe("what is damaged", () => {
  it.each([
    ["cloud image", cloudImageStore, async () => `sha512-${"ab".repeat(64)}`],
    ["guest image", imageStore, () => imageKey({ packages: "baked" })],
    ["userland", userlandStore, async () => userlandKey()],
  ] as const)("a %s is found, and taken away to be built anew", async (what, store, keyOf) => {
    const key = await keyOf();
    const directory = await built(store(), key);
    await truncate(join(directory, "below/file"), 1000);
    const [finding, ...others] = await cacheFindings();
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ kind: "damaged", level: "warning", fix: FIX });
    expect(finding?.problem).toMatch(
      new RegExp(
        `^The ${what} ${directory} has changed since its build: \\S+: 1000 instead of 2000000\\. It is rebuilt`,
      ),
    );
    await finding?.repair?.();
    expect((await readdir(store().directory)).filter((name) => name !== ".lock")).toEqual([]);
    await built(store(), key);
    await finding?.repair?.(); // what is whole stays
    expect(existsSync(directory)).toBe(true);
  });

  it("a userland that a lab host has mounted is moved aside, and stays with it", async () => {
    const directory = await built(userlandStore(), userlandKey());
    await truncate(join(directory, "below/file"), 1000);
    await aUserOf(directory);
    const [finding] = await cacheFindings();
    await finding?.repair?.();
    expect(existsSync(directory)).toBe(false);
    expect((await readdir(userlandStore().directory)).filter((name) => name.startsWith(".damaged."))).toHaveLength(1);
    expect(await cacheFindings()).toEqual([]);
  });

  it("an image whose packages a lab hands out is left to `up`, which builds first", async () => {
    const directory = await built(imageStore(), await imageKey({ packages: "plain" }));
    await rm(join(directory, "below/file"));
    await aLabHost(own.lab("ha"));
    await symlink(join(directory, "pool"), join(own.lab("ha"), "packages"));
    const findings = await cacheFindings();
    expect(told(findings)).toEqual(["warning damaged"]);
    expect(findings[0]?.fix).toBe("npm run up -- -s ha, which rebuilds it");
    expect(await cachedGuestImage({ packages: "plain" })).toBeUndefined();
    expect(problems(findings)[0]).toContain("below/file is missing");
  });
});
