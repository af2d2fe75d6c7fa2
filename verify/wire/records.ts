/** A named event that the wire shows. */
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
  /** Null: not over at the end of the run. */
  readonly to: number | null;
  /** Server names, or addresses of unknown hosts. */
  readonly who: readonly string[];
  /** The evidence, a line each. */
  readonly because: readonly string[];
}

/** One VRRPv2 (RFC 3768, section 5.1) or VRRPv3 advertisement, as it passed the lab's bridge. */
export interface VrrpAdvert {
  readonly at: number;
  /** Source address. */
  readonly source: string;
  readonly mac: string;
  readonly version: number;
  readonly virtualRouterId: number;
  readonly priority: number;
  /** Milliseconds. */
  readonly intervalMs: number;
  readonly addresses: readonly string[];
}

/**
 * An unsolicited ARP packet that claims the VIP (RFC 5227, section 3): sender and target address are the same. In IPv6 an unsolicited neighbour
 * advertisement (RFC 4861, section 7.2.6), a `reply`.
 */
export interface GratuitousArp {
  readonly at: number;
  readonly mac: string;
  readonly kind: "request" | "reply";
}

export interface VrrpSpan {
  /** A server's name, or the address of an unknown router. */
  readonly server: string;
  readonly state: "MASTER" | "BACKUP" | "silent";
  readonly from: number;
  readonly to: number;
}

export interface OwnerSpan {
  readonly mac: string;
  /** The server with this MAC; absent for an unknown host. */
  readonly server?: string;
  readonly from: number;
  readonly to: number;
}

export interface CaptureInfo {
  /** Beside result.json. */
  readonly file: string;
  readonly packets: number;
  readonly dropped: number;
  /** Error of the capture's clock against the run's, in milliseconds. */
  readonly clockErrorMs: number;
}
