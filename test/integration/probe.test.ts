import { spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { RunClock } from "../../verify/live/clock.ts";
import { outageOf, Probe, type ProbedRequest, summaryOf } from "../../verify/probe/index.ts";
import { bringUp, end, type Finish, type Host, makeBridge, ownHost, plug, run, serve } from "./hosts.ts";

const VIP = "10.99.0.100";
const PORT = 80;
/** After so many answers on one connection the server closes it, as Apache does after 100 (MaxKeepAliveRequests). */
const REQUESTS_PER_CONNECTION = 15;

/** Says what was measured: on another machine it is another figure, and the assertions only say what holds on all. */
const figures = (what: string, requests: readonly ProbedRequest[], summary: object): void => {
  const seconds = ((requests.at(-1)?.due ?? 0) - (requests[0]?.due ?? 0)) / 1000;
  console.info(`${what}: ${requests.length} requests in ${seconds.toFixed(2)} s, ${JSON.stringify(summary)}`);
};

const serveNamed = (host: Host, name: string, requestsPerConnection = REQUESTS_PER_CONNECTION) =>
  serve(host, { name, port: PORT, requestsPerConnection });

const macs = { first: "52:54:00:aa:00:01", second: "52:54:00:aa:00:02" };

const linkDown = async (host: Host) => await run(host, "ip", "link", "set", "eth0", "down");

/** A segment with the client and two hosts that have a web server. The first has the VIP. */
async function makePlace({ onTestFinished }: Finish) {
  const [segment, client, first, second] = await Promise.all([
    ownHost({ onTestFinished }),
    ownHost({ onTestFinished }),
    ownHost({ onTestFinished }),
    ownHost({ onTestFinished }),
  ]);
  await makeBridge(segment, "br0");
  await plug(segment, "br0", client, { port: "client" });
  await run(client, "ip", "address", "add", "10.99.0.250/24", "dev", "eth0");
  await bringUp(segment, client, "client");
  for (const [host, port] of [
    [first, "first"],
    [second, "second"],
  ] as const) {
    await plug(segment, "br0", host, { port, mac: macs[port] });
    await run(host, "sysctl", "-qw", "net.ipv4.conf.all.arp_notify=1");
    await bringUp(segment, host, port);
  }
  await run(first, "ip", "address", "add", `${VIP}/24`, "dev", "eth0");
  const servers = { first: await serveNamed(first, "first"), second: await serveNamed(second, "second") };
  onTestFinished(async () => {
    await Promise.all(Object.values(servers).map(end));
  });

  /** Takes the VIP and says so, as a new VRRP master does: setting the hardware address sends a gratuitous ARP (arp_notify: ip-sysctl). */
  const takeOver = async () => {
    await run(second, "ip", "address", "add", `${VIP}/24`, "dev", "eth0");
    await run(second, "ip", "link", "set", "eth0", "address", macs.second);
  };
  const ask = async (options: Parameters<typeof Probe.at>[2] = {}) => {
    const probe = await Probe.at(client, { address: VIP, port: PORT }, options);
    onTestFinished(async () => {
      await probe.stop().catch(() => {});
    });
    return probe;
  };
  const start = async (intervalMs: number, timeoutMs = 2000) => {
    const probe = await ask({ intervalMs, timeoutMs });
    await probe.ready();
    return probe;
  };
  return { first, servers, takeOver, ask, start };
}

type Place = Awaited<ReturnType<typeof makePlace>>;

/** Each test has a place of its own. */
const it = test.extend("place", makePlace);

describe.concurrent("the probe", () => {
  it("keeps its schedule, and sees no outage where there is none", async ({ place: { start } }) => {
    const running = await start(10);
    await delay(2000);
    expect(running.steady(1000)).toBe(true);
    const stoppedAt = running.now();
    const { requests, arp, jitter } = await running.stop();
    expect(requests.map(({ n }) => n)).toEqual(requests.map((_, n) => n));
    expect(requests.every(({ n, due, started }) => due === n * 10 && started >= due)).toBe(true);
    expect(Math.abs(requests.length - stoppedAt / 10)).toBeLessThan(5 + jitter.maxMs / 10);
    expect(outageOf(requests)).toMatchObject({ longest: null, counts: { failed: 0, delayed: 0 } });
    expect(arp.at(-1)?.mac).toBe(macs.first);
  });

  it.for([10, 20])("measures a takeover, every %i ms, to within its error", async (intervalMs, { place }) => {
    const { first, takeOver, start } = place;
    const running = await start(intervalMs);
    await delay(1000);
    const down = [running.now(), await linkDown(first), running.now()] as const;
    await delay(2500);
    const up = [running.now(), await takeOver(), running.now()] as const;
    await delay(2500);
    expect(running.steady(1000)).toBe(true);
    const { requests, arp, jitter } = await running.stop();
    const { longest, counts, elsewhere } = outageOf(requests, { since: down[0] });

    expect(longest?.ms).toBeGreaterThan(up[0] - down[2] - (longest?.errorMs ?? 0));
    expect(longest?.ms).toBeLessThan(up[2] - down[0] + (longest?.errorMs ?? 0));
    expect(longest?.errorMs).toBeLessThan(2 * (intervalMs + jitter.maxMs) + 2);
    expect(elsewhere).toBe(0);
    // Those of the last second are answered when their SYN is sent again.
    expect(counts.delayed).toBeGreaterThan(0.8 * (1000 / intervalMs));
    expect(counts.failed).toBeGreaterThan(1000 / intervalMs);
    expect(counts.failed * intervalMs).toBeLessThan((longest?.ms ?? 0) - 800);
    expect(Object.keys(counts.bodies)).toContain("second");

    const moved = arp.find(({ mac }) => mac === macs.second);
    expect(moved?.at).toBeGreaterThan(up[0]);
    expect(moved?.after).toBeLessThan(up[2] + 60 + jitter.maxMs);
  });

  /** Stops the server for a while; gives what was asked meanwhile and how long it was. */
  const hang = async ({ servers }: Place, running: Probe, ms: number) => {
    await delay(500);
    servers.first.kill("SIGSTOP");
    await delay(20); // the other processor's work of that moment ends
    const from = running.now();
    await delay(ms);
    const to = running.now(); // whatever holds this process up from here on, nobody is answered before
    servers.first.kill("SIGCONT");
    await delay(1000);
    const { requests, jitter } = await running.stop();
    const hung = requests.filter(({ due }) => due > from && due < to);
    expect(Math.abs(hung.length - (to - from) / running.options.intervalMs)).toBeLessThanOrEqual(1);
    for (const { due, started } of hung) expect(started - due).toBeLessThanOrEqual(jitter.maxMs + 0.001);
    // A schedule that gave way would be late by the whole of it; a machine's own stalls are shorter.
    expect(jitter.maxMs).toBeLessThan(ms / 2);
    return { requests, hung, from, to };
  };

  it("starts request after request while a server hangs", async ({ place }) => {
    const { requests, from, to } = await hang(place, await place.start(20, 1500), 2500);
    // The kernel accepts connections for a process that is stopped, so only the pages tell.
    const { longest } = outageOf(requests, { level: "answer" });
    // It first answers those who have waited: on a busy machine that took a quarter of a second.
    expect(Math.abs((longest?.ms ?? 0) - (to - from))).toBeLessThan((longest?.errorMs ?? 0) + 400);
    expect(outageOf(requests).longest?.ms ?? 0).toBeLessThan(500);
  });

  it("is settled when the requests that hung have ended, and not before", async ({ place: { servers, start } }) => {
    const running = await start(20, 1500);
    await delay(500);
    servers.first.kill("SIGSTOP");
    await delay(300);
    const asked = running.now();
    await running.settled();
    const took = running.now() - asked;
    servers.first.kill("SIGCONT");
    const hung = running.requests.filter(({ due }) => due <= asked);
    expect(hung.map(({ n }) => n).toSorted((one, other) => one - other)).toEqual(hung.map((_, n) => n));
    expect(hung.length).toBe(Math.floor(asked / 20) + 1);
    expect(hung.some(({ error }) => error === "TIMEOUT")).toBe(true);
    // The last was asked just before, and hung for all of its 1.5 s.
    expect(took).toBeGreaterThan(1400);
    await running.settled();
  });

  it("leaves no latency out: whoever asked while a server hung waited for the rest of it", async ({ place }) => {
    const { hung, from, to } = await hang(place, await place.start(10), 1000);
    for (const { started, ended, outcome } of hung) {
      expect(outcome).toBe("answered");
      expect(ended - started).toBeGreaterThan(to - started - 1);
    }
    // A client that waits for an answer before it asks again would have seen the hang once, in one of a hundred requests.
    const slow = hung.filter(({ started, ended }) => ended - started > (to - from) / 2);
    expect(slow.length / hung.length).toBeGreaterThan(0.45);
  });

  it("tells a refused connection from one without an answer", async ({ place: { servers, start } }) => {
    const running = await start(20);
    await end(servers.first);
    await delay(500);
    const { counts } = outageOf((await running.stop()).requests);
    expect(Object.keys(counts.errors)).toContain("ECONNREFUSED");
    expect(counts.errors.TIMEOUT).toBeUndefined();
  });

  it("shares its clock with this process", async ({ place: { start } }) => {
    const running = await start(20);
    const before = running.now();
    await delay(200);
    const after = running.now();
    const { requests } = await running.stop();
    const between = requests.filter(({ started }) => started >= before && started <= after).length;
    expect(Math.abs(between - (after - before) / 20)).toBeLessThanOrEqual(2);
  });

  it("is on the clock of a run that began before it", async ({ place: { ask } }) => {
    const clock = new RunClock(process.hrtime.bigint() - 60_000_000_000n);
    const before = clock.now();
    const probe = await ask({ clock, intervalMs: 20 });
    await probe.ready();
    await delay(1500);
    const after = clock.now();
    expect(Math.abs(probe.now() - after)).toBeLessThan(5);
    expect(probe.steady(1000)).toBe(true);
    const { requests, arp } = await probe.stop();
    const begin = requests[0]?.due ?? 0;
    expect(begin).toBeGreaterThan(before);
    for (const { n, due } of requests) expect(due).toBeCloseTo(begin + n * 20, 2);
    expect(requests.at(-1)?.due).toBeGreaterThan(after - 100);
    for (const { at } of arp) expect(at).toBeGreaterThan(before);
    expect(outageOf(requests).longest).toBeNull();
  });

  // Those that need most of a processor, and the one that stops this process, run alone.
  it.sequential.for([
    [2, 500],
    [1, 1000],
  ] as const)("keeps up with a request every %i ms, %i a second", async ([intervalMs], { place: { start } }) => {
    const running = await start(intervalMs);
    const from = running.now();
    await delay(3000);
    const to = running.now();
    await delay(500); // on a busy machine what was due by then may not have been started yet
    const result = await running.stop();
    const due = result.requests.filter((one) => one.due >= from && one.due < to);
    expect(Math.abs(due.length - (to - from) / intervalMs)).toBeLessThanOrEqual(2);
    const { counts, perServer, latency, jitter } = summaryOf(result, new Map([["first", "server2"]]));
    expect(perServer).toEqual({ server2: counts.answered });
    expect(counts.failed).toBe(0);
    expect(jitter.medianMs).toBeLessThan(50);
    figures(`every ${intervalMs} ms`, due, { latency, jitter });
  });

  it.sequential("is not held back by a reader that does not read", async ({ place: { start } }) => {
    const running = await start(1);
    const from = running.now();
    // This whole process sleeps: what the probe says is half a megabyte, more than a pipe holds.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000);
    const to = running.now();
    const { requests, jitter } = await running.stop();
    const meanwhile = requests.filter((one) => one.due >= from && one.due < to);
    expect(meanwhile.length).toBeGreaterThan(2900);
    expect(jitter.maxMs).toBeLessThan(500);
    figures("every 1 ms, unread", meanwhile, { jitter });
  });

  describe("with connections that are kept open", () => {
    const keep = async ({ ask }: Place, options: { timeoutMs?: number; longLivedIntervalMs?: number } = {}) => {
      const probe = await ask({ longLived: 2, longLivedIntervalMs: 50, ...options });
      await probe.ready();
      return probe;
    };

    it("asks on them again and again, and takes the server's regular close for no error", async ({ place }) => {
      const running = await keep(place);
      await delay(2000);
      const { connections } = await running.stop();
      const [closed, open] = [
        connections.filter((one) => one.closed !== null),
        connections.filter((one) => one.closed === null),
      ];
      expect(closed.length).toBeGreaterThanOrEqual(4);
      for (const one of closed) {
        expect(one.answers).toHaveLength(REQUESTS_PER_CONNECTION);
        expect(one.closed).toBeGreaterThan(one.answers.at(-1) ?? Number.POSITIVE_INFINITY);
      }
      expect(open).toHaveLength(2);
      expect(connections.filter((one) => one.error !== undefined)).toEqual([]);
      expect(new Set(connections.map(({ server }) => server))).toEqual(new Set(["first"]));
      expect(connections.map(({ id }) => id)).toEqual(connections.map((_, id) => id));
      for (const { opened, answers } of connections) for (const at of answers) expect(at).toBeGreaterThan(opened);
    });

    it("tells which broke and how, and opens new ones", async ({ place }) => {
      const { first, servers } = place;
      await end(servers.first);
      servers.first = await serveNamed(first, "first", 1000);
      const running = await keep(place);
      await delay(300);
      const killed = running.now();
      await end(servers.first);
      await delay(200);
      servers.first = await serveNamed(first, "second life");
      await delay(500);
      const { connections } = await running.stop();
      // A dying server's kernel may still take a connection that nobody then answers.
      const broken = connections.filter(({ error, answers }) => error !== undefined && answers.length > 0);
      expect(broken.map(({ server }) => server)).toEqual(["first", "first"]);
      for (const { error } of broken) expect(["CLOSED", "ECONNRESET"]).toContain(error);
      for (const one of broken) expect(one.closed).toBeGreaterThan(killed);
      expect(connections.filter(({ closed, server }) => closed === null && server === "second life")).toHaveLength(2);
    });

    it("gives up on one that does not answer", async ({ expect, place }) => {
      const { first, servers } = place;
      // Without the regular close: in the moment of the cut there might be no connection.
      await end(servers.first);
      servers.first = await serveNamed(first, "first", 1000);
      const running = await keep(place, { timeoutMs: 1200 });
      await delay(300);
      const cut = [running.now(), await linkDown(first), running.now()] as const;
      // Waited for, not slept for: a probe that a busy machine holds up gives up late.
      const givenUp = () => running.held.filter(({ error }) => error !== undefined).length;
      await expect.poll(givenUp, { timeout: 10_000, interval: 50 }).toBeGreaterThanOrEqual(2);
      const { connections, jitter } = await running.stop();
      const broken = connections.filter(({ error }) => error !== undefined);
      expect(broken.map(({ error }) => error)).toEqual(["TIMEOUT", "TIMEOUT"]);
      for (const one of broken) expect((one.closed ?? 0) - cut[0]).toBeGreaterThan(1200 - 60 - jitter.maxMs);
      for (const one of broken) expect((one.closed ?? 0) - cut[2]).toBeLessThan(1200 + 300 + 2 * jitter.maxMs);
    });
  });

  it("says why it cannot be run", async () => {
    const nowhere: Pick<Host, "spawn"> = {
      spawn: (_at, command, options = {}) => spawn("nsenter", ["--net=/nowhere", "--", ...command], options),
    };
    await expect(Probe.at(nowhere, { address: VIP, port: PORT })).rejects.toThrow(/did not stay up.*\/nowhere/s);
  });

  it("says that nobody answers", async ({ place: { servers, ask } }) => {
    await end(servers.first);
    const probe = await ask();
    await expect(probe.ready(3)).rejects.toThrow("ECONNREFUSED");
  });
});
