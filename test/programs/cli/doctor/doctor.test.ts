import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ExamineOptions, examine } from "../../../../cli/doctor/index.ts";
import { LateError, within } from "../../../../cli/within.ts";
import { aState } from "../../../unit/cli/doctor/a-state.ts";
import { aLabHost } from "../../../unit/provision/host/a-lab-host.ts";
import { Checkout } from "../../a-checkout.ts";
import { aUserOf } from "../../provision/host/a-user-of.ts";

/** What is found beside the machine's own: others' labs may run on it. */
const look = async (options: Partial<ExamineOptions>, scratch: string) => {
  const { outcomes, ...rest } = await examine({ fix: false, ...options });
  return { outcomes: outcomes.filter(({ problem }) => problem.includes(scratch)), ...rest };
};

describe("a look", () => {
  it("changes nothing, and `fix` changes what nobody uses", async () => {
    const { scratch, lab, know, cache } = await aState();
    const [ha, dr] = [lab("ha"), lab("dr")];
    await know("dr", { recorded: [dr] });
    const [unknown, known] = [await aLabHost(ha), await aLabHost(dr)];
    const [old, used] = ["0123456789abcdef", "fedcba9876543210"].map((key) => join(cache, "userland", key));
    for (const directory of [old, used]) await mkdir(directory as string, { recursive: true });
    await aUserOf(used as string);

    const kinds = (found: Awaited<ReturnType<typeof look>>) =>
      found.outcomes.map(({ kind, repair, fixed }) => [kind, repair !== undefined, fixed]);
    for (const _ of [1, 2])
      expect(kinds(await look({}, scratch))).toEqual([
        ["unknown-host", true, false],
        ["unused", true, false],
        ["unused", false, false],
      ]);
    expect([unknown.lives(), known.lives()]).toEqual([true, true]);

    expect(kinds(await look({ fix: true }, scratch))).toEqual([
      ["unknown-host", true, true],
      ["unused", true, true],
      ["unused", false, false],
    ]);
    expect([unknown.lives(), known.lives()]).toEqual([false, true]);
    expect([ha, dr, old, used].map((directory) => existsSync(directory as string))).toEqual([false, true, false, true]);
    expect(kinds(await look({ fix: true }, scratch))).toEqual([["unused", false, false]]);
  });

  it("finds a login that cannot be read, and looks at everything else", async () => {
    const { scratch, lab } = await aState();
    await mkdir(join(scratch, ".pulumi"));
    await writeFile(join(scratch, ".pulumi/credentials.json"), "{");
    await aLabHost(lab("ha"));
    await mkdir(join(lab("ha"), "faults"));
    const { outcomes } = await look({ fix: true }, scratch);
    expect(outcomes.map(({ kind, level }) => ({ kind, level }))).toEqual([{ kind: "pulumi-login", level: "error" }]);
  });

  it("says what a stack's lab needs and what is free", async () => {
    const { scratch } = await aState();
    const { memory } = await look({ stack: "ha" }, scratch);
    expect(memory).toMatchObject({ stack: "ha", need: expect.any(Number), free: expect.any(Number) });
    expect(memory?.need).toBeGreaterThanOrEqual(4 * 512 * 2 ** 20);
    expect((await look({}, scratch)).memory).toBeUndefined();
    const { outcomes } = await examine({ fix: false, stack: "nix" });
    expect(outcomes.at(-1)).toMatchObject({ kind: "memory", level: "error" });
    expect(outcomes.at(-1)?.problem).toMatch(/^There is no lab "nix". Labs: arp-problem, /);
  });
});

describe("a time limit", () => {
  it("ends the waiting, and nothing that is in time", async () => {
    expect(await within(5, async () => "done")).toBe("done");
    await expect(within(5, () => Promise.reject(new Error("failed")))).rejects.toThrow("failed");
    await expect(within(0.05, () => new Promise(() => {}))).rejects.toThrow(LateError);
  });
});

// Each run starts a Node of its own.
describe("lvs-lab doctor", () => {
  let checkout: Checkout;
  let cache: string;
  beforeAll(async () => {
    checkout = await Checkout.make();
    cache = join(checkout.root, "../c");
  });
  afterAll(() => checkout.remove());
  const doctor = (more: Record<string, string>, ...args: string[]) =>
    checkout.lvsLabWith({ LVS_LAB_CACHE: cache, ...more }, "doctor", ...args);

  it("needs neither Pulumi nor a set-up, makes nothing, and is one document with --json", async () => {
    const { status, stdout, stderr } = await doctor({}, "--json");
    expect(stderr).toBe("");
    const data = JSON.parse(stdout);
    expect(data).toEqual({ format: "lvs-lab doctor", version: 1, findings: expect.any(Array) });
    expect(status).toBe(data.findings.some(({ level }: { level: string }) => level === "error") ? 1 : 0);
    expect([existsSync(checkout.state), existsSync(cache)]).toEqual([false, false]);
    expect(await readdir(checkout.root)).not.toContain("Pulumi.ha.yaml");
  });

  it("says each finding with what mends it, a summary last, and mends", async () => {
    const left = join(cache, "images/.building");
    await mkdir(left, { recursive: true });
    const { stdout } = await doctor({});
    expect(stdout).toContain(
      `warning  ${left} (1 MB) was left by an interrupted build.\n         Fix: npx lvs-lab doctor --fix\n`,
    );
    expect(stdout).toMatch(/\d+ errors?, \d+ warnings?; --fix fixes 1\.\n$/);
    expect(existsSync(left)).toBe(true);
    const mended = await doctor({}, "--fix", "--json");
    expect(JSON.parse(mended.stdout).findings).toContainEqual({
      kind: "half-made",
      level: "warning",
      problem: `${left} (1 MB) was left by an interrupted build.`,
      fix: "npx lvs-lab doctor --fix",
      fixable: true,
      fixed: true,
    });
    expect(existsSync(left)).toBe(false);
    await rm(cache, { recursive: true });
  });

  it("-s says whether the lab that the stack's file names fits into memory", async () => {
    const big = join(checkout.root, "labs/big.yaml");
    await writeFile(big, "control: ipvsadm\nmemory: 65536\n");
    await writeFile(join(checkout.root, "Pulumi.mine.yaml"), 'config:\n  lvs-lab:lab: "labs/big.yaml"   # the one\n');
    const invalid = await doctor({ LVS_LAB_STACK: "mine" });
    expect(invalid.status).toBe(1);
    expect(invalid.stdout).toMatch(/error {4}The lab file of the stack mine is not valid:\n {9}\S*labs\/big\.yaml:/);

    const servers = [11, 12, 13].map(
      (last) => `{name: s${last}, addresses: [172.25.254.${last}], role: ${last === 11 ? "director" : "real-server"}}`,
    );
    await writeFile(
      big,
      `control: ipvsadm\nmemory: 65536\nnetworks: [{subnets: [172.25.254.0/24]}]\nservices: [{vip: 172.25.254.100}]\nservers: [${servers.join(", ")}]\n`,
    );
    const { status, stdout } = await doctor({}, "-s", "mine");
    expect(status, stdout).toBe(1);
    expect(stdout).toMatch(
      /error {4}The lab needs 19\d\.\d GiB of memory beside what runs, and \d+\.\d GiB are free\.\n {9}Fix: take/,
    );
    expect(stdout).toMatch(
      /\nThe lab of the stack mine needs 19\d\.\d GiB of memory beside what runs; \d+\.\d GiB are free\.\n/,
    );
    expect((await doctor({}, "-s", "../x")).status).toBe(2);
  });

  it("does not hang where programs do", async () => {
    const bin = join(checkout.root, "../bin");
    await mkdir(bin);
    for (const name of ["unshare", "flock", "pulumi", "pulumi-language-nodejs", "busctl"]) {
      await writeFile(join(bin, name), "#!/bin/sh\ntrap '' TERM\nexec sleep 1000\n");
      await chmod(join(bin, name), 0o755);
    }
    await mkdir(join(checkout.state, "labs/ha/faults"), { recursive: true });
    await mkdir(join(checkout.state, "locks"));
    for (const file of ["labs/ha/lvs-lab", "locks/ha.lock"]) await writeFile(join(checkout.state, file), "");
    const { status, stdout } = await doctor({ PATH: `${bin}:${process.env.PATH}` }, "--fix");
    expect(status).toBe(1);
    expect(stdout).toMatch(/^error {4}/m);
    await rm(checkout.state, { recursive: true });
  });

  it("looks at the machine before the packages are installed", async () => {
    await rm(join(checkout.root, "node_modules"), { recursive: true });
    const { status, stdout, stderr } = await doctor({}, "--json");
    expect(stderr).toBe("");
    const { format, version, findings } = JSON.parse(stdout);
    expect({ format, version }).toEqual({ format: "lvs-lab doctor", version: 1 });
    expect(findings.at(-1)).toMatchObject({ kind: "set-up", level: "warning", fix: "npm run setup", fixable: false });
    expect(status).toBe(findings.some(({ level }: { level: string }) => level === "error") ? 1 : 0);
    expect((await doctor({})).stdout).toMatch(/\nwarning {2}|^warning {2}The project's packages are not installed/);
    // Every other command says what is missing.
    expect(await checkout.lvsLab("status")).toEqual({
      status: 2,
      stdout: "",
      stderr: "lvs-lab: the package esbuild is missing, as before the set-up. Fix: run `npm run setup`\n",
    });
  });
});
