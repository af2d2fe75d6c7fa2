import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { $ } from "zx";
import { labEnvironment } from "../../provision/host/machine/namespaces.ts";
import { projectRoot } from "../../provision/paths.ts";
import { keepalivedConf } from "../../provision/roles/keepalived-conf.ts";
import { type Lab, parseLab, type Server } from "../../stacks/lab.ts";
import { RunClock } from "../../verify/clock.ts";
import { outageOf, Probe } from "../../verify/probe/index.ts";
import type { Diagnosis } from "../../verify/report/result.ts";
import { promisedOutage } from "../../verify/vrrp.ts";
import {
  Capture,
  type CaptureResult,
  diagnose,
  outageFromWire,
  vipOwners,
  vrrpStates,
} from "../../verify/wire/index.ts";
import { end, type Host, makeBridge, makeHost, plug, run, serve } from "./hosts.ts";

/** The lab's directors and one of its real servers, each a network namespace: the same keepalived, kernel and wire, without the VMs. */
const lab = parseLab(
  `stage: ha
network: { subnet: 10.98.0.0/24, client: 10.98.0.250 }
service: { vip: 10.98.0.100, port: 80, scheduler: rr }
keepalived: { password: "1111", advertInterval: 1 }
servers:
  - { name: server1, address: 10.98.0.11, role: director, priority: 100 }
  - { name: server2, address: 10.98.0.12, role: real-server }
  - { name: server4, address: 10.98.0.14, role: director, priority: 50 }
`,
  "wire.yaml",
);
const { vip, port } = lab.service;
const BRIDGE = "lvsbr0";
const ROGUE = "10.98.0.66";

/** keepalived in a host, with files of its own. */
class Keepalived {
  readonly #host: Host;
  readonly #at: string;
  #child: ChildProcess | undefined;

  constructor(host: Host, at: string) {
    this.#host = host;
    this.#at = at;
  }

  async start(settings: Pick<Server, "state" | "priority">, vrrp: Partial<Lab["keepalived"]> = {}): Promise<void> {
    const { state = "BACKUP", priority = 100 } = settings;
    const config = keepalivedConf({
      ...{ ...lab.keepalived, ...lab.service, persistenceTimeout: 0, realServers: [] },
      ...{ ...vrrp, state, priority, interface: "eth0" },
    });
    await writeFile(`${this.#at}.conf`, config);
    const files = ["--use-file", `${this.#at}.conf`, "--pid", `${this.#at}.pid`, "--vrrp_pid", `${this.#at}.vrrp`];
    const command = ["keepalived", "--vrrp", "--dont-fork", "--log-console", "--no-syslog", ...files];
    const [file = "", ...args] = this.#host.inside(["setpriv", "--pdeathsig", "KILL", ...command]);
    // keepalived ignores SIGPIPE and nobody reads what it says; detached, for Ctrl-C is not for it.
    this.#child = spawn(file, args, { stdio: "ignore", detached: true, env: labEnvironment() });
    await once(this.#child, "spawn");
  }

  /** To the process that speaks VRRP and to its parent, which would start it anew. */
  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
    process.kill(Number(readFileSync(`${this.#at}.vrrp`, "utf8")), name);
  }

  /** As `systemctl stop` does: a master then says priority 0. */
  async stop(): Promise<void> {
    if (this.#child?.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill("SIGTERM");
    await once(this.#child, "exit");
  }

  /** Without a word. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    this.signal("SIGKILL");
    await gone;
  }
}

describe("the wire", { timeout: 120_000 }, () => {
  let directory: string;
  let segment: Host;
  let client: Host;
  let real: Host;
  let stranger: Host;
  const hosts: Host[] = [];
  const pages: ChildProcess[] = [];
  const director = (name: string) => lab.servers.find((one) => one.name === name) as Server;
  const [server1, server2, server4] = [director("server1"), director("server2"), director("server4")];
  let directors: Record<"server1" | "server4", { host: Host; keepalived: Keepalived }>;
  let rogue: Keepalived;
  const clock = new RunClock();
  let capture: Capture | undefined;
  let probe: Probe | undefined;

  const joinSegment = async (host: Host, name: string, address: string, mac?: string) => {
    await plug(segment, BRIDGE, host, { port: name, ...(mac ? { mac } : {}) });
    await run(host, "ip", "address", "add", `${address}/24`, "dev", "eth0");
    await run(host, "ip", "link", "set", "eth0", "up");
  };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "wire-"));
    hosts.push(...(await Promise.all(Array.from({ length: 6 }, () => makeHost()))));
    const [first, second] = [hosts[4] as Host, hosts[5] as Host];
    [segment, client, real, stranger] = hosts as [Host, Host, Host, Host];
    await makeBridge(segment, BRIDGE);
    await joinSegment(client, "client", lab.network.client);
    await joinSegment(first, server1.name, server1.address, server1.mac);
    await joinSegment(second, server4.name, server4.address, server4.mac);
    await joinSegment(real, server2.name, server2.address, server2.mac);
    await joinSegment(stranger, "stranger", ROGUE, "52:54:00:66:66:66");
    pages.push(await serve(first, { name: "server1", port }), await serve(second, { name: "server4", port }));
    directors = {
      server1: { host: first, keepalived: new Keepalived(first, join(directory, "server1")) },
      server4: { host: second, keepalived: new Keepalived(second, join(directory, "server4")) },
    };
    rogue = new Keepalived(stranger, join(directory, "rogue"));
    await directors.server1.keepalived.start(server1);
    await directors.server4.keepalived.start(server4);
  });

  afterAll(async () => {
    await Promise.all([...Object.values(directors).map(({ keepalived }) => keepalived.kill()), rogue.kill()]);
    await Promise.all([...pages, ...hosts.map(({ process }) => process)].map(end));
    await rm(directory, { recursive: true });
  });

  /** Until the capture has seen something; what it waits for completes the error. */
  const until = async (what: string, seconds: number, seen: (capture: Capture) => boolean) => {
    const deadline = performance.now() + seconds * 1000;
    while (!(capture && seen(capture))) {
      if (performance.now() > deadline) throw new Error(`${what} was not seen within ${seconds} s`);
      await delay(20);
    }
  };
  /** Until a router has sent so many advertisements in a row. */
  const reigns = async (address: string, adverts = 3, seconds = 15) =>
    await until(`${adverts} advertisements of ${address}`, seconds, ({ adverts: all }) => {
      const last = all.slice(-adverts);
      return last.length === adverts && last.every(({ source, priority }) => source === address && priority > 0);
    });

  const listen = async () => {
    capture = await Capture.start(segment, { clock, lab, file: join(directory, "capture.pcap") });
  };
  const heard = async (): Promise<CaptureResult> => {
    const result = await (capture as Capture).stop();
    capture = undefined;
    return result;
  };

  beforeEach(async () => {
    await listen();
    await reigns(server1.address, 2);
    // keepalived announces the VIP once more, 5 s after it took over: that is not to be part of the next test.
    await delay(3500);
    await heard();
    // Nobody tells the client after a split brain whose loser was not believed: it would ask the wrong host for half a minute.
    await run(client, "ip", "neigh", "flush", "dev", "eth0");
    await listen();
    probe = await Probe.at(client, { address: vip, port }, { clock, intervalMs: 10 });
    await probe.ready();
    await reigns(server1.address, 2);
  });

  afterEach(async () => {
    await probe?.stop().catch(() => {});
    await capture?.stop().catch(() => {});
    capture = probe = undefined;
  });

  const ids = (diagnoses: readonly Diagnosis[]) => diagnoses.map(({ id }) => id);
  const say = (diagnoses: readonly Diagnosis[]) =>
    console.info(diagnoses.map(({ title, because }) => [title, ...because].join("\n    ")).join("\n"));
  const found = (result: CaptureResult): Diagnosis[] => {
    const diagnoses = diagnose(result, lab);
    say(diagnoses);
    return diagnoses;
  };

  it("shows a quiet lab as one in which nothing happens, as tcpdump itself reads it", async () => {
    await delay(3000);
    const result = await heard();
    expect(found(result)).toEqual([]);
    expect(result.info.dropped).toBe(0);
    expect(result.info.clockErrorMs).toBeLessThan(5);
    const { stdout } = await $({ quiet: true })`tcpdump -nn -tt -r ${result.info.file} vrrp`;
    const read = stdout
      .trim()
      .split("\n")
      .map((line) => /IP (\S+) > 224.0.0.18: VRRPv2, Advertisement, vrid (\d+), prio (\d+),/.exec(line)?.slice(1));
    expect(result.adverts.map((one) => [one.source, `${one.virtualRouterId}`, `${one.priority}`])).toEqual(read);
    for (const advert of result.adverts)
      expect(advert).toMatchObject({ mac: server1.mac.toLowerCase(), addresses: [vip], password: "1111", version: 2 });
    const all = await $({ quiet: true })`tcpdump -nn -r ${result.info.file}`;
    expect(result.info.packets).toBe(all.stdout.trim().split("\n").length);
    expect(vrrpStates(result, lab)).toEqual([
      { server: "server1", state: "MASTER", from: result.from, to: result.to },
      { server: "server4", state: "BACKUP", from: result.from, to: result.to },
    ]);
    expect(vipOwners(result, lab).map(({ server }) => server)).toEqual(["server1"]);
  });

  it("stamps what it sees on the clock on which the probe asks", async () => {
    await delay(1000);
    const { requests } = await (probe as Probe).stop();
    const { handshakes, info } = await heard();
    const late = handshakes.map(({ syn }) => {
      const asked = requests.findLast(({ started }) => started <= syn + info.clockErrorMs);
      return syn - (asked?.started ?? Number.NaN);
    });
    expect(handshakes.length).toBeGreaterThan(90);
    late.sort((one, other) => one - other);
    const median = late[late.length >> 1] ?? Number.NaN;
    console.info(
      `from a request's start to its SYN on the wire: ${median.toFixed(3)} ms (median), clock ± ${info.clockErrorMs} ms`,
    );
    expect(median).toBeLessThan(5);
    expect(median).toBeGreaterThan(-info.clockErrorMs);
  });

  it("names a master that stops in order, and one that comes back and preempts", async () => {
    await directors.server1.keepalived.stop();
    await reigns(server4.address);
    await directors.server1.keepalived.start(server1);
    await reigns(server1.address);
    const diagnoses = found(await heard());
    expect(ids(diagnoses)).toEqual(["clean-handover", "preemption"]);
    const [handover, preemption] = diagnoses as [Diagnosis, Diagnosis];
    expect(handover.who).toEqual(["server1", "server4"]);
    expect((handover.to ?? 0) - handover.from).toBeGreaterThan(800); // its skew: 805 ms
    expect((handover.to ?? 0) - handover.from).toBeLessThan(1300);
    expect(preemption.because.join()).toContain("started anew");
  });

  it("names a crash, and shows the outage that the client saw", async () => {
    await delay(500);
    const down = clock.now();
    await run(segment, "ip", "link", "set", server1.name, "down");
    await directors.server1.keepalived.kill();
    await reigns(server4.address);
    await delay(1500);
    const { requests } = await (probe as Probe).stop();
    const result = await heard();

    const diagnoses = found(result);
    expect(ids(diagnoses)).toEqual(["master-crash"]);
    const [{ from, to }] = diagnoses as [Diagnosis];
    expect((to ?? 0) - from).toBeGreaterThan(3800); // 3 × 1000 ms + skew 805 ms
    expect((to ?? 0) - from).toBeLessThan(4300);
    expect(vrrpStates(result, lab).map(({ server, state }) => `${server} ${state}`)).toEqual([
      ...["server1 MASTER", "server1 silent"],
      ...["server4 BACKUP", "server4 MASTER"],
    ]);
    expect(vipOwners(result, lab).map(({ server }) => server)).toEqual(["server1", "server4"]);

    const byProbe = outageOf(requests, { since: down }).longest;
    const byWire = outageFromWire(result, { since: down }).longest;
    console.info(
      `outage by the probe ${byProbe?.ms} ms ± ${byProbe?.errorMs}, from the wire ${byWire?.ms} ms ± ${byWire?.errorMs}`,
    );
    expect(byProbe?.ms).toBeGreaterThan(2700);
    expect(Math.abs((byProbe?.ms ?? 0) - (byWire?.ms ?? 0))).toBeLessThan(30);

    await run(directors.server1.host, "ip", "address", "del", `${vip}/32`, "dev", "eth0").catch(() => {});
    await run(segment, "ip", "link", "set", server1.name, "up");
    await directors.server1.keepalived.start(server1);
  });

  it("hears VRRPv3 at a tenth of a second, and an outage as short as it promises", async () => {
    const quick: Lab = { ...lab, keepalived: { ...lab.keepalived, vrrpVersion: 3, advertInterval: 0.1 } };
    const both = Object.values(directors);
    for (const { keepalived } of both) await keepalived.stop();
    for (const [index, { keepalived }] of both.entries())
      await keepalived.start([server1, server4][index] as Server, quick.keepalived);
    await reigns(server1.address, 10);
    await probe?.stop();
    await heard();
    await listen();
    probe = await Probe.at(client, { address: vip, port }, { clock, intervalMs: 10 });
    await probe.ready();
    await reigns(server1.address, 10);
    const down = clock.now();
    await run(segment, "ip", "link", "set", server1.name, "down");
    await directors.server1.keepalived.kill();
    await reigns(server4.address, 10);
    await delay(500);
    const { requests } = await probe.stop();
    const result = await heard();
    await run(directors.server1.host, "ip", "address", "del", `${vip}/32`, "dev", "eth0").catch(() => {});
    await run(segment, "ip", "link", "set", server1.name, "up");
    for (const { keepalived } of both) await keepalived.stop();
    await directors.server1.keepalived.start(server1);
    await directors.server4.keepalived.start(server4);

    expect(result.adverts.every(({ version, intervalMs }) => version === 3 && intervalMs === 100)).toBe(true);
    const { crash } = promisedOutage({ ...quick.keepalived, priority: server4.priority ?? 0 }); // 280 to 380 ms
    const byProbe = outageOf(requests, { since: down }).longest;
    console.info(`outage by the probe ${byProbe?.ms} ms ± ${byProbe?.errorMs}, promised up to ${crash.maximum} ms`);
    expect((byProbe?.ms ?? 0) + (byProbe?.errorMs ?? 0)).toBeGreaterThanOrEqual(crash.minimum);
    expect(byProbe?.ms).toBeLessThan(crash.maximum + 500);
    const diagnoses = diagnose(result, quick);
    expect(ids(diagnoses)).toEqual(["master-crash"]);
    expect(diagnoses[0]?.because.join()).toContain("3 × 100 ms");
  });

  it("names two masters that do not hear each other", async () => {
    const apart = async (state: "on" | "off") => {
      for (const { name } of [server1, server4])
        await run(segment, "bridge", "link", "set", "dev", name, "isolated", state);
    };
    await apart("on");
    await until("server4 as master", 10, ({ adverts }) => adverts.at(-1)?.source === server4.address);
    await delay(5000);
    await apart("off");
    await reigns(server1.address);
    const diagnoses = found(await heard());
    expect(ids(diagnoses)).toEqual(["split-brain"]);
    const [{ who, from, to }] = diagnoses as [Diagnosis];
    expect(who).toEqual(["server1", "server4"]);
    expect((to ?? 0) - from).toBeGreaterThan(3900);
    expect((to ?? 0) - from).toBeLessThan(7000);
  });

  it("names a director that stood still and did not know it", async () => {
    directors.server1.keepalived.signal("SIGSTOP");
    await reigns(server4.address);
    directors.server1.keepalived.signal("SIGCONT");
    await reigns(server1.address);
    await delay(1000);
    const diagnoses = found(await heard());
    expect(ids(diagnoses)).toEqual(["frozen-director"]);
    expect(diagnoses[0]?.because.join()).toContain("the very next");
  });

  it("does not take a director whose link was down for one that stood still", async () => {
    await run(segment, "ip", "link", "set", server1.name, "down");
    await reigns(server4.address);
    await run(segment, "ip", "link", "set", server1.name, "up");
    await reigns(server1.address);
    const diagnoses = found(await heard());
    expect(ids(diagnoses)).toEqual(["master-crash", "preemption"]);
    expect(diagnoses[0]?.because.join()).toContain("its link was down");
  });

  it("names a router that is none of the lab's", async () => {
    await rogue.start({ priority: 200 });
    await reigns(ROGUE);
    await rogue.stop();
    await reigns(server1.address);
    const diagnoses = found(await heard());
    expect(ids(diagnoses)).toEqual(["rogue-router"]);
    expect(diagnoses[0]?.title).toContain("10.98.0.66 (52:54:00:66:66:66)");
    expect(diagnoses[0]?.title).toContain("priority 200");
  });

  it("names the director whose password is another, beside the split brain that it makes", async () => {
    await directors.server4.keepalived.stop();
    await directors.server4.keepalived.start(server4, { password: "2222" });
    await until("server4 as master", 10, ({ adverts }) => adverts.at(-1)?.source === server4.address);
    await delay(3500);
    await directors.server4.keepalived.stop();
    await directors.server4.keepalived.start(server4);
    await reigns(server1.address, 2);
    const diagnoses = found(await heard());
    expect(ids(diagnoses).sort()).toEqual(["split-brain", "wrong-password"]);
    const wrong = diagnoses.find(({ id }) => id === "wrong-password");
    expect(wrong?.who).toEqual(["server4"]);
    expect(wrong?.title).toContain('"2222"');
  });

  it("names the time without a master", async () => {
    await directors.server4.keepalived.stop();
    await directors.server1.keepalived.stop();
    await delay(3000);
    await directors.server1.keepalived.start(server1);
    await directors.server4.keepalived.start(server4);
    await reigns(server1.address, 2);
    const diagnoses = found(await heard());
    expect(ids(diagnoses).filter((id) => id !== "preemption")).toEqual(["no-master"]);
    expect(diagnoses[0]?.because.join()).toContain("priority 0");
  });

  it("names a real server that answers ARP for the VIP", async () => {
    await run(real, "ip", "address", "add", `${vip}/32`, "dev", "lo");
    await run(client, "ip", "neigh", "flush", "dev", "eth0");
    await delay(2500);
    await run(real, "ip", "address", "del", `${vip}/32`, "dev", "lo");
    await run(client, "ip", "neigh", "flush", "dev", "eth0");
    await delay(500);
    const diagnoses = found(await heard());
    expect(ids(diagnoses)).toEqual(["arp-conflict"]);
    expect([...(diagnoses[0]?.who ?? [])].sort()).toEqual(["server1", "server2"]);
  });

  it("ends with the process that started it, however that ends, and though the wire is silent", async () => {
    await run(segment, "ip", "link", "add", "silent0", "type", "bridge");
    await run(segment, "ip", "link", "set", "silent0", "up");
    const script = `
      const { Capture } = await import("./verify/wire/index.ts");
      const { RunClock } = await import("./verify/clock.ts");
      const { spawn } = await import("node:child_process");
      const [file, ...args] = ${JSON.stringify(segment.inside([]))};
      const env = ${JSON.stringify(labEnvironment())};
      const place = { spawn: (_at, command, { direct, ...options }) => spawn(file, [...args, ...command], { ...options, env }) };
      const lab = ${JSON.stringify(lab)};
      await Capture.start(place, { clock: new RunClock(), lab, file: "/dev/null", link: "silent0" });
      console.log("listening");`;
    const parent = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
      cwd: projectRoot,
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(parent.stdout, "data");
    expect(listenersOn("silent0")).toHaveLength(1);
    await end(parent);
    await expect.poll(() => listenersOn("silent0"), { timeout: 3000 }).toEqual([]);
  });

  it("says why it cannot listen", async () => {
    const options = { clock, lab, file: join(directory, "no.pcap") };
    await expect(Capture.start(segment, { ...options, link: "nolink0" })).rejects.toThrow(
      /the capture on nolink0 did not stay up.*No such device/s,
    );
    await expect(Capture.start(segment, { ...options, file: join(directory, "no/no.pcap") })).rejects.toThrow("ENOENT");
  });
});

/** PIDs of tcpdump processes on a link. */
const listenersOn = (link: string): string[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
        return words[0] === "tcpdump" && words.includes(link);
      } catch {
        return false; // it has ended meanwhile
      }
    });
