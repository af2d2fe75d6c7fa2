import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { projectRoot } from "../../../cli/pulumi.ts";
import { readLab } from "../../../lab/index.ts";
import { faults } from "../../../verify/faults/index.ts";
import { eachFault, healed } from "../each-fault.ts";
import { measured } from "../measured.ts";
import { expectDiagnosis, type ReportedRun } from "../reported.ts";
import { failures } from "../stack.ts";
import { stack } from "./lab.ts";

const { reports } = stack;
const lab = await readLab(join(projectRoot, "labs/ha-baked.yaml"));

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
    // The others have their targets in labs of test/examples.
    const here = faults.filter((fault) => fault.targets(lab).length > 0);
    expect(await eachFault(stack.name, here)).toEqual(healed(here));
    expect(failures(await stack.check("--wait", "60"))).toEqual([]);
  });

  test("a frozen director, a split brain and a stranger are each told apart from the wire", measured, async () => {
    await stack.served("ha-baked");
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
