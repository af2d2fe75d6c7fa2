import { destinationKeyOf, type HealthCheck, ipvsKeyOf, serverNamed, type VirtualService } from "../../lab/index.ts";
import { osFamilies } from "../../provision/os.ts";
import { parseVirtualServers } from "../../provision/roles/keepalived-parse.ts";
import type { View } from "./view.ts";

/**
 * The health checks of a service's real servers, by name, as a director's keepalived.conf has them: in a manual lab, somebody else wrote it. What is not
 * found there, as in a file that includes others, is taken from the lab.
 */
export async function configuredChecks(
  view: View,
  director: string,
  service: VirtualService,
): Promise<ReadonlyMap<string, readonly HealthCheck[]>> {
  const { config } = osFamilies[serverNamed(view.lab, director).os].keepalived;
  const { output } = await view.on(director)`cat ${config}`;
  const found = parseVirtualServers(output).find(({ key }) => key === ipvsKeyOf(service));
  const planned = service.healthCheck ? [service.healthCheck] : [];
  return new Map(
    service.realServers.map((real) => {
      const key = destinationKeyOf(service, real);
      const own = found?.realServers.find(({ address }) => address === key);
      return [real.server, own?.checks ?? planned];
    }),
  );
}
