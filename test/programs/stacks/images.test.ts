import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { parse, stringify } from "yaml";
import { imageKey } from "../../../provision/host/image/recipe.ts";
import { projectRoot } from "../../../provision/paths.ts";
import { declaredFor } from "./a-program.ts";

it("a lab with two releases has an image, a package pool and volumes for each, and each server has its own", async () => {
  const declared = await declaredFor("debian-13");
  const inputs = (type: string, name: string) => declared.find((one) => one.type === type && one.name === name)?.inputs;
  // Sorted: they are registered as their keys are known.
  const named = (type: string) =>
    declared
      .filter((one) => one.type === type)
      .map(({ name }) => name)
      .sort();

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

/** The lab file of labs/ with an image by URL. */
async function withUrl(base: string, change: object = {}): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "lvs-lab-cloud-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const lab = parse(await readFile(join(projectRoot, "labs", `${base}.yaml`), "utf8"));
  const image = { url: "https://example.org/a.qcow2", checksum: `sha512:${"ab".repeat(64)}` };
  const file = join(directory, `${base}.yaml`);
  await writeFile(file, stringify({ ...lab, ...change, image }));
  return file;
}

it("a lab with an image by URL has its disks over that, boots by its loader, and takes packages from all of Debian", async () => {
  const declared = await declaredFor("dr", { lab: await withUrl("dr") });
  const inputs = (type: string, name: string) => declared.find((one) => one.type === type && one.name === name)?.inputs;

  expect(inputs("lvs:index:CloudImage", "cloud-image")).toMatchObject({
    url: "https://example.org/a.qcow2",
    checksum: `sha512:${"ab".repeat(64)}`,
  });
  const volume = "libvirt:index/volume:Volume";
  expect(inputs(volume, "image.disk.qcow2").source).toBe("/cloud-disk");
  expect(declared.filter(({ type, name }) => type === volume && name.startsWith("image.kernel"))).toEqual([]);
  for (const server of ["server1", "server2", "server3"]) {
    expect(inputs(volume, `${server}.disk`)).toMatchObject({ baseVolumeId: "image.disk.qcow2", size: 8 * 2 ** 30 });
    const domain = inputs("libvirt:index/domain:Domain", server);
    expect(domain.type).toBe("qemu");
    expect(Object.keys(domain).filter((key) => ["kernel", "initrd", "cmdlines"].includes(key))).toEqual([]);
    expect(inputs("lvs:index:BaseSystem", `${server}-base`).cloudInit).toBe(true);
    expect(inputs("lvs:index:SeedImage", `${server}-seed`).seed.userData).toContain("manage_etc_hosts: false\n");
  }
  const { from, names } = inputs("lvs:index:Packages", "server2-packages");
  expect(from).toBe("debian");
  expect(names).toEqual(expect.arrayContaining(["apache2", "arptables", "curl", "nftables", "tcpdump"]));
});

it("of a cloud image, a lab to be set up by hand has what checks and faults use, and no package of a role", async () => {
  const declared = await declaredFor("bare", { lab: await withUrl("bare") });
  const packages = declared.find(({ name }) => name === "server1-packages")?.inputs;
  expect(packages.names).toEqual(expect.arrayContaining(["curl", "nftables", "tcpdump"]));
  expect(packages.names).not.toContain("ipvsadm");
});

it("the seed of a server on two networks names both interfaces, where cloud-init reads it", async () => {
  const declared = await declaredFor("nat", { lab: await withUrl("nat") });
  const seed = declared.find(({ name }) => name === "server1-seed")?.inputs.seed;
  expect(Object.keys(parse(seed.networkConfig).ethernets)).toEqual(["eth0", "eth1"]);
  expect(
    Object.keys(parse(declared.find(({ name }) => name === "server2-seed")?.inputs.seed.networkConfig).ethernets),
  ).toEqual(["eth0"]);
});
