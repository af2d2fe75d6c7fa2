import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { test } from "vitest";
import {
  clientAddress,
  type Ip,
  interfaceOn,
  type Lab,
  parseLab,
  serverNamed,
  type VirtualService,
  type VrrpInstance,
  type VrrpMember,
  withPrefix,
} from "../../lab/index.ts";
import type { LabInput } from "../../lab/schema.ts";
import { bridgeOf } from "../../provision/host/bridge.ts";
import { labEnvironment } from "../../provision/host/machine/namespaces.ts";
import { keepalivedConf } from "../../provision/roles/keepalived-conf.ts";
import { RunClock } from "../../verify/live/clock.ts";
import { Probe } from "../../verify/probe/index.ts";
import { Capture } from "../../verify/wire/index.ts";
import { bringUp, end, type Finish, type Host, makeBridge, ownHost, plug, run, serve } from "./hosts.ts";

/** A lab with its one virtual service and its one VRRP instance. */
export interface WireLab {
  readonly lab: Lab;
  readonly service: VirtualService;
  readonly instance: VrrpInstance;
}

/** Two directors with these timers and a real server, each a network namespace: the same keepalived, kernel and wire, without the VMs. */
export function wireLab(timers: Pick<VrrpInstance, "version" | "advertInterval">): WireLab {
  const file: LabInput = {
    control: "keepalived",
    networks: [{ subnets: ["10.98.0.0/24"] }],
    client: { addresses: ["10.98.0.250"] },
    services: [{ vip: "10.98.0.100", port: 80, scheduler: "rr" }],
    vrrp: [
      {
        ...timers,
        members: [
          { server: "server1", priority: 100 },
          { server: "server4", priority: 50 },
        ],
      },
    ],
    servers: [
      { name: "server1", addresses: ["10.98.0.11"], role: "director" },
      { name: "server2", addresses: ["10.98.0.12"], role: "real-server" },
      { name: "server4", addresses: ["10.98.0.14"], role: "director" },
    ],
  };
  const lab = parseLab(JSON.stringify(file), "wire.yaml"); // JSON is YAML
  const [service] = lab.services;
  const [instance] = lab.vrrp;
  if (!service || !instance) throw new Error("the lab has no service or no VRRP instance");
  return { lab, service, instance };
}

/** The textbook's timers. */
export const textbook = wireLab({ version: 2, advertInterval: 1 });
const { lab, service, instance } = textbook;
const { vip, port } = service;
export const BRIDGE = bridgeOf(0);

/** A host on the segment. */
interface SegmentHost {
  readonly name: string;
  readonly address: Ip;
  readonly mac?: string;
}

/** A host that keepalived runs on. */
type Router = SegmentHost & { readonly mac: string };

/** How keepalived starts in a VRRP instance. */
type Start = Pick<VrrpMember, "state" | "priority">;

const routerOf = (name: string): Router => {
  const server = serverNamed(lab, name);
  return { name, address: server.management, mac: interfaceOn(server, instance.network).mac };
};

const directorOf = (name: string): Router & Start => {
  const member = instance.members.find(({ server }) => server === name);
  if (!member) throw new Error(`${name} is no member of ${instance.name}`);
  return { ...routerOf(name), state: member.state, priority: member.priority };
};

export const server1 = directorOf("server1");
export const server2 = routerOf("server2");
export const server4 = directorOf("server4");

/** keepalived in a host, with files of its own. */
class Keepalived {
  readonly #host: Host;
  readonly #at: string;
  #child: ChildProcess | undefined;

  constructor(host: Host, at: string) {
    this.#host = host;
    this.#at = at;
  }

  /** @param vrrp settings that differ from the lab's instance */
  async start({ state, priority }: Start, vrrp: Partial<VrrpInstance> = {}): Promise<void> {
    const { unicast: _, trackInterfaces: __, trackBfd: ___, ...rest } = { ...instance, ...vrrp };
    const config = keepalivedConf({
      instances: [{ ...rest, state, priority, interface: "eth0" }],
      services: [{ ...service, realServers: [] }],
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

async function makeDirectory({ onTestFinished }: Finish): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "wire-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

async function makeSegment({ onTestFinished }: Finish): Promise<Host> {
  const segment = await ownHost({ onTestFinished });
  await makeBridge(segment, BRIDGE);
  return segment;
}

/** What a wire is made from. */
interface Given extends Finish {
  readonly directory: string;
  readonly segment: Host;
  /** Settings of both directors that differ from the lab's. */
  readonly vrrp: Partial<VrrpInstance>;
}

/** Joins the client and both directors to a segment. When it returns, server1 is master, a capture listens, and a probe asks. */
async function startWire({ onTestFinished, directory, segment, vrrp }: Given) {
  const clock = new RunClock();

  const joinSegment = async ({ name, address, mac }: SegmentHost) => {
    const host = await ownHost({ onTestFinished });
    await plug(segment, BRIDGE, host, { port: name, ...(mac ? { mac } : {}) });
    await run(host, "ip", "address", "add", withPrefix(lab, address), "dev", "eth0");
    await bringUp(segment, host, name);
    return host;
  };
  /** keepalived's place in a host that speaks VRRP. */
  const joinRouter = async (router: Router) => {
    const host = await joinSegment(router);
    const keepalived = new Keepalived(host, join(directory, router.name));
    onTestFinished(() => keepalived.kill());
    return { host, keepalived };
  };
  const joinDirector = async (server: Router) => {
    const director = await joinRouter(server);
    const page = await serve(director.host, { name: server.name, port });
    onTestFinished(() => end(page));
    return director;
  };
  const [client, first, second] = await Promise.all([
    joinSegment({ name: "client", address: clientAddress(lab) }),
    joinDirector(server1),
    joinDirector(server4),
  ]);

  const captured = { service, client: clientAddress(lab), link: BRIDGE };
  const listen = () => Capture.start(segment, { clock, ...captured, file: join(directory, "capture.pcap") });
  let capture = await listen();
  onTestFinished(async () => {
    await capture.stop().catch(() => {});
  });
  /** Until the capture has seen something; what it waits for completes the error. */
  const until = async (what: string, seconds: number, seen: (capture: Capture) => boolean) => {
    const deadline = performance.now() + seconds * 1000;
    while (!seen(capture)) {
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

  await first.keepalived.start(server1, vrrp);
  await second.keepalived.start(server4, vrrp);
  // keepalived announces the VIP by five ARPs, and by five more 5 s later. The test begins after both.
  await until("server1's second announcement of the VIP", 30, ({ gratuitousArp: all }) => {
    return all.filter(({ mac }) => mac === server1.mac.toLowerCase()).length >= 10;
  });
  await capture.stop();
  capture = await listen();
  const probe = await Probe.at(client, { address: vip, port }, { clock, intervalMs: 10 });
  onTestFinished(async () => {
    await probe.stop().catch(() => {});
  });
  await probe.ready();
  await reigns(server1.address, 2);
  return {
    clock,
    segment,
    client,
    directors: { server1: first, server4: second },
    joinSegment,
    joinRouter,
    capture,
    probe,
    until,
    reigns,
  };
}

/** Tests that run side by side: each has a directory, a segment and a wire of its own, if it asks for them. */
export const it = test
  .extend("directory", makeDirectory)
  .extend("segment", makeSegment)
  .extend("vrrp", {} as Given["vrrp"])
  .extend("wire", startWire);
