import type { ChildProcess, SpawnOptions } from "node:child_process";
import type { Duplex } from "node:stream";
import type { LabFiles } from "./files.ts";
import type { HostClocks } from "./machine/wall-clock.ts";
import type { PackagePools } from "./package-pools.ts";
import type { SystemNames } from "./system/names.ts";

/**
 * The lab's segment: the network namespace with the lab's bridge and the servers' ports. Every other place on a lab host is an attached
 * host.
 */
export const SEGMENT = "segment";

/** The attached host of every lab: the student's desktop. */
export const CLIENT = "client";

/** Options for a command on a lab host, otherwise as for Node's `spawn`. Without `env` it gets none of the caller's environment. */
export interface LabSpawnOptions extends Pick<SpawnOptions, "stdio" | "detached" | "env" | "signal"> {
  /**
   * Which programs and files the command sees. `userland`: the lab host's own, with the lab's directory at its usual path. `machine`: this
   * machine's, for Node. Default: `userland`.
   */
  readonly programs?: "userland" | "machine";
  /**
   * Whether the child is the command itself, so that signals reach it; such a command has no /proc/self in the userland. Otherwise it joins
   * the lab host's processes; it and its children end with the lab host.
   */
  readonly direct?: boolean;
}

/** A server's card, by its MAC address in upper case, and the bridge of its network on the lab host. */
export interface Cable {
  readonly mac: string;
  readonly bridge: string;
}

/** A libvirt with domains and pools of others, too: only what has the lab's mark is the lab's. */
export interface SharedLibvirt {
  /** Its connection URI, for commands on SEGMENT. */
  readonly uri: string;
  readonly names: SystemNames;
}

/** Current state of a lab host. */
export interface ObservedHost {
  /** Changes whenever the lab host, and with it everything inside, was restarted. */
  readonly generation: string;
  /** What the package server serves. */
  readonly packages: PackagePools;
  /** The cards that it joins to its bridges, where libvirt does not. */
  readonly cables?: readonly Cable[];
}

/** The interface of a lab host. Only `provision/host` knows which kind it is. */
export interface LabHost {
  /** Connection URI of the libvirt that has the servers. */
  readonly uri: string;
  /** That libvirt, if it is not the lab's alone. Its names of servers are others: see virsh.ts. */
  readonly shared?: SharedLibvirt;
  /** The lab's directory on this machine: transcripts, seeds, fault records, ssh files. */
  readonly directory: string;
  /** The lab's directory where the lab host runs. */
  readonly files: LabFiles;
  /** Whether it runs on this machine: then the two are one directory, which commands on the lab host see, too. */
  readonly isHere: boolean;
  /** Starts it, or restarts it if it runs and does not answer; waits until it serves. `packages` and `cables` as in `ObservedHost`. */
  start(options: {
    packages: PackagePools;
    cables?: readonly Cable[];
    onProgress?: (message: string) => void;
  }): Promise<void>;
  /** Kills it with everything that runs in it and removes its directory. A missing one is no error. */
  destroy(): Promise<void>;
  /** Removes what this machine has of it: for a machine that cannot be reached any more. */
  forget(): Promise<void>;
  /** Names of the running guests, from /proc: immediate, also while libvirtd hangs. */
  guests(): Promise<string[]>;
  /** Its state; undefined if it does not run or does not answer. */
  observe(): Promise<ObservedHost | undefined>;
  /** Opens a TCP connection to an address inside the lab. Emits an error if the lab host or the address does not answer. */
  connect(address: string, port: number): Duplex;
  /** Command line whose stdin and stdout are such a connection: ssh_config(5), ProxyCommand. */
  connectCommand(address: string, port: number): Promise<string[]>;
  /**
   * Starts a command as root on `at`: SEGMENT, or the name of an attached host.
   * @throws LabHostDownError when the lab host is down
   */
  spawn(at: string, command: readonly string[], options?: LabSpawnOptions): ChildProcess;
  /** Why a command of `spawn` failed, if that is the way to the lab host and not the command. Not there: the way cannot fail. */
  failureOf?(
    child: ChildProcess,
    ended: { readonly status: number; readonly stderr: string },
  ): Promise<Error | undefined>;
  /** Command line that runs one of the project's scripts by Node, for `spawn` with `programs: "machine"`. `script`: its path here. */
  node(script: string, ...args: readonly string[]): Promise<string[]>;
  /** How the clocks of its machine, by which commands there measure, compare with this process's. */
  clocks(): Promise<HostClocks>;
  /**
   * Attaches a host (name: at most 15 characters) to a bridge by an interface eth0 with `address` and prefix length, and an IPv6 address; either may
   * be empty. An existing host of that name is replaced.
   */
  attach(name: string, options: { bridge: string; address?: string; address6?: string }): Promise<void>;
  /** Detaches it; a missing one is no error. */
  detach(name: string): Promise<void>;
}
