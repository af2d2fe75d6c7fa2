import { type Lab, portsOfService } from "../../lab/index.ts";
import { drawAllowed, type Part, VaryError } from "./part.ts";

/** Where ports are drawn from: above those of well-known services, below those that clients get (net.ipv4.ip_local_port_range). */
const range = { from: 8000, to: 8999 };

/** Ports that mean something by their number: a DNS client asks port 53 and a port of a group speaks TLS if it is 443. */
const fixed = [53, 443];

/** The ports of the services, one port staying one port in all of them. */
export const port: Part = {
  title: "the port of each service, but 53 and 443, which mean something",
  apply(data, lab, draws) {
    const taken = new Set(portsIn(lab));
    const replaced = new Map<number, number>();
    for (const old of new Set(lab.services.flatMap(portsOfService))) {
      if (fixed.includes(old)) continue;
      const value = drawAllowed(draws, String(old), range, (one) => !taken.has(one));
      if (value === undefined) throw new VaryError("no port is left. Fix: leave port out");
      taken.add(value);
      replaced.set(old, value);
    }
    for (const [index, service] of data.services.entries()) {
      const before = lab.services[index]?.port ?? 80;
      service.port = replaced.get(before) ?? before;
      if (service.morePorts) service.morePorts = service.morePorts.map((one) => replaced.get(one) ?? one);
      // A real server's own port stays: nat rewrites the service's to it.
      for (const real of service.realServers ?? []) if (real.port === before) real.port = service.port;
    }
  },
};

const portsIn = (lab: Lab): number[] =>
  lab.services.flatMap((service) => [...portsOfService(service), ...service.realServers.map((real) => real.port)]);
