import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { type Injected, Ledger } from "../../../../verify/faults/ledger.ts";
import { whileBroken } from "../../../../verify/faults/while-broken.ts";
import { InterruptedError } from "../../../../verify/live/interruptible.ts";
import { aLiveLab, RecordedView } from "../a-live-lab.ts";

let view: RecordedView;
/** What was done to the lab, in order. */
let done: string[];
let fails: string | undefined;
const injected = (): Promise<Injected[]> => new Ledger(view.live).list();

beforeEach(async () => {
  const directory = await mkdtemp(join(tmpdir(), "lvs-lab-broken-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  done = [];
  fails = undefined;
  view = new RecordedView({ ...(await aLiveLab("dr")), host: { kind: "private", directory } }, (where, command) => {
    const verb = /systemctl (?:stop|start)/.exec(command)?.[0] ?? "";
    done.push(`${where}: ${verb}`);
    return verb === fails ? { output: "no", status: 1 } : "";
  });
});

const broken = ["server2: systemctl stop", "server2: systemctl start"];

it("has the fault in the ledger as long as it is there, and gives what the work gives", async () => {
  expect(await whileBroken(view, "httpd-stop", "server2", injected)).toMatchObject([
    { fault: "httpd-stop", server: "server2" },
  ]);
  expect(done).toEqual(broken);
  expect(await injected()).toEqual([]);
});

it("heals also when the work fails", async () => {
  const work = async () => {
    throw new Error("it went wrong");
  };
  await expect(whileBroken(view, "httpd-stop", "server2", work)).rejects.toThrow("it went wrong");
  expect(done).toEqual(broken);
  expect(await injected()).toEqual([]);
});

it("heals what could not be injected, for it may be half there", async () => {
  fails = "systemctl stop";
  await expect(whileBroken(view, "httpd-stop", "server2", injected)).rejects.toThrow("ended with status 1");
  expect(done).toEqual(broken);
});

it("leaves a note of what could not be healed", async () => {
  fails = "systemctl start";
  await expect(whileBroken(view, "httpd-stop", "server2", injected)).rejects.toThrow("ended with status 1");
  expect(await injected()).toMatchObject([{ fault: "httpd-stop" }]);
});

it("tells the work of a signal, and heals before it ends by it", async () => {
  const work = async (signal: AbortSignal) => {
    process.emit("SIGINT", "SIGINT");
    signal.throwIfAborted();
  };
  await expect(whileBroken(view, "httpd-stop", "server2", work)).rejects.toThrow(InterruptedError);
  expect(done).toEqual(broken);
});
