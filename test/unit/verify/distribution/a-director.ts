import type { ChildProcess } from "node:child_process";
import {
  hostPort,
  type Ip,
  type Lab,
  type RealServer,
  schedulingOf,
  toIp,
  type VirtualService,
} from "../../../../lab/index.ts";
import type { Load, NewConnection, SchedulingTable } from "../../../../lab/schedulers/method.ts";
import type { LiveLab } from "../../../../verify/live/live-lab.ts";
import { type Answer, RecordedView } from "../a-live-lab.ts";

interface Entry {
  readonly place: number | undefined;
  readonly destination: string;
  state: "ESTABLISHED" | "FIN_WAIT";
}

/** What a director begins with: connections of others by server, and which of the states that its scheduler may remember it has. */
export interface Before {
  readonly active?: Readonly<Record<string, number>>;
  readonly inactive?: Readonly<Record<string, number>>;
  /** The place in the list of states, from 0; a fraction of the list: the first, one in the middle. */
  readonly state?: number;
}

/** A director's IPVS table, which schedules by the model of its scheduler. Destinations are in the kernel's order: the last one added is the first. */
export class SimulatedDirector {
  readonly service: VirtualService;
  readonly connections = new Map<string, Entry>();
  readonly #servers: VirtualService["realServers"];
  readonly #table: SchedulingTable;
  #state: unknown;
  readonly #full = new Set<number>();

  constructor(service: VirtualService, { active = {}, inactive = {}, state = 0 }: Before = {}) {
    this.service = service;
    this.#servers = service.realServers.toReversed();
    this.#table = { flags: service.schedulerFlags ?? [], destinations: this.#servers };
    const states = schedulingOf(service).states(this.#table);
    this.#state = states[Math.floor(state * (states.length - 1))];
    let port = 50_000;
    for (const [counts, kind] of [
      [active, "ESTABLISHED"],
      [inactive, "FIN_WAIT"],
    ] as const)
      for (const [server, count] of Object.entries(counts))
        for (let number = 0; number < count; number++) this.#enter(server, `172.25.254.99:${port++}`, kind);
  }

  #enter(server: string, source: string, state: Entry["state"]): void {
    const place = this.#servers.findIndex((one) => one.server === server);
    this.connections.set(source, { place, destination: this.#keyOf(place), state });
  }

  #keyOf(place: number): string {
    const real = this.#servers[place];
    if (!real) throw new Error(`no destination ${place}`);
    return hostPort(real.address, real.port);
  }

  #loads(): Load[] {
    return this.#servers.map((_, place) => {
      const own = [...this.connections.values()].filter((one) => one.place === place);
      const inactive = own.filter(({ state }) => state === "FIN_WAIT").length;
      const overloaded = this.#full.has(place);
      return { active: own.length - inactive, inactive: { least: inactive, most: inactive }, overloaded };
    });
  }

  /** Sets which real servers have reached their upper thresholds, and are not below the lower ones yet. */
  #count(): void {
    for (const [place, { active, inactive }] of this.#loads().entries()) {
      const { upperThreshold: upper, lowerThreshold } = this.#servers[place] ?? {};
      if (upper === undefined) continue;
      if (active + inactive.most >= upper) this.#full.add(place);
      else if (active + inactive.most < (lowerThreshold ?? upper * 0.75)) this.#full.delete(place);
    }
  }

  /** Schedules a connection: the page of its real server, or undefined. */
  open(address: Ip, port: number, state: Entry["state"]): string | undefined {
    const connection: NewConnection = { client: address, clientPort: port, vip: this.service.vip };
    const [move] = schedulingOf(this.service).next(this.#table, this.#loads(), connection, this.#state);
    this.#state = move?.state;
    if (move?.to === undefined) return undefined;
    this.connections.set(hostPort(address, port), { place: move.to, destination: this.#keyOf(move.to), state });
    this.#count();
    return this.#servers[move.to]?.page;
  }

  close(source: string): void {
    const entry = this.connections.get(source);
    if (entry) entry.state = "FIN_WAIT";
  }

  /** Forgets a connection that was reset, as the kernel does after some seconds. */
  reset(source: string): void {
    this.connections.delete(source);
    this.#count();
  }

  /** Forgets some connections that have ended. */
  forget(count: number): void {
    const ended = [...this.connections].filter(([, { state }]) => state === "FIN_WAIT");
    for (const [source] of ended.slice(0, count)) this.connections.delete(source);
    this.#count();
  }

  /** What `ipvsadm -lnc; ipvsadm -ln --nosort` prints. */
  printed(): string {
    const { vip, port, scheduler, schedulerFlags } = this.service;
    const rows = [...this.connections].map(
      ([source, { destination, state }]) =>
        `TCP 01:58  ${state.padEnd(11)} ${source.padEnd(18)} ${hostPort(vip, port).padEnd(18)} ${destination}`,
    );
    const loads = this.#loads();
    const reals = this.#servers.map(({ weight }, place) => {
      const { active = 0, inactive } = loads[place] ?? {};
      return `  -> ${this.#keyOf(place).padEnd(28)} Route   ${String(weight).padEnd(6)} ${String(active).padEnd(10)} ${String(inactive?.most).padEnd(10)}`;
    });
    return [
      "IPVS connection entries",
      "pro expire state       source             virtual            destination",
      ...rows,
      "IP Virtual Server version 1.2.1 (size=4096)",
      "Prot LocalAddress:Port Scheduler Flags",
      "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn",
      `TCP  ${hostPort(vip, port)} ${scheduler}${schedulerFlags ? ` (${schedulerFlags.join(",")})` : ""}`,
      ...reals,
      "",
    ].join("\n");
  }
}

/** A view of a lab whose requests are scheduled by a simulated director. `meanwhile` happens before each connection of the client. */
export class SimulatedView extends RecordedView {
  readonly #director: SimulatedDirector;
  readonly #meanwhile: () => void;

  constructor(live: LiveLab, director: SimulatedDirector, meanwhile: () => void = () => {}) {
    super(live, (where, command) => this.#answered(where, command));
    this.#director = director;
    this.#meanwhile = meanwhile;
  }

  #answered(where: string, command: string): Answer {
    if (where !== "client") return this.#director.printed();
    if (command.startsWith("ip ")) return "";
    this.#meanwhile();
    const [, address = "", port = ""] =
      /--interface (\S+) --local-port (\d+)/.exec(command) ?? /bind=([\d.]+):(\d+)/.exec(command) ?? [];
    const page = this.#director.open(
      toIp(address),
      Number(port),
      command.startsWith("socat") ? "ESTABLISHED" : "FIN_WAIT",
    );
    if (page !== undefined) return page;
    return { output: "Connection refused\n", status: command.startsWith("socat") ? 1 : 7 };
  }

  override startClient(...words: string[]): ChildProcess {
    const child = super.startClient(...words);
    const [, source = ""] = /bind=([\d.:]+)/.exec(words.join(" ")) ?? [];
    child.stdin?.once("finish", () => this.#director.close(source));
    if (words.join(" ").includes("linger=0")) child.once("close", () => this.#director.reset(source));
    return child;
  }
}

/** The lab with these weights of real servers, whose names are server2, server3 and so on. */
export function withWeights(
  lab: Lab,
  weights: readonly number[],
  change: Partial<VirtualService> = {},
  thresholds: Pick<RealServer, "upperThreshold" | "lowerThreshold"> = {},
): Lab {
  const realServers = weights.map((weight, index) => ({
    server: `server${index + 2}`,
    address: toIp(`172.25.254.${12 + index}`),
    port: 80,
    weight,
    page: `server${index + 2}\n`,
    ...thresholds,
  }));
  return { ...lab, services: lab.services.map((service) => ({ ...service, ...change, realServers })) };
}
