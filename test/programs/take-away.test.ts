import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { $ } from "zx";
import { Checkout } from "./a-checkout.ts";
import { aLabHost } from "./a-lab-host.ts";

let checkout: Checkout;
beforeAll(async () => {
  checkout = await Checkout.make();
  await recordModel();
}, 60_000);
afterAll(() => checkout.remove());

const directoryOf = (stack: string): string => join(checkout.state, "labs", stack);
const stateFile = (stack: string): string => join(checkout.state, "pulumi/.pulumi/stacks/lvs-lab", `${stack}.json`);
const stacks = async (): Promise<string> => (await checkout.pulumi("stack", "ls", "--json")).stdout;

const stackFile = (stack: string): string => join(checkout.root, `Pulumi.${stack}.yaml`);

/** A resource of the provider `lvs`, as Pulumi's state has it. */
function aResource(stack: string, kind: string) {
  const urn = (type: string, name: string) => `urn:pulumi:${stack}::lvs-lab::${type}::${name}`;
  const provider = { urn: urn("pulumi:providers:lvs", "default"), custom: true, id: "p-1" };
  const inputs = { host: { kind: "private", directory: directoryOf(stack) }, running: true, packages: "/pool" };
  const type = `lvs:index:${kind}`;
  const resource = { urn: urn(type, kind), custom: true, id: kind, type, inputs, provider: `${provider.urn}::p-1` };
  return { provider: { ...provider, type: "pulumi:providers:lvs" }, resource };
}

/** The stack that the others are copies of: Pulumi takes two seconds to make one. */
const MODEL = "the-model";

/** Makes a stack with Pulumi whose state has a lab host. */
async function recordModel(): Promise<void> {
  expect((await checkout.pulumi("stack", "select", "--create", MODEL)).status).toBe(0);
  const state = JSON.parse((await checkout.pulumi("stack", "export", "--stack", MODEL)).stdout);
  const { provider, resource } = aResource(MODEL, "LabHost");
  // As a lab has them: the keys are encrypted in the state.
  const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", plaintext: '"key"' };
  state.deployment.resources = [provider, { ...resource, outputs: { ...resource.inputs, secret } }];
  const file = join(checkout.state, "model.json");
  await writeFile(file, JSON.stringify(state));
  const { status, stderr } = await checkout.pulumi("stack", "import", "--stack", MODEL, "--file", file);
  expect(status, stderr).toBe(0);
}

/** Makes a stack whose state has a lab host, and further resources of the provider `lvs`. */
async function recordLab(stack: string, ...further: string[]): Promise<void> {
  await copyFile(stackFile(MODEL), stackFile(stack));
  const state = JSON.parse((await readFile(stateFile(MODEL), "utf8")).replaceAll(MODEL, stack));
  state.checkpoint.latest.resources.push(...further.map((kind) => aResource(stack, kind).resource));
  await writeFile(stateFile(stack), JSON.stringify(state));
}

/** Variables under which there is no `pulumi`: neither one that was built here nor one of the user's. */
function withoutPulumi(): Record<string, string> {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => !existsSync(join(folder, "pulumi")));
  return { PATH: folders.join(delimiter), LVS_LAB_CACHE: join(checkout.state, "../empty-cache") };
}

function expectGone(stack: string, { pid }: { pid: number }): void {
  expect(existsSync(`/proc/${pid}`)).toBe(false);
  expect(existsSync(directoryOf(stack))).toBe(false);
}

// The real pulumi, and each command starts a Node of its own.
describe("lvs-lab down", () => {
  it("of a lab that Pulumi knows is done by Pulumi", async () => {
    await recordLab("known");
    const host = await aLabHost(directoryOf("known"));
    const { status, stderr } = await checkout.lvsLab("down", "-s", "known");
    expect(status, stderr).toBe(0);
    expectGone("known", host);
    expect(stderr).not.toContain("Ending the lab host");
    expect(await stacks()).toContain('"name": "known"');
  });

  it.each([undefined, "--force"])("of nothing at all says so and makes nothing, with %s too", async (option) => {
    const { status, stdout, stderr } = await checkout.lvsLab("down", "-s", "nothing", ...(option ? [option] : []));
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: "",
      stderr: 'The stack "nothing" has no lab: nothing to remove.\n',
    });
    expect(await stacks()).not.toContain("nothing");
    expect(existsSync(join(checkout.root, "Pulumi.nothing.yaml"))).toBe(false);
  });

  it("of a stack without its lab file, its stack file and its lab host is an ordinary one", async () => {
    await recordLab("bereft");
    await rm(stackFile("bereft"));
    const { status, stderr } = await checkout.lvsLab("down", "-s", "bereft");
    expect(status, stderr).toBe(0);
  });

  it("of a lab that no stack knows removes it directly", async () => {
    const host = await aLabHost(directoryOf("stray"));
    const { status, stderr } = await checkout.lvsLab("down", "-s", "stray");
    expect(status, stderr).toBe(0);
    expect(stderr).toBe(
      `Ending the lab host in ${directoryOf("stray")}, with everything in it, and removing its directory.\n`,
    );
    expectGone("stray", host);
  });

  it("of a lab whose directory was removed ends what still runs", async () => {
    const host = await aLabHost(directoryOf("homeless"));
    await rm(directoryOf("homeless"), { recursive: true });
    expect((await checkout.lvsLab("down", "-s", "homeless")).status).toBe(0);
    expectGone("homeless", host);
  });

  it("of a stack called `pulumi` leaves Pulumi's state alone", async () => {
    const host = await aLabHost(directoryOf("pulumi"));
    expect((await checkout.lvsLab("down", "-s", "pulumi", "--force")).status).toBe(0);
    expectGone("pulumi", host);
    expect(await stacks()).toContain('"name": "known"');
  });

  it("takes away what Pulumi does not know of a lab that it does know", async () => {
    expect((await checkout.pulumi("stack", "select", "--create", "half")).status).toBe(0);
    const host = await aLabHost(directoryOf("half"));
    const { status, stderr } = await checkout.lvsLab("down", "-s", "half");
    expect(status, stderr).toBe(0);
    expectGone("half", host);
  });

  it.each(["", '{"version":3,"check'])("whose state is damaged (%j) wants --force", async (text) => {
    await recordLab("damaged");
    const backups = join(checkout.state, "pulumi/.pulumi/backups/lvs-lab/damaged");
    await rm(backups, { recursive: true, force: true });
    for (const end of ["", ".bak"]) await writeFile(`${stateFile("damaged")}${end}`, text);
    const host = await aLabHost(directoryOf("damaged"));
    const refused = await checkout.lvsLab("down", "-s", "damaged");
    expect(refused.status).not.toBe(0);
    expect(refused.stderr).toMatch(
      /^lvs-lab: error: .*\nFix: `npm run down -- -s damaged --force` removes the lab without Pulumi\n$/s,
    );
    expect(existsSync(`/proc/${host.pid}`)).toBe(true);

    const { status, stderr } = await checkout.lvsLab("down", "-s", "damaged", "--force");
    expect(status, stderr).toBe(0);
    expectGone("damaged", host);
    expect(await stacks()).not.toContain("damaged");
    expect((await readdir(join(checkout.state, "pulumi/.pulumi/stacks/lvs-lab"))).join()).not.toContain("damaged");
  });

  it("whose passphrase is lost wants --force", async () => {
    await recordLab("sealed");
    const host = await aLabHost(directoryOf("sealed"));
    const other = { PULUMI_CONFIG_PASSPHRASE: "another" };
    const refused = await checkout.lvsLabWith(other, "down", "-s", "sealed");
    expect(refused.status).not.toBe(0);
    expect(refused.stderr).toContain("incorrect passphrase");
    expect(refused.stderr).toContain("--force` removes the lab without Pulumi");
    const { status, stderr } = await checkout.lvsLabWith(other, "down", "-s", "sealed", "--force");
    expect(status, stderr).toBe(0);
    expectGone("sealed", host);
    expect(await stacks()).not.toContain("sealed");
  });

  it("whose destruction fails wants --force", async () => {
    await recordLab("stuck", "NoSuchThing");
    const host = await aLabHost(directoryOf("stuck"));
    const refused = await checkout.lvsLab("down", "-s", "stuck");
    expect(refused.status).not.toBe(0);
    expect(refused.stderr).toContain("lvs-lab: `pulumi destroy` ended with status ");
    expect(refused.stderr).toContain("Fix: `npm run down -- -s stuck --force`");
    const { status, stderr } = await checkout.lvsLab("down", "-s", "stuck", "--force");
    expect(status, stderr).toBe(0);
    expectGone("stuck", host);
    expect(stderr).toContain("Removed the stack stuck from Pulumi's backend.\n");
    expect(await stacks()).not.toContain("stuck");
  });

  it("without a pulumi removes the lab; with --force also what Pulumi had recorded", async () => {
    await recordLab("toolless");
    const host = await aLabHost(directoryOf("toolless"));
    const { status, stderr } = await checkout.lvsLabWith(withoutPulumi(), "down", "-s", "toolless");
    expect(status, stderr).toBe(0);
    expectGone("toolless", host);
    expect(stderr).toContain("`pulumi` is missing, so its record of the lab stays; the next `up` removes it.\n");
    expect(existsSync(stateFile("toolless"))).toBe(true);

    const forced = await checkout.lvsLabWith(withoutPulumi(), "down", "-s", "toolless", "--force");
    expect(forced).toMatchObject({ status: 0, stderr: `Removed the stack's state: ${stateFile("toolless")}\n` });
    expect(await stacks()).not.toContain("toolless");
  });

  it("is also what `ci` does at its end, and the status is that of what failed", async () => {
    await recordLab("pipeline");
    await writeFile(join(checkout.state, "pipeline.yaml"), "control: none\n");
    await checkout.pulumi("config", "set", "lab", join(checkout.state, "pipeline.yaml"), "--stack", "pipeline");
    const host = await aLabHost(directoryOf("pipeline"));
    const { status, stderr } = await checkout.lvsLab(
      "ci",
      "-s",
      "pipeline",
      "--report",
      join(checkout.state, "reports"),
    );
    expect(status).not.toBe(0);
    expect(stderr).toContain("pipeline.yaml:1:10: control: ");
    expectGone("pipeline", host);
  });

  it("on a full disk works with --force", async () => {
    await recordLab("full");
    const host = await aLabHost(directoryOf("full"));
    // The state directory on a small file system of its own, filled up, in a mount namespace of its own.
    const script = `set -e
      cp -a "$1" "$1.copy"
      mount -t tmpfs -o size=4m none "$1"
      cp -a "$1.copy/." "$1"
      rm -r "$1.copy"
      { cat /dev/zero >"$1/ballast"; } 2>/dev/null || true
      cd "$2"
      cli/lvs-lab down -s full && echo unexpected || echo "refused: $?"
      cli/lvs-lab down -s full --force && echo "gone: $?"
      ls "$1/labs"`;
    const { stdout, stderr, exitCode } = await $({
      env: checkout.environment(),
      nothrow: true,
      quiet: true,
    })`unshare --map-root-user --mount sh -c ${script} sh ${checkout.state} ${checkout.root}`;
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toMatch(/^refused: [1-9]\d*\ngone: 0\n/);
    expect(stdout).not.toContain("full");
    expect(stderr).toContain("no space left on device");
    expect(existsSync(`/proc/${host.pid}`)).toBe(false);
  });
});

it("`up` first takes away Pulumi's record of a lab whose directory is gone", async () => {
  await recordLab("void");
  const mine = join(checkout.state, "wrong.yaml");
  await writeFile(mine, "control: none\n");
  await checkout.pulumi("config", "set", "lab", mine, "--stack", "void");
  const { stderr } = await checkout.lvsLab("up", "-s", "void");
  expect(stderr).toMatch(/^The lab's directory is gone, and the lab with it; removing Pulumi's record of it\.\n/);
  expect(stderr).toContain("wrong.yaml:1:10: control: ");
  const { deployment } = JSON.parse((await checkout.pulumi("stack", "export", "--stack", "void")).stdout);
  expect(JSON.stringify(deployment)).not.toContain("LabHost");
});

describe("npm run down", () => {
  const run = async (more: Record<string, string>) =>
    await $({
      cwd: checkout.root,
      env: checkout.environment({ ...withoutPulumi(), ...more }),
      nothrow: true,
      quiet: true,
    })`node setup/main.mjs --then down --stack bare-machine`;

  it("builds nothing, though all that the set-up makes is missing", async () => {
    const host = await aLabHost(directoryOf("bare-machine"));
    const { exitCode, stderr } = await run({});
    expect(exitCode, stderr).toBe(0);
    expectGone("bare-machine", host);
    expect(stderr).not.toContain("Set-up");
    expect(existsSync(withoutPulumi().LVS_LAB_CACHE ?? "")).toBe(false);
  });

  it("installs npm packages if there are none", async () => {
    const host = await aLabHost(directoryOf("bare-machine"));
    const modules = join(checkout.root, "node_modules");
    const list = await readFile(join(modules, ".package-lock.json"), "utf8");
    await rm(join(modules, ".package-lock.json"));
    // An npm that does what `npm ci` does here.
    const bin = join(checkout.state, "bin");
    await mkdir(bin, { recursive: true });
    await writeFile(join(bin, "list"), list);
    await writeFile(
      join(bin, "npm"),
      `#!/bin/sh\necho "$@" >"${bin}/asked"\ncp "${bin}/list" node_modules/.package-lock.json\n`,
      {
        mode: 0o755,
      },
    );
    await symlink(process.execPath, join(bin, "node"));
    const { exitCode, stderr } = await run({ PATH: `${bin}:${withoutPulumi().PATH}` });
    expect(exitCode, stderr).toBe(0);
    expectGone("bare-machine", host);
    expect(await readFile(join(bin, "asked"), "utf8")).toMatch(/^ci /);
    expect(stderr).not.toMatch(/toolchain|guest image/);
  });
});
