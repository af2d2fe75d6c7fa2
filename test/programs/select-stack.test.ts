import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { glob } from "tinyglobby";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { labNames } from "../../lab/files.ts";
import { Checkout } from "./a-checkout.ts";

let checkout: Checkout;
beforeAll(async () => {
  checkout = await Checkout.make();
}, 60_000);
afterAll(() => checkout.remove());

const stackFile = (stack: string): string => join(checkout.root, `Pulumi.${stack}.yaml`);

/** Puts something that is no lab in the place of a lab file, so that `up` ends before it makes anything. */
const spoilLab = (name: string) => writeFile(join(checkout.root, "labs", `${name}.yaml`), "control: none\n");

// The real pulumi, and each command starts a Node of its own.
describe("the stack of a lab", () => {
  it.each(["dr-baked", "arp-problem"])(
    "%s is made from the lab file of its name, and git sees no change",
    async (stack) => {
      const lab = join(checkout.root, "labs", `${stack}.yaml`);
      const text = await readFile(lab, "utf8");
      await spoilLab(stack);
      const { status, stderr } = await checkout.lvsLab("up", "-s", stack);
      await writeFile(lab, text);
      expect(status).not.toBe(0);
      expect(stderr).toContain(`labs/${stack}.yaml:1:10: control: `);
      expect((await checkout.pulumi("stack", "ls", "--json")).stdout).toContain(`"name": "${stack}"`);
      expect((await checkout.lvsLab("down", "-s", stack)).status).toBe(0);
      expect(await readFile(stackFile(stack), "utf8")).toContain("encryptionsalt:");
      expect(await checkout.git("status", "--porcelain")).toBe("");
    },
  );

  it("is refused under an unknown name, before anything is made", async () => {
    const { status, stdout, stderr } = await checkout.lvsLab("up", "-s", "nosuch");
    expect({ status, stdout }).toEqual({ status: 6, stdout: "" });
    expect(stderr).toContain(`lvs-lab: there is no lab "nosuch"; labs: ${labNames().join(", ")}. Fix: `);
    expect(stderr).toContain("pulumi stack select --create nosuch && pulumi config set lab FILE --stack nosuch");
    expect(existsSync(stackFile("nosuch"))).toBe(false);
    expect((await checkout.pulumi("stack", "ls", "--json")).stdout).not.toContain("nosuch");
  });

  it("may be the user's own: its configuration names the lab file", async () => {
    expect((await checkout.pulumi("stack", "select", "--create", "student7")).status).toBe(0);
    const without = await checkout.pulumi("preview", "--stack", "student7", "--non-interactive", "--color", "never");
    expect(without.status).not.toBe(0);
    expect(without.stdout).toContain(
      `error: the stack "student7" has no lab file: its configuration names none, and labs/student7.yaml is missing.\n` +
        "    Fix: pulumi config set lab FILE --stack student7\n",
    );
    expect(without.stdout).not.toContain("    at "); // a stack trace

    await writeFile(join(checkout.state, "mine.yaml"), "control: none\n");
    await checkout.pulumi("config", "set", "lab", join(checkout.state, "mine.yaml"), "--stack", "student7");
    expect((await checkout.lvsLab("up", "-s", "student7")).stderr).toContain("mine.yaml:1:10: control: ");
  });

  it("survives another state directory: the salt of the earlier one is forgotten, the rest is kept", async () => {
    await spoilLab("ha");
    expect((await checkout.lvsLab("up", "-s", "ha")).stderr).toContain("control: ");
    expect((await checkout.pulumi("config", "set", "lab", "labs/ha.yaml", "--stack", "ha")).status).toBe(0);
    const before = await readFile(stackFile("ha"), "utf8");
    expect(before).toContain("encryptionsalt:");

    await rm(checkout.state, { recursive: true });
    const up = await checkout.lvsLab("up", "-s", "ha");
    expect(up.stderr).not.toContain("incorrect passphrase");
    expect(up.stderr).toContain("labs/ha.yaml:1:10: control: ");
    const after = await readFile(stackFile("ha"), "utf8");
    expect(after).toContain("lvs-lab:lab: labs/ha.yaml");
    expect(after).not.toBe(before);

    // The same with a stack that the second state directory knows already.
    await writeFile(stackFile("ha"), before);
    const again = await checkout.lvsLab("up", "-s", "ha");
    expect(again.stderr).not.toContain("incorrect passphrase");
    expect(again.stderr).toContain("labs/ha.yaml:1:10: control: ");
  });

  it("of which a killed pulumi left an empty sidecar is readable again: no command of lvs-lab's own directory writes sidecars", async () => {
    await spoilLab("dr");
    await checkout.lvsLab("up", "-s", "dr");
    const backend = join(checkout.state, "pulumi");
    expect(await glob("**/*.attrs", { cwd: backend, dot: true })).toEqual([]);
    // As an earlier version of lvs-lab left it, or as a directory of the user's own is.
    const plain = { PULUMI_BACKEND_URL: `file://${backend}` };
    const state = join(backend, ".pulumi/stacks/lvs-lab/dr.json.attrs");
    const sidecars = [state, join(backend, ".pulumi/meta.yaml.attrs")];
    for (const file of sidecars) {
      await writeFile(file, "");
      const before = await checkout.pulumi("stack", "export", "--stack", "dr");
      expect(before.stderr).toContain("EOF");
      const up = await checkout.lvsLabWith(plain, "up", "-s", "dr");
      expect(up.stderr).toContain(`An earlier pulumi was killed while writing ${file}; removing the file`);
      expect(up.stderr).toContain("labs/dr.yaml:1:10: control: ");
      expect(existsSync(file)).toBe(false);
      expect((await checkout.pulumi("stack", "export", "--stack", "dr")).status).toBe(0);
    }
  });

  it("keeps a salt that something in its file is encrypted by", async () => {
    expect((await checkout.pulumi("stack", "select", "--create", "sealed")).status).toBe(0);
    await checkout.pulumi("config", "set", "--secret", "word", "hidden", "--stack", "sealed");
    const before = await readFile(stackFile("sealed"), "utf8");
    expect(before).toContain("secure:");
    await checkout.lvsLab("up", "-s", "sealed");
    expect(await readFile(stackFile("sealed"), "utf8")).toBe(before);
  });
});
