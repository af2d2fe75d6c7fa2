import { z } from "zod";
import { command, commandExpected, commandRemedy } from "./command.ts";
import { property, wholeNumber } from "./yaml/schema.ts";

/** Properties of a VRRP instance beyond its election: what it tracks, what it calls, how it sends. keepalived.conf(5). */

/** A name in keepalived.conf: of an instance, a sync group, a script. */
export const keepalivedName = /^\w{1,20}$/;

/** Seconds with a fraction, in milliseconds at most: keepalived reads decimals, but no exponent. */
export const seconds = (max: number, what: string, example: string) =>
  property(
    z
      .number()
      .min(0)
      .max(max)
      .refine((value) => /^\d+(\.\d{1,3})?$/.test(String(value))),
    `${what}, 0 to ${max}, with up to three decimals`,
    `write \`${example}\``,
  );

/** What happens to an instance's priority; 0: the instance goes to FAULT. keepalived.conf(5), track_interface. */
const weight = () =>
  wholeNumber(
    -253,
    253,
    "a weight: what a failure takes from the priority if it is negative, what health adds if it is positive; 0: a failure is the instance's FAULT",
    "weight: -60",
  ).default(0);

const name = (what: string) =>
  property(
    z.string().regex(keepalivedName),
    `a name for ${what}: up to 20 letters, digits and underscores`,
    "choose another, or leave it out",
  ).optional();

const trackScript = property(
  z.strictObject({
    name: name("keepalived's vrrp_script"),
    command: property(command(), commandExpected, commandRemedy("command: /usr/bin/pgrep apache2")),
    interval: wholeNumber(1, 3600, "seconds between two runs", "interval: 1").default(1),
    timeout: wholeNumber(1, 3600, "seconds after which a run has failed", "timeout: 1").optional(),
    fall: wholeNumber(1, 100, "failures in a row that count", "fall: 2").default(1),
    rise: wholeNumber(1, 100, "successes in a row that count", "rise: 2").default(1),
    weight: weight(),
  }),
  "a map with command",
  "write `- { command: /usr/bin/pgrep apache2, weight: -60 }`",
  { script: "write `command: /usr/bin/pgrep apache2`" },
);

/** The kernel keeps this much of a process's name: proc(5), /proc/PID/comm. */
const longestProcessName = 15;

/** keepalived 2.2.7 keeps these seconds in 32 bits, as microseconds with a sign: a longer delay never ends (vrrp_track.h). */
const longestDelay = 2147;

const trackProcess = property(
  z.strictObject({
    name: name("keepalived's vrrp_track_process"),
    process: property(
      z.string().regex(/^[\w.+-]{1,15}$/),
      `the name of a process as \`ps -o comm\` prints it, up to ${longestProcessName} of letters, digits and . _ + -`,
      "write `process: cron`, without a path",
    ),
    quorum: wholeNumber(1, 65535, "how many of these processes there must be", "quorum: 1").default(1),
    delay: seconds(longestDelay, "seconds for which the processes may be too few", "delay: 1").default(0),
    weight: weight(),
  }),
  "a map with process",
  "write `- { process: cron, weight: -60 }`",
);

const trackInterface = property(
  z.strictObject({
    network: property(z.string(), "the name of a network", "write `network: outside`"),
    weight: weight(),
  }),
  "a map with network",
  "write `- { network: outside, weight: -60 }`",
  { interface: "write `network: outside`: the device is that of each director on this network" },
);

/** What keepalived takes without a warning: BFD_MINRX_MAX_SENSIBLE, BFD_MINTX_MAX_SENSIBLE and BFD_MULTIPLIER_MAX_SENSIBLE in its bfd.h. */
const bfdLimits = { milliseconds: 10_000, multiplier: 10 };

const bfdInterval = (what: string, key: string) =>
  wholeNumber(1, bfdLimits.milliseconds, `milliseconds ${what}`, `${key}: 100`).default(100);

const trackBfd = property(
  z.strictObject({
    name: name("keepalived's bfd_instance"),
    neighbor: property(z.string(), "the name of a real server", "write `neighbor: server2`"),
    network: property(
      z.string(),
      "the name of a network",
      "write `network: inside`, or leave it out for the instance's own",
    ).optional(),
    minTx: bfdInterval("between two control packets to the neighbour, at least", "minTx"),
    minRx: bfdInterval("between two of the neighbour's, at least", "minRx"),
    multiplier: wholeNumber(
      1,
      bfdLimits.multiplier,
      "the number of missing control packets after which the session is down",
      "multiplier: 5",
    ).default(5),
    weight: weight(),
  }),
  "a map with neighbor",
  "write `- { neighbor: server2, weight: -60 }`",
  { neighbour: "write `neighbor: server2`", server: "write `neighbor: server2`" },
);

const listOf = <S extends z.ZodType>(item: S, what: string, example: string) =>
  property(z.array(item).min(1), `a list of ${what}`, `write \`${example}\`, or leave it out`).optional();

/** Rows of a VRRP instance. */
export const vrrpExtras = {
  syncGroup: property(
    z.string().regex(keepalivedName),
    "the name of keepalived's vrrp_sync_group: up to 20 letters, digits and underscores",
    "write `syncGroup: VG_1` in each instance of the group",
  ).optional(),
  preemptDelay: seconds(
    1000,
    "seconds for which a returning director leaves the VIP where it is",
    "preemptDelay: 30",
  ).default(0),
  unicast: property(
    z.boolean(),
    "true or false",
    "write `unicast: true` for advertisements to each member, or `unicast: false` for multicast",
  ).default(false),
  useVmac: property(
    z.boolean(),
    "true or false",
    "write `useVmac: true` for the virtual router's own MAC address, or leave it out",
  ).default(false),
  connectionSync: property(
    z.boolean(),
    "true or false",
    "write `connectionSync: true` to have the master tell the other directors of its connections, or leave it out",
  ).default(false),
  trackInterfaces: listOf(trackInterface, "interfaces by their networks", "trackInterfaces: [{ network: outside }]"),
  trackScripts: listOf(trackScript, "scripts", "trackScripts: [{ command: /usr/bin/pgrep apache2 }]"),
  trackProcesses: listOf(trackProcess, "processes", "trackProcesses: [{ process: cron }]"),
  trackBfd: listOf(trackBfd, "BFD sessions by their neighbours", "trackBfd: [{ neighbor: server2 }]"),
  notify: property(
    z.union([z.literal(true), command()]),
    `true, or ${commandExpected}`,
    commandRemedy("notify: true"),
  ).optional(),
} as const;
