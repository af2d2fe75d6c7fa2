import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { liveLab } from "../../cli/live-lab.ts";
import { projectRoot } from "../../cli/pulumi.ts";
import { faults } from "../../verify/faults/index.ts";
import { Ledger } from "../../verify/faults/ledger.ts";
import { View } from "../../verify/live/view.ts";
import { expectDiagnosis, type ReportedRun } from "./reported.ts";
import { failures, leaseSharedLab } from "./stack.ts";

const stack = await leaseSharedLab();
const { reports } = stack;

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

describe("a lab under keepalived, broken on purpose", () => {
  beforeAll(() => stack.served("ha-baked"));

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

  test("a frozen director, a split brain and a stranger are each told apart from the wire", async () => {
    const { status, runs, stderr } = await scenarios(
      "director-frozen",
      "split-brain",
      "rogue-router",
      "wrong-password",
    );
    expect(status, stderr).toBe(0);
    expect(runs).toHaveLength(4);
    for (const run of runs) expectDiagnosis(run);
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
});
