import { existsSync } from "node:fs";
import { mkdir, readdir, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, it } from "vitest";
import { faultFindings } from "../../../../cli/doctor/faults.ts";
import { FIX } from "../../../../cli/doctor/finding.ts";
import { staleLockFindings } from "../../../../cli/doctor/stale-locks.ts";
import { stateFindings } from "../../../../cli/doctor/states.ts";
import { holdingStack } from "../../../../cli/stack-lock.ts";
import { aLabHost } from "../../provision/host/a-lab-host.ts";
import { aPulumi, NOBODY } from "../a-pulumi.ts";
import { aState, told } from "./a-state.ts";

let own: Awaited<ReturnType<typeof aState>>;
let ha: string;
beforeEach(async () => {
  own = await aState();
  ha = own.lab("ha");
});

const lockOf = (pid: number, more: object = {}) => ({
  ...{ pid, username: "me", hostname: hostname(), timestamp: new Date().toISOString() },
  ...more,
});

describe("a lock of Pulumi's", () => {
  const found = () => staleLockFindings(own.backend);

  it("of a pulumi that lives is nothing to find", async () => {
    expect(await found()).toEqual([]);
    await own.lock("ha", lockOf((await aPulumi()).pid));
    expect(await found()).toEqual([]);
  });

  it("of one that has ended is found, and taken away", async () => {
    const file = await own.lock("ha", lockOf(NOBODY));
    await writeFile(`${file}.attrs`, "{}");
    const [finding, ...others] = await found();
    expect(others).toEqual([]);
    expect(finding).toMatchObject({
      kind: "stale-lock",
      level: "warning",
      problem: `The stack ha is locked by pulumi (PID ${NOBODY}, user me), which has ended (${file}).`,
      fix: FIX,
    });
    await finding?.repair?.();
    expect(await readdir(join(file, ".."))).toEqual([]);
    await finding?.repair?.(); // nothing is there any more
  });

  it("of a PID that another process has by now is found", async () => {
    await own.lock("ha", lockOf(process.pid));
    expect(told(await found())).toEqual(["warning stale-lock, can be fixed"]);
  });

  it("stays if somebody lives behind it by then, or works on the stack", async () => {
    const file = await own.lock("ha", lockOf(NOBODY));
    const [finding] = await found();
    await holdingStack("ha", async () => {
      await expect(finding?.repair?.()).rejects.toThrow("is locked by another process");
    });
    await own.lock("ha", lockOf((await aPulumi()).pid));
    await expect(finding?.repair?.()).rejects.toThrow("now holds the lock");
    expect(existsSync(file)).toBe(true);
  });

  it("of another machine stays: whether its holder runs cannot be seen from here", async () => {
    await own.lock("ha", lockOf(NOBODY, { hostname: "elsewhere" }));
    const [finding] = await found();
    expect(finding?.repair).toBeUndefined();
    expect(finding?.problem).toContain(`pulumi (PID ${NOBODY} on elsewhere, user me)`);
    expect(finding?.fix).toContain("pulumi cancel --yes --stack ha");
  });

  it("that was not written whole belongs to the dead, unless it is being written", async () => {
    const file = await own.lock("ha", '{"pid":');
    expect(await found()).toEqual([]);
    await utimes(file, new Date(0), new Date(0));
    const [finding] = await found();
    await finding?.repair?.();
    expect(existsSync(file)).toBe(false);
  });

  it("of another form stays", async () => {
    await utimes(await own.lock("ha", { holder: "me" }), new Date(0), new Date(0));
    expect(told(await found())).toEqual(["warning stale-lock"]);
  });
});

describe("Pulumi's state", () => {
  const found = () => stateFindings(own.backend);

  it("of stacks whose labs run, or that have none, is nothing to find", async () => {
    await aLabHost(ha);
    await own.know("ha", { recorded: [ha] });
    await own.know("dr");
    await writeFile(join(own.stacks, "dr.json.bak"), "{");
    await writeFile(join(own.stacks, "dr.json.attrs"), "{}");
    expect(await found()).toEqual([]);
  });

  it("whose sidecar a killed pulumi left empty is found, and mended by --fix", async () => {
    const file = `${await own.know("dr")}.attrs`;
    await writeFile(file, "");
    const [finding, ...others] = await found();
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ kind: "pulumi-state", level: "error", fix: "npx lvs-lab doctor --fix" });
    expect(finding?.problem).toContain(file);
    await finding?.repair?.();
    expect(await found()).toEqual([]);
  });

  it.each([
    ["whose lab's directory is gone", async () => {}, /its directory \S+labs\/ha is gone\.$/],
    [
      "whose lab host does not run",
      () => mkdir(ha, { recursive: true }),
      /its lab host is not running, as after a reboot of the machine\.$/,
    ],
  ])("of a stack %s is found, with both ways on", async (_what, arrange, problem) => {
    await own.know("ha", { recorded: [ha] });
    await arrange();
    const [finding, ...others] = await found();
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ kind: "lab-down", level: "warning" });
    expect(finding?.repair).toBeUndefined();
    expect(finding?.problem).toMatch(problem);
    expect(finding?.fix).toBe("npm run up -- -s ha brings it back, npm run down -- -s ha removes it");
  });

  it("of a stack that somebody works on is nothing to find", async () => {
    await own.know("ha", { recorded: [ha] });
    expect(await holdingStack("ha", found)).toEqual([]);
    await own.lock("ha", lockOf((await aPulumi()).pid));
    expect(await found()).toEqual([]);
  });

  it("that cannot be read is an error, and others are read all the same", async () => {
    await own.know("ha", { recorded: [ha] });
    await truncate(await own.know("dr"), 30);
    await writeFile(join(own.stacks, "empty.json"), "");
    await writeFile(join(own.stacks, "list.json"), "[]");
    const findings = await found();
    expect(findings.filter(({ level }) => level === "error").map(({ problem }) => problem.split(":")[0])).toEqual(
      ["dr", "empty", "list"].map((stack) => `Cannot read Pulumi's state of the stack ${stack}`),
    );
    expect(findings[0]?.fix).toContain("npm run up -- -s dr");
    expect(told(findings)).toContain("warning lab-down");
  });

  it("may be packed, and nothing is waited for that is no file", async () => {
    const state = { checkpoint: { latest: { resources: [resourceAt(ha)] } } };
    await writeFile(join(own.stacks, "ha.json.gz"), gzipSync(JSON.stringify(state)));
    await mkdir(join(own.stacks, "odd.json"));
    expect(told(await found())).toEqual(["error pulumi-state", "warning lab-down"]);
  });

  it("is none where there is no backend", async () => {
    await rm(own.backend, { recursive: true });
    expect(await found()).toEqual([]);
    expect(await staleLockFindings(own.backend)).toEqual([]);
  });
});

const resourceAt = (directory: string) => ({
  type: "lvs:index:LabHost",
  inputs: { host: { kind: "private", directory } },
});

describe("a fault that is noted in a lab", () => {
  const found = () => faultFindings(own.backend);
  const note = async (text: string) => {
    await mkdir(join(ha, "faults"), { recursive: true });
    await writeFile(join(ha, "faults/pause@server2.json"), text);
  };
  const entry = JSON.stringify({
    fault: "pause",
    server: "server2",
    parameters: {},
    since: "2026-01-01T00:00:00.000Z",
  });

  it("is found in a lab that runs, and healed there", async () => {
    await note(entry);
    await aLabHost(ha);
    const [finding] = await found();
    expect(finding).toMatchObject({
      kind: "faults",
      level: "warning",
      problem: "Faults are still injected in the lab of the stack ha: pause on server2 since 2026-01-01T00:00:00.000Z.",
      fix: "npx lvs-lab heal -s ha",
    });
    expect(finding?.repair).toBeUndefined();
    expect(await holdingStack("ha", found)).toEqual([]);
  });

  it("is healed by `up` in a lab that is down", async () => {
    await note(entry);
    await writeFile(join(ha, "lvs-lab"), "");
    expect((await found())[0]?.fix).toBe("npm run up -- -s ha");
  });

  it("whose note is damaged is found", async () => {
    await note(entry.slice(0, 10));
    await writeFile(join(ha, "lvs-lab"), "");
    expect((await found())[0]?.problem).toContain(`Cannot read the fault records in ${join(ha, "faults")}`);
  });

  it("is nobody's business in a directory that is no lab's, and none where nothing is noted", async () => {
    expect(await found()).toEqual([]);
    await note(entry);
    expect(await found()).toEqual([]);
    await rm(join(ha, "faults"), { recursive: true });
    await writeFile(join(ha, "lvs-lab"), "");
    expect(await found()).toEqual([]);
  });
});
