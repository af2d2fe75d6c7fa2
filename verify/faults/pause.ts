import { domainState, hangUp, virsh } from "../live/power.ts";
import { defineFault } from "./fault.ts";
import { none } from "./parameters.ts";
import { targets } from "./targets.ts";

export const pause = defineFault({
  id: "pause",
  title: "pause",
  explains:
    "The machine stands still in mid-instruction: a hung hypervisor, a live migration. A director that goes on afterwards does not know that it was gone, and is master until it hears or outranks the other.",
  masterGoes: "silently",
  realServer: "silent",
  parameters: none,
  targets: targets.servers,
  byHand: { inject: "virsh suspend SERVER", heal: "virsh resume SERVER" },
  async inject({ view, server }) {
    const { live } = view;
    await hangUp(live, server);
    if ((await domainState(live, server)) === "running") await virsh(live, "suspend", server);
  },
  async heal({ view, server }) {
    if ((await domainState(view.live, server)) === "paused") await virsh(view.live, "resume", server);
  },
  async present({ view, server }) {
    const state = await domainState(view.live, server);
    return { there: state === "paused", seen: `its domain is ${state}` };
  },
});
