import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { LabHost } from "./access.ts";
import { MARK, PrivateHost } from "./private/private-host.ts";
import { MachineError } from "./remote/errors.ts";
import { machineNamed, parseMachineUrl, THIS_MACHINE } from "./remote/machine-url.ts";
import { RemoteHost } from "./remote/remote-host.ts";
import { recordedPlace, remotePlace } from "./remote/remote-place.ts";

export { CLIENT, type LabHost, SEGMENT } from "./access.ts";
export { LabHostDownError } from "./errors.ts";
export { PACKAGE_PORT } from "./private/private-host.ts";
export { MachineError } from "./remote/errors.ts";

const absolute = z.string().startsWith("/", "must be an absolute path");

/**
 * Reference to a lab host, part of resources' inputs. `private` is a libvirtd of the lab's own, in namespaces of its own on this machine; `remote` is
 * the same on another machine, over ssh.
 */
export const labHostRef = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("private"),
    /** The lab's directory on this machine: sockets, logs, transcripts. */
    directory: absolute,
  }),
  z.object({
    kind: z.literal("remote"),
    /** `ssh://[USER@]HOST[:PORT]` */
    machine: z.string().refine((text) => parseMachineUrl(text) !== undefined, "must be ssh://[USER@]HOST[:PORT]"),
    directory: absolute,
    /** The lab's directory on that machine: disks, logs. */
    place: absolute,
  }),
]);
export type LabHostRef = z.output<typeof labHostRef>;

/** The lab host of the lab in a directory, without Pulumi. */
export function labHostIn(directory: string): LabHostRef {
  const at = recordedPlace(directory);
  return at ? { kind: "remote", ...at } : { kind: "private", directory };
}

export const openHost = (ref: LabHostRef): LabHost =>
  ref.kind === "remote" ? new RemoteHost(ref) : new PrivateHost(ref.directory);

/** The lab's directory on the machine of its lab host: where libvirt finds its disks. */
export const placeOf = (ref: LabHostRef): string => (ref.kind === "remote" ? ref.place : ref.directory);

/**
 * The lab host of a stack, as its configuration has it.
 * @param kind `private`, or `ssh://[USER@]HOST[:PORT]`: that machine is asked where its labs are
 * @param directory the lab's directory on this machine
 * @throws MachineError if there is no such kind, the machine cannot be used, or the stack has a lab elsewhere
 */
export async function hostOfKind(
  kind: string,
  { stack, directory }: { stack: string; directory: string },
): Promise<LabHostRef> {
  const wanted = machineNamed(kind);
  if (wanted === undefined)
    throw new MachineError(
      `the stack "${stack}" has the unknown lab host kind "${kind}"; a lab host is "private", on this machine, or ssh://[USER@]HOST[:PORT].\n` +
        `Fix: pulumi config set host private --stack ${stack}`,
    );
  const there = recordedPlace(directory)?.machine ?? (existsSync(join(directory, MARK)) ? THIS_MACHINE : wanted);
  if (there !== wanted)
    throw new MachineError(
      `the lab of the stack "${stack}" is on ${there === THIS_MACHINE ? "this machine" : there}, and a lab does not move.\n` +
        `Fix: \`npm run down -- -s ${stack}\` removes it, then bring it up on the other machine; \`pulumi config set host ${there} --stack ${stack}\` keeps it`,
    );
  if (wanted === THIS_MACHINE) return { kind: "private", directory };
  return { kind: "remote", ...(await remotePlace(wanted, directory)) };
}
