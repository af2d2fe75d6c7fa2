import { holderOf, type Lab, poolOf, type RealServer, type VirtualService } from "../../../lab/index.ts";
import type { Subject } from "../../../verify/checks/subjects.ts";
import { type Looks, type ServerLook, serves } from "../look.ts";

/** A real server on which nobody serves, with the director that sends requests there. */
interface DeadRealServer {
  readonly service: VirtualService;
  readonly real: RealServer;
  readonly holder: string;
  readonly director: ServerLook;
}

/** The real servers of services that a look finds dead. `unseen`: a server that it takes to know does not answer. */
export function deadRealServers(
  lab: Lab,
  subjects: readonly Subject[],
  { servers }: Looks,
): { readonly dead: readonly DeadRealServer[]; readonly unseen: boolean } {
  let unseen = false;
  const dead = subjects.flatMap(({ service }): DeadRealServer[] => {
    const holder = service && holderOf(lab, service.vip);
    const director = holder === undefined ? undefined : servers.get(holder);
    unseen ||= director === undefined;
    if (!service || holder === undefined || !director) return [];
    return poolOf(service).flatMap((real) => {
      const look = servers.get(real.server);
      unseen ||= look === undefined;
      return look && !serves(look, service, real.server) ? [{ service, real, holder, director }] : [];
    });
  });
  return { dead, unseen };
}
