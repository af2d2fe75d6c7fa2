import { last } from "../../conf/tree.ts";
import { numberOf } from "../../directors/instance.ts";
import type { Rule } from "../rule.ts";

export const advertIntervalRounded: Rule = {
  id: "advert-interval-rounded",
  title: "an advert_int that VRRP's version cannot express",
  level: "error",
  why:
    "An advertisement of version 2 carries whole seconds from 1 to 255, one of version 3 hundredths of a second up to 40.95 s. keepalived rounds or " +
    "cuts and says so in its log, so a failover takes longer or shorter than written: three intervals and the skew time.",
  source: "RFC 3768, section 5.3.7; RFC 5798, section 5.2.7; vrrp_complete_instance() in keepalived's vrrp.c",
  *look({ directors }) {
    for (const director of directors)
      for (const { name, block, version, advertInterval } of director.instances) {
        const at = last(block, "advert_int");
        const given = numberOf(at);
        if (!at || given === undefined || given === advertInterval) continue;
        yield {
          at,
          message: `advert_int ${at.words[0]} of ${name} of ${director.name} becomes ${advertInterval} s in VRRP version ${version}`,
          fix:
            version === 2 && given < 40.95
              ? "write whole seconds, or `version 3` on all directors"
              : `write \`advert_int ${advertInterval}\``,
        };
      }
  },
};
