import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { liveLab } from "../../cli/live-lab.ts";
import { projectRoot } from "../../cli/pulumi.ts";
import { View } from "../../verify/check.ts";
import { faults } from "../../verify/faults/index.ts";
import { Ledger } from "../../verify/faults/ledger.ts";
import type { RunResult } from "../../verify/report/result.ts";
import { failures, TestStack } from "./stack.ts";
import { longestOutage } from "./wire-outage.ts";

const stack = new TestStack("e2e-break");
const reports = join(process.env.LVS_LAB_STATE ?? "", "reports");
afterAll(() => stack.remove());

type ReportedRun = Omit<RunResult, "series"> & { report: { json: string; html: string; junit: string } };

/** The report of a scenario that was run before. */
async function reported(name: string): Promise<ReportedRun> {
  const directory = (await readdir(reports)).filter((entry) => entry.endsWith(`-${stack.name}-${name}`)).at(-1) ?? name;
  const [json, html, junit] = ["result.json", "report.html", "junit.xml"].map((file) => join(reports, directory, file));
  const result = JSON.parse(await readFile(json as string, "utf8")) as RunResult;
  return { ...result, report: { json, html, junit } as ReportedRun["report"] };
}

/** Runs scenarios by the command line, and gives what `--json` prints of them. */
async function scenarios(...names: string[]): Promise<{ status: number | null; runs: ReportedRun[]; stderr: string }> {
  const { status, stdout, stderr } = await stack.lvs("scenario run", "--json", "--report", reports, ...names);
  return { status, runs: stdout === "" ? [] : (JSON.parse(stdout) as { runs: ReportedRun[] }).runs, stderr };
}

/** Starts a scenario in a process group of its own, does something to it when it prints a line, and gives its exit status. */
async function scenarioUntil(name: string, moment: RegExp, signal: NodeJS.Signals): Promise<number | null> {
  const child = spawn(
    join(projectRoot, "cli/lvs-lab"),
    ["scenario", "run", name, "--stack", stack.name, "--report", reports],
    { detached: true, stdio: ["ignore", "ignore", "pipe"] },
  );
  let said = "";
  child.stderr.on("data", (text) => {
    const before = moment.test(said);
    said += text;
    if (!before && moment.test(said)) process.kill(-(child.pid ?? 0), signal);
  });
  const [status] = (await once(child, "close")) as [number | null];
  expect(said).toMatch(moment);
  return status;
}

const injected = async (): Promise<unknown[]> =>
  (JSON.parse((await stack.lvs("fault status", "--json")).stdout) as { faults: unknown[] }).faults;

describe("a lab of stage ha, broken on purpose", () => {
  test("`ci` brings it up, checks it, runs scenarios and leaves one JUnit file", async () => {
    await stack.lab("ha-baked");
    const names = ["director-down", "real-server-down"];
    const { status, stdout, stderr } = await stack.lvs(
      "ci",
      ...["--scenarios", ...names],
      ...["--report", reports],
      ...["--keep", "always"],
    );
    expect(status, stdout + stderr).toBe(0);
    const xml = await readFile(join(reports, "junit.xml"), "utf8");
    expect([...xml.matchAll(/<testsuite /g)]).toHaveLength(3);
    expect(xml).not.toContain("<failure");
  });

  test("every fault is there while it is injected, and gone when it is healed", async () => {
    const live = await liveLab(stack.name);
    const ledger = new Ledger(live);
    const rows: string[][] = [];
    const seen: Record<string, boolean[]> = {};
    for (const fault of faults) {
      const server = fault.targets(live.lab)[0] ?? "";
      const parameters = fault.parameters.parse(fault.id === "netem" ? { delayMs: 50 } : {});
      const look = () => fault.present({ view: new View(live), server }, parameters);
      const before = await look();
      await ledger.inject(fault, server, parameters);
      const during = await look();
      await ledger.heal({ fault: fault.id, server, parameters });
      const after = await look();
      seen[fault.id] = [before.there, during.there, after.there];
      rows.push([fault.id, server, during.seen, after.seen]);
    }
    const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
    console.log(
      [
        "fault, on, while injected, when healed",
        ...rows.map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ")),
      ].join("\n"),
    );
    expect(seen).toEqual(Object.fromEntries(faults.map(({ id }) => [id, [false, true, false]])));
    expect(await ledger.list()).toEqual([]);
    expect(failures(await stack.check("--wait", "60"))).toEqual([]);
  });

  test("a crash, a frozen director, a split brain and a stranger are each told apart from the wire", async () => {
    const named = {
      "director-down": "master-crash",
      "director-frozen": "frozen-director",
      "split-brain": "split-brain",
      "rogue-router": "rogue-router",
      "wrong-password": "wrong-password",
    };
    const [again, ...others] = Object.keys(named) as [string, ...string[]];
    const crash = await reported(again); // of `ci`, which ran it
    const { status, runs, stderr } = await scenarios(...others);
    expect(status, stderr).toBe(0);
    for (const run of [crash, ...runs]) {
      const wanted = named[run.scenario.name as keyof typeof named];
      const unwanted = Object.values(named).filter((id) => id !== wanted);
      const ids = run.diagnoses.map(({ id }) => id as string);
      expect(ids, run.scenario.name).toContain(wanted);
      if (wanted !== "wrong-password")
        expect(
          ids.filter((id) => unwanted.includes(id)),
          run.scenario.name,
        ).toEqual([]);
      for (const file of [run.report.json, run.report.html, run.report.junit])
        expect(existsSync(file), file).toBe(true);
    }
    const window = crash.windows.find(({ promise }) => promise);
    const pcap = join(dirname(crash.report.json), "capture.pcap");
    const onTheWire = await longestOutage(pcap, crash.lab.client, crash.lab.vip);
    console.log(`outage by the probe ${window?.outage.longest?.ms} ms, by the capture ${onTheWire.toFixed(3)} ms`);
    expect(Math.abs((window?.outage.longest?.ms ?? 0) - onTheWire)).toBeLessThanOrEqual(30);
  });

  test("a check of what breaks something fails where the lab does not stand it", async () => {
    await stack.on("server1", "systemctl stop opensmtpd");
    const deaf = await stack.check("--only", "real-server-down");
    await stack.on("server1", "systemctl start opensmtpd");
    expect(deaf.map(({ id, passed, seen }) => [id, passed, seen])).toEqual([
      ["real-server-down", false, expect.stringContaining("no mail to root")],
    ]);
    await stack.on("server4", "systemctl stop keepalived");
    const alone = await stack.check("--only", "director-down");
    await stack.on("server4", "systemctl start keepalived");
    expect(alone.map(({ id, passed }) => [id, passed])).toEqual([["director-down", false]]);
    expect(failures(await stack.check("--wait", "120"))).toEqual([]);
  });

  test("Ctrl-C in the middle of a scenario leaves the lab healed, and a report of what there was", async () => {
    expect(await scenarioUntil("director-frozen", /3\. /, "SIGINT")).toBe(8);
    expect(await injected()).toEqual([]);
    expect((await stack.virsh("list", "--name", "--state-paused")).trim()).toBe("");
    expect(failures(await stack.check("--wait", "60"))).toEqual([]);
  });

  test("what a killed scenario has left is there to be healed", async () => {
    await scenarioUntil("web-server-hangs", /3\. /, "SIGKILL");
    expect(await injected()).toMatchObject([{ fault: "httpd-hang", server: "server2", there: true }]);
    expect((await stack.lvs("heal")).status).toBe(0);
    expect(await injected()).toEqual([]);
    expect(failures(await stack.check("--wait", "60"))).toEqual([]);
  });

  test("`ci` takes the lab away also when it fails", async () => {
    expect((await stack.lvs("ci", "--scenarios", "no-such-scenario")).status).toBe(2);
    expect(existsSync(stack.directory), "what was mistyped costs no lab").toBe(true);
    const file = join(reports, "wrong.yaml");
    await writeFile(file, "title: Wrong\nstage: ha\nload: {}\nsteps: [{ expect: { vip: standby }, within: 1s }]\n");
    const { status, stderr } = await stack.lvs("ci", "--scenarios", file, "--report", reports);
    expect(status, stderr).toBe(1);
    expect(existsSync(stack.directory)).toBe(false);
  });
});
