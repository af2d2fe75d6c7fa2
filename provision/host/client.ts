import { z } from "zod";
import { defineResource } from "../resource.ts";
import { tryOnHost } from "./command.ts";
import { CLIENT, LabHostDownError, labHostRef, openHost } from "./reach.ts";

/**
 * The student's desktop: an attached host on the lab's segment, with its own ARP cache. It is a network namespace instead of a VM, joined
 * to the bridge by a veth pair: it costs almost nothing and measures time by the machine's clock.
 */
export const client = defineResource({
  type: "Client",
  summary: "The client: a host of its own on the lab's segment, with its own ARP cache.",
  where: z.object({
    host: labHostRef,
    /** The lab host's `generation`: a restarted lab host has lost its client. */
    generation: z.string(),
    /** The bridge of the lab's servers. */
    bridge: z.string(),
  }),
  want: z.object({
    /** The client's address with prefix length, such as 172.25.254.250/24. */
    address: z.cidrv4(),
    up: z.literal(true).default(true),
  }),

  watch: true, // a namespace disappears without a trace

  async observe({ host: ref }) {
    const show = ["ip", "-json", "address", "show", "dev", "eth0"];
    const seen = await tryOnHost(openHost(ref), CLIENT, show).catch((error) => {
      if (error instanceof LabHostDownError) return undefined; // the client is gone too
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
