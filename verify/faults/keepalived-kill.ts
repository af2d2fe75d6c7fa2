import { defineFault } from "./fault.ts";
import { none } from "./parameters.ts";
import { targets } from "./targets.ts";
import { exampleOs, must, osOf, unitState } from "./unit.ts";

const example = exampleOs.keepalived.service;

export const keepalivedKill = defineFault({
  id: "keepalived-kill",
  title: "kill -9 keepalived on",
  explains:
    "No crash on the wire: keepalived's children ask the kernel to be told of their parent's death (PR_SET_PDEATHSIG) and stop in order, so that priority 0 is advertised all the same.",
  masterGoes: "announced",
  parameters: none,
  targets: targets.keepalivedDirectors,
  byHand: {
    inject: `kill -9 $(systemctl show --property MainPID --value ${example})`,
    heal: `systemctl restart ${example}`,
  },
  async inject({ view, server }) {
    const { service } = osOf({ view, server }).keepalived;
    await must(
      view.on(
        server,
      )`pid=$(systemctl show --property MainPID --value ${service}); [ "$pid" = 0 ] || kill -9 "$pid"; for try in $(seq 100); do systemctl --quiet is-active ${service} || exit 0; sleep 0.1; done; exit 1`,
    );
  },
  async heal({ view, server }) {
    await must(view.on(server)`systemctl restart ${osOf({ view, server }).keepalived.service}`);
  },
  async present(site) {
    const state = await unitState(site, osOf(site).keepalived.service);
    return { there: state !== "active", seen: `keepalived is ${state}` };
  },
});
