import type { Duplex } from "node:stream";
import { z } from "zod";
import { PrivateHost } from "./private/private-host.ts";

export { LabHostDownError } from "./errors.ts";
export { PACKAGE_PORT } from "./private/private-host.ts";

/**
 * Which lab host: what a resource's inputs carry. `private` is a libvirtd of the lab's own, in namespaces of its own.
 * A libvirt that is already there and a remote one are to be further kinds.
 */
export const labHostRef = z.object({
  kind: z.literal("private"),
  /** The lab's directory on this machine: sockets, logs, transcripts. */
  directory: z.string().startsWith("/", "must be an absolute path"),
});
export type LabHostRef = z.output<typeof labHostRef>;

/** What the rest of the project knows of a lab host. Nothing outside `provision/host` knows which kind it is. */
export interface LabHostAccess {
  /** libvirt's connection URI. */
  readonly uri: string;
  /** A TCP connection to an address inside the lab. It errors if the lab host or the address does not answer. */
  stream(address: string, port: number): Duplex;
  /** The command line that runs `command` as the lab's client: in its network, with its ARP cache. */
  asClient(command: readonly string[]): string[];
  /** Makes another host on the lab's segment, beside the client: `address` with its prefix length, `name` at most 15 characters. */
  addNeighbour(name: string, options: { bridge: string; address: string }): Promise<void>;
  /** Takes it away; one that is not there is no error. */
  removeNeighbour(name: string): Promise<void>;
  /** The command line that runs `command` as that host. What it starts ends with the lab host at the latest. */
  asNeighbour(name: string, command: readonly string[]): string[];
  /** The command line that runs `command` on the lab's segment itself: where its bridge and the servers' ports are. */
  onSegment(command: readonly string[]): string[];
}

export const openHost = (ref: LabHostRef): LabHostAccess & PrivateHost => new PrivateHost(ref.directory);
