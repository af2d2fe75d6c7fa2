import { serverNamed } from "../../lab/index.ts";
import { hangUp, virsh } from "../live/power.ts";
import { defineFault, type FaultSite } from "./fault.ts";
import { none } from "./parameters.ts";
import { targets } from "./targets.ts";

export const linkDown = defineFault({
  id: "link-down",
  title: "pull the cable of",
  explains:
    "The server loses its carrier. keepalived on it sees that and goes to FAULT; for everyone else it is gone without a word, as if it had crashed. When the cable is back it listens first, and preempts if it may; its own health checks have failed meanwhile, so it may be master without a real server until they pass again, a delay_loop at most.",
  masterGoes: "silently",
  parameters: none,
  targets: targets.servers,
  byHand: { inject: "virsh domif-setlink SERVER MAC down", heal: "virsh domif-setlink SERVER MAC up" },
  async inject(site) {
    await hangUp(site.view.live, site.server);
    for (const mac of macs(site)) await virsh(site.view.live, "domif-setlink", site.server, mac, "down");
  },
  async heal(site) {
    for (const mac of macs(site)) await virsh(site.view.live, "domif-setlink", site.server, mac, "up");
  },
  async present(site) {
    const said: string[] = [];
    for (const mac of macs(site)) said.push((await virsh(site.view.live, "domif-getlink", site.server, mac)).trim());
    return { there: said.every((line) => line.endsWith("down")), seen: said.join("; ").replace(/\s+/g, " ") };
  },
});

const macs = ({ view, server }: FaultSite): string[] => serverNamed(view.lab, server).interfaces.map(({ mac }) => mac);
