import { defineFault } from "./fault.ts";
import { none } from "./parameters.ts";
import { targets } from "./targets.ts";
import { exampleOs, must, osOf, unitState } from "./unit.ts";

const example = exampleOs.keepalived.service;

export const keepalivedStop = defineFault({
  id: "keepalived-stop",
  title: "stop keepalived on",
  explains:
    "keepalived says goodbye: it advertises priority 0, and the standby waits for its skew alone instead of the whole master-down interval (RFC 3768, section 6.4.2).",
  masterGoes: "announced",
  parameters: none,
  targets: targets.keepalivedDirectors,
  byHand: { inject: `systemctl stop ${example}`, heal: `systemctl start ${example}` },
  async inject({ view, server }) {
    await must(view.on(server)`systemctl stop ${osOf({ view, server }).keepalived.service}`);
  },
  async heal({ view, server }) {
    await must(view.on(server)`systemctl start ${osOf({ view, server }).keepalived.service}`);
  },
  async present(site) {
    const state = await unitState(site, osOf(site).keepalived.service);
    return { there: state !== "active", seen: `keepalived is ${state}` };
  },
});
