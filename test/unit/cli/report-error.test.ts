import { expect, it } from "vitest";
import { CliError, exitStatus } from "../../../cli/exit-status.ts";
import { reportOf } from "../../../cli/report-error.ts";
import { HostCommandError } from "../../../provision/host/command.ts";
import { LabHostDownError } from "../../../provision/host/reach.ts";
import { RemoteCommandError, UnreachableError } from "../../../provision/ssh/index.ts";
import { parseLab } from "../../../stacks/lab.ts";
import { failoverScenario } from "../../../verify/failover/index.ts";
import { InterruptedError } from "../../../verify/interruptible.ts";
import { LabError } from "../../../verify/lab-error.ts";
import { onServer } from "../../../verify/live-lab.ts";
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
  const { status, shown } = reportOf(await thrown(() => parseLab("stage: [", "lab.yaml")));
  expect(status).toBe(exitStatus.configuration);
  expect(shown).toMatch(/^lab\.yaml:/);
});

it("a bug: shows where it is", () => {
  const bug = new TypeError("undefined is not a function");
  expect(reportOf(bug)).toEqual({ status: 255, shown: bug });
});
