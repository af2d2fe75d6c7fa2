import { z } from "zod";
import { defineResource } from "../resource.ts";
import { tryOnHost } from "./command.ts";
import { CLIENT, LabHostDownError, labHostRef, openHost } from "./reach.ts";

/**
 * The student's desktop: a host of its own on the lab's segment, with its own ARP cache. It is a network namespace rather than
 * a VM, joined to the bridge by a veth pair, so that it costs nothing and measures time by the machine's clock.
 */
export const client = defineResource({
  type: "Client",
  summary: "The client: a host of its own on the lab's segment, with its own ARP cache.",
  where: z.object({
    host: labHostRef,
    /** The lab host's `generation`: a host that was started anew has lost its client. */
    generation: z.string(),
    /** The bridge that the lab's servers are on. */
    bridge: z.string(),
  }),
  want: z.object({
    /** The client's address with its prefix length, such as 172.25.254.250/24. */
    address: z.cidrv4(),
    up: z.literal(true).default(true),
  }),

  watch: true, // a namespace is gone without a trace

  async observe({ host: ref }) {
    const show = ["ip", "-json", "address", "show", "dev", "eth0"];
    const seen = await tryOnHost(openHost(ref), CLIENT, show).catch((error) => {
      if (error instanceof LabHostDownError) return undefined; // and with it the client
      throw error;
    });
    if (seen?.status !== 0) return undefined;
    const { stdout } = seen;
    const [link] = JSON.parse(stdout) as [
      { operstate: string; addr_info: { family: string; local: string; prefixlen: number }[] },
    ];
    const inet = link.addr_info.find(({ family }) => family === "inet");
    return { address: inet && `${inet.local}/${inet.prefixlen}`, up: (link.operstate === "UP") as true };
  },

  async apply({ host: ref, bridge, address }) {
    await openHost(ref).attach(CLIENT, { bridge, address });
  },

  async remove({ host: ref }) {
    await openHost(ref).detach(CLIENT);
  },
});
