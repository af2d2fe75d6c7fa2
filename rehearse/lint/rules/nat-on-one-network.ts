import { contains, type Ip, parseIp, subnetOf } from "../../../lab/index.ts";
import { last } from "../../conf/tree.ts";
import { isIn } from "../../directors/address-range.ts";
import type { Director } from "../../directors/director.ts";
import { heldBy, type VirtualAddress } from "../../directors/instance.ts";
import type { Rule } from "../rule.ts";
import { realServerName } from "../services.ts";

export const natOnOneNetwork: Rule = {
  id: "nat-on-one-network",
  title: "NAT to a real server in the virtual address's own network",
  level: "note",
  why:
    "With NAT the answers must pass the director. A real server answers clients of its own network by itself, past the director and with its own address, " +
    "and these clients drop the answers. Clients behind a router are served if the real servers' gateway is the director.",
  source: "LVS-HOWTO, LVS-NAT: One Network LVS-NAT; ipvsadm(8), --masquerading",
  *look({ directors }) {
    for (const director of directors) {
      const addresses = writtenIn(director);
      for (const service of director.virtualServers) {
        const byNat = service.realServers.filter(({ method }) => method === "NAT");
        if (byNat.length === 0) continue;
        const virtual = addresses.find(({ address }) => service.ranges.some((range) => isIn(range, address)));
        const real = virtual && byNat.find((one) => isNear(virtual, one.address));
        if (!virtual || !real) continue;
        yield {
          at: last(service.block, "lvs_method", "lb_kind") ?? service.at,
          also: [real.at, virtual.at],
          message: `${service.name} uses NAT, and ${realServerName(real)} is in the network of ${virtual.address}/${virtual.prefixLength}: clients of this network get its answers past ${director.name}`,
          fix: "use DR, or real servers in a network of their own; if no client is in this network, let their gateway be the virtual address",
        };
      }
    }
  },
};

type Written = VirtualAddress & { readonly prefixLength: number };

/** The addresses of a director's instances of which the network is written. */
const writtenIn = ({ instances }: Director): Written[] =>
  instances.flatMap(heldBy).filter((one): one is Written => one.prefixLength !== undefined && one.prefixLength > 0);

const isNear = ({ address, prefixLength }: Written, real: string): boolean =>
  parseIp(real) !== undefined && contains(subnetOf(address, prefixLength), real as Ip);
