import type { Director } from "../../directors/director.ts";
import type { Instance } from "../../directors/instance.ts";
import { holds } from "../../directors/peers.ts";
import type { RealServer, VirtualServer } from "../../directors/virtual-server.ts";
import { bestPriority } from "../../directors/weight.ts";
import type { Found, Rule, Subject } from "../rule.ts";
import { realServerName } from "../services.ts";

export const natGatewaysApart: Rule = {
  id: "nat-gateways-apart",
  title: "a real server of NAT services that are at home on different directors",
  level: "warning",
  why:
    "With NAT the answers must pass the director that has rewritten the requests, and a real server has one default route. While one director serves one of " +
    "the addresses and the other one the other, the answers of one service go to the wrong director, which does not know the connection.",
  source: "ipvsadm(8), --masquerading; ip_vs_out() in Linux's net/netfilter/ipvs/ip_vs_core.c; LVS-HOWTO, LVS-NAT",
  *look(subject) {
    const seen = new Set<string>();
    for (const director of subject.directors)
      for (const found of apart(director, subject)) {
        const key = `${found.first.service.key}\n${found.second.service.key}`;
        if (seen.has(key)) continue;
        seen.add(key);
        yield findingOf(found);
      }
  },
};

interface Served {
  readonly service: VirtualServer;
  readonly real: RealServer;
  /** Who is master of the service's address while all is well. */
  readonly home: Director;
}

interface Apart {
  readonly first: Served;
  readonly second: Served;
}

function* apart(director: Director, subject: Subject): Iterable<Apart> {
  const all = director.virtualServers.flatMap((service) => {
    const home = homeOf(director, service, subject);
    return home
      ? service.realServers.filter(({ method }) => method === "NAT").map((real) => ({ service, real, home }))
      : [];
  });
  /** By the address of a real server, the first service of it at each home. */
  const before = new Map<string, Served[]>();
  for (const second of all) {
    const others = before.get(second.real.address) ?? [];
    const first = others.find(({ home }) => home !== second.home);
    if (first) yield { first, second };
    if (others.every(({ home }) => home !== second.home)) before.set(second.real.address, [...others, second]);
  }
}

/** The director with the highest priority for a service's address, of several. */
function homeOf(director: Director, service: VirtualServer, { routers }: Subject): Director | undefined {
  const isHolder = (instance: Instance) => holds(instance, service);
  const router = routers.find(({ members }) =>
    members.some((member) => member.director === director && isHolder(member.instance)),
  );
  const [best, next] = (router?.members ?? []).toSorted(
    (one, other) => bestPriority(other.director, other.instance) - bestPriority(one.director, one.instance),
  );
  return best && next ? best.director : undefined;
}

const findingOf = ({ first, second }: Apart): Found => ({
  at: second.real.at,
  also: [first.real.at],
  message:
    `${realServerName(second.real)} of ${second.service.name} is behind ${second.home.name}, and ${realServerName(first.real)} of ` +
    `${first.service.name} is the same host behind ${first.home.name}: its gateway can be one of the two`,
  fix: "let one director be master of both addresses, give each service real servers of its own, or use DR",
});
