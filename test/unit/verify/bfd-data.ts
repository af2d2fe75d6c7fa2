/** A session as keepalived's BFD process tells of it. Default: one that is up. */
interface Told {
  readonly name?: string;
  readonly source?: string;
  readonly neighbor?: string;
  readonly state?: string;
  /** Milliseconds. */
  readonly detectionTime?: number;
}

/** The part of keepalived_bfd.data that is read, as keepalived 2.2.7 writes it. */
export const bfdDataOf = (...sessions: readonly Told[]): string =>
  `------< BFD Topology >------\n${sessions.map(blockOf).join("")}`;

const blockOf = ({
  name = "server2",
  source = "172.25.254.11",
  neighbor = "172.25.254.12",
  state = "Up",
  detectionTime = 500,
}: Told): string => ` BFD Instance = ${name}
   Neighbor IP = ${neighbor}
   Source IP = ${source}
   Required min RX interval = 100000 us
   Desired min TX interval = 100000 us
   Desired idle TX interval = 1000000 us
   Detection multiplier = 5
   TTL = 255
   max_hops = 0
   passive = false
   send event to VRRP process = Yes
   send event to checker process = Yes
   fd_out 10
   thread_open_fd_out 0x(nil)
   thread_out 0x0x558eb540a990
   sands_out = [disabled]
   thread_exp 0x0x558eb540c920
   sands_exp = [disabled]
   thread_rst 0x(nil)
   sands_rst = [disabled]
   send error = false
   local state = ${state}
   remote state = ${state}
   local discriminator = 0x5be4cf32
   remote discriminator = 0xe53c7849
   local diag = No Diagnostic
   remote diag = No Diagnostic
   remote min tx intv = 100000 us
   remote min rx intv = 100000 us
   local demand = 0
   remote demand = 0
   remote detect multiplier = 5
   !poll, !final
   local tx intv = 100000 us
   remote tx intv = 100000 us
   local detection time = ${detectionTime * 1000} us
   remote detection time = 500000 us
   last seen = 1795765151.110790 (Fri Nov 27 07:39:11 2026.110790)
`;
