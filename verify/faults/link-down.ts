import { z } from "zod";
import { isStandIn, serverNamed, trackedBy } from "../../lab/index.ts";
import { LabError } from "../live/lab-error.ts";
import { hangUp, virsh } from "../live/power.ts";
import { defineFault, type FaultSite } from "./fault.ts";
import { targets } from "./targets.ts";
import { must } from "./unit.ts";

export const linkDown = defineFault({
  id: "link-down",
  title: "pull the cable of",
  explains:
    "The server loses its carrier. keepalived on it sees that and goes to FAULT; for everyone else it is gone without a word, as if it had crashed. When the cable is back it listens first, and preempts if it may; its own health checks have failed meanwhile, so it may be master without a real server until they pass again, a delay_loop at most.",
  masterGoes: "silently",
  realServer: "silent",
  parameters: z.strictObject({
    network: z.string().optional().describe("pull that of this network; without it all of them"),
  }),
  targets: targets.hosts,
  goes: (instance, { network }) =>
    network === undefined || network === instance.network
      ? "silently"
      : trackedBy(instance).find(({ kind, name }) => kind === "interface" && name === network),
  byHand: { inject: "virsh domif-setlink SERVER MAC down", heal: "virsh domif-setlink SERVER MAC up" },
  async inject(site, { network }) {
    if (isStandIn(site.view.lab, site.server)) return await setPort(site, "down");
    await hangUp(site.view.live, site.server);
    for (const mac of macs(site, network)) await virsh(site.view.live, "domif-setlink", site.server, mac, "down");
  },
  async heal(site, { network }) {
    if (isStandIn(site.view.lab, site.server)) return await setPort(site, "up");
    for (const mac of macs(site, network)) await virsh(site.view.live, "domif-setlink", site.server, mac, "up");
  },
  async present(site, { network }) {
    if (isStandIn(site.view.lab, site.server)) {
      const { output } = await site.view.segment("ip", "-brief", "link", "show", "dev", site.server);
      return { there: output.includes("DOWN"), seen: output.trim() };
    }
    const said: string[] = [];
    for (const mac of macs(site, network))
      said.push((await virsh(site.view.live, "domif-getlink", site.server, mac)).trim());
    return { there: said.every((line) => line.endsWith("down")), seen: said.join("; ").replace(/\s+/g, " ") };
  },
});

/** Sets the bridge's port of a stand-in, which has its name. */
async function setPort({ view, server }: FaultSite, state: "up" | "down"): Promise<void> {
  await must(view.segment("ip", "link", "set", "dev", server, state));
}

/** The hardware addresses of a server's interfaces, or of the one on a network. @throws LabError of kind `misuse` if it has none there */
function macs({ view, server }: FaultSite, network: string | undefined): string[] {
  const { interfaces } = serverNamed(view.lab, server);
  const meant = interfaces.filter((one) => network === undefined || one.network === network);
  if (meant.length > 0) return meant.map(({ mac }) => mac);
  throw new LabError(
    `${server} is not on the network ${network}; it is on ${interfaces.map((one) => one.network).join(", ")}`,
    "misuse",
  );
}
