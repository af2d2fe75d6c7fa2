/** The kernel's IPVS table as `ipvsadm --save --numeric` prints it: ipvsadm(8). */
export interface VirtualService {
  /** `-t ADDRESS:PORT`, `-u ADDRESS:PORT` or `-f MARK`, as printed. */
  readonly key: string;
  readonly scheduler: string;
  /** Seconds; undefined without persistence. */
  readonly persistenceTimeout?: number;
  /** By `ADDRESS:PORT`. */
  readonly destinations: Readonly<Record<string, Destination>>;
}

export interface Destination {
  readonly weight: number;
  /** ipvsadm's own words, as `ipvsadm -l` prints them. */
  readonly forwarding: Forwarding;
}

export type Forwarding = "Route" | "Masq" | "Tunnel";
const forwardings: Readonly<Record<string, Forwarding>> = { "-g": "Route", "-m": "Masq", "-i": "Tunnel" };

/** Parses what `ipvsadm --save --numeric` printed. */
export function parseIpvsTable(text: string): VirtualService[] {
  const services: (Omit<VirtualService, "destinations"> & { destinations: Record<string, Destination> })[] = [];
  for (const line of text.split("\n")) {
    const [verb, kind, address, ...rest] = line.trim().split(/\s+/);
    const option = (name: string): string | undefined =>
      rest.includes(name) ? rest[rest.indexOf(name) + 1] : undefined;
    const key = `${kind} ${address}`;
    if (verb === "-A") {
      const persistence = option("-p");
      services.push({
        key,
        scheduler: option("-s") ?? "wlc", // ipvsadm's default
        ...(persistence === undefined ? {} : { persistenceTimeout: Number(persistence) }),
        destinations: {},
      });
    } else if (verb === "-a") {
      const service = services.find((one) => one.key === key);
      const flag = rest.find((word) => word in forwardings);
      if (!service) throw new Error(`ipvsadm printed a destination of ${key} before that service: ${line}`);
      service.destinations[option("-r") ?? ""] = {
        weight: Number(option("-w") ?? 1),
        forwarding: forwardings[flag ?? ""] ?? "Route",
      };
    }
  }
  return services;
}
