import type { Cidr, GuestOs, Ip } from "../../lab/index.ts";

/** What is around the configurations of a folder and is not in them: `rehearsal.yaml`. */
export interface Plan {
  readonly os: GuestOs;
  /** Ethernet segments. */
  readonly networks: readonly PlannedNetwork[];
  readonly directors: readonly PlannedDirector[];
  /** Where requests come from. */
  readonly client: { readonly network: string; readonly addresses: readonly Ip[] };
  /**
   * What clients ask for where the configurations do not say an address and a port: of what directors serve themselves, and of virtual servers by firewall mark
   * or of all ports.
   */
  readonly services: readonly PlannedService[];
  /** Hosts that are only talked to: real servers, gateways, whatever a script pings. They are no VMs. */
  readonly standIns: readonly StandIn[];
  readonly budgets?: Budgets;
}

/** What a run of the matrix may cost at most, beside what is promised. Times in milliseconds. What is not there has no limit of its own. */
export interface Budgets {
  /** The longest time without service after an event of a master. */
  readonly outageMs?: number;
  /** The same when everything comes back. */
  readonly failbackMs?: number;
  /** The longest time until a failed real server is out of the table. */
  readonly detectionMs?: number;
  /** Requests that were not answered. */
  readonly lost?: number;
}

export interface PlannedNetwork {
  readonly name: string;
  readonly subnets: readonly Cidr[];
}

export interface PlannedDirector {
  readonly name: string;
  /** Packages beside keepalived and ipvsadm, such as what a script looks for. */
  readonly packages: readonly string[];
  /** Files beside those of keepalived: those of the folder, by their paths on the director. */
  readonly files: Readonly<Record<string, string>>;
  /** Units of systemd beside keepalived that run. */
  readonly services: readonly string[];
  /** Users beside those of Debian and of its packages, as whom scripts and proxies run. Not there: those that its files name. */
  readonly users?: readonly string[];
  /** Kernel settings, by their names: sysctl(8). */
  readonly sysctls: Readonly<Record<string, string>>;
  readonly interfaces: readonly PlannedInterface[];
}

/** What clients ask for by HTTP on an address that moves, of which no virtual server has both address and port. */
export interface PlannedService {
  readonly address: Ip;
  readonly port: number;
  readonly tls: boolean;
  /** That which directors give its packets, and by which a virtual server takes them; not there: none. */
  readonly firewallMark?: number;
}

export interface PlannedInterface {
  /** As the configurations name it. */
  readonly device: string;
  readonly network: string;
  /** The director's own, beside those that keepalived brings. */
  readonly addresses: readonly Ip[];
}

export interface StandIn {
  readonly name: string;
  readonly network: string;
  readonly addresses: readonly Ip[];
  /** Its default routes, one of each family at most. */
  readonly gateways: readonly Ip[];
  /** What it answers for paths, beside its name: files of the folder. That of `/` is for health checks alone. */
  readonly pages: Readonly<Record<string, string>>;
}

/** A plan that the configurations suggest, with what they do not say. */
export interface Inferred {
  readonly plan: Plan;
  /** What was assumed, a sentence each, by the part of the plan: a name of a network, director, stand-in, or `client`. */
  readonly assumed: ReadonlyMap<string, readonly string[]>;
  /** What no rehearsal can give as it is, such as a page with a digest: a sentence each that names the fix, by the part of the plan. */
  readonly missing: ReadonlyMap<string, readonly string[]>;
}
