import { spawn } from "node:child_process";
import { createConnection } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { isAtLeast, isProgram } from "../../../setup/steps/machine.mjs";
import { type Ended, endedOf } from "../command.ts";
import type { Acceleration } from "../image/acceleration.ts";
import { labEnvironment } from "../machine/namespaces.ts";
import { answersLibvirt } from "../private/libvirt-ping.ts";
import { MachineError } from "../remote/errors.ts";
import { commandIn, userland } from "../userland/userland.ts";

/** Runs virsh on the machine's libvirt to its end. */
export type Virsh = (...words: string[]) => Promise<Ended>;

/** The URI of the machine's libvirt, for programs of the machine. */
export const SYSTEM_URI = "qemu:///system";

/** The folder of the sockets of the machine's libvirtd. */
export const SOCKETS = "/run/libvirt";
const SOCKET = "libvirt-sock";

/** The URI by which a command reaches it that has the sockets' folder somewhere else. */
export const uriBelow = (sockets: string): string => `qemu+unix:///system?socket=${join(sockets, SOCKET)}`;

/** What domains need: `tcg/tb-cache` in libvirt, snapshot-save in QEMU. */
const LIBVIRT_NEEDED = [8, 0];
const QEMU_NEEDED = [6, 0];

const unusable = (problem: string, fix: string): MachineError =>
  new MachineError(`the machine's libvirt cannot be used: ${problem}.\nFix: ${fix}`);

/** virsh of the userland, in namespaces of its own: the lab host need not run. */
const askedBy =
  (sockets: string, onProgress?: (message: string) => void): Virsh =>
  async (...words) => {
    const command = ["virsh", "--quiet", "--connect", uriBelow(sockets), ...words];
    const [file = "", ...args] = commandIn(await userland({ onProgress }), command, [{ from: sockets }]);
    return await endedOf(spawn(file, args, { stdio: ["ignore", "pipe", "pipe"], env: labEnvironment() }));
  };

/**
 * The machine's libvirt, which has been seen to answer this user.
 * @throws MachineError if there is none, it refuses, or it is too old
 */
export async function machineLibvirt({
  onProgress,
  sockets = SOCKETS,
}: {
  onProgress?: (message: string) => void;
  sockets?: string;
} = {}): Promise<Virsh> {
  await mustListen(join(sockets, SOCKET));
  const virsh = askedBy(sockets, onProgress);
  const { status, stdout, stderr } = await virsh("version", "--daemon");
  if (status !== 0) throw unusable(`\`virsh --connect ${SYSTEM_URI} version\` says ${lastLine(stderr)}`, refusedFix());
  const problem = tooOld(stdout);
  if (problem) throw unusable(problem, "upgrade it, or `pulumi config set host private`: a lab host with its own");
  return virsh;
}

/** libvirtd makes disks by qemu-img. @throws MachineError if it is missing */
export function mustMakeDisks(has = isProgram): void {
  if (!has("qemu-img")) throw unusable("it can make no disks: there is no qemu-img", INSTALL);
}

/** Whether it answers now. */
export const machineLibvirtAnswers = (sockets = SOCKETS): Promise<boolean> => answersLibvirt(join(sockets, SOCKET));

const INSTALL =
  "apt-get install libvirt-daemon-system qemu-system-x86 qemu-utils (Debian, Ubuntu), dnf install libvirt-daemon-kvm qemu-img (Fedora), " +
  "or `pulumi config set host private`: a lab host that needs none";

const refusedFix = (): string =>
  `sudo usermod --append --groups libvirt ${userInfo().username}, then log out and in; \`virsh --connect ${SYSTEM_URI} list\` must work`;

async function mustListen(socket: string): Promise<void> {
  const code = await new Promise<string | undefined>((resolve) => {
    const connection = createConnection(socket)
      .once("connect", () => {
        connection.destroy();
        resolve(undefined);
      })
      .once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
  if (code === undefined) {
    if (await answersLibvirt(socket)) return;
    throw unusable(`libvirtd does not answer at ${socket}`, "systemctl restart libvirtd, and look at its journal");
  }
  if (code === "ENOENT") throw unusable(`there is no ${socket}`, INSTALL);
  if (code === "EACCES") throw unusable(`${userInfo().username} may not use ${socket}`, refusedFix());
  throw unusable(`nobody listens at ${socket} (${code})`, "sudo systemctl start libvirtd.socket");
}

/** What is too old, by the output of `virsh version --daemon`; undefined: nothing. */
export function tooOld(said: string): string | undefined {
  const version = (pattern: RegExp): string | undefined => pattern.exec(said)?.[1];
  const libvirt = version(/daemon: (\d+\.\d+\.\d+)/);
  const qemu = version(/hypervisor: QEMU (\d+\.\d+\.\d+)/);
  if (libvirt === undefined) return `it does not say which version it is: ${JSON.stringify(said)}`;
  if (qemu === undefined) return "it has no QEMU for its machines";
  if (!isAtLeast(libvirt, LIBVIRT_NEEDED)) return `it is libvirt ${libvirt}; labs need 8.0.0 or newer`;
  if (!isAtLeast(qemu, QEMU_NEEDED)) return `its QEMU is ${qemu}; labs need 6.0.0 or newer`;
  return undefined;
}

/**
 * How the machine's libvirt runs guests. Its own word counts: it may use /dev/kvm where this user may not.
 * @throws MachineError if it has no machine of the labs' type
 */
export async function machineAcceleration(virsh: Virsh): Promise<Acceleration> {
  const asked = async (type: Acceleration) =>
    await virsh("domcapabilities", "--virttype", type, "--arch", "x86_64", "--machine", "q35");
  if ((await asked("kvm")).status === 0) return "kvm";
  const { status, stderr } = await asked("qemu");
  if (status === 0) return "qemu";
  throw unusable(`it has no QEMU for x86-64 machines of the type q35: ${lastLine(stderr)}`, INSTALL);
}

const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "nothing";
