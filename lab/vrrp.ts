/** What VRRP's arithmetic depends on, as a lab file has it. */
export interface VrrpTimers {
  readonly version: 2 | 3;
  /** Seconds between two advertisements of the master. */
  readonly advertInterval: number;
  /** The standby's priority, 1 to 254. */
  readonly priority: number;
}

/**
 * Skew_Time in milliseconds: a standby of lower priority waits longer, so that the best one is first. In VRRPv2 it is a fraction
 * of one second whatever the advertisement interval (RFC 3768, section 6.1), in VRRPv3 of that interval (RFC 9568, section 6.1).
 */
export const skew = ({ version, advertInterval, priority }: VrrpTimers): number =>
  ((256 - priority) / 256) * (version === 3 ? advertInterval : 1) * 1000;

/** Master_Down_Interval in milliseconds: how long after the last advertisement it heard a standby takes over (RFC 3768, section 6.1). */
export const masterDownInterval = (timers: VrrpTimers): number => 3 * timers.advertInterval * 1000 + skew(timers);

/** How long VRRP leaves a virtual address without an owner, in milliseconds. */
export interface PromisedOutage {
  /** The master dies without a word. Which moment of the band it is depends on how long ago its last advertisement was. */
  readonly crash: { readonly minimum: number; readonly maximum: number };
  /** The master announces that it goes (priority 0): the standby waits for its skew alone (RFC 3768, section 6.4.2). */
  readonly cleanStop: number;
}

/** What VRRP promises with this standby. A crash right before an advertisement was due is noticed soonest, one right after it latest. */
export function promisedOutage(standby: VrrpTimers): PromisedOutage {
  const maximum = masterDownInterval(standby);
  return {
    crash: { minimum: maximum - standby.advertInterval * 1000, maximum },
    cleanStop: skew(standby),
  };
}
