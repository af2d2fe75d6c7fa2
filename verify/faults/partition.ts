import { directors, type Ip, linkLocalOf, ofFamily, type Server } from "../../lab/index.ts";
import { defineFault, type FaultSite } from "./fault.ts";
import { clearByHand, firewall } from "./firewall.ts";
import { none } from "./parameters.ts";
import { targets } from "./targets.ts";

const TABLE = "lvs_lab_partition";

export const partition = defineFault({
  id: "partition",
  title: "cut the other directors off from",
  explains:
    "The directors no longer hear each other, everyone else hears both: split brain. Both are master and hold the VIP, and clients go to the one that announced itself last. When it heals, the director that was master all along changes no state and so announces nothing, unless it is configured to.",
  parameters: none,
  targets: targets.keepalivedDirectors,
  byHand: {
    inject: `on both: nft 'table inet ${TABLE} { chain input { type filter hook input priority 0; ip saddr THE-OTHER drop; } }'`,
    heal: `on both: ${clearByHand(TABLE)}`,
  },
  async inject(site) {
    const { lab } = site.view;
    const own = directors(lab).filter(({ name }) => name === site.server);
    // Each side drops the other's packets on input, so that both still send, as behind two switches that lost their trunk.
    await eachSide(site, async (side, isOwn) => {
      const heard = isOwn ? others(site) : own;
      const rules = [
        `ip saddr { ${heard.flatMap(ipv4Of).join(", ")} } drop;`,
        ...(heard.some(hasIpv6) ? [`ip6 saddr { ${heard.flatMap(ipv6Of).join(", ")} } drop;`] : []),
      ];
      await firewall.set(side, TABLE, `chain input { type filter hook input priority 0; ${rules.join(" ")} }`);
    });
  },
  async heal(site) {
    await eachSide(site, (side) => firewall.clear(side, TABLE));
  },
  async present(site) {
    const cut: string[] = [];
    await eachSide(site, async (side) => {
      if (await firewall.isSet(side, TABLE)) cut.push(side.server);
    });
    return {
      there: cut.length > 0,
      seen: cut.length > 0 ? `the others' packets are dropped on ${cut.sort().join(" and ")}` : "nobody drops any",
    };
  },
});

const hasIpv6 = ({ interfaces }: Server): boolean =>
  interfaces.some(({ addresses }) => ofFamily(addresses, 6).length > 0);

/** A server's IPv4 addresses: directors advertise on any of their networks. */
const ipv4Of = ({ interfaces }: Server): Ip[] => interfaces.flatMap(({ addresses }) => ofFamily(addresses, 4));

/** A server's IPv6 addresses: the lab's, and the link-local ones, from which it advertises. */
const ipv6Of = ({ interfaces }: Server): Ip[] =>
  interfaces.flatMap(({ addresses, mac }) => [...ofFamily(addresses, 6), linkLocalOf(mac)]);

const others = ({ view, server }: FaultSite) => directors(view.lab).filter(({ name }) => name !== server);

/** Runs `act` for the fault's own server and for each other director, in parallel. */
async function eachSide(site: FaultSite, act: (side: FaultSite, isOwn: boolean) => Promise<void>): Promise<void> {
  await Promise.all([
    act(site, true),
    ...others(site).map(({ name }) => act({ view: site.view, server: name }, false)),
  ]);
}
