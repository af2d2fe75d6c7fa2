import { last } from "../../conf/tree.ts";
import { sharedServicesOf } from "../../directors/peers.ts";
import type { VirtualServer } from "../../directors/virtual-server.ts";
import type { Rule } from "../rule.ts";

export const virtualServerDiffers: Rule = {
  id: "virtual-server-differs",
  title: "a scheduler, method or persistence that differs between the directors",
  level: "warning",
  why:
    "Each director makes its own table from its own file. After a failover the same clients are spread in another way; with another method real " +
    "servers do not even take the packets, for each method needs its own set-up on them.",
  source: "keepalived.conf(5), virtual_server; ipvsadm(8)",
  *look({ directors, routers }) {
    for (const { name, holders } of sharedServicesOf(directors, routers)) {
      const [first, ...others] = holders.flatMap(({ director, service }) => (service ? [{ director, service }] : []));
      if (!first) continue;
      for (const other of others)
        for (const { keywords, valueIn, level } of compared) {
          const [one, another] = [valueIn(first.service), valueIn(other.service)];
          if (one === another) continue;
          yield {
            at: last(other.service.block, ...keywords) ?? other.service.at,
            also: [last(first.service.block, ...keywords) ?? first.service.at],
            ...(level ? { level } : {}),
            message: `${name} has ${keywords[0]} ${another} on ${other.director.name}, ${one} on ${first.director.name}`,
            fix: `write the same ${keywords[0]} on all directors`,
          };
        }
    }
  },
};

const compared: readonly {
  readonly keywords: readonly [string, ...string[]];
  readonly valueIn: (service: VirtualServer) => string | number;
  readonly level?: "error";
}[] = [
  { keywords: ["lvs_sched", "lb_algo"], valueIn: ({ scheduler }) => scheduler },
  { keywords: ["lvs_method", "lb_kind"], valueIn: ({ method }) => method, level: "error" },
  { keywords: ["persistence_timeout"], valueIn: ({ persistence }) => persistence },
];
