import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PlainHost } from "../../bench/harness/plain-host.ts";
import { run } from "../../bench/harness/run.ts";
import { Terraform, terraformVariables } from "../../bench/harness/terraform.ts";
import { readLab } from "../../lab/index.ts";

/** Machines that are never made: what Terraform says of its configuration before it asks libvirt anything. */
const lab = await readLab("labs/bare-ha.yaml");
const host = {
  directory: "/nowhere",
  access: { uri: "qemu+unix:///system?socket=/nowhere/libvirt-sock" },
  image: { disk: "/nowhere/disk.qcow2", kernel: "/nowhere/vmlinuz", initrd: "/nowhere/initrd" },
  acceleration: "qemu",
  network: lab.networks[0],
  guests: lab.servers.map((server) => ({ server, seed: `/nowhere/${server.name}.iso` })),
} as unknown as PlainHost;

describe.skipIf(Terraform.missing())("the machines as Terraform's configuration", () => {
  let terraform: Terraform;
  beforeAll(async () => {
    terraform = await Terraform.lay();
    await terraform.describe(host);
  });
  afterAll(() => terraform.remove());

  it("take their provider from this machine, and are valid", async () => {
    expect(await terraform.run("validate")).toContain("The configuration is valid");
  });

  it("find xsltproc, which their provider starts", async () => {
    expect(await run(["xsltproc", "--version"], { env: terraform.environment() })).toContain("libxslt");
  });

  it("have a value for every variable, and no other", async () => {
    const { readFile } = await import("node:fs/promises");
    const names = [...(await readFile("bench/terraform/main.tf", "utf8")).matchAll(/^variable "(\w+)"/gm)];
    expect(Object.keys(terraformVariables(host)).sort()).toEqual(names.map(([, name]) => name).sort());
  });

  it("come to nothing but the refused connection when there is no libvirt", async () => {
    await expect(terraform.apply()).rejects.toThrow(/nowhere\/libvirt-sock/);
  });
});
