import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { findFault, type Injected, Ledger } from "../../../../verify/faults/ledger.ts";
import type { LiveLab } from "../../../../verify/live/live-lab.ts";
import { aLiveLab } from "../a-live-lab.ts";

let live: LiveLab;
let ledger: Ledger;
/** What was done to the lab, in order. */
let done: string[];

/** Stands in for a fault's own commands: it is the catalogue's, and what it would run is noted. */
function recorded(id: string, fails: { inject?: string; heal?: string } = {}) {
  const fault = findFault(id);
  const act =
    (what: "inject" | "heal") =>
    async ({ server }: { server: string }) => {
      const error = fails[what];
      done.push(`${what} ${id} on ${server}${error ? `: ${error}` : ""}`);
      if (error) throw new Error(error);
    };
  const spies = (["inject", "heal"] as const).map((what) => vi.spyOn(fault, what).mockImplementation(act(what)));
  onTestFinished(() => {
    for (const spy of spies) spy.mockRestore();
  });
  return fault;
}

const files = () => readdir(join(live.host.directory, "faults"));
const names = async () => (await ledger.list()).map(({ fault, server }) => `${fault} on ${server}`);
const later = () => new Promise((resolve) => setTimeout(resolve, 3));

beforeEach(async () => {
  const directory = await mkdtemp(join(tmpdir(), "lvs-lab-ledger-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  live = { ...(await aLiveLab("ha")), host: { kind: "private", directory } };
  ledger = new Ledger(live);
  done = [];
});

describe("the ledger", () => {
  it("is empty where nothing was ever injected", async () => {
    expect(await ledger.list()).toEqual([]);
    expect(await ledger.healAll()).toEqual([]);
  });

  it("has a fault before it is there, so that whoever is killed in between leaves a trace", async () => {
    const fault = recorded("netem");
    let before: Injected | undefined;
    vi.mocked(fault.inject).mockImplementation(async () => {
      before = JSON.parse(await readFile(join(live.host.directory, "faults/netem@server2.json"), "utf8"));
    });
    await ledger.inject(fault, "server2", { lossPercent: 5 });
    expect(before).toMatchObject({ fault: "netem", server: "server2", parameters: { lossPercent: 5 } });
    expect(await ledger.list()).toEqual([before]);
    expect(Date.now() - Date.parse(before?.since ?? "")).toBeLessThan(10_000);
  });

  it("keeps one that could not be injected: it may be half there", async () => {
    const fault = recorded("partition", { inject: "no nft" });
    await expect(ledger.inject(fault, "server1", {})).rejects.toThrow("no nft");
    expect(await names()).toEqual(["partition on server1"]);
  });

  it("has each fault once a server, with the parameters that it was last injected with", async () => {
    const fault = recorded("netem");
    await ledger.inject(fault, "server2", { lossPercent: 5 });
    await ledger.inject(fault, "server3", { lossPercent: 5 });
    await ledger.inject(fault, "server2", { lossPercent: 7 });
    expect((await files()).sort()).toEqual(["netem@server2.json", "netem@server3.json"]);
    expect((await ledger.list()).find(({ server }) => server === "server2")?.parameters).toEqual({ lossPercent: 7 });
  });

  it("forgets one when it is healed, and heals also what was never in it", async () => {
    const fault = recorded("pause");
    await ledger.inject(fault, "server1", {});
    await ledger.heal({ fault: "pause", server: "server1", parameters: {} });
    await ledger.heal({ fault: "pause", server: "server4", parameters: {} });
    expect(await files()).toEqual([]);
    expect(done).toEqual(["inject pause on server1", "heal pause on server1", "heal pause on server4"]);
  });

  it("keeps one whose heal fails", async () => {
    const fault = recorded("pause", { heal: "no virsh" });
    await ledger.inject(fault, "server1", {});
    await expect(ledger.heal({ fault: "pause", server: "server1", parameters: {} })).rejects.toThrow("no virsh");
    expect(await names()).toEqual(["pause on server1"]);
  });

  it("passes the parameters of the injection to the heal", async () => {
    const fault = recorded("rogue-router");
    await ledger.inject(fault, "segment", { priority: 254 });
    await ledger.healAll();
    expect(vi.mocked(fault.heal).mock.calls.map(([site, parameters]) => [site.server, parameters])).toEqual([
      ["segment", { priority: 254 }],
    ]);
  });
});

describe("all is healed", () => {
  it("the latest first, as it has to be taken apart", async () => {
    for (const [id, server] of [
      ["pause", "server1"],
      ["netem", "server2"],
      ["disk-full", "server1"],
    ] as const) {
      await ledger.inject(recorded(id), server, {});
      await later();
    }
    done = [];
    const said: string[] = [];
    const healed = await ledger.healAll((message) => said.push(message));
    expect(done).toEqual(["heal disk-full on server1", "heal netem on server2", "heal pause on server1"]);
    expect(said).toEqual(done.map((one) => one.replace("heal ", "healing ")));
    expect(healed.map(({ fault }) => fault)).toEqual(["disk-full", "netem", "pause"]);
    expect(await files()).toEqual([]);
  });

  it("whatever becomes of one, the others too; what could not be stays, and is told with what to do", async () => {
    await ledger.inject(recorded("pause"), "server1", {});
    await later();
    await ledger.inject(recorded("netem", { heal: "server2 does not answer" }), "server2", {});
    await expect(ledger.healAll()).rejects.toThrow(
      /^not everything could be healed: server2 does not answer\. `npx lvs-lab heal` tries again/,
    );
    expect(done.slice(2)).toEqual(["heal netem on server2: server2 does not answer", "heal pause on server1"]);
    expect(await names()).toEqual(["netem on server2"]);
  });

  it("what another process has left is found, and what it had not finished writing is not", async () => {
    await ledger.inject(recorded("pause"), "server1", {});
    await writeFile(join(live.host.directory, "faults/netem@server2.json.new"), '{"fault":"net');
    expect((await new Ledger(live).healAll()).map(({ fault }) => fault)).toEqual(["pause"]);
    expect(done.at(-1)).toBe("heal pause on server1");
  });

  it("but what this version does not know: it is told, and stays for one that does", async () => {
    await ledger.inject(recorded("pause"), "server1", {});
    const entry = { fault: "sabotage", server: "server1", parameters: {}, since: "2026-01-01T00:00:00.000Z" };
    await writeFile(join(live.host.directory, "faults/sabotage@server1.json"), JSON.stringify(entry));
    await expect(ledger.healAll()).rejects.toThrow(/there is no fault "sabotage"; there are power-off, /);
    expect(await names()).toEqual(["sabotage on server1"]);
  });
});
