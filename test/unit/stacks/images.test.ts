import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { imageKey } from "../../../provision/host/image/recipe.ts";

interface Declared {
  readonly type: string;
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: inputs of many kinds
  readonly inputs: any;
}

/** What the Pulumi program declares for the stack of a lab of labs/. */
async function declaredFor(stack: string): Promise<Declared[]> {
  const program = join(import.meta.dirname, "declared.ts");
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", program, stack], {
    env: { ...process.env, LVS_LAB_STATE: "/lab-state" },
    maxBuffer: 2 ** 24,
  });
  return JSON.parse(stdout) as Declared[];
}

it("a lab with two releases has an image, a package pool and volumes for each, and each server has its own", async () => {
  const declared = await declaredFor("debian-13");
  const inputs = (type: string, name: string) => declared.find((one) => one.type === type && one.name === name)?.inputs;
  const named = (type: string) => declared.filter((one) => one.type === type).map(({ name }) => name);

  expect(named("lvs:index:GuestImage")).toEqual(["image", "image-debian-13"]);
  expect(inputs("lvs:index:GuestImage", "image").key).toBe(await imageKey({ packages: "baked" }));
  expect(inputs("lvs:index:GuestImage", "image-debian-13")).toMatchObject({
    os: "debian-13",
    packages: "baked",
    key: await imageKey({ packages: "baked", os: "debian-13" }),
  });
  expect(inputs("lvs:index:LabHost", "host").packages).toEqual({ "debian-12": "/pool", "debian-13": "/pool" });

  const volume = "libvirt:index/volume:Volume";
  const domain = "libvirt:index/domain:Domain";
  for (const [server, prefix] of [
    ["server1", "image-debian-13"],
    ["server2", "image-debian-13"],
    ["server3", "image"],
    ["server4", "image"],
  ]) {
    expect(inputs(volume, `${server}.disk`).baseVolumeId).toBe(`${prefix}.disk.qcow2`);
    expect(inputs(domain, `${server}`)).toMatchObject({
      kernel: `${prefix}.kernel.vmlinuz`,
      initrd: `${prefix}.kernel.initrd`,
    });
    expect(inputs("lvs:index:BaseSystem", `${server}-base`).server.os).toBe(
      prefix === "image" ? "debian-12" : "debian-13",
    );
  }
});
