import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { buildOnce, damageIn, isBuilt, type Store } from "../../../../provision/host/build.ts";
import { cachedGuestImage, imageStore } from "../../../../provision/host/image/build.ts";
import { imageKey } from "../../../../provision/host/image/recipe.ts";
import { describeUserland, userland, userlandStore } from "../../../../provision/host/userland/userland.ts";
import { aUserOf } from "./a-user-of.ts";

let cache: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), "lvs-lab-cache-"));
  vi.stubEnv("LVS_LAB_CACHE", cache);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true });
});

/** Builds a directory of these files, and counts how often it is built. */
async function make(store: Store, name: string, files: Record<string, string>) {
  let builds = 0;
  const said: string[] = [];
  const build = async (scratch: string) => {
    builds++;
    for (const [path, text] of Object.entries(files)) {
      await mkdir(join(scratch, "result", path, ".."), { recursive: true });
      await writeFile(join(scratch, "result", path), text);
    }
  };
  const directory = await buildOnce({ store, name, build }, { onProgress: (message) => said.push(message) });
  return { directory, builds, said: said.join("\n") };
}

const image = { "disk.qcow2": "disk".repeat(1000), vmlinuz: "kernel", initrd: "initrd", "pool/a.deb": "a package" };
const tree = { "root/usr/bin/qemu": "program".repeat(100), "root/etc/hosts": "", "tools/virsh": "script" };

describe.each([
  ["a guest image", imageStore, image, "disk.qcow2"],
  ["a userland", userlandStore, tree, "root/usr/bin/qemu"],
] as const)("%s in the cache", (_what, storeOf, files, file) => {
  const key = "0123456789abcdef";

  it("is built once", async () => {
    expect((await make(storeOf(), key, files)).builds).toBe(1);
    expect(await make(storeOf(), key, files)).toMatchObject({ builds: 0, said: "" });
    expect(await isBuilt(storeOf(), key)).toBe(true);
  });

  it.each([
    ["has a truncated file", (directory: string) => truncate(join(directory, file), 3)],
    ["has an empty file", (directory: string) => truncate(join(directory, file), 0)],
    ["lacks a file", (directory: string) => rm(join(directory, file))],
    ["has a file too many", (directory: string) => writeFile(join(directory, "more"), "")],
    ["has no manifest", (directory: string) => rm(join(directory, "manifest.json"))],
    ["has half a manifest", (directory: string) => truncate(join(directory, "manifest.json"), 5)],
    ["has a manifest of nothing", (directory: string) => writeFile(join(directory, "manifest.json"), "null")],
  ])("that %s is built anew", async (_damage, damage) => {
    const { directory } = await make(storeOf(), key, files);
    await damage(directory);
    expect(await isBuilt(storeOf(), key)).toBe(false);
    expect(await damageIn(storeOf(), key)).toBeDefined();
    const again = await make(storeOf(), key, files);
    expect(again).toMatchObject({ directory, builds: 1 });
    expect(again.said).toContain(`in the cache (${directory}) is damaged: `);
    expect(await readFile(join(directory, file), "utf8")).toBe((files as Record<string, string>)[file]);
    expect(await isBuilt(storeOf(), key)).toBe(true);
    // Nothing else is left.
    expect((await readdir(storeOf().directory)).sort()).toEqual([".lock", key]);
  });

  it("that is damaged stays, moved aside, while somebody uses it", async () => {
    const { directory } = await make(storeOf(), key, files);
    await truncate(join(directory, file), 3);
    const user = await aUserOf(directory);
    expect((await make(storeOf(), key, files)).builds).toBe(1);
    const aside = (await readdir(storeOf().directory)).filter((name) => name.startsWith(".damaged."));
    expect(aside).toHaveLength(1);
    await user.end();
    // The next build removes it.
    await rm(join(directory, file));
    await make(storeOf(), key, files);
    expect((await readdir(storeOf().directory)).sort()).toEqual([".lock", key]);
  });

  it("that could not be built is not there, and a damaged one keeps its name until another is built", async () => {
    const { directory } = await make(storeOf(), key, files);
    await truncate(join(directory, file), 3);
    const failing = { store: storeOf(), name: key, build: () => Promise.reject(new Error("no mirror")) };
    await expect(buildOnce(failing)).rejects.toThrow("no mirror");
    expect(existsSync(directory)).toBe(true);
    await expect(buildOnce({ ...failing, name: "another" })).rejects.toThrow("no mirror");
    expect((await readdir(storeOf().directory)).sort()).toEqual([".lock", key]);
  });
});

describe("the damage", () => {
  const key = "0123456789abcdef";

  it("of an image names the file and both sizes", async () => {
    const { directory } = await make(imageStore(), key, image);
    await truncate(join(directory, "disk.qcow2"), 10);
    expect(await damageIn(imageStore(), key)).toBe("disk.qcow2: 10 instead of 4000");
    await rm(join(directory, "pool/a.deb"));
    expect(await damageIn(imageStore(), key)).toBe("disk.qcow2: 10 instead of 4000, and 1 more");
  });

  it("of a userland is in numbers", async () => {
    const { directory } = await make(userlandStore(), key, tree);
    await rm(join(directory, "tools/virsh"));
    expect(await damageIn(userlandStore(), key)).toBe("files: 2 instead of 3, and 1 more");
  });

  it("is none of what is not there, and none by what a link leads to", async () => {
    expect(await damageIn(imageStore(), key)).toBeUndefined();
    const build = async (scratch: string) => {
      await mkdir(join(scratch, "result"));
      await symlink("/nowhere", join(scratch, "result/link"));
    };
    await buildOnce({ store: userlandStore(), name: key, build });
    expect(await damageIn(userlandStore(), key)).toBeUndefined();
  });
});

it("the guest image of a recipe counts as cached while it is whole", async () => {
  const recipe = { packages: "plain" } as const;
  expect(await cachedGuestImage(recipe)).toBeUndefined();
  const key = await imageKey(recipe);
  const { directory } = await make(imageStore(), key, image);
  expect(await cachedGuestImage(recipe)).toMatchObject({ key, disk: join(directory, "disk.qcow2") });
  await truncate(join(directory, "disk.qcow2"), 10);
  expect(await cachedGuestImage(recipe)).toBeUndefined();
});

it("the userland is used as it is while it is whole, and counted once a process", async () => {
  const { key, root } = describeUserland();
  await make(userlandStore(), key, tree);
  expect((await userland()).root).toBe(root);
  await chmod(join(root, "usr"), 0); // an ordinary user could not count any more
  expect((await userland()).root).toBe(root);
  await chmod(join(root, "usr"), 0o755);
});
