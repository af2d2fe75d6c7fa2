import { last } from "../../conf/tree.ts";
import type { Rule } from "../rule.ts";
import { nameOf } from "../words.ts";

export const versionDiffers: Rule = {
  id: "version-differs",
  title: "directors of different versions of VRRP",
  level: "error",
  why: "keepalived drops advertisements of another version than its own. Neither director hears the other, so both become master.",
  source: "RFC 5798, section 7.1; vrrp_check_packet() in keepalived's vrrp.c",
  *look({ routers }) {
    for (const { members } of routers) {
      const [first, ...others] = members;
      for (const other of others)
        if (first && other.instance.version !== first.instance.version)
          yield {
            at:
              last(other.instance.block, "version") ??
              last(other.director.settings, "vrrp_version") ??
              other.instance.at,
            also: [first.instance.at],
            message: `${nameOf(other)} speaks VRRP version ${other.instance.version}, ${first.director.name} version ${first.instance.version}; each drops the other's advertisements`,
            fix: "write the same version, or vrrp_version in global_defs, on all directors",
          };
    }
  },
};
