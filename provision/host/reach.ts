import { z } from "zod";
import type { LabHost } from "./access.ts";
import { PrivateHost } from "./private/private-host.ts";

export { CLIENT, type LabHost, SEGMENT } from "./access.ts";
export { LabHostDownError } from "./errors.ts";
export { PACKAGE_PORT } from "./private/private-host.ts";

/**
 * Reference to a lab host, part of resources' inputs. `private` is a libvirtd of the lab's own, in namespaces of its own. Existing and
 * remote libvirts are planned as further kinds.
 */
export const labHostRef = z.object({
  kind: z.literal("private"),
  /** The lab's directory on this machine: sockets, logs, transcripts. */
  directory: z.string().startsWith("/", "must be an absolute path"),
});
export type LabHostRef = z.output<typeof labHostRef>;

/** The lab host of the lab in a directory, without Pulumi. */
export const labHostIn = (directory: string): LabHostRef => ({ kind: "private", directory });

export const openHost = (ref: LabHostRef): LabHost => new PrivateHost(ref.directory);
