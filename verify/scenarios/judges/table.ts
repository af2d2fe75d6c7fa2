import { parseIpvsTable } from "../../../provision/roles/ipvs-table.ts";
import type { TableExpectation } from "../scenario.ts";
import type { Judge } from "./judge.ts";

export const table: Judge<TableExpectation> = {
  expected: ({ on, realServers }) => `${on}'s IPVS table sends to ${realServers.join(" and ") || "no real server"}`,
  async look({ on, realServers }, { live }, view) {
    const { vip, port } = live.lab.service;
    const { output } = await view.on(on)`ipvsadm --save --numeric`;
    const service = parseIpvsTable(output).find(({ key }) => key === `-t ${vip}:${port}`);
    const addresses = Object.entries(service?.destinations ?? {}).flatMap(([address, { weight }]) =>
      weight > 0 ? [address.split(":")[0]] : [],
    );
    const found = addresses.map((address) => live.lab.servers.find((one) => one.address === address)?.name ?? address);
    return {
      ok: found.toSorted().join() === realServers.toSorted().join(),
      seen: service ? `it sends to ${found.join(" and ") || "none"}` : "it has no such virtual service",
    };
  },
  hint: "`npx lvs-lab ssh SERVER -- ipvsadm -ln`; keepalived's journal there tells what its health checks saw.",
};
