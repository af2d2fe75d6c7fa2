import { domainState, powerOff as off, powerOn } from "../live/power.ts";
import { defineFault } from "./fault.ts";
import { none } from "./parameters.ts";
import { targets } from "./targets.ts";
import { untilBooted } from "./until-booted.ts";

export const powerOff = defineFault({
  id: "power-off",
  title: "power off",
  explains:
    "The server is gone between two instructions, and nobody on the wire is told. A standby notices when advertisements stay out for its master-down interval; a health check when it gets no answer.",
  masterGoes: "silently",
  realServer: "silent",
  parameters: none,
  targets: targets.servers,
  byHand: { inject: "virsh destroy SERVER", heal: "virsh start SERVER" },
  async inject({ view, server }) {
    if ((await domainState(view.live, server)) !== "shut off") await off(view.live, server);
  },
  async heal({ view, server }) {
    await powerOn(view.live, server);
    await untilBooted(view.live, server);
  },
  async present({ view, server }) {
    const state = await domainState(view.live, server);
    return { there: state === "shut off", seen: `its domain is ${state}` };
  },
});
