import { promisedOutage } from "../../../../lab/vrrp.ts";
import type { LoadSummary, LongLivedConnection, RequestSeries } from "../../../../verify/probe/index.ts";
import { outageOf } from "../../../../verify/probe/outage.ts";
import { jitterOf, type ProbedRequest } from "../../../../verify/probe/records.ts";
import type { RunResult, StepResult, Window } from "../../../../verify/report/result.ts";
import type { GratuitousArp, VrrpAdvert } from "../../../../verify/wire/records.ts";

const VIP = "172.25.254.100";
const TIMEOUT_MS = 2000;
const server1 = {
  name: "server1",
  role: "director",
  address: "172.25.254.11",
  mac: "52:54:00:FE:FE:0B",
  priority: 100,
};
const server2 = { name: "server2", role: "real-server", address: "172.25.254.12", mac: "52:54:00:FE:FE:0C" };
const server3 = { name: "server3", role: "real-server", address: "172.25.254.13", mac: "52:54:00:FE:FE:0D" };
const server4 = { name: "server4", role: "director", address: "172.25.254.14", mac: "52:54:00:FE:FE:0E", priority: 50 };

/** Milliseconds on the run's clock at which things happen, as the timers have them. */
const story = {
  lastAdvert: 5380,
  /** The power is off. */
  dead: 5484,
  /** lastAdvert + 3 s + skew of priority 50. */
  takenOver: 9184.7,
  /** keepalived is up again on server1. */
  back: 20_500,
  /** back + 3 s + skew of priority 100. */
  preempted: 24_109.4,
} as const;

export interface RunShape {
  readonly durationMs?: number;
  readonly intervalMs?: number;
}

/**
 * A failover as the lab shows it: server1 dies at 5.5 s, server4 has the VIP 3.7 s later, server1 comes back and preempts. The last
 * expectation fails. The same for the same shape; a longer one has more of the quiet time at its end.
 */
export function aRun({ durationMs = 30_000, intervalMs = 20 }: RunShape = {}): RunResult {
  const requests = requestsOf(durationMs, intervalMs);
  const steps = stepsOf(durationMs);
  const promise = promisedOutage({ version: 2, advertInterval: 1, priority: server4.priority });
  const opens = [undefined, ...steps.filter(({ kind }) => kind === "fault" || kind === "heal")];
  const windows = opens.map((step, index): Window => {
    const from = step?.from ?? 0;
    const to = opens[index + 1]?.from ?? durationMs;
    const seen = requests.filter(({ started }) => started >= from && started < to);
    return {
      step: step?.n ?? 0,
      title: step?.title ?? "before the first fault",
      from,
      to,
      outage: outageOf(seen),
      perServer: share(seen),
      ...(step?.kind === "fault"
        ? {
            promise: {
              minimumMs: promise.crash.minimum,
              maximumMs: promise.crash.maximum,
              toleranceMs: 500,
              arithmetic: "3 × 1000 ms + skew 805 ms, less the time since the last advertisement",
            },
          }
        : {}),
    };
  });
  return {
    format: "lvs-lab run",
    version: 2,
    stack: "ha",
    startedAt: "2026-01-01T12:00:00.000Z",
    durationMs,
    passed: false,
    lab: {
      name: "ha",
      setup: "automatic",
      control: "keepalived",
      service: `${VIP}:80`,
      instance: "VI_1",
      network: "segment",
      vip: VIP,
      port: 80,
      scheduler: "rr",
      client: "172.25.254.250",
      acceleration: "qemu",
      servers: [server1, server2, server3, server4] as RunResult["lab"]["servers"],
    },
    scenario: {
      name: "master-crash",
      title: "The master crashes and comes back",
      description:
        "Powers off the director that holds the VIP while the client asks every 20 ms, waits for the other one to take over, " +
        "then lets the first one return and take the VIP again.",
    },
    steps,
    windows,
    diagnoses: diagnoses,
    load: loadOf(requests, intervalMs),
    series: {
      requests: columnsOf(requests),
      connections: connectionsOf(durationMs),
      arp: [
        { mac: "52:54:00:fe:fe:0b", after: 0, at: 0.4 },
        { mac: "52:54:00:fe:fe:0e", after: 9171, at: 9192.2 },
        { mac: "52:54:00:fe:fe:0b", after: 24_092, at: 24_113.1 },
      ],
      adverts: advertsOf(durationMs),
      gratuitousArp: gratuitousArps(durationMs),
      vrrpStates: [
        { server: "server1", state: "MASTER", from: 0, to: story.dead },
        { server: "server4", state: "BACKUP", from: 0, to: story.takenOver },
        { server: "server1", state: "silent", from: story.dead, to: story.back },
        { server: "server4", state: "MASTER", from: story.takenOver, to: story.preempted },
        { server: "server1", state: "BACKUP", from: story.back, to: story.preempted },
        { server: "server1", state: "MASTER", from: story.preempted, to: durationMs },
        { server: "server4", state: "BACKUP", from: story.preempted, to: durationMs },
      ],
      vipOwners: [
        { mac: "52:54:00:fe:fe:0b", server: "server1", from: 0, to: story.dead },
        { mac: "52:54:00:fe:fe:0e", server: "server4", from: story.takenOver, to: story.preempted },
        { mac: "52:54:00:fe:fe:0b", server: "server1", from: story.preempted, to: durationMs },
      ],
      capture: { file: "capture.pcap", packets: 21_402, dropped: 0, clockErrorMs: 0.4 },
    },
  };
}

const diagnoses: RunResult["diagnoses"] = [
  {
    id: "master-crash",
    title: "server1 fell silent as master without a farewell, and server4 took over after 3.8 s",
    from: story.lastAdvert,
    to: story.takenOver,
    who: ["server1", "server4"],
    because: [
      "server1's last advertisement at 5.380 s has priority 100, not 0",
      "server4's first advertisement follows 3805 ms later: 3 × 1000 ms + skew 805 ms",
    ],
  },
  {
    id: "preemption",
    title: "server1 came back with the higher priority and took the VIP from server4",
    from: story.back,
    to: story.preempted,
    who: ["server1", "server4"],
    because: [
      "server1 advertises priority 100 at 24.109 s while server4 with priority 50 is alive",
      "server4 sends nothing after that",
    ],
  },
];

function stepsOf(durationMs: number): StepResult[] {
  const none = { evidence: [] };
  return [
    {
      n: 1,
      kind: "expect",
      title: "server1 holds the VIP",
      from: 0,
      to: 412,
      ok: true,
      expected: "server1 holds the VIP",
      seen: "server1 alone",
      evidence: [addressOf("server1", true)],
    },
    { n: 2, kind: "wait", title: "wait 5 s", from: 412, to: 5412, ok: true, ...none },
    {
      n: 3,
      kind: "fault",
      title: "power off server1",
      fault: "power-off",
      target: "server1",
      from: 5412,
      to: 5630,
      ok: true,
      evidence: [
        { where: "client", command: "virsh destroy server1", output: "Domain 'server1' destroyed\n", status: 0 },
      ],
    },
    {
      n: 4,
      kind: "expect",
      title: "server4 holds the VIP within 5 s",
      from: 5630,
      to: 9410,
      ok: true,
      expected: "server4 holds the VIP",
      seen: "server4 alone after 3780 ms",
      evidence: [addressOf("server4", true)],
    },
    {
      n: 5,
      kind: "expect",
      title: "the outage is 2805 to 3805 ms, and up to 500 ms more",
      from: 9410,
      to: 9411,
      ok: true,
      expected: "the outage is 2805 to 3805 ms, and up to 500 ms more",
      seen: "3701 ± 22 ms",
      ...none,
    },
    { n: 6, kind: "wait", title: "wait 5 s", from: 9411, to: 14_411, ok: true, ...none },
    {
      n: 7,
      kind: "heal",
      title: "power on server1",
      fault: "power-off",
      target: "server1",
      from: 14_411,
      to: 19_800,
      ok: true,
      evidence: [{ where: "client", command: "virsh start server1", output: "Domain 'server1' started\n", status: 0 }],
    },
    {
      n: 8,
      kind: "expect",
      title: "server1 holds the VIP within 6 s",
      from: 19_800,
      to: 24_300,
      ok: true,
      expected: "server1 holds the VIP",
      seen: "server1 alone after 4500 ms",
      evidence: [addressOf("server1", true), addressOf("server4", false)],
    },
    {
      n: 9,
      kind: "expect",
      title: "no request is lost while server1 takes the VIP back",
      from: 24_300,
      to: Math.min(29_400, durationMs),
      ok: false,
      expected: "no request is lost while server1 takes the VIP back",
      seen: "3 delayed, 0 failed",
      hint: "a hand-over while both directors are alive should lose nothing: look whether server1 announced the VIP (gratuitous ARP) before its IPVS table was there",
      evidence: [
        {
          where: "server1",
          command: "ipvsadm -Ln",
          output:
            "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\nTCP  172.25.254.100:80 rr\n  -> 172.25.254.12:80             Route   1      0          119\n  -> 172.25.254.13:80             Route   1      0          120\n",
          status: 0,
        },
        {
          where: "server1",
          command: "journalctl -u keepalived -n 3 --no-pager",
          output:
            "Jan 01 12:00:24 server1 Keepalived_vrrp[611]: (VI_1) received lower priority (50) advert from 172.25.254.14 - discarding\nJan 01 12:00:24 server1 Keepalived_vrrp[611]: (VI_1) Entering MASTER STATE\nJan 01 12:00:24 server1 Keepalived_vrrp[611]: (VI_1) sending gratuitous ARPs\n",
          status: 0,
        },
      ],
    },
  ];
}

const addressOf = (where: string, holds: boolean) => ({
  where,
  command: `ip -o -4 address show to ${VIP}`,
  output: holds ? `2: eth0    inet ${VIP}/32 scope global eth0\\       valid_lft forever preferred_lft forever\n` : "",
  status: 0,
});

/** Uniform in [0, 1), the same sequence every time (mulberry32). */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const micro = (ms: number): number => Math.round(ms * 1000) / 1000;

function requestsOf(durationMs: number, intervalMs: number): ProbedRequest[] {
  const roll = dice(1);
  const lost = (at: number) =>
    (at >= story.dead && at < story.takenOver + 1.5) || (at >= story.preempted && at < story.preempted + 55);
  return Array.from({ length: Math.floor(durationMs / intervalMs) }, (_, n): ProbedRequest => {
    const due = n * intervalMs;
    const started = micro(due + 0.1 + roll() * 0.6 + (roll() > 0.99 ? roll() * 5 : 0));
    const took = 0.6 + 0.5 * roll() + (roll() > 0.97 ? 12 * roll() : 0);
    // Linux sends a SYN again after 1 s (RFC 6298, section 2.1).
    const sent = [started, started + 1000].find((at) => !lost(at));
    if (sent === undefined || sent + took > started + TIMEOUT_MS)
      return {
        n,
        due,
        started,
        connected: null,
        ended: micro(started + TIMEOUT_MS),
        outcome: "failed",
        error: "TIMEOUT",
        body: "",
      };
    const connected = micro(sent + took);
    const ended = micro(connected + 1 + 1.5 * roll() + (n % 2 === 0 ? 0 : 0.8));
    const outcome = connected - started >= 900 ? "delayed" : "answered";
    return { n, due, started, connected, ended, outcome, body: n % 2 === 0 ? "server2" : "server3" };
  });
}

function columnsOf(requests: readonly ProbedRequest[]): RequestSeries {
  const outcomes = ["answered", "delayed", "failed"] as const;
  const servers = ["server2", "server3"];
  const errors = ["TIMEOUT"];
  return {
    due: requests.map(({ due }) => due),
    started: requests.map(({ started }) => started),
    connected: requests.map(({ connected }) => connected),
    ended: requests.map(({ ended }) => ended),
    outcome: requests.map(({ outcome }) => outcomes.indexOf(outcome)),
    outcomes,
    server: requests.map(({ body }) => servers.indexOf(body)),
    servers,
    error: requests.map(({ error }) => errors.indexOf(error ?? "")),
    errors,
  };
}

function loadOf(requests: readonly ProbedRequest[], intervalMs: number): LoadSummary {
  const took = requests
    .filter(({ outcome }) => outcome === "answered")
    .map(({ started, ended }) => ended - started)
    .sort((a, b) => a - b);
  const quantile = (part: number) => micro(took[Math.ceil(part * took.length) - 1] ?? 0);
  return {
    intervalMs,
    timeoutMs: TIMEOUT_MS,
    longLived: 2,
    counts: outageOf(requests).counts,
    perServer: share(requests),
    latency: { medianMs: quantile(0.5), p95Ms: quantile(0.95), p99Ms: quantile(0.99), maxMs: quantile(1) },
    jitter: jitterOf(requests),
  };
}

const share = (requests: readonly ProbedRequest[]): Record<string, number> =>
  Object.fromEntries(
    ["server2", "server3"].map((name) => [
      name,
      requests.filter(({ outcome, body }) => outcome === "answered" && body === name).length,
    ]),
  );

/** Two are held open; without connection synchronisation a director that takes over knows neither of them. */
function connectionsOf(durationMs: number): LongLivedConnection[] {
  const answers = (from: number, to: number) =>
    Array.from({ length: Math.max(0, Math.floor((to - from) / 500)) }, (_, n) => micro(from + 3 + n * 500));
  return [
    { id: 1, opened: 12, closed: 9350, error: "ECONNRESET", server: "server2", answers: answers(12, story.dead) },
    { id: 2, opened: 14, closed: 9352, error: "ECONNRESET", server: "server3", answers: answers(14, story.dead) },
    {
      id: 3,
      opened: 9460,
      closed: 24_420,
      error: "ECONNRESET",
      server: "server2",
      answers: answers(9460, story.preempted),
    },
    {
      id: 4,
      opened: 9463,
      closed: 24_421,
      error: "ECONNRESET",
      server: "server3",
      answers: answers(9463, story.preempted),
    },
    { id: 5, opened: 24_530, closed: null, server: "server3", answers: answers(24_530, durationMs) },
    { id: 6, opened: 24_533, closed: null, server: "server2", answers: answers(24_533, durationMs) },
  ];
}

function advertsOf(durationMs: number): VrrpAdvert[] {
  const by = ({ address, mac, priority }: typeof server1, from: number, to: number): VrrpAdvert[] =>
    Array.from({ length: Math.floor((to - from) / 1000) + 1 }, (_, n) => ({
      at: micro(from + n * 1000),
      source: address,
      mac: mac.toLowerCase(),
      version: 2,
      virtualRouterId: 51,
      priority,
      intervalMs: 1000,
      addresses: [VIP],
      password: "1111",
    }));
  return [
    ...by(server1, 380, story.lastAdvert),
    ...by(server4, story.takenOver, story.preempted - 1),
    ...by(server1, story.preempted, durationMs - 1),
  ];
}

/** keepalived announces five times at once, and five times more 5 s later (garp_master_delay). */
function gratuitousArps(durationMs: number): GratuitousArp[] {
  const burst = (mac: string, from: number): GratuitousArp[] =>
    [0, 5000]
      .flatMap((later) => Array.from({ length: 5 }, (_, n) => micro(from + later + n * 0.2)))
      .map((at) => ({ at, mac: mac.toLowerCase(), kind: "request" }));
  return [...burst(server4.mac, story.takenOver + 0.6), ...burst(server1.mac, story.preempted + 0.6)].filter(
    ({ at }) => at < durationMs,
  );
}
