import type { ChildProcess, SpawnOptions } from "node:child_process";
import type { Duplex } from "node:stream";

/** The lab's segment itself, where its bridge and the servers' ports are: the one place of a lab host that is no attached host. */
export const SEGMENT = "segment";

/** The attached host that every lab has: the student's desktop. */
export const CLIENT = "client";

/** How a command runs on a lab host; the rest is as for Node's `spawn`. Without `env` it gets nothing of the caller's environment. */
export interface LabSpawnOptions extends Pick<SpawnOptions, "stdio" | "detached" | "env" | "signal"> {
  /**
   * Whose programs and files it sees. `userland`: the lab host's own, and the lab's directory at its path on the machine. `machine`: this
   * machine's, for Node. Default: `userland`.
   */
  readonly programs?: "userland" | "machine";
  /**
   * Whether the child is the command itself, so that signals reach it; such a command finds no /proc/self in the userland. Otherwise it joins
   * the lab host's processes, and it and what it starts end with the lab host.
   */
  readonly direct?: boolean;
}

/** What a lab host is now. */
export interface ObservedHost {
  /** Changes whenever the host has been started anew, and everything in it with it. */
  readonly generation: string;
  /** The flat repository of the lab's packages that guests find at `/pool/`: a directory of this machine. */
  readonly packages: string | undefined;
}

/** All that the rest of the project knows of a lab host. Nothing outside `provision/host` knows which kind it is. */
export interface LabHost {
  /** libvirt's connection URI. */
  readonly uri: string;
  /** The lab's directory on this machine: logs, transcripts, seeds, notes of faults. */
  readonly directory: string;
  /** Starts it, or mends it where it runs and does not answer; waits until it serves. `packages` as in `ObservedHost`. */
  start(options: { packages: string; onProgress?: (message: string) => void }): Promise<void>;
  /** Ends it with everything that runs in it, and takes its directory away. One that is not there is no error. */
  destroy(): Promise<void>;
  /** The names of the guests that run, as this machine's /proc shows them: at once, also while libvirtd hangs. */
  guests(): string[];
  /** What is there; undefined if it does not run or does not answer. */
  observe(): Promise<ObservedHost | undefined>;
  /** A TCP connection to an address inside the lab. It errors if the lab host or the address does not answer. */
  connect(address: string, port: number): Duplex;
  /** The command line whose standard input and output are such a connection: ssh_config(5), ProxyCommand. */
  connectCommand(address: string, port: number): string[];
  /**
   * Starts a command as root on `at`: SEGMENT, or an attached host by its name.
   * @throws LabHostDownError when the lab host is down
   */
  spawn(at: string, command: readonly string[], options?: LabSpawnOptions): ChildProcess;
  /** Attaches a host of that name (at most 15 characters) to a bridge by an interface eth0 with `address` and its prefix length. One of that name is made anew. */
  attach(name: string, options: { bridge: string; address: string }): Promise<void>;
  /** Detaches it; one that is not there is no error. */
  detach(name: string): Promise<void>;
}
