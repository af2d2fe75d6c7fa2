import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { hostPort, type Ip, schemeOf, type VirtualService } from "../../lab/index.ts";
import { CLIENT, type LabHost } from "../../provision/host/reach.ts";
import { lastWords } from "../../provision/last-words.ts";
import { isIpv6 } from "../../provision/roles/ip-address.ts";
import { until } from "../../provision/until.ts";
import { RunClock } from "../live/clock.ts";
import { LabError } from "../live/lab-error.ts";
import { type LiveLab, labHost } from "../live/live-lab.ts";
import { NeighbourWatch } from "./neighbour.ts";
import {
  type ArpChange,
  type HeldConnection,
  jitterOf,
  type LongLivedConnection,
  type ProbedRequest,
  type ProbeMessage,
  type ProbeOptions,
  type ProbeOrder,
  type ProbeResult,
  type ProbeTarget,
} from "./records.ts";
import { allHaveEnded, isSteady } from "./steady.ts";

const SCRIPT = fileURLToPath(new URL("probe.mjs", import.meta.url));

const defaults: ProbeOptions = {
  intervalMs: 20,
  timeoutMs: 2000,
  arpIntervalMs: 20,
  longLived: 0,
  longLivedIntervalMs: 100,
};

/** How late the probe may report ended requests: it is another process, on a machine that may be busy. */
const LATE_MS = 5000;

/** `clock`: the run's clock, for all times of the probe. Without it, the probe's clock starts with its schedule. */
type StartOptions = Partial<ProbeOptions> & { readonly clock?: RunClock };

/** Where a probe runs: as the client of a lab host. Without `clocks` and `node`, it has this machine's. */
type ProbePlace = Pick<LabHost, "spawn"> & Partial<Pick<LabHost, "clocks" | "node">>;

/**
 * A running probe: GETs on a fixed schedule, each on a new connection, or datagrams, from a separate process in the client's network. A hanging request does
 * not delay the others. All times are milliseconds on one clock, the run's or one from the probe's start; `now` gives the current time on it.
 * Always `stop` it; if this process dies, it stops by itself.
 */
export class Probe {
  readonly target: ProbeTarget;
  readonly options: ProbeOptions;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  /** Of an IPv6 address, whose entry the process does not see. */
  #neighbour: NeighbourWatch | undefined;
  readonly #requests: ProbedRequest[] = [];
  readonly #arp: ArpChange[] = [];
  readonly #connections: LongLivedConnection[] = [];
  readonly #held = new Map<number, HeldConnection>();
  /** By how much the probe's CLOCK_MONOTONIC is ahead of this process's, in nanoseconds. */
  readonly #ahead: bigint;
  #clock = new RunClock();
  readonly #said: () => string;

  private constructor(child: ChildProcess, target: ProbeTarget, options: ProbeOptions, ahead: bigint) {
    this.#child = child;
    this.#ahead = ahead;
    this.target = target;
    this.options = options;
    child.stdin?.on("error", () => {}); // the probe is dead; its exit reports why
    this.#said = lastWords(child.stderr, 2000);
    this.#ended = new Promise((resolve, reject) => {
      child.once("error", (error) => reject(this.#failure(error.message)));
      child.once("close", (code, signal) =>
        code === 0 ? resolve() : reject(this.#failure(`it ended with ${signal ?? `status ${code}`}`)),
      );
    });
    this.#ended.catch(() => {}); // awaited by the caller
  }

  /** Starts a probe of the lab's virtual service, as the lab's client. Rejects if it cannot run. */
  static async start(live: LiveLab, service: VirtualService, options: StartOptions = {}): Promise<Probe> {
    const { vip, port, protocol, proxied } = service;
    const udp = protocol === "udp" ? { udp: true } : {};
    const tls = schemeOf(service) === "https" ? { tls: true } : {};
    // What is behind a proxy is somebody's own: a redirection or a login is an answer.
    const lenient = proxied ? { lenient: true } : {};
    return await Probe.at(labHost(live), { address: vip, port, ...udp, ...tls, ...lenient }, options);
  }

  /** Starts a probe of any address from any place. Rejects if it cannot run. */
  static async at(place: ProbePlace, target: ProbeTarget, options: StartOptions = {}): Promise<Probe> {
    const { clock, ...chosen } = options;
    const all = { ...defaults, ...chosen };
    const ahead = (await place.clocks?.())?.monotonic.nanoseconds ?? 0n;
    const order: ProbeOrder = { ...target, ...all, ...(clock ? { epoch: String(clock.epoch + ahead) } : {}) };
    const words = [SCRIPT, JSON.stringify(order)] as const;
    const command = (await place.node?.(...words)) ?? [process.execPath, ...words];
    // detached: Ctrl-C in the terminal goes to this process only, which then stops the probe.
    const child = place.spawn(CLIENT, command, {
      ...{ programs: "machine", stdio: ["pipe", "pipe", "pipe"], detached: true },
    });
    const probe = new Probe(child, target, all, ahead);
    const lines = createInterface({ input: child.stdout as Readable });
    lines.on("line", (line) => probe.#hear(JSON.parse(line) as ProbeMessage));
    await Promise.race([once(lines, "line"), probe.#ended]);
    if (isIpv6(target.address)) await probe.#watchNeighbour(place);
    return probe;
  }

  async #watchNeighbour(place: ProbePlace): Promise<void> {
    const watched = {
      address: this.target.address,
      now: () => this.now(),
      tell: (change: ArpChange) => this.#arp.push(change),
    };
    try {
      this.#neighbour = await NeighbourWatch.start(place, watched);
    } catch (error) {
      this.#child.stdin?.end();
      throw this.#failure((error as Error).message);
    }
  }

  /** The current time on the probe's clock, in milliseconds. */
  now(): number {
    return this.#clock.now();
  }

  /** The requests reported so far, in the order of their ends. */
  get requests(): readonly ProbedRequest[] {
    return this.#requests;
  }

  /** The changes of the client's ARP entry so far; the first one is its state at the start. */
  get arp(): readonly ArpChange[] {
    return this.#arp;
  }

  /** The kept connections, open or closed, in the order in which they were opened. */
  get held(): readonly HeldConnection[] {
    return [...this.#held.values()];
  }

  /** Whether every request that was due in the last `forMs` was answered. Throws if the probe has died. */
  steady(forMs: number): boolean {
    this.#checkAlive();
    const { intervalMs, timeoutMs } = this.options;
    return isSteady(this.#requests, { intervalMs, timeoutMs, now: this.now(), forMs });
  }

  /**
   * Waits until every request that is due by now has ended, at most for their timeout. A hanging request is reported only at its end, so
   * an outage does not show from its first moment on. Rejects if the probe has died, or is too late to measure anything.
   */
  async settled(): Promise<void> {
    const { intervalMs, timeoutMs } = this.options;
    const asked = this.now();
    const seconds = (timeoutMs + LATE_MS) / 1000;
    await until(
      async () => {
        this.#checkAlive();
        if (!allHaveEnded(this.#requests, { intervalMs, until: asked })) throw new Error("some requests are under way");
      },
      {
        seconds,
        everyMs: 20,
        failed: () =>
          new LabError(
            `the probe has not told within ${seconds} s how all its requests ended, each of which may take ` +
              `${timeoutMs / 1000} s: this machine is too busy to measure anything. End what else it does, and run it again.`,
          ),
      },
    );
  }

  /** Waits until a request was answered, and one on each kept connection; at most `seconds`. */
  async ready(seconds = 10): Promise<void> {
    const { address, port } = this.target;
    await until(
      async () => {
        this.#checkAlive();
        if (!this.#requests.some(({ outcome }) => outcome === "answered"))
          throw new Error(this.#requests.at(-1)?.error ?? "no request has ended yet");
        // A connection whose first SYN is lost comes a second after the others.
        if (!this.target.udp && this.#held.size < this.options.longLived)
          throw new Error(`${this.#held.size} of ${this.options.longLived} kept connections stand`);
      },
      {
        seconds,
        everyMs: 20,
        failed: (last) =>
          new LabError(
            `no request to ${hostPort(address as Ip, port)} was answered within ${seconds} s: ${(last as Error).message}. ` +
              "`npx lvs-lab check` says which part of the lab is not as it should be.",
          ),
      },
    );
  }

  /** Starts no further request, waits for those under way (at most their timeout) and returns all records. */
  async stop(): Promise<ProbeResult> {
    this.#child.stdin?.end();
    try {
      await this.#ended;
    } finally {
      this.#neighbour?.stop();
    }
    const requests = this.#requests.toSorted((one, other) => one.n - other.n);
    return {
      target: this.target,
      options: this.options,
      requests,
      arp: [...this.#arp],
      connections: this.#connections.toSorted((one, other) => one.opened - other.opened),
      jitter: jitterOf(requests),
    };
  }

  #hear(message: ProbeMessage): void {
    if ("request" in message) this.#requests.push(message.request);
    else if ("arp" in message) this.#arp.push(message.arp);
    else if ("held" in message) this.#held.set(message.held.id, { ...message.held, closed: null });
    else if ("connection" in message) this.#closed(message.connection);
    else this.#clock = new RunClock(BigInt(message.epoch) - this.#ahead);
  }

  #closed(connection: LongLivedConnection): void {
    this.#connections.push(connection);
    const { id, opened, closed, error, answers } = connection;
    this.#held.set(id, { id, opened, closed, answered: answers.at(-1) ?? opened, ...(error ? { error } : {}) });
  }

  #checkAlive(): void {
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null)
      throw this.#failure(`it ended with ${signalCode ?? `status ${exitCode}`}`);
  }

  #failure(how: string): LabError {
    const { address, port } = this.target;
    return new LabError(
      `the probe of ${hostPort(address as Ip, port)} did not stay up: ${how}.${this.#said() ? ` It said: ${this.#said().trim()}` : ""} ` +
        "It needs the lab's client; `npx lvs-lab client -- ip addr` shows whether that is there, and `pulumi up` makes it.",
    );
  }
}
