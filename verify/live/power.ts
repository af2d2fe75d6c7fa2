import { HostCommandError } from "../../provision/host/command.ts";
import { virsh as virshOn } from "../../provision/host/virsh.ts";
import { LabError } from "./lab-error.ts";
import { type LiveLab, labHost, onServer } from "./live-lab.ts";

/** Takes a server's power away: its QEMU is ended, and the guest never gets to say a word. */
export async function powerOff(live: LiveLab, name: string): Promise<void> {
  await hangUp(live, name);
  await virsh(live, "destroy", name);
}

/** Gives a server its power back, if it has none. */
export async function powerOn(live: LiveLab, name: string): Promise<void> {
  if ((await domainState(live, name)) !== "running") await virsh(live, "start", name);
}

/** libvirt's word for what a server does: `running`, `shut off`, `paused`. */
export const domainState = async (live: LiveLab, name: string): Promise<string> =>
  (await virsh(live, "domstate", name)).trim();

/** Ends the SSH connection to a server that is about to fall silent: it would look alive for a minute, and whoever used it would wait in vain. */
export async function hangUp(live: LiveLab, name: string): Promise<void> {
  const server = await onServer(live, name, { seconds: 1 }).catch(() => undefined);
  server?.close();
}

/** libvirt's command line on the lab's own libvirtd, in English. */
export async function virsh(live: LiveLab, ...words: string[]): Promise<string> {
  const host = labHost(live);
  try {
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
