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
    await virsh(site.view.live, "domif-setlink", site.server, mac(site), "down");
  },
  async heal(site) {
    await virsh(site.view.live, "domif-setlink", site.server, mac(site), "up");
  },
  async present(site) {
    const said = (await virsh(site.view.live, "domif-getlink", site.server, mac(site))).trim();
    return { there: said.endsWith("down"), seen: said.replace(/\s+/g, " ") };
  },
});

const mac = ({ view, server }: FaultSite): string => view.lab.servers.find(({ name }) => name === server)?.mac ?? "";
