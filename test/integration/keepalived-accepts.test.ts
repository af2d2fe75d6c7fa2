import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { directors, FileError, type Lab, parseLab, readLab, type Server } from "../../lab/index.ts";
import { allFeatures, featuresIn } from "../generate/features.ts";
import { labFiles } from "../generate/lab-files.ts";
import { bends, openKeepalived, realServersOf } from "./keepalived-reads.ts";

/** By this seed every feature occurs. Other labs: `LVS_LAB_SEED=7 npm test -- FILE`; more: `LVS_LAB_RUNS=500`. A failure prints the seed, and the smallest file that fails. */
const seed = Number(process.env.LVS_LAB_SEED ?? 1);
const numRuns = Number(process.env.LVS_LAB_RUNS ?? 20);

const isDefault = process.env.LVS_LAB_SEED === undefined && process.env.LVS_LAB_RUNS === undefined;

/** Several at a time: the machine waits for namespaces more than it computes. */
const atOnce = fc.array(labFiles, { minLength: 1, maxLength: 5, size: "max" });

const keepalived = await openKeepalived();
afterAll(() => keepalived.end());

const labOf = (file: unknown): Lab | undefined => {
  try {
    return parseLab(stringify(file), "generated.yaml");
  } catch (error) {
    if (error instanceof FileError) return undefined;
    throw error;
  }
};

/** All that keepalived has against a director's keepalived.conf, with the file; empty: nothing. */
async function objections(lab: Lab, director: Server): Promise<string> {
  const { config, status, test, log, dump, realServers } = await keepalived.read(lab, director);
  const missing = realServersOf(lab).filter((one) => !realServers.includes(one));
  const found = [
    ...(status === 0 ? [] : [`keepalived --config-test ends with status ${status}`]),
    ...test.map((line) => `keepalived --config-test: ${line}`),
    ...log.map((line) => `its log: ${line}`),
    ...bends(lab, director, dump).map((line) => `read otherwise: ${line}`),
    ...missing.map((line) => `a real server that it has not read: ${line}`),
  ];
  return found.length === 0 ? "" : [`${director.name}:`, ...found, config].join("\n");
}

describe("whatever a lab file allows", { timeout: 240_000 + numRuns * 6000 }, () => {
  it("keepalived takes without a word, and reads it as it is meant", async () => {
    const features = new Set<string>();
    let [drawn, labs, configs] = [0, 0, 0];
    await fc.assert(
      fc.asyncProperty(atOnce, async (files) => {
        drawn += files.length;
        const valid = files.filter((file) => labOf(file) !== undefined);
        labs += valid.length;
        for (const feature of featuresIn(valid)) features.add(feature.replace(/^\[\]\.?/, ""));
        const all = valid.flatMap((file) => {
          const lab = labOf(file);
          return lab ? directors(lab).map((director) => objections(lab, director)) : [];
        });
        configs += all.length;
        expect((await Promise.all(all)).filter(Boolean).join("\n")).toBe("");
      }),
      // A failure is made smaller until then.
      { seed, numRuns, interruptAfterTimeLimit: Math.max(180_000, numRuns * 6000), markInterruptAsFailure: true },
    );
    console.info(`seed ${seed}: ${configs} keepalived.conf of ${labs} labs, ${drawn - labs} files were no lab`);
    expect(labs / drawn).toBeGreaterThan(0.95);
    // Other seeds may leave one out.
    const missing = allFeatures.filter((feature) => !features.has(feature));
    if (isDefault) expect(missing).toEqual([]);
    else console.info(`not drawn: ${missing.join(", ") || "nothing"}`);
  });

  it("is held against what keepalived tells in its test, in its log alone, and not at all", async () => {
    const lab = await readLab("labs/ha.yaml");
    const [director] = directors(lab);
    const [service] = lab.services;
    const [instance] = lab.vrrp;
    if (!director || !service || !instance) throw new Error("labs/ha.yaml has no director, service or instance");
    const withService = (change: object) => ({ ...lab, services: [{ ...service, ...change }] });
    const check = { type: "http", path: "/", regex: "(a", connectTimeout: 3, delayLoop: 6, delayBeforeRetry: 3 };
    const [address, log, password, fine] = await Promise.all([
      objections(withService({ vip: "172.25.254.300" }), director),
      objections(withService({ healthCheck: check }), director),
      objections({ ...lab, vrrp: [{ ...instance, password: "nine-long" }] }, director),
      objections(lab, director),
    ]);
    expect(address).toMatch(/^keepalived --config-test: .*Invalid virtual server IP address/m);
    expect(log).toMatch(/^its log: Invalid regex: '\(a'/m);
    expect(log).not.toMatch(/--config-test: /);
    expect(password).toMatch(/^read otherwise: VI_1 Password: wanted "nine-long", read "nine-lon"$/m);
    expect(fine).toBe("");
  });
});
