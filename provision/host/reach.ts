import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { LabHost } from "./access.ts";
import { MARK, PrivateHost } from "./private/private-host.ts";
import { MachineError } from "./remote/errors.ts";
import { machineNamed, parseMachineUrl, THIS_MACHINE } from "./remote/machine-url.ts";
import { RemoteHost } from "./remote/remote-host.ts";
import { recordedPlace, remotePlace } from "./remote/remote-place.ts";
import { SYSTEM_URI } from "./system/machine-libvirt.ts";
import { systemNames } from "./system/names.ts";
import { isOnSystem, SystemHost } from "./system/system-host.ts";

export { CLIENT, type LabHost, SEGMENT } from "./access.ts";
export { LabHostDownError } from "./errors.ts";
export { PACKAGE_PORT } from "./private/private-host.ts";
export { MachineError } from "./remote/errors.ts";

const absolute = z.string().startsWith("/", "must be an absolute path");

/**
 * Reference to a lab host, part of resources' inputs. `private` is a libvirtd of the lab's own, in namespaces of its own on this machine; `system` has
 * the servers on this machine's own libvirt; `remote` is `private` on another machine, over ssh.
 */
export const labHostRef = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("private"),
    /** The lab's directory on this machine: sockets, logs, transcripts. */
    directory: absolute,
  }),
  z.object({
    kind: z.literal("system"),
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
  if (at) return { kind: "remote", ...at };
  return { kind: isOnSystem(directory) ? "system" : "private", directory };
}

export function openHost(ref: LabHostRef): LabHost {
  if (ref.kind === "remote") return new RemoteHost(ref);
  return ref.kind === "system" ? new SystemHost(ref.directory) : new PrivateHost(ref.directory);
}

/** The lab's storage pool: its name in libvirt, and its directory on the machine of the lab host. */
export function poolOf(ref: LabHostRef): { readonly name: string; readonly path: string } {
  if (ref.kind === "system") {
    const { pool, poolPath } = systemNames(ref.directory);
    return { name: pool, path: poolPath };
  }
  return { name: "pool", path: join(ref.kind === "remote" ? ref.place : ref.directory, "pool") };
}

/** Connection URI of the libvirt that has a lab's networks, where it is not the one that has its servers. */
export const networksUriOf = (ref: LabHostRef): string | undefined =>
  ref.kind === "system" ? new SystemHost(ref.directory).networksUri : undefined;

/** The stack's `host` for the libvirt that this machine has. */
const SYSTEM = "system";

const wordsFor = (there: string): string =>
  there === THIS_MACHINE ? "this machine" : there === SYSTEM ? "this machine's libvirt" : there;

/**
 * The lab host of a stack, as its configuration has it.
 * @param kind `private`; `system`, or its URI: this machine's libvirt is asked whether it can be used; or `ssh://[USER@]HOST[:PORT]`: that machine is
 * asked where its labs are
 * @param directory the lab's directory on this machine
 * @param servers the names of the lab's servers
 * @throws MachineError if there is no such kind, the machine cannot be used, the stack has a lab elsewhere, or somebody else has what is to be made
 */
export async function hostOfKind(
  kind: string,
  { stack, directory, servers }: { stack: string; directory: string; servers: readonly string[] },
): Promise<LabHostRef> {
  const wanted = kind === SYSTEM || kind === SYSTEM_URI ? SYSTEM : machineNamed(kind);
  if (wanted === undefined)
    throw new MachineError(
      `the stack "${stack}" has the unknown lab host kind "${kind}"; a lab host is "private", on this machine, "system", on the libvirt that this machine has, or ssh://[USER@]HOST[:PORT].\n` +
        `Fix: pulumi config set host private --stack ${stack}`,
    );
  const here = isOnSystem(directory) ? SYSTEM : existsSync(join(directory, MARK)) ? THIS_MACHINE : wanted;
  const there = recordedPlace(directory)?.machine ?? here;
  if (there !== wanted)
    throw new MachineError(
      `the lab of the stack "${stack}" is on ${wordsFor(there)}, and a lab does not move.\n` +
        `Fix: \`npm run down -- -s ${stack}\` removes it, then bring it up on ${wanted === SYSTEM || there === SYSTEM ? "the other libvirt" : "the other machine"}; \`pulumi config set host ${there} --stack ${stack}\` keeps it`,
    );
  if (wanted === THIS_MACHINE) return { kind: "private", directory };
  if (wanted === SYSTEM) {
    await new SystemHost(directory).mustBePossible(servers);
    return { kind: "system", directory };
  }
  return { kind: "remote", ...(await remotePlace(wanted, directory)) };
}
