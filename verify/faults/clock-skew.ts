import { z } from "zod";
import { defineFault, type FaultSite } from "./fault.ts";
import { targets } from "./targets.ts";
import { must } from "./unit.ts";

export const clockSkew = defineFault({
  id: "clock-skew",
  title: "put the clock wrong on",
  explains:
    "The wall clock jumps. VRRP's timers run on the monotonic one and do not notice: no failover. Only comparing logs of several servers becomes hard.",
  parameters: z.strictObject({
    seconds: z
      .int()
      .min(-31_536_000)
      .max(31_536_000)
      .default(3600)
      .describe("seconds by which the clock is put forward, negative ones back; a year at most"),
  }),
  targets: targets.servers,
  byHand: { inject: "date --set '+1 hour'", heal: "date --set @$(date +%s)   # of a machine whose clock is right" },
  async inject(site, { seconds }) {
    await setClock(site, Date.now() / 1000 + seconds);
  },
  async heal(site) {
    await setClock(site, Date.now() / 1000);
  },
  async present({ view, server }, { seconds }) {
    const there = Number((await view.on(server)`date +%s.%N`).output.trim());
    const off = there - Date.now() / 1000;
    // Emulated guests' clocks are off by seconds anyway.
    return { there: Math.abs(off) > Math.abs(seconds) / 2, seen: `its clock is ${Math.round(off)} s off` };
  },
});

/** Sets the wall clock, in seconds since the epoch. */
async function setClock({ view, server }: FaultSite, at: number): Promise<void> {
  await must(view.on(server)`date --set ${`@${at.toFixed(3)}`}`);
}
