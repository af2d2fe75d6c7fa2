import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { $ } from "zx";
import { CliError, exitStatus } from "../../../cli/exit-status.ts";
import { reportOf } from "../../../cli/report-error.ts";
import { parseLab } from "../../../lab/index.ts";
import { HostCommandError } from "../../../provision/host/command.ts";
import { LabHostDownError } from "../../../provision/host/reach.ts";
import { RemoteCommandError, UnreachableError } from "../../../provision/ssh/index.ts";
import { failoverScenario } from "../../../verify/failover/index.ts";
import { InterruptedError } from "../../../verify/live/interruptible.ts";
import { LabError } from "../../../verify/live/lab-error.ts";
import { onServer } from "../../../verify/live/live-lab.ts";
import { aLiveLab } from "../verify/a-live-lab.ts";

const thrown = async (work: () => unknown): Promise<unknown> => {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
};

it.each<[string, unknown, number]>([
  ["the command line's own", new CliError("no such thing", 6), 6],
  ["a failover of a lab that has one director", await thrown(async () => failoverScenario(await aLiveLab("dr"))), 2],
  ["a server that the lab has not", await thrown(async () => onServer(await aLiveLab("dr"), "server9")), 2],
  ["a lab that is not healthy", new LabError("the lab is not healthy: nobody holds the VIP"), 1],
  ["a server that does not answer", new UnreachableError("server1", "172.25.254.11", 3, "refused"), 9],
  [
    "a command that failed on a server",
    new RemoteCommandError("server1", "false", { stdout: "", stderr: "", code: 1, signal: null, ms: 5 }, "/log"),
    1,
  ],
  [
    "a command that failed on the lab host",
    new HostCommandError("segment", ["virsh", "list"], { stdout: "", stderr: "no libvirtd", status: 1 }),
    1,
  ],
  ["a lab host that is down", new LabHostDownError("/lab"), 1],
  ["Ctrl-C", new InterruptedError("SIGINT"), 8],
])("%s: shows the message alone", (_what, error, status) => {
  expect(reportOf(error)).toEqual({ status, shown: `lvs-lab: ${(error as Error).message}` });
});

it("a lab file that is wrong: shows its places", async () => {
  const { status, shown } = reportOf(await thrown(() => parseLab("control: [", "lab.yaml")));
  expect(status).toBe(exitStatus.configuration);
  expect(shown).toMatch(/^lab\.yaml:/);
});

it("a disk that is full: shows what could not be written, and the way out", async () => {
  const full = await thrown(() => writeFileSync("/dev/full", "text"));
  expect(reportOf(full)).toMatchObject({
    status: 1,
    shown: expect.stringMatching(
      /^lvs-lab: ENOSPC: no space left on device, write\. Fix: free disk space; `npm run down`/,
    ),
  });
});

it("a bug: shows where it is", () => {
  const bug = new TypeError("undefined is not a function");
  expect(reportOf(bug)).toEqual({ status: 255, shown: bug });
});

describe("a command that failed: shows it in one error, with status 1", () => {
  const missing = "nosuch-program";
  const script = "echo out; for n in $(seq 20); do echo line $n >&2; done; exit 3";
  const tail = Array.from({ length: 12 }, (_, n) => `    line ${n + 9}`).join("\n");

  it.each<[string, () => unknown, RegExp]>([
    [
      "by zx",
      () => $({ quiet: true })`sh -c ${script}`,
      new RegExp(`^lvs-lab: a command ended with status 3:\n${tail}$`),
    ],
    [
      "by zx, ended by a signal",
      () => $({ quiet: true })`sh -c ${"kill -9 $$"}`,
      /^lvs-lab: a command was ended by SIGKILL and printed nothing\.$/,
    ],
    [
      "by execFile",
      () => promisify(execFile)("sh", ["-c", "echo no >&2; exit 4", "virsh"]),
      /^lvs-lab: `sh -c echo no >&2; exit 4 virsh` ended with status 4:\n {4}no$/,
    ],
    [
      "by execFileSync, whose error has the status elsewhere",
      () => execFileSync("sh", ["-c", "echo no >&2; exit 5"], { stdio: "pipe" }),
      /^lvs-lab: `sh -c echo no >&2; exit 5` ended with status 5:\n {4}no$/,
    ],
    [
      "by execFile, ended by a signal",
      () => promisify(execFile)("sh", ["-c", "kill -9 $$"]),
      /^lvs-lab: `sh -c kill -9 \$\$` was ended by SIGKILL and printed nothing\.$/,
    ],
    [
      "that is not there, by execFile",
      () => promisify(execFile)(missing),
      /^lvs-lab: the program `nosuch-program` is missing\. Fix: `npm run setup`, or install it$/,
    ],
    [
      "that is not there, by spawn",
      () => once(spawn(missing, ["-x"]), "spawn"),
      /^lvs-lab: the program `nosuch-program` is missing\. Fix: /,
    ],
    [
      "that cannot be started, by spawn",
      () => once(spawn("/etc/passwd", ["-x"]), "spawn"),
      /^lvs-lab: `\/etc\/passwd -x` cannot be started: spawn \/etc\/passwd EACCES$/,
    ],
    [
      "on the lab host",
      () =>
        Promise.reject(
          new HostCommandError("segment", ["virsh", "vol-delete"], {
            stdout: "",
            stderr: "Failed to delete vol snap\n",
            status: 1,
          }),
        ),
      /^lvs-lab: on the lab host \(segment\), `virsh vol-delete` ended with status 1:\n {4}Failed to delete vol snap$/,
    ],
  ])("%s", async (_what, work, shown) => {
    const reported = reportOf(await thrown(work));
    expect(reported.status).toBe(1);
    expect(reported.shown).toMatch(shown);
  });
});
