import { defineFault } from "./fault.ts";
import { none } from "./parameters.ts";
import { targets } from "./targets.ts";
import { must, unitState } from "./unit.ts";

export const keepalivedKill = defineFault({
  id: "keepalived-kill",
  title: "kill -9 keepalived on",
  explains:
    "No crash on the wire: keepalived's children ask the kernel to be told of their parent's death (PR_SET_PDEATHSIG) and stop in order, so that priority 0 is advertised all the same.",
  masterGoes: "announced",
  parameters: none,
  targets: targets.keepalivedDirectors,
  byHand: {
    inject: "kill -9 $(systemctl show --property MainPID --value keepalived)",
    heal: "systemctl restart keepalived",
  },
  async inject({ view, server }) {
    await must(
      view.on(
        server,
      )`pid=$(systemctl show --property MainPID --value keepalived); [ "$pid" = 0 ] || kill -9 "$pid"; for try in $(seq 100); do systemctl --quiet is-active keepalived || exit 0; sleep 0.1; done; exit 1`,
    );
  },
  async heal({ view, server }) {
    await must(view.on(server)`systemctl restart keepalived`);
  },
  async present(site) {
    const state = await unitState(site, "keepalived");
    return { there: state !== "active", seen: `keepalived is ${state}` };
  },
});
