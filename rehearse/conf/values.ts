import { type Family, familyOf, type Ip, parseIp } from "../../lab/index.ts";

/** What a keyword takes as its first word, or as each of its words. */
export interface Value {
  /** Whether it is for each of the words, not for the first alone. */
  readonly each?: boolean;
  /** As a phrase. */
  readonly what: string;
  /** What may be meant, if these are few. */
  readonly choices?: readonly string[];
  /** The version of keepalived that first took fractions of a number that is whole. */
  readonly fractionsSince?: string;
  /** What keepalived does without the line. */
  readonly byDefault?: string;
  isRight(word: string): boolean;
  /** The word that keepalived goes on with; undefined: it goes on without the line, or with a default. */
  taken(word: string): string | undefined;
  /** If newer versions of keepalived go on with another one: the first of them, and what it takes. */
  takenSince?(word: string): readonly [version: string, word: string] | undefined;
}

/** One of a few words, case-sensitive. Any other word stays in the statement: the code that reads the keyword applies the default. */
const oneOf = (choices: readonly string[], byDefault?: string, what = choices.join(" or ")): Value => ({
  ...{ what, choices, ...(byDefault === undefined ? {} : { byDefault }) },
  isRight: (word) => choices.includes(word),
  taken: (word) => word,
});

const yesOrNo = oneOf(["true", "on", "yes", "false", "off", "no"], undefined, "true or false, on or off, yes or no");

/** The largest unsigned and the largest signed number of C, and of a timer in seconds. */
const [UINT_MAX, INT_MAX, INT_MIN, TIMER_MAX] = [0xffff_ffff, 0x7fff_ffff, -0x8000_0000, 4294];
/** The largest time of a decimal timer, in seconds. */
const LONGEST = UINT_MAX / 1e6;

const rangeText = (least: number, most: number): string =>
  most >= INT_MAX ? `${least} or more` : `${least} to ${most}`;

const within = (number: number, least: number, most: number): string | undefined =>
  number >= least && number <= most ? String(number) : undefined;

/** How keepalived reads a number that is not quite right. */
interface Reading {
  /** It takes the digits that the word begins with, or 0, if that is in the range; its --config-test does not. */
  readonly lenient?: boolean;
  /** What it takes where it takes nothing of the word. Default: nothing, it ignores the line. */
  readonly otherwise?: string;
}

/** A whole number: read_unsigned_func() and read_int_func() of keepalived 2.2.7's lib/parser.c. */
function whole(least: number, most: number, { lenient = true, otherwise }: Reading = {}): Value {
  const isRight = (word: string) =>
    (least < 0 ? /^[+-]?\d+$/ : /^\+?\d+$/).test(word) && within(Number(word), least, most) !== undefined;
  return {
    what: `a whole number, ${rangeText(least, most)}`,
    isRight,
    taken(word) {
      const isRead = isRight(word) || (lenient && !(least >= 0 && word.startsWith("-")));
      return (isRead ? within(numberIn(word), least, most) : undefined) ?? otherwise;
    },
  };
}

/** What strtol(3) makes of a word. */
const numberIn = (word: string): number => Number(/^[+-]?\d+/.exec(word)?.[0] ?? 0);

/** A number with at most six decimal places, such as seconds: read_decimal_unsigned_long_func() of keepalived 2.2.7's lib/parser.c. */
function decimal(least: number, most: number, otherwise?: string): Value {
  const isRight = (word: string) =>
    /^\+?(\d+(\.\d{0,6})?|\.\d{1,6})$/.test(word) && within(Number(word), least, most) !== undefined;
  const read = (word: string): string | undefined => {
    if (/^\+?(\d+(\.\d*)?|\.\d+)$/.test(word)) return within(Number(word), least, most);
    if (word.startsWith("-")) return undefined;
    // It takes the digits before what it does not understand for millionths: 10s for 10 µs.
    return within(numberIn(word.replace(".", "")) / 1e6, least, most);
  };
  return { what: `a number, ${rangeText(least, most)}`, isRight, taken: (word) => read(word) ?? otherwise };
}

/** Intervals of BFD, with at most three decimal places. keepalived ignores others. */
const milliseconds = (least: number): Value => ({
  what: `milliseconds, ${least} or more`,
  isRight: (word) =>
    /^\+?(\d+(\.\d{0,3})?|\.\d{1,3})$/.test(word) && within(Number(word), least, UINT_MAX / 1000) !== undefined,
  taken: () => undefined,
});

/** Seconds of a script, of which 0 are 1. Of a fraction the longer time counts, that of newer versions or the whole seconds of older ones. */
const scriptSeconds: Value = {
  ...whole(1, TIMER_MAX),
  fractionsSince: "2.3.2",
  taken(word) {
    if (isFraction(word)) return String(Math.max(1, Number(word)));
    const seconds = whole(0, TIMER_MAX).taken(word);
    return seconds === "0" ? "1" : seconds;
  },
  // Digits before what they do not understand are thousandths.
  takenSince: (word) => (numberIn(word) > 0 ? ["2.3.2", String(numberIn(word) / 1000)] : undefined),
};

/** Whether a word is a number with a point. */
export const isFraction = (word: string): boolean => /^(\d+\.\d*|\.\d+)$/.test(word);

/** It complains, and takes it. */
const scriptWeight: Value = { ...whole(-253, 253), taken: (word) => String(numberIn(word)) };

/** In seconds, up to 31 days: LVS_MAX_TIMEOUT of keepalived's global_data.h. */
export const connectionTimeout = whole(0, 31 * 86_400);

/** A port. */
export const port = whole(1, 65535);

/** status_code_handler() of keepalived's check_http.c. */
const status: Value = {
  ...{ what: "a status of HTTP, 100 to 599, or a range such as 200-299", each: true },
  isRight(word) {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(word) ?? [];
    return Number(first) >= 100 && Number(first) <= Number(last) && Number(last) <= 599;
  },
  taken: () => undefined,
};

/** digest_handler() of keepalived's check_http.c. */
const digest: Value = {
  what: "an MD5 digest, 32 hexadecimal digits, as genhash(1) prints it",
  isRight: (word) => /^[\da-f]{32}$/i.test(word),
  taken: () => undefined,
};

/** The address that a word begins with, up to a - or /: inet_stosockaddr() of keepalived's lib/utils.c. */
export const addressIn = (word: string): Ip | undefined => parseIp(word.split(/[-/]/)[0] ?? "");

const address: Value = {
  what: "an IPv4 or IPv6 address",
  isRight: (word) => addressIn(word) !== undefined,
  taken: () => undefined,
};

/** An address that packets for a group go to, of IPv4 (RFC 5771) or of IPv6 (RFC 4291, section 2.7). */
function multicast(what: string, families: readonly Family[]): Value {
  const isMulticast = (address: Ip) =>
    familyOf(address) === 6 ? /^ff/i.test(address) : /^2(2[4-9]|3\d)\./.test(address);
  return {
    what,
    isRight(word) {
      const found = addressIn(word);
      return found !== undefined && families.includes(familyOf(found)) && isMulticast(found);
    },
    taken: () => undefined,
  };
}

const multicast4 = multicast("an IPv4 multicast address, such as 224.0.0.18", [4]);
const multicast6 = multicast("an IPv6 multicast address, such as ff02::12", [6]);

/** Bytes: read_hex_str() of keepalived's lib/parser.c. `wild`: an X stands for any digit. Of a word that is none, an even part of its digits is no byte. */
const bytes = (wild: boolean): Value => ({
  what: `bytes in hexadecimal digits, such as 0a1b2c${wild ? ", with X for any digit" : ""}`,
  each: true,
  isRight: (word) => (wild ? /^[\da-fx]+$/i : /^[\da-f]+$/i).test(word),
  taken: () => undefined,
});

/** What is behind the / of an address of this family. */
export const prefixLengths = { 4: whole(0, 32), 6: whole(0, 128) } as const;

/** Timers of health checks and virtual servers, in seconds. */
const [timer, loop] = [decimal(0, Number.MAX_SAFE_INTEGER), decimal(1e-6, Number.MAX_SAFE_INTEGER)];

/** dns_type_lookup() of keepalived's check_dns.c. */
const dnsTypes = "A NS CNAME SOA MX TXT AAAA RRSIG DNSKEY".split(" ");

const healthCheck = {
  ...{ connect_port: port, bind_port: port, fwmark: whole(0, UINT_MAX) },
  ...{ connect_timeout: decimal(1e-6, TIMER_MAX), delay_before_retry: timer, warmup: timer, delay_loop: loop },
  ...{ retry: whole(0, UINT_MAX), nb_get_retry: whole(0, UINT_MAX), misc_timeout: whole(0, TIMER_MAX) },
  ...{ connect_ip: address, bindto: address },
  ...{ alpha: yesOrNo, log_all_failures: yesOrNo, enable_sni: yesOrNo, fast_recovery: yesOrNo },
  http_protocol: oneOf(["1.0", "1.1", "1.0C", "1.0c"], "1.0", "1.0, 1.1 or 1.0C"),
  ...{ min_reply_length: whole(0, 65535, { lenient: false }), max_reply_length: whole(0, 65535, { lenient: false }) },
  ...{ payload: bytes(false), require_reply: bytes(true) },
  // Of a DNS_CHECK.
  type: {
    ...oneOf(dnsTypes, "SOA", dnsTypes.join(", ")),
    isRight: (word: string) => dnsTypes.includes(word.toUpperCase()),
  },
  // Of a FILE_CHECK.
  weight: whole(-INT_MAX, INT_MAX),
};

/** Of virtual servers, and of real servers, which may differ from theirs. */
const server = {
  ...{ connect_timeout: decimal(1e-6, TIMER_MAX), delay_before_retry: timer, warmup: timer, delay_loop: loop },
  ...{ retry: whole(1, UINT_MAX, { lenient: false }), smtp_alert: yesOrNo },
};

const method = oneOf(["NAT", "DR", "TUN"], "NAT", "NAT, DR or TUN");

/** keepalived's lvs_schedulers[] in check_parser.c. It ignores other words, so that the kernel's other schedulers cannot be had. */
export const schedulers = "rr wrr lc wlc lblc sh mh dh fo ovf lblcr sed nq twos".split(" ");

const scheduler = oneOf(schedulers, "wlc", "a scheduler that keepalived knows");

const garp = {
  ...{ delay: whole(0, TIMER_MAX), repeat: whole(1, UINT_MAX), refresh: whole(0, UINT_MAX) },
  ...{ lowerRepeat: whole(0, INT_MAX), downTimer: whole(1, 100) },
};

/** Of what is tracked; ±254 are ±253. */
export const trackedWeight = whole(-254, 254);
export const bfdWeight = whole(-253, 253);

/** track_file_init_handler() of keepalived's track_file.c. It takes what is no number for 0, and complains of what is beyond the limits. */
const firstContents: Value = {
  ...{ what: "a number, -254 to 254, and overwrite if it is to replace the file's", each: true },
  isRight: (word) => word === "overwrite" || (!word.startsWith("+") && trackedWeight.isRight(word)),
  taken: (word) => (/^-?\d+$/.test(word) ? word : /^[-\d]/.test(word) ? "0" : undefined),
};

/**
 * Seconds between gratuitous ARPs from other interfaces: vrrp_garp_extra_if_handler() of keepalived's vrrp_parser.c and its like in global_parser.c. With a
 * wrong word it ignores the line.
 */
const extraGarp = (least: number): Value => ({
  ...{ what: `seconds, ${least} to 86400, with all before them for all interfaces`, each: true },
  isRight: (word) => word === "all" || whole(least, 86_400).isRight(word),
  taken: () => undefined,
});

/** vrrp_rx_bufs_policy_handler() of keepalived's global_parser.c. */
const bufferPolicy: Value = {
  ...{ what: "MTU, ADVERT or a number of bytes", each: true },
  isRight: (word) => /^(mtu|advert)$/i.test(word) || whole(0, UINT_MAX).isRight(word),
  taken: () => undefined,
};

/** A TTL, or an IPv6 hop limit. */
const hops = whole(1, 255, { lenient: false });

/** Of one of keepalived's processes, in global_defs: its nice value, its real-time priority (sched(7)), and how long it may run without a pause. */
const ofProcess = (name: string): Record<string, Value> => ({
  ...{ [`${name}_priority`]: whole(-20, 19), [`${name}_rt_priority`]: realTimePriority },
  ...{ [`${name}_rlimit_rttime`]: whole(1, UINT_MAX), [`${name}_rlimit_rtime`]: whole(1, UINT_MAX) },
});

const netlinkSockets = [
  ...["vrrp_netlink_cmd", "vrrp_netlink_monitor", "lvs_netlink_cmd", "lvs_netlink_monitor", "process_monitor"],
];

/** What is beyond the limits is the limit. */
const realTimePriority: Value = {
  ...whole(1, 99),
  taken: (word) => String(Math.min(99, Math.max(1, numberIn(word)))),
};

/** Of a netlink socket, in global_defs: the size of its buffer, and whether to exceed the kernel's limit. */
const ofSocket = (name: string): Record<string, Value> => ({
  [`${name}_rcv_bufs`]: whole(0, UINT_MAX),
  [`${name}_rcv_bufs_force`]: yesOrNo,
});

/** What keywords take, by the block that they stand in; of health checks, under `healthCheck`. The limits are those of keepalived 2.2.7's parsers. */
const values: Readonly<Record<string, Readonly<Record<string, Value>>>> = {
  "": { child_wait_time: whole(0, UINT_MAX) },
  global_defs: {
    ...{ smtp_connect_timeout: whole(1, TIMER_MAX), startup_script_timeout: whole(1, 1000) },
    ...{ shutdown_script_timeout: whole(1, 1000), vrrp_version: whole(2, 3) },
    ...{ vrrp_garp_extra_if: extraGarp(1), vrrp_vmac_garp_intvl: extraGarp(1), vrrp_rx_bufs_policy: bufferPolicy },
    ...{ vrrp_garp_master_delay: garp.delay, vrrp_garp_master_repeat: garp.repeat },
    ...{ vrrp_garp_master_refresh: garp.refresh, vrrp_garp_master_refresh_repeat: garp.repeat },
    ...{ vrrp_garp_lower_prio_delay: garp.delay, vrrp_garp_lower_prio_repeat: garp.lowerRepeat },
    ...{ vrrp_mcast_group4: multicast4, vrrp_mcast_group6: multicast6, vrrp_startup_delay: decimal(0.001, LONGEST) },
    ...{ dynamic_interfaces: oneOf(["allow_if_changes"]), vrrp_rx_bufs_multiplier: whole(1, UINT_MAX) },
    ...{ lvs_flush_on_stop: oneOf(["VS"]), lvs_flush_onstop: oneOf(["VS"]) },
    ...{
      max_auto_priority: whole(-1, 99),
      min_auto_priority_delay: whole(1, 10_000_000),
      random_seed: whole(0, UINT_MAX),
    },
    ...{ nftables_priority: whole(INT_MIN, INT_MAX), nftables_ipvs_priority: whole(INT_MIN, INT_MAX) },
    nftables_ipvs_start_fwmark: whole(1, UINT_MAX),
    ...Object.assign({}, ...["vrrp", "checker", "bfd"].map(ofProcess)),
    ...Object.assign({}, ...netlinkSockets.map(ofSocket)),
    ...{ data_use_instance: yesOrNo, no_checker_emails: yesOrNo },
    // Not vrrp_garp_interval and vrrp_gna_interval: distributions' examples have 0, which keepalived rejects, and which is the default.
    vrrp_down_timer_adverts: garp.downTimer,
    ...{ smtp_alert: yesOrNo, smtp_alert_vrrp: yesOrNo, smtp_alert_checker: yesOrNo },
    ...{ checker_log_all_failures: yesOrNo, vrrp_min_garp: yesOrNo, vrrp_lower_prio_no_advert: yesOrNo },
    ...{ vrrp_higher_prio_send_advert: yesOrNo, vrrp_notify_priority_changes: yesOrNo, rs_init_notifies: yesOrNo },
  },
  vrrp_script: {
    ...{ interval: scriptSeconds, timeout: scriptSeconds, weight: scriptWeight },
    ...{ rise: whole(1, INT_MAX, { otherwise: "1" }), fall: whole(1, INT_MAX, { otherwise: "1" }) },
  },
  vrrp_track_process: {
    ...{ weight: trackedWeight, quorum: whole(1, 65535), quorum_max: whole(0, 65535) },
    param_match: oneOf(["initial", "partial"], undefined, "initial or partial, or nothing for an exact match"),
    ...{ delay: decimal(1e-6, 3600), terminate_delay: decimal(1e-6, 3600), fork_delay: decimal(1e-6, 3600) },
  },
  track_file: { weight: trackedWeight, init_file: firstContents },
  vrrp_track_file: { weight: trackedWeight, init_file: firstContents },
  garp_group: { garp_interval: decimal(0, INT_MAX / 1e6), gna_interval: decimal(0, INT_MAX / 1e6) },
  bfd_instance: {
    ...{ neighbor_ip: address, neighbour_ip: address, source_ip: address },
    ...{ min_rx: milliseconds(1), min_tx: milliseconds(1), idle_tx: milliseconds(1000) },
    ...{ multiplier: whole(1, 255, { lenient: false }), weight: bfdWeight, ttl: hops, hoplimit: hops },
    max_hops: whole(-1, 255, { lenient: false }),
  },
  vrrp_sync_group: { smtp_alert: yesOrNo, notify_priority_changes: yesOrNo },
  vrrp_instance: {
    ...{ state: oneOf(["MASTER", "BACKUP"], "BACKUP"), virtual_router_id: whole(1, 255, { lenient: false }) },
    ...{
      priority: whole(1, 255, { lenient: false, otherwise: "100" }),
      advert_int: decimal(0.01, 255),
      version: whole(2, 3),
    },
    ...{ preempt_delay: decimal(0, 1000, "0"), unicast_ttl: whole(0, 255, { lenient: false }), debug: whole(0, 4) },
    ...{ garp_extra_if: extraGarp(0), vmac_garp_intvl: extraGarp(0) },
    ...{ garp_master_delay: garp.delay, garp_master_repeat: garp.repeat, garp_master_refresh: garp.refresh },
    ...{ garp_master_refresh_repeat: garp.repeat, garp_lower_prio_delay: garp.delay },
    ...{ garp_lower_prio_repeat: garp.lowerRepeat, down_timer_adverts: garp.downTimer },
    ...{ unicast_src_ip: address, mcast_src_ip: address },
    mcast_dst_ip: multicast("a multicast address, such as 224.0.0.18 or ff02::12", [4, 6]),
    ...{ smtp_alert: yesOrNo, notify_priority_changes: yesOrNo, strict_mode: yesOrNo, skip_check_adv_addr: yesOrNo },
    ...{ lower_prio_no_advert: yesOrNo, higher_prio_send_advert: yesOrNo },
    kernel_rx_buf_size: whole(0, UINT_MAX, { lenient: false }),
  },
  authentication: { auth_type: oneOf(["PASS", "AH"], "no authentication") },
  virtual_server: {
    ...server,
    ...{ lb_algo: scheduler, lvs_sched: scheduler, lb_kind: method, lvs_method: method },
    protocol: {
      ...oneOf(["TCP", "UDP", "SCTP"], "UDP", "TCP, UDP or SCTP"),
      isRight: (word) => ["TCP", "UDP", "SCTP"].includes(word.toUpperCase()),
    },
    ip_family: oneOf(["inet", "inet6"]),
    ...{ persistence_timeout: whole(1, 31 * 86_400, { lenient: false }), weight: whole(1, INT_MAX) },
    ...{ quorum: whole(1, UINT_MAX), hysteresis: whole(0, UINT_MAX) },
  },
  real_server: {
    ...server,
    ...{ weight: whole(0, INT_MAX), uthreshold: whole(0, UINT_MAX), lthreshold: whole(0, UINT_MAX) },
    ...{ lvs_method: method, inhibit_on_failure: yesOrNo, alpha: yesOrNo },
  },
  healthCheck,
  url: { status_code: status, digest },
};

/** What a keyword takes in a block, as far as it is known here. */
export function valueFor(block: string, keyword: string): Value | undefined {
  const known = values[block] ?? (/_(CHECK|GET)$/.test(block) || block === "host" ? values.healthCheck : undefined);
  return known && Object.hasOwn(known, keyword) ? known[keyword] : undefined;
}

/** Keywords of which keepalived reads one word, by the block that they stand in, and what it does where there are more. */
export const oneWord: Readonly<Record<string, "ignores the line" | "ignores the others">> = {
  "global_defs/notification_email_from": "ignores the others",
  "url/regex": "ignores the line",
};
