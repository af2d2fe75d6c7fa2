import { defineFault } from "./fault.ts";
import { none } from "./parameters.ts";
import { targets } from "./targets.ts";
import { must, unitState } from "./unit.ts";

export const keepalivedStop = defineFault({
  id: "keepalived-stop",
  title: "stop keepalived on",
  explains:
    "keepalived says goodbye: it advertises priority 0, and the standby waits for its skew alone instead of the whole master-down interval (RFC 3768, section 6.4.2).",
  masterGoes: "announced",
  parameters: none,
  targets: targets.keepalivedDirectors,
  byHand: { inject: "systemctl stop keepalived", heal: "systemctl start keepalived" },
  async inject({ view, server }) {
    await must(view.on(server)`systemctl stop keepalived`);
  },
  async heal({ view, server }) {
    await must(view.on(server)`systemctl start keepalived`);
  },
  async present(site) {
    const state = await unitState(site, "keepalived");
    return { there: state !== "active", seen: `keepalived is ${state}` };
  },
});
