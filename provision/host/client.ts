import { z } from "zod";
import { defineResource } from "../resource.ts";
import { runOnHost, tryOnHost } from "./command.ts";
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
    /** Its IPv6 address with prefix length; empty: it has none. */
    address6: z.union([z.cidrv6(), z.literal("")]).default(""),
    /** Further ones, of both families, with prefix lengths: its segment may have several subnets. */
    others: z.array(z.string()).default([]),
    up: z.literal(true).default(true),
  }),

  upgrade: (recorded) => ({ address6: "", others: [], ...recorded }),

  watch: true, // a namespace disappears without a trace

  async observe({ host: ref, address6, others }) {
    const show = ["ip", "-json", "address", "show", "dev", "eth0"];
    const seen = await tryOnHost(openHost(ref), CLIENT, show).catch((error) => {
      if (error instanceof LabHostDownError) return undefined; // the client is gone too
      throw error;
    });
    if (seen?.status !== 0) return undefined;
    const { stdout } = seen;
    const [link] = JSON.parse(stdout) as [
      { operstate: string; addr_info: { family: string; scope: string; local: string; prefixlen: number }[] },
    ];
    const of = (name: string) =>
      link.addr_info
        .filter(({ family, scope }) => family === name && scope === "global")
        .map(({ local, prefixlen }) => `${local}/${prefixlen}`);
    const fourth = of("inet");
    const [address] = fourth;
    // Linux lists the latest one first: others may be there for a check.
    const sixth = of("inet6");
    return {
      address,
      others: others.filter((one) => [...fourth, ...sixth].includes(one)),
      address6: sixth.includes(address6) ? address6 : (sixth[0] ?? ""),
      up: (link.operstate === "UP") as true,
    };
  },

  async apply({ host: ref, bridge, address, address6, others }) {
    const host = openHost(ref);
    await host.attach(CLIENT, { bridge, address, address6 });
    for (const one of others)
      await runOnHost(host, CLIENT, [
        ...["ip", "address", "add", one, "dev", "eth0"],
        ...(one.includes(":") ? ["nodad"] : []),
      ]);
  },

  async remove({ host: ref }) {
    await openHost(ref).detach(CLIENT);
  },
});
