import type { HealthCheck } from "./health-checks/index.ts";
import type { Cidr, Ip } from "./ip.ts";
import type { GuestOs } from "./os.ts";
import type { Quorum } from "./quorum.ts";
import type { arpCures, controls, forwardings, protocols, roles, schedulers, setups, vrrpStates } from "./schema.ts";

export type Setup = (typeof setups)[number];
export type Control = (typeof controls)[number];
export type Forwarding = (typeof forwardings)[number];
export type Protocol = (typeof protocols)[number];
export type Scheduler = (typeof schedulers)[number];
export type ArpCure = (typeof arpCures)[number];
export type Role = (typeof roles)[number];
export type VrrpState = (typeof vrrpStates)[number];

/** A lab as its file describes it, valid and complete: every default is filled in. Plain data, frozen through and through. */
export interface Lab {
  /** The form of this data, not of the file. */
  readonly version: 2;
  /** From `name:`, else from the file's name. */
  readonly name: string;
  /** `automatic`: the servers get their roles. `manual`: they are left to somebody who types the steps. */
  readonly setup: Setup;
  /** Who writes the IPVS table: ipvsadm once, by hand or at boot, or keepalived, which also checks real servers and elects a director. */
  readonly control: Control;
  readonly image: {
    /** `baked`: the roles' packages are in the image, disabled; `plain`: they come over SSH. */
    readonly packages: "plain" | "baked";
    /** A cloud image to use instead of one that is built. */
    readonly url?: string;
    /** There with `url` alone: `sha256:` or `sha512:`, then lower-case hexadecimal digits. Not in labs that earlier versions brought up. */
    readonly checksum?: string;
  };
  /** Ethernet segments, in the order of the file. */
  readonly networks: readonly Network[];
  /** Where requests come from: a host on the lab host, not a VM. */
  readonly client: Client;
  /** In the order of the file. */
  readonly servers: readonly Server[];
  /** Hosts that servers only talk to: network namespaces on the lab host, no VMs. Services may have them as real servers. Not there: none. */
  readonly standIns?: readonly StandIn[];
  /** Every VIP, in the order of the services, then the default routes that no host has of its own. */
  readonly virtualAddresses: readonly VirtualAddress[];
  /** Empty where no keepalived runs. */
  readonly vrrp: readonly VrrpInstance[];
  readonly services: readonly VirtualService[];
}

/** An Ethernet segment of the lab, a bridge on its host. */
export interface Network {
  readonly name: string;
  readonly subnets: readonly Cidr[];
  /** The lab host's own addresses on it: always the first host address of each subnet. */
  readonly hostAddresses: readonly Ip[];
  /** The default route of real servers on it: an address that a director has, or that goes from director to director. */
  readonly defaultRoute?: Ip;
}

/** A host's way into a network. */
export interface Interface {
  /** The network's name. */
  readonly network: string;
  /** As the kernel names it there: `eth0`. */
  readonly device: string;
  readonly addresses: readonly Ip[];
}

export interface Client {
  readonly name: "client";
  readonly interfaces: readonly Interface[];
}

/** A host that servers only talk to. */
export interface StandIn {
  readonly name: string;
  readonly interfaces: readonly Interface[];
  /** The ports on which it answers, those of health checks among them; not there: those of its services. */
  readonly ports?: Readonly<Record<Protocol, readonly number[]>>;
}

/** One virtual machine of the lab. */
export interface Server {
  /** An RFC 1123 label, in lower case. */
  readonly name: string;
  readonly role: Role;
  readonly os: GuestOs;
  /** MiB. */
  readonly memory: number;
  /** How a real server is kept from answering ARP for the VIPs; there on real servers alone. */
  readonly arpCure?: ArpCure;
  readonly interfaces: readonly ServerInterface[];
  /** The address that SSH goes to. */
  readonly management: Ip;
}

export interface ServerInterface extends Interface {
  /** Upper case: with lower case libvirt's provider sees a change on every `up`. */
  readonly mac: string;
}

/** An address that no host has of its own: a VIP, which clients know, or a network's default route. */
export interface VirtualAddress {
  readonly address: Ip;
  /** The name of the network that it lies in. */
  readonly network: string;
}

/** A virtual router: directors that elect one of them to hold its addresses (RFC 9568). */
export interface VrrpInstance {
  /** keepalived's name for it. */
  readonly name: string;
  /** The virtual router identifier (VRID), 1 to 255. */
  readonly id: number;
  readonly version: 2 | 3;
  /** The name of the network that it advertises on. */
  readonly network: string;
  readonly addresses: readonly Ip[];
  /** In the order of the file. */
  readonly members: readonly VrrpMember[];
  /** Seconds between two advertisements: whole ones in version 2, hundredths in version 3. */
  readonly advertInterval: number;
  /** Simple text authentication, up to eight characters: always there in version 2, never in version 3, which has none. */
  readonly password?: string;
  /** Whether a director that returns with the higher priority takes the addresses back. */
  readonly preempt: boolean;
  /** Seconds for which a director leaves them with a master of lower priority before it takes over; not there: none. */
  readonly preemptDelay?: number;
  /** Whether advertisements go to each member's address instead of the multicast address; not there: multicast. */
  readonly unicast?: true;
  /** Whether the addresses are on a macvlan device with the virtual router's own MAC address; not there: on the interface. */
  readonly useVmac?: true;
  /** The name of the instances that change their state together; not there: it changes alone. */
  readonly syncGroup?: string;
  /**
   * Whether the master tells the other directors of its connections, by IPVS's sync daemon on this network, with the VRID as its sync id
   * (ipvsadm(8), --start-daemon); not there: connections are lost with their director.
   */
  readonly connectionSync?: true;
  readonly trackInterfaces?: readonly TrackInterface[];
  readonly trackScripts?: readonly TrackScript[];
  readonly trackProcesses?: readonly TrackProcess[];
  readonly trackBfd?: readonly TrackBfd[];
  /** What keepalived calls at each change of state: a command's words, or `true` for the lab's own script. */
  readonly notify?: true | readonly string[];
}

/** What the failure of a tracked object does to an instance: keepalived.conf(5), track_interface. */
interface TrackWeight {
  /** 0: the instance goes to FAULT. Negative: its priority is lowered by so much. Positive: it is raised by so much while all is well. */
  readonly weight: number;
}

/** The director's interface on another network than the instance's own. */
export interface TrackInterface extends TrackWeight {
  /** The network's name. */
  readonly network: string;
}

/** A command that keepalived runs again and again: keepalived.conf(5), VRRP script(s). Times are in seconds. */
export interface TrackScript extends TrackWeight {
  /** keepalived's name for it. Instances that track the same command in the same way share a name. */
  readonly name: string;
  /** The program's full path, and its arguments. */
  readonly command: readonly string[];
  readonly interval: number;
  /** After which a run has failed. */
  readonly timeout: number;
  /** Failures in a row that count. */
  readonly fall: number;
  /** Successes in a row that count. */
  readonly rise: number;
  /** The process whose end it notices, and nothing else that is tracked, as /proc/PID/comm has it; not there: unknown. In rehearsals alone. */
  readonly watches?: string;
}

/** Processes that must be there: keepalived.conf(5), VRRP track processes. */
export interface TrackProcess extends TrackWeight {
  /** keepalived's name for it. Instances that track the same processes in the same way share a name. */
  readonly name: string;
  /** As /proc/PID/comm has it. */
  readonly process: string;
  /** How many there must be. */
  readonly quorum: number;
  /** Seconds for which there may be fewer. */
  readonly delay: number;
}

/** A BFD session (RFC 5880) with a server that is no director: each director of the instance has one, and tracks it. Intervals are in milliseconds. */
export interface TrackBfd extends TrackWeight {
  /** keepalived's name for it, on directors. Instances that track the same session share a name. */
  readonly name: string;
  /** The server's name. */
  readonly neighbor: string;
  /** The name of the network over which they speak, in the family of the instance. */
  readonly network: string;
  /** Desired Min TX Interval of both ends. */
  readonly minTx: number;
  /** Required Min RX Interval of both ends. */
  readonly minRx: number;
  /** Detect Mult of both ends. */
  readonly multiplier: number;
}

export interface VrrpMember {
  /** The director's name. */
  readonly server: string;
  /** 1 to 254; the highest one is elected. */
  readonly priority: number;
  /** The state that it starts in. The highest priority is MASTER, unless the file says otherwise. */
  readonly state: VrrpState;
  /** Whether it takes over from a master of lower priority; not there: if the instance preempts. In a lab file all members are alike. */
  readonly preempt?: boolean;
}

/** A virtual service of IPVS: ipvsadm(8). */
export interface VirtualService extends Quorum {
  /** From `name:`, else `VIP:PORT`, with `/udp` after it for UDP. */
  readonly name: string;
  readonly protocol: Protocol;
  readonly vip: Ip;
  readonly port: number;
  /** By which the director knows its packets: it gives them this firewall mark. Not there: by VIP and port. */
  readonly firewallMark?: number;
  /** The other ports of its port group, by the mark; not there: `port` is its only one. */
  readonly morePorts?: readonly number[];
  /** Whether it takes packets to all ports of the VIP, of which clients ask `port`; not there: to its own. In rehearsals alone. */
  readonly everyPort?: true;
  readonly forwarding: Forwarding;
  readonly scheduler: Scheduler;
  /** Its flags, in the order in which ipvsadm prints them; not there: none. */
  readonly schedulerFlags?: readonly string[];
  /** Seconds; not there: no persistence. */
  readonly persistenceTimeout?: number;
  /** The prefix length of networks whose clients stay with one real server together; not there: each client by itself. */
  readonly persistenceNetmask?: number;
  /** Whether each datagram is scheduled by itself: one-packet scheduling; not there: those of one port and address go to one real server. */
  readonly onePacket?: true;
  /**
   * Whether IPVS has no part in it: a proxy or web server on the director that holds the VIP answers there, by TLS if so. Its real servers are those
   * behind the proxy, as far as they are known, and who of them answers is for the proxy to say. `process`: the proxy's, as /proc/PID/comm has it, if it
   * is known. Not there: it is a service of IPVS.
   */
  readonly proxied?: { readonly tls: boolean; readonly process?: string };
  /** The health check of the real servers; present if keepalived is in control. */
  readonly healthCheck?: HealthCheck;
  /** In the order of the file. */
  readonly realServers: readonly RealServer[];
}

/** A destination of a virtual service. */
export interface RealServer {
  /** The server's name. */
  readonly server: string;
  readonly address: Ip;
  readonly port: number;
  /** Its port in IPVS's table, 0 for that of the packet; not there: 0 with a firewall mark, else `port`. In rehearsals alone. */
  readonly portInTable?: number;
  /** IPVS weight, 0 to 65535; 0 gets no new connections. */
  readonly weight: number;
  /** The number of connections at which it gets no more, those included that have ended and are still remembered; not there: there is none. */
  readonly upperThreshold?: number;
  /** The number of connections below which it then gets new ones again; not there: three quarters of the upper threshold. */
  readonly lowerThreshold?: number;
  /** What its web server serves; default: its name, the lab's token if there is one, and a newline. */
  readonly page: string;
  /** The lab's token: a word that its page must have. Not there: the lab has none. */
  readonly token?: string;
  /** Its own health check, where it is not its service's, or null where nothing checks it: only somebody's own keepalived.conf has that. */
  readonly healthCheck?: HealthCheck | null;
}
