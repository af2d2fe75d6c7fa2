/** How a director hands a client's packets to real servers: what differs between the methods, for roles and checks. */
export interface ForwardingMethod {
  /** ipvsadm's option: ipvsadm(8), PACKET-FORWARDING-METHOD. */
  readonly ipvsadm: "-g" | "-m" | "-i";
  /** How `ipvsadm -l` prints it. */
  readonly listed: "Route" | "Masq" | "Tunnel";
  /** keepalived.conf(5), `lb_kind`. */
  readonly lbKind: "DR" | "NAT" | "TUN";
  /** In words, for people. */
  readonly title: string;
  /** Whether packets reach real servers with the VIP as destination: they must own it, and must not answer ARP for it. */
  readonly keepsDestination: boolean;
  /** Whether answers return through the director, which then may rewrite ports too. Otherwise real servers answer the client themselves. */
  readonly answersPassDirector: boolean;
  /** The device on which a real server takes the director's packets in, and owns the VIP. Absent: the interface itself. */
  readonly tunnelDevice?: "tunl0";
  /** Why it carries no IPv6 VIP, as a phrase; not there: it does. */
  readonly ipv4Alone?: string;
}
