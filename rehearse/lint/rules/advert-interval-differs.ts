import type { Rule } from "../rule.ts";

export const advertIntervalDiffers: Rule = {
  id: "advert-interval-differs",
  title: "directors whose advert_int differs",
  level: "error",
  why:
    "In VRRP version 2 a backup drops advertisements whose interval is not its own, hears no master, and becomes master as well. In version 3 it " +
    "learns the master's interval, so that the time of a failover depends on who was master.",
  source: "RFC 3768, section 7.1; RFC 5798, section 6.1; keepalived's vrrp_check_packet() in vrrp.c",
  *look({ routers }) {
    for (const { members } of routers) {
      const [first, ...others] = members;
      for (const { director, instance } of others) {
        if (!first || instance.advertInterval === first.instance.advertInterval) continue;
        const dropped = instance.version === 2 || first.instance.version === 2;
        yield {
          at: instance.block.findLast(({ keyword }) => keyword === "advert_int") ?? instance.at,
          also: [first.instance.at],
          level: dropped ? "error" : "warning",
          message:
            `${instance.name} of ${director.name} advertises every ${instance.advertInterval} s, ${first.director.name}'s every ` +
            `${first.instance.advertInterval} s${dropped ? "; each drops the other's advertisements" : ""}`,
          fix: `write \`advert_int ${first.instance.advertInterval}\` on all directors`,
        };
      }
    }
  },
};
