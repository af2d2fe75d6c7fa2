/**
 * A lab whose disks are over an image by URL: a Debian with real cloud-init and its own boot loader, made here and served on the loopback. `up` refuses
 * what has another checksum; with the right one all checks pass, and nothing is downloaded a second time.
 */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cloudImageStore } from "../../provision/host/image/cloud-image.ts";
import { reboot } from "../../verify/faults/reboot.ts";
import { eachFault, healed } from "../e2e/each-fault.ts";
import { changed, failures, TestStack } from "../e2e/stack.ts";
import { buildCloudImage, type CloudImage } from "./cloud-image/build.ts";
import { cachedAt, forget, type ServedImage, serveImage } from "./cloud-image/serve.ts";

const MINUTES = 60_000;
const servers = ["server1", "server2", "server3"];

const stack = new TestStack("cloud-image");
let image: CloudImage;
let served: ServedImage;

beforeAll(async () => {
  image = await buildCloudImage({ onProgress: console.log });
  served = await serveImage(image.file);
  await forget(image); // of a run that was killed
}, 20 * MINUTES);

afterAll(async () => {
  await stack.remove();
  served?.close();
  if (image) await forget(image);
});

const labWith = (checksum: string): Promise<void> =>
  stack.lab("dr", (lab) => {
    lab.image = { url: served.url, checksum };
  });

const up = async (): Promise<string> => {
  const { status, stdout, stderr } = await stack.pulumi("up", "--yes", "--skip-preview");
  expect(status, stdout + stderr).toBe(0);
  return stdout;
};

test("`up` refuses an image with another checksum, says both, and keeps nothing of it", async () => {
  const wrong = `sha512:${"0".repeat(128)}`;
  await labWith(wrong);
  const { status, stdout, stderr } = await stack.lvs("up");
  expect(status).not.toBe(0);
  const said = stdout + stderr;
  expect(said).toContain(`The cloud image ${served.url} has another checksum`);
  expect(said).toContain(`wanted ${wrong}`);
  expect(said).toContain(`found  ${image.checksum}`);
  expect(served.requests).toBe(1);
  const kept = existsSync(cloudImageStore().directory) ? await readdir(cloudImageStore().directory) : [];
  expect(kept).not.toContain(".building");
  expect(kept).not.toContain(wrong.replace(":", "-"));
  expect(existsSync(cachedAt(image))).toBe(false);
});

test("with the right one the lab comes up, downloaded once", { timeout: 30 * MINUTES }, async () => {
  await labWith(image.checksum);
  const { status, stdout, stderr } = await stack.lvs("up");
  expect(status, stdout + stderr).toBe(0);
  expect(served.requests).toBe(2);
  expect(existsSync(cachedAt(image))).toBe(true);
});

test("each server was booted by the image's own loader, and set up by its cloud-init", async () => {
  for (const name of servers) {
    expect(await stack.on(name, "cat /proc/cmdline")).toContain("root=LABEL=cloudimg-root");
    expect(await stack.on(name, "cloud-init status")).toBe("status: done\n");
    expect(await stack.on(name, "cloud-init schema --system 2>&1")).toContain("Valid");
    expect(await stack.on(name, "hostname")).toBe(`${name}\n`);
    expect(await stack.on(name, "systemctl is-active systemd-networkd")).toBe("active\n");
    // The root file system has grown from 2 GiB.
    expect(Number(await stack.on(name, "stat --file-system --format '%b' /"))).toBeGreaterThan((7 * 2 ** 30) / 4096);
  }
});

test("every check passes", async () => {
  const results = await stack.check("--wait", "60");
  expect(failures(results)).toEqual([]);
  expect(results.length).toBeGreaterThan(5);
});

test("a second `up` and a `refresh` change nothing, and need no server to download from", async () => {
  served.close();
  expect(changed(await up())).toEqual([]);
  const { status, stdout, stderr } = await stack.pulumi("refresh", "--yes", "--skip-preview");
  expect(status, stdout + stderr).toBe(0);
  expect(changed(stdout)).toEqual([]);
  expect(changed(await up())).toEqual([]);
  expect(served.requests).toBe(2);
});

test("the VIP and the lab's names stay where systemd-networkd starts again, and where a server does", {
  timeout: 20 * MINUTES,
}, async () => {
  for (const name of servers) await stack.on(name, "systemctl restart systemd-networkd");
  expect(failures(await stack.check("--wait", "60"))).toEqual([]);
  expect(await eachFault(stack.name, [reboot])).toEqual(healed([reboot]));
  const again = await stack.lvs("fault inject", "reboot", "server2");
  expect(again.status, again.stderr).toBe(0);
  expect((await stack.lvs("heal")).status).toBe(0);
  expect(failures(await stack.check("--wait", "120"))).toEqual([]);
  expect(await stack.on("server2", "cat /etc/hosts")).toContain("172.25.254.11\tserver1\n");
});
