import { describe, expect, it } from "vitest";
import { trackedBy } from "../../../../lab/index.ts";
import { bfdLoss } from "../../../../verify/faults/bfd-loss.ts";
import { trackedFaults } from "../../../../verify/faults/tracked.ts";
import { LabError } from "../../../../verify/live/lab-error.ts";
import { aLiveLab, RecordedView } from "../a-live-lab.ts";

const live = await aLiveLab("bfd");
const [instance] = live.lab.vrrp;
if (!instance) throw new Error("labs/bfd.yaml has no instance");

/** A server with nft's tables as far as the fault uses them. */
function aSite(server = "server1") {
  let table: string | undefined;
  const view = new RecordedView(live, (_, command) => {
    if (command.startsWith("printf")) table = command;
    if (command.startsWith("!")) table = undefined;
    return { output: table ?? "", status: command.startsWith("nft list") && table === undefined ? 1 : 0 };
  });
  return { site: { view, server }, table: () => table };
}

describe("bfd-loss", () => {
  it("drops the neighbour's control packets alone, until it is healed", async () => {
    const { site, table } = aSite();
    expect(await bfdLoss.present(site, {})).toMatchObject({ there: false });
    await bfdLoss.inject(site, { session: "server2" });
    expect(table()).toContain("ip saddr 172.25.254.12 udp dport 3784 drop;");
    expect(await bfdLoss.present(site, { session: "server2" })).toMatchObject({ there: true });
    await bfdLoss.heal(site, {});
    expect(await bfdLoss.present(site, {})).toMatchObject({ there: false });
  });

  it("goes on each director that tracks a session, and on nothing else", () => {
    expect(bfdLoss.targets(live.lab)).toEqual(["server1", "server4"]);
  });

  it("is what fails a tracked session: its master goes as its weight says", () => {
    const [tracked] = trackedBy(instance);
    expect(trackedFaults.bfd("server2")).toEqual({ id: "bfd-loss", parameters: { session: "server2" } });
    expect(bfdLoss.goes?.(instance, {})).toEqual(tracked);
    expect(bfdLoss.goes?.(instance, { session: "server2" })).toMatchObject({ kind: "bfd", weight: -60 });
    expect(bfdLoss.goes?.(instance, { session: "another" })).toBeUndefined();
  });

  it("names the sessions that there are where it is told of another one", async () => {
    const { site } = aSite();
    await expect(bfdLoss.inject(site, { session: "another" })).rejects.toThrow(LabError);
    await expect(bfdLoss.inject(site, { session: "another" })).rejects.toThrow(
      "server1 tracks no BFD session another; it tracks server2",
    );
  });
});
