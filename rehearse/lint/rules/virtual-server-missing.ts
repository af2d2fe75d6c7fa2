import { sharedServicesOf } from "../../directors/peers.ts";
import type { Rule } from "../rule.ts";

export const virtualServerMissing: Rule = {
  id: "virtual-server-missing",
  title: "a virtual server that not all directors have",
  level: "error",
  why:
    "VRRP moves an address, not the services that use it. Where a director has no such virtual server, the service ends when that director becomes " +
    "master: its own kernel answers instead, with a refused connection.",
  source: "keepalived.conf(5), virtual_server; RFC 5798, section 1",
  *look({ directors, routers }) {
    for (const { name, holders } of sharedServicesOf(directors, routers)) {
      const owner = holders.find(({ service }) => service);
      const without = holders.filter(({ service }) => !service).map(({ director }) => director.name);
      if (owner?.service && without.length > 0)
        yield {
          at: owner.service.at,
          message:
            `${owner.director.name} has the virtual server ${name} ${owner.service.protocol ?? ""}`.trimEnd() +
            `, ${without.join(", ")} ${without.length === 1 ? "has" : "have"} not`,
          fix: `write the same virtual server into the configuration of ${without.join(" and ")}`,
        };
    }
  },
};
