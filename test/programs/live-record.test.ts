import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { liveLab } from "../../cli/live-lab.ts";
import { writeDownLab } from "./a-down-lab.ts";

const STACK = "down";

let state: string;
let record: string;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), "lvs-lab-live-"));
  vi.stubEnv("HOME", state);
  vi.stubEnv("LVS_LAB_STATE", state);
  for (const name of Object.keys(process.env)) if (name.startsWith("PULUMI_")) vi.stubEnv(name, undefined);
  const directory = await writeDownLab(state, STACK, "labs/bare.yaml");
  await mkdir(directory, { recursive: true });
  record = join(directory, "live.json");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(state, { recursive: true });
});

/** Changes what is recorded, so that it differs from what Pulumi has. */
const changeRecord = async () =>
  await writeFile(record, (await readFile(record, "utf8")).replaceAll('"kvm"', '"qemu"'));

it("Pulumi is asked once for a lab, and again when its checkpoint has changed", async () => {
  const lab = await liveLab(STACK);
  expect((await stat(record)).mode & 0o777).toBe(0o600);
  expect(await liveLab(STACK)).toEqual(lab);
  await changeRecord();
  expect((await liveLab(STACK)).acceleration).toBe("qemu");
  await writeDownLab(state, STACK, "labs/bare.yaml", { rehearsal: "/somewhere" });
  expect(await liveLab(STACK)).toEqual({ ...lab, rehearsal: "/somewhere" });
});

it("a record that is damaged is none", async () => {
  const lab = await liveLab(STACK);
  await writeFile(record, '{"version":1,"of');
  expect(await liveLab(STACK)).toEqual(lab);
});

it("Pulumi is asked each time under a passphrase or a backend of the user's", async () => {
  await liveLab(STACK);
  await changeRecord();
  const given = join(state, "given");
  await writeFile(given, "secret\n");
  vi.stubEnv("PULUMI_CONFIG_PASSPHRASE_FILE", given);
  expect((await liveLab(STACK)).acceleration).toBe("kvm");
  vi.stubEnv("PULUMI_CONFIG_PASSPHRASE_FILE", join(state, "passphrase")); // of `lvs-lab env`
  expect((await liveLab(STACK)).acceleration).toBe("qemu");
  vi.stubEnv("PULUMI_BACKEND_URL", `file://${join(state, "elsewhere")}`);
  await expect(liveLab(STACK)).rejects.toThrow();
});

it("a lab whose directory is gone leaves none behind", async () => {
  await rm(join(state, "labs"), { recursive: true });
  await liveLab(STACK);
  await expect(stat(join(state, "labs"))).rejects.toThrow("ENOENT");
});
