import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { $ } from "zx";
import { formatStatus } from "../../cli/commands/status.ts";
import { cacheRoot, projectRoot } from "../../provision/paths.ts";
import type { LabStatus } from "../../verify/live/status.ts";
import { instance, pathOf } from "../unit/rehearse/a-folder.ts";
import { Checkout } from "./a-checkout.ts";
import { writeDownLab } from "./a-down-lab.ts";

const STACK = "rehearse-down";
const FOLDER = "/srv/lb";

let state: string;
beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), "lvs-lab-rehearsal-"));
  await writeDownLab(state, STACK, "labs/bare-ha.yaml", { rehearsal: FOLDER });
});
afterAll(() => rm(state, { recursive: true }));

async function lvsLab(...args: string[]) {
  const given = Object.entries(process.env).filter(([name]) => !name.startsWith("PULUMI_"));
  const env = { ...Object.fromEntries(given), HOME: state, LVS_LAB_CACHE: cacheRoot(), LVS_LAB_STATE: state };
  const { exitCode, stdout, stderr } = await $({
    cwd: projectRoot,
    env,
    nothrow: true,
    quiet: true,
  })`cli/lvs-lab ${args}`;
  return { status: exitCode, stdout, stderr };
}

const refusal =
  `lvs-lab: the stack "${STACK}" is the rehearsal of ${FOLDER}, which has no lab file to hold it against. ` +
  `Fix: \`npx lvs-lab status -s ${STACK}\` shows its directors, ` +
  `\`npx lvs-lab rehearse run ${FOLDER} -s ${STACK} --keep\` tries them\n`;

describe.concurrent("of a stack that is a rehearsal", () => {
  it.each([["check"], ["check", "--json", "--only", "httpd-page"], ["grade"]])(
    "%s asserts nothing of a lab",
    async (...args) => {
      expect(await lvsLab(...args, "-s", STACK)).toEqual({ status: 2, stdout: "", stderr: refusal });
    },
  );

  it("ci and explain, which know it by its configuration, do the same", async () => {
    const file = join(projectRoot, `Pulumi.${STACK}.yaml`);
    await writeFile(file, `config:\n  lvs-lab:rehearsal: ${FOLDER}\n`);
    try {
      for (const args of [
        ["ci", "-s", STACK],
        ["explain", STACK],
      ])
        expect(await lvsLab(...args)).toEqual({ status: 2, stdout: "", stderr: refusal });
    } finally {
      await rm(file);
    }
  });
});

it("status says whose rehearsal it is", () => {
  const status: LabStatus = {
    ...{ format: "lvs-lab status", version: 2, lab: STACK, stack: STACK, setup: "manual", control: "keepalived" },
    ...{ virtualAddresses: [], servers: [] },
  };
  const [lab] = formatStatus(status).split("\n");
  expect(lab).toBe(`lab ${STACK}, set up by hand, keepalived planned in control`);
  const [rehearsed] = formatStatus({ ...status, rehearsal: FOLDER }).split("\n");
  expect(rehearsed).toBe("rehearsal of /srv/lb, its own files in control");
});

// The real pulumi; a plan that is wrong ends `up` before anything is made.
describe("the stack of a folder", () => {
  let checkout: Checkout;
  beforeAll(async () => {
    checkout = await Checkout.make();
  }, 60_000);
  afterAll(() => checkout.remove());

  it("is its rehearsal, and no other's while that is up", async () => {
    const files = { "lb1.conf": instance(["192.0.2.100/24"]), "rehearsal.yaml": "os: none\n" };
    const [one, other] = [pathOf(files), pathOf(files)];
    const up = async (folder: string) => await checkout.lvsLab("rehearse", "up", folder, "-s", "lb");
    expect((await up(one)).stderr).toContain("rehearsal.yaml:1:5: os: expected ");

    await mkdir(join(checkout.state, "labs/lb"), { recursive: true });
    expect((await up(one)).stderr).toContain("rehearsal.yaml:1:5: os: expected ");
    const refused = await up(other);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toBe(
      `lvs-lab: the stack "lb" is the rehearsal of ${one} that is up. Fix: choose another one with --stack, or take it down first\n`,
    );

    await checkout.pulumi("config", "rm", "rehearsal", "--stack", "lb");
    expect((await up(one)).stderr).toContain('lvs-lab: the stack "lb" is a lab that is up. Fix: ');
  });

  it("survives another state directory: the salt of the earlier one is forgotten", async () => {
    const folder = pathOf({ "lb1.conf": instance(["192.0.2.100/24"]), "rehearsal.yaml": "os: none\n" });
    const up = async () => (await checkout.lvsLab("rehearse", "up", folder, "-s", "moved")).stderr;
    expect(await up()).toContain("rehearsal.yaml:1:5: os: expected ");
    const stackFile = join(checkout.root, "Pulumi.moved.yaml");
    const before = await readFile(stackFile, "utf8");
    expect(before).toContain("encryptionsalt:");

    await rm(checkout.state, { recursive: true });
    expect(await up()).toContain("rehearsal.yaml:1:5: os: expected ");
    expect(await readFile(stackFile, "utf8")).not.toBe(before);
  });
});
