import { once } from "node:events";
import { join } from "node:path";
import { interfaceOn } from "../../lab/index.ts";
import { runOnHost } from "../../provision/host/command.ts";
import type { GuestImage } from "../../provision/host/image/build.ts";
import { kernelCommandLine } from "../../provision/host/image/kernel.ts";
import { SEGMENT } from "../../provision/host/reach.ts";
import type { PlainHost } from "./plain-host.ts";

const BRIDGE = "benchbr0";

/** The segment and the disks, ready for `startGuests`. */
export async function layGuests({ access, directory, image, hostAddress, guests }: PlainHost): Promise<void> {
  const ip = (...words: string[]) => runOnHost(access, SEGMENT, ["ip", ...words]);
  await ip("link", "add", BRIDGE, "type", "bridge", "stp_state", "0");
  await ip("address", "add", hostAddress, "dev", BRIDGE);
  await ip("link", "set", BRIDGE, "up");
  for (const [index, { server }] of guests.entries()) {
    await ip("tuntap", "add", "dev", `tap${index}`, "mode", "tap");
    await ip("link", "set", `tap${index}`, "master", BRIDGE, "up");
    await runOnHost(access, SEGMENT, [
      "qemu-img",
      "create",
      "-q",
      "-f",
      "qcow2",
      "-b",
      image.disk,
      "-F",
      "qcow2",
      diskOf(directory, server.name),
    ]);
  }
}

/** Starts all guests with QEMU alone. @returns a function that ends them */
export async function startGuests(host: PlainHost): Promise<() => Promise<void>> {
  const { access, directory, image, acceleration, network, guests } = host;
  const children = guests.map(({ server, seed }, index) => {
    const command = qemuCommand({
      image,
      acceleration,
      memory: server.memory,
      mac: interfaceOn(server, network.name).mac,
      tap: `tap${index}`,
      disk: diskOf(directory, server.name),
      seed,
      console: join(directory, "log", `${server.name}.console.log`),
    });
    return access.spawn(SEGMENT, command, { direct: true, stdio: ["ignore", "ignore", "inherit"] });
  });
  await Promise.all(children.map((child) => once(child, "spawn")));
  return async () => {
    for (const child of children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  };
}

const diskOf = (directory: string, name: string): string => join(directory, "pool", `${name}.qcow2`);

/**
 * QEMU's command line for the machine that libvirt makes of a lab's domain (stacks/server.ts, stacks/domain.xsl). It ends with this
 * process.
 */
export const qemuCommand = (guest: {
  readonly image: Pick<GuestImage, "kernel" | "initrd">;
  readonly acceleration: "kvm" | "qemu";
  /** MiB. */
  readonly memory: number;
  readonly mac: string;
  readonly tap: string;
  readonly disk: string;
  readonly seed: string;
  readonly console: string;
}): string[] =>
  [
    ["setpriv", "--pdeathsig", "KILL", "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none"],
    guest.acceleration === "kvm" ? ["-accel", "kvm", "-cpu", "host"] : ["-accel", "tcg,tb-size=256"],
    ["-machine", "q35,usb=off", "-smp", "1", "-m", String(guest.memory)],
    [
      "-kernel",
      guest.image.kernel,
      "-initrd",
      guest.image.initrd,
      "-append",
      kernelCommandLine(guest.acceleration).join(" "),
    ],
    ["-drive", `file=${guest.disk},if=virtio,format=qcow2,cache=unsafe`],
    ["-drive", `file=${guest.seed},if=virtio,format=raw,cache=unsafe`],
    ["-netdev", `tap,id=net,ifname=${guest.tap},script=no,downscript=no`],
    ["-device", `virtio-net-pci,netdev=net,mac=${guest.mac}`],
    ["-serial", `file:${guest.console}`],
  ].flat();
