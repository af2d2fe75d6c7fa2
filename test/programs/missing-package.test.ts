import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { projectRoot } from "../../provision/paths.ts";
import { Checkout } from "./a-checkout.ts";

/** A checkout after `npm ci` alone, or after a `git pull` that brought another package. */
describe("a package that is not there", () => {
  let checkout: Checkout;
  beforeAll(async () => {
    checkout = await Checkout.make();
  }, 60_000);
  afterAll(() => checkout.remove());

  const packageAt = (name: string): string => join(checkout.root, "node_modules", name);

  it("is told by its name where Pulumi's program needs it", async () => {
    await rm(packageAt("@pulumi"));
    await mkdir(packageAt("@pulumi"));
    await symlink(join(projectRoot, "node_modules/@pulumi/pulumi"), packageAt("@pulumi/pulumi"));
    await symlink(join(checkout.root, "sdks/libvirt"), packageAt("@pulumi/libvirt")); // which the set-up generates
    await rm(join(checkout.root, "sdks/libvirt/bin"), { recursive: true, force: true });
    const { status, stdout, stderr } = await checkout.lvsLab("up", "-s", "dr-baked");
    expect(status).not.toBe(0);
    expect(stdout + stderr).toContain(
      "    error: the package @pulumi/libvirt is missing, as before the set-up. Fix: run `npm run setup`\n",
    );
    expect(stdout + stderr).not.toMatch(/^ +at /m);
  });

  it("is told by its name where a command needs it later", async () => {
    await rm(packageAt("csv-parse"));
    const at = (name: string): string => join(checkout.root, name);
    await writeFile(at("roster.csv"), "id,name\nann,Ann\n");
    await writeFile(at("class.yaml"), "name: net1\nexercise: bare\nroster: roster.csv\n");
    expect(await checkout.lvsLab("class", "status", "--file", at("class.yaml"))).toEqual({
      status: 2,
      stdout: "",
      stderr: "lvs-lab: the package csv-parse is missing, as before the set-up. Fix: run `npm run setup`\n",
    });
  });
});
