import { HostCommandError } from "../../provision/host/command.ts";
import { domainOf, virsh as virshOn } from "../../provision/host/virsh.ts";
import { LabError } from "./lab-error.ts";
import { type LiveLab, labHost, onServer } from "./live-lab.ts";

/** Powers a server off: its QEMU ends at once, without a shutdown of the guest. */
export async function powerOff(live: LiveLab, name: string): Promise<void> {
  await hangUp(live, name);
  await virsh(live, "destroy", name);
}

/** Powers a server on, unless it runs. */
export async function powerOn(live: LiveLab, name: string): Promise<void> {
  if ((await domainState(live, name)) !== "running") await virsh(live, "start", name);
}

/** State of a server's domain by libvirt: `running`, `shut off`, `paused`. */
export const domainState = async (live: LiveLab, name: string): Promise<string> =>
  (await virsh(live, "domstate", name)).trim();

/** Closes the SSH connection to a server that is about to fall silent: for a minute it would look alive, and commands on it would hang. */
export async function hangUp(live: LiveLab, name: string): Promise<void> {
  const server = await onServer(live, name, { seconds: 1 }).catch(() => undefined);
  server?.close();
}

/** Runs a command of virsh for a server's domain. @throws LabError with the command to repeat by hand */
export async function virsh(live: LiveLab, verb: string, server: string, ...more: string[]): Promise<string> {
  const host = labHost(live);
  let words = [verb, server, ...more];
  try {
    words = [verb, await domainOf(host, server), ...more];
    return await virshOn(host, ...words);
  } catch (error) {
    const said = error instanceof HostCommandError ? error.ended.stderr.trim() : (error as Error).message;
    throw new LabError(
      `virsh ${words.join(" ")} failed: ${said}. By hand: virsh --connect '${host.uri}' ${words.join(" ")}; \`pulumi up\` starts a server that is off.`,
      "state",
      { cause: error },
    );
  }
}
