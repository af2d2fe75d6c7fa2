import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readLab } from "../../lab/index.ts";
import { checks } from "../../verify/checks/index.ts";
import { measured } from "./measured.ts";
import { expectNothingLeft } from "./nothing-left.ts";
import { expectDiagnosis, reported } from "./reported.ts";
import { failures, TestStack } from "./stack.ts";
import { longestOutage } from "./wire-outage.ts";

const stack = new TestStack("e2e-ha");
afterAll(() => stack.remove());

describe("keepalived in control, with plain guests: packages come over SSH", () => {
  /** Runs `ci`, and expects a JUnit file with a suite for the checks and each scenario, and no failure. */
  const passes = async (...scenarios: string[]): Promise<void> => {
    const options = ["--report", stack.reports, "--keep", "always"];
    const { status, stdout, stderr } = await stack.lvs("ci", "--scenarios", ...scenarios, ...options);
    expect(status, stdout + stderr).toBe(0);
    const xml = await readFile(join(stack.reports, "junit.xml"), "utf8");
    expect([...xml.matchAll(/<testsuite /g)]).toHaveLength(1 + scenarios.length);
    expect(xml).not.toContain("<failure");
  };

  test("`ci` brings it up, checks it, runs a scenario of one's own and leaves one JUnit file", async () => {
    await stack.lab("ha");
    await mkdir(stack.reports, { recursive: true });
    const file = join(stack.reports, "calm.yaml");
    const steps = "steps: [{ expect: { vip: master }, within: 60s }]";
    await writeFile(file, `title: Calm\ncontrol: keepalived\nload: {}\n${steps}\n`);
    await passes(file);
  });

  test("`ci` runs scenarios on a lab that is up, and leaves one JUnit file", measured, async () => {
    await passes("director-down", "real-server-down");
  });

  test("a crash of the master is told from the wire, and its outage as tcpdump's own text has it", async () => {
    const crash = await reported(stack, "director-down");
    expectDiagnosis(crash);
    const window = crash.windows.find(({ promise }) => promise);
    const pcap = join(dirname(crash.report.json), "capture.pcap");
    const onTheWire = await longestOutage(pcap, crash.lab.client, crash.lab.vip);
    const { ms = 0, errorMs = 0 } = window?.outage.longest ?? {};
    console.log(`outage by the probe ${ms} ± ${errorMs} ms, by the capture ${onTheWire.toFixed(3)} ms`);
    expect(Math.abs(ms - onTheWire)).toBeLessThanOrEqual(errorMs);
  });

  test("every check of such a lab is made, and passes", async () => {
    const results = await stack.check();
    expect(failures(results)).toEqual([]);
    const lab = await readLab("labs/ha.yaml");
    const expected = checks.filter((check) => check.appliesTo(lab) && !check.faulty).map(({ id }) => id);
    expect(new Set(results.map(({ id }) => id))).toEqual(new Set(expected));
  });

  test("a second `up`, a preview and a refresh have nothing to change", async () => {
    for (const command of [
      ["up", "--yes", "--skip-preview", "--expect-no-changes"],
      ["refresh", "--yes", "--skip-preview", "--expect-no-changes"],
      ["preview", "--expect-no-changes"],
    ] as [string, ...string[]][]) {
      const { status, stdout, stderr } = await stack.pulumi(...command);
      expect(status, `${command.join(" ")}\n${stdout}${stderr}`).toBe(0);
    }
  });

  test("`ci` takes the lab away also when it fails, and leaves nothing", async () => {
    expect((await stack.lvs("ci", "--scenarios", "no-such-scenario")).status).toBe(2);
    expect(existsSync(stack.directory), "what was mistyped costs no lab").toBe(true);
    const file = join(stack.reports, "wrong.yaml");
    await writeFile(
      file,
      "title: Wrong\ncontrol: keepalived\nload: {}\nsteps: [{ expect: { vip: standby }, within: 1s }]\n",
    );
    const { status, stderr } = await stack.lvs("ci", "--scenarios", file, "--report", stack.reports);
    expect(status, stderr).toBe(1);
    await expectNothingLeft(stack);
  });
});
