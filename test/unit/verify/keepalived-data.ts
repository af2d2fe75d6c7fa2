/** What of an instance differs between tests; the rest is the article's. */
export interface Told {
  readonly name?: string;
  readonly id?: number;
  readonly version?: 2 | 3;
  readonly state?: "MASTER" | "BACKUP" | "FAULT";
  readonly priority?: number;
  readonly effectivePriority?: number;
  /** As keepalived writes it: `1 sec`, `100 milli-sec`. */
  readonly interval?: string;
  readonly preempt?: boolean;
  /** Seconds; 0: it writes none. */
  readonly preemptDelay?: number;
  readonly peers?: readonly string[];
  readonly addresses?: readonly string[];
}

/** The part of /tmp/keepalived.data that is about VRRP instances, line by line as keepalived 2.2.7 of Debian 12 writes it. */
export const dataOf = (...instances: readonly Told[]): string =>
  `------< VRRP Topology >------\n${instances.map(blockOf).join("")}------< VRRP Sockpool >------\n`;

function blockOf({
  name = "VI_1",
  id = 51,
  version = 2,
  state = "MASTER",
  priority = 100,
  effectivePriority = priority,
  interval = "1 sec",
  preempt = true,
  preemptDelay = 0,
  peers = [],
  addresses = ["172.25.254.100"],
}: Told): string {
  const waits = preemptDelay > 0 ? `   Preempt delay = ${preemptDelay} secs\n` : "";
  // While it is BACKUP, of its master.
  const master = state === "BACKUP" ? "   Master router = 172.25.254.11\n   Master priority = 100\n" : "";
  const masters = state === "BACKUP" && version === 3 ? "   Master advert interval = 5000 milli-sec\n" : "";
  const listed = peers.map((peer) => `     ${peer} min_ttl 0 max_ttl 255\n`).join("");
  const unicast = `   Unicast TTL = 255
   Check unicast src : no
   Unicast Peer :
${listed}   Unicast checksum compatibility = no
`;
  return ` VRRP Instance = ${name}
   VRRP Version = ${version}
   State = ${state}
${master}${peers.length > 0 ? "   Flags:\n     Using unicast\n" : "   Flags: none\n"}   Wantstate = ${state}
   Number of config faults = 0
   Number of interface and track script faults = 0
   Number of track scripts init = 0
   Last transition = 1795743775.792156 (Fri Nov 27 01:42:55.792156 2026)
   Read timeout = 1795743778.792354 (Fri Nov 27 01:42:58.792354 2026)
   Master down timer = 3609375 usecs
   Interface = eth0
   Using src_ip = 172.25.254.11
${peers.length > 0 ? "" : "   Multicast address 224.0.0.18\n"}   Gratuitous ARP delay = 5
   Gratuitous ARP repeat = 5
   Gratuitous ARP refresh = 0
   Gratuitous ARP refresh repeat = 1
   Gratuitous ARP lower priority delay = 5
   Gratuitous ARP lower priority repeat = 5
   Down timer adverts = 3
   Send advert after receive lower priority advert = true
   Send advert after receive higher priority advert = false
   Virtual Router ID = ${id}
   Priority = ${priority}
   Effective priority = ${effectivePriority}
   Total priority = ${effectivePriority}
   Advert interval = ${interval}
${masters}   Accept = enabled
   Preempt = ${preempt ? "enabled" : "disabled"}
${waits}   Promote_secondaries = disabled
   Authentication type = SIMPLE_PASSWORD
   Virtual IP (${addresses.length}):
${addresses.map((address) => `     ${address} dev eth0 scope global${state === "MASTER" ? " set" : ""}\n`).join("")}${peers.length > 0 ? unicast : ""}   fd_in 13, fd_out 14
   Tracked scripts :
     maintenance weight -60
   Using smtp notification = no
   Notify deleted = Fault
   Notify priority changes = false
`;
}
