import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isLive, isLivePulumi, staysLivePulumi } from "../../../cli/processes.ts";
import { aPulumi, aZombie, NOBODY } from "./a-pulumi.ts";

const HOUR_MS = 3_600_000;
const now = () => new Date();

describe("a pulumi that noted its PID", () => {
  it("lives while its process runs", async () => {
    const { pid } = await aPulumi();
    expect(isLivePulumi(pid, now())).toBe(true);
    expect(isLivePulumi(pid, new Date(Date.now() + HOUR_MS))).toBe(true);
    expect(await staysLivePulumi(pid, now())).toBe(true);
  });

  it("lives under the name that a package gives it", async () => {
    expect(isLivePulumi((await aPulumi(".pulumi-wrapped")).pid, now())).toBe(true);
  });

  it("is dead where no process has the PID", () => {
    expect(isLivePulumi(NOBODY, now())).toBe(false);
  });

  it("is dead where another program has the PID", async () => {
    expect(isLivePulumi(process.pid, now())).toBe(false);
    expect(isLivePulumi((await aPulumi("pulumi-resource-lvs")).pid, now())).toBe(false);
  });

  it("is dead where another pulumi has the PID, which began later than the note", async () => {
    const { pid } = await aPulumi();
    expect(isLivePulumi(pid, new Date(Date.now() - HOUR_MS))).toBe(false);
  });

  it("is dead when it has ended and its parent has not asked for its status", async () => {
    const pid = await aZombie();
    expect(existsSync(`/proc/${pid}`)).toBe(true);
    expect(isLivePulumi(pid, now())).toBe(false);
  });

  it("gets a moment to go after it was killed", async () => {
    const child = await aPulumi();
    setTimeout(() => child.kill("SIGKILL"), 300);
    expect(await staysLivePulumi(child.pid, now())).toBe(false);
  });
});

describe("any process that noted its PID", () => {
  it("lives while it runs, whatever its program, and a later one by its PID does not count", async () => {
    const { pid } = await aPulumi("node");
    expect(isLive(pid, now())).toBe(true);
    expect(isLive(pid, new Date(Date.now() - HOUR_MS))).toBe(false);
    expect(isLive(NOBODY, now())).toBe(false);
  });
});
