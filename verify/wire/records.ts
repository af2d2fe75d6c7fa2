/** Something that the wire shows to have happened, by its name. */
export interface Diagnosis {
  readonly id:
    | "split-brain"
    | "frozen-director"
    | "rogue-router"
    | "wrong-password"
    | "master-crash"
    | "clean-handover"
    | "preemption"
    | "arp-conflict"
    | "no-master";
  /** One sentence: `server1 and server4 were both master for 12.3 s`. */
  readonly title: string;
  readonly from: number;
  /** Null: not over when the run ended. */
  readonly to: number | null;
  /** Servers' names, or addresses of hosts that are none of the lab's. */
  readonly who: readonly string[];
  /** What it was concluded from, a line each. */
  readonly because: readonly string[];
}

/** One VRRPv2 advertisement (RFC 3768, section 5.1) or VRRPv3 one, as it passed the lab's bridge. */
export interface VrrpAdvert {
  readonly at: number;
  /** IPv4 source address. */
  readonly source: string;
  readonly mac: string;
  readonly version: number;
  readonly virtualRouterId: number;
  readonly priority: number;
  /** Milliseconds. */
  readonly intervalMs: number;
  readonly addresses: readonly string[];
}

/** An ARP packet that says whose the VIP is without having been asked (RFC 5227, section 3): sender and target address are the same. */
export interface GratuitousArp {
  readonly at: number;
  readonly mac: string;
  readonly kind: "request" | "reply";
}

export interface VrrpSpan {
  /** A server's name, or an address that is none of the lab's. */
  readonly server: string;
  readonly state: "MASTER" | "BACKUP" | "silent";
  readonly from: number;
  readonly to: number;
}

export interface OwnerSpan {
  readonly mac: string;
  /** The server that has the MAC; not there if it is none of the lab's. */
  readonly server?: string;
  readonly from: number;
  readonly to: number;
}

export interface CaptureInfo {
  /** Beside result.json. */
  readonly file: string;
  readonly packets: number;
  readonly dropped: number;
  /** How far the capture's clock may be off the run's, in milliseconds. */
  readonly clockErrorMs: number;
}
