import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import { familyOf, type Ip, type VirtualService } from "../../lab/index.ts";
import { type ClockOffset, ownClocks } from "../../provision/host/machine/wall-clock.ts";
import { type LabHost, SEGMENT } from "../../provision/host/reach.ts";
import type { RunClock } from "../live/clock.ts";
import { EvidenceLog, type WireAdvert, type WireEvidence } from "./evidence.ts";
import { parseFrame } from "./parse.ts";
import { PcapReader } from "./pcap.ts";
import type { CaptureInfo } from "./records.ts";

/** The lab host with the bridge. Without `clocks`, it has this machine's. */
type Segment = Pick<LabHost, "spawn"> & Partial<Pick<LabHost, "clocks">>;

/** The wall clock by which tcpdump tells times, against this process's monotonic one. */
const wallClockOf = async (place: Segment): Promise<ClockOffset> =>
  (place.clocks ? await place.clocks() : ownClocks()).wall;

export interface CaptureOptions {
  /** The run's clock: all times of the capture are on it. */
  readonly clock: RunClock;
  /** The virtual service whose VIP and port are captured; without a protocol, it is TCP. */
  readonly service: Pick<VirtualService, "vip" | "port"> & Partial<Pick<VirtualService, "protocol">>;
  /** The client's address. */
  readonly client: Ip;
  /** The dump, for Wireshark: pcap with nanoseconds. */
  readonly file: string;
  /** The link to listen on: the bridge of the VIP's network. */
  readonly link: string;
}

/** Evidence and quality of a capture. */
export interface CaptureResult extends WireEvidence {
  readonly info: CaptureInfo;
}

/** Bytes kept of each frame: every header, options included, and little of the pages. An advertisement with twenty IPv6 addresses is whole. */
const SNAPLEN = { 4: 128, 6: 384 };
/** Buffer for frames that tcpdump has not read yet, in KiB. Emulated guests may take all cores from it for a while. */
const BUFFER_KIB = 8192;

/**
 * Captured traffic: claims of the VIP, ICMPv6 as a sign of life of the directors, and the client's connections or datagrams. Of an IPv6 VIP the claims are in ICMPv6;
 * `vrrp` is of IPv4 alone: pcap-filter(7).
 */
export const captureFilter = ({ service, client }: Pick<CaptureOptions, "service" | "client">): string =>
  `${familyOf(service.vip) === 6 ? "ip6 proto 112" : "arp or vrrp"} or icmp6 or (${service.protocol ?? "tcp"} port ${service.port} and host ${client})`;

/**
 * A running capture: tcpdump on a network's bridge, its dump written to a file and parsed as it comes. Always `stop` it; it ends with this
 * process if that dies.
 */
export class Capture {
  readonly #options: CaptureOptions;
  readonly #child: ChildProcess;
  readonly #file: WriteStream;
  readonly #ended: Promise<void>;
  readonly #log: EvidenceLog;
  readonly #place: Segment;
  /** At its start. */
  readonly #offset: ClockOffset;
  #from = 0;
  #packets = 0;
  #stderr = "";
  #broken: Error | undefined;
  #result: Promise<CaptureResult> | undefined;

  private constructor(place: Segment, child: ChildProcess, offset: ClockOffset, options: CaptureOptions) {
    this.#place = place;
    this.#child = child;
    this.#offset = offset;
    this.#options = options;
    const { service, client } = options;
    this.#log = new EvidenceLog({ vip: service.vip, port: service.port, client });
    this.#file = createWriteStream(options.file);
    this.#file.on("error", (error) => this.#breakOff(error));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
    const reader = new PcapReader();
    child.stdout?.on("data", (bytes: Buffer) => {
      this.#file.write(bytes);
      try {
        for (const { at, bytes: frame } of reader.read(bytes)) {
          this.#packets += 1;
          const packet = parseFrame(frame);
          if (packet) this.#log.add(packet, options.clock.at(at - this.#offset.nanoseconds));
        }
      } catch (error) {
        this.#breakOff(error as Error);
      }
    });
    this.#ended = new Promise((resolve, reject) => {
      child.once("error", (error) => reject(this.#failure(error.message)));
      child.once("close", (code, signal) => {
        if (this.#broken) reject(this.#failure(this.#broken.message));
        else if (code === 0) resolve();
        else reject(this.#failure(`tcpdump ended with ${signal ?? `status ${code}`}`));
      });
    });
    this.#ended.catch(() => {}); // awaited by the callers of start and stop
  }

  /** Starts tcpdump; resolves when it listens. Rejects if it cannot run, or the link does not exist. */
  static async start(place: Segment, options: CaptureOptions): Promise<Capture> {
    const { link } = options;
    const tcpdump = [
      ...["tcpdump", "-n", "-i", link, "-s", String(SNAPLEN[familyOf(options.service.vip)]), "-B", String(BUFFER_KIB)],
      ...["--immediate-mode", "--time-stamp-precision=nano", "-U", "-w", "-"],
      // Giving up root would also give up being killed with this process: prctl(2), PR_SET_PDEATHSIG.
      ...["-Z", "root"],
      captureFilter(options),
    ];
    // detached: Ctrl-C in the terminal reaches this process alone, which then stops the capture.
    const offset = await wallClockOf(place);
    const child = place.spawn(SEGMENT, ["setpriv", "--pdeathsig", "KILL", ...tcpdump], {
      ...{ direct: true, stdio: ["ignore", "pipe", "pipe"], detached: true },
    });
    const capture = new Capture(place, child, offset, options);
    await Promise.race([Promise.all([capture.#listening(), once(capture.#file, "open")]), capture.#ended]);
    capture.#from = options.clock.now();
    return capture;
  }

  /** The advertisements so far. */
  get adverts(): readonly WireAdvert[] {
    return this.#log.adverts;
  }

  /** The gratuitous ARP for the VIP so far. */
  get gratuitousArp(): WireEvidence["gratuitousArp"] {
    return this.#log.gratuitousArp;
  }

  /** The hardware address that last claimed the VIP, by ARP. */
  get owner(): string | undefined {
    return this.#log.claims.at(-1)?.mac;
  }

  /** Evidence so far. The lists keep growing while the capture runs. */
  evidence(): WireEvidence {
    const { adverts, gratuitousArp, claims, handshakes, sightings } = this.#log;
    return { from: this.#from, to: this.#options.clock.now(), adverts, gratuitousArp, claims, handshakes, sightings };
  }

  /** Stops tcpdump and returns all evidence; further calls return the same. Rejects if tcpdump ended before. */
  stop(): Promise<CaptureResult> {
    this.#result ??= this.#finish();
    return this.#result;
  }

  async #finish(): Promise<CaptureResult> {
    const evidence = this.evidence();
    const { exitCode, signalCode } = this.#child;
    if (exitCode === null && signalCode === null) this.#child.kill("SIGINT");
    else if (!this.#broken) this.#broken = new Error("tcpdump ended before it was told to");
    await this.#ended;
    this.#file.end();
    await once(this.#file, "close");
    const end = await wallClockOf(this.#place);
    const moved = end.nanoseconds - this.#offset.nanoseconds;
    const error = (moved < 0n ? -moved : moved) + this.#offset.error + end.error;
    return {
      ...evidence,
      info: {
        file: this.#options.file,
        packets: this.#packets,
        dropped: droppedOf(this.#stderr),
        clockErrorMs: Number((error + 999n) / 1000n) / 1000, // to microseconds, and never none
      },
    };
  }

  async #listening(): Promise<void> {
    while (!this.#stderr.includes("listening on")) await once(this.#child.stderr as NodeJS.ReadableStream, "data");
  }

  #breakOff(error: Error): void {
    this.#broken ??= error;
    this.#child.kill("SIGINT");
  }

  #failure(how: string): Error {
    const { link } = this.#options;
    return new Error(
      `the capture on ${link} did not stay up: ${how}.${this.#stderr ? ` It said: ${this.#stderr.trim()}` : ""} ` +
        "It listens on the lab's bridge, which `pulumi up` makes.",
    );
  }
}

/** Frames that the kernel dropped for tcpdump, by tcpdump's last lines. */
const droppedOf = (said: string): number => Number(/^(\d+) packets? dropped by kernel$/m.exec(said)?.[1] ?? 0);
