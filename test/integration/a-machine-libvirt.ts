import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { labEnvironment } from "../../provision/host/machine/namespaces.ts";
import { answersLibvirt } from "../../provision/host/private/libvirt-ping.ts";
import { commandIn, userland } from "../../provision/host/userland/userland.ts";
import { until } from "../../provision/until.ts";

/**
 * Without /dev/kvm: libvirtd would try QEMU with it, for minutes where it is there and does not work. Bash reaps the QEMUs that libvirtd tries, which
 * would wait for each a quarter of a minute.
 */
const MACHINE = `set -e
if [ -e /dev/kvm ]; then umount /dev/kvm; rm /dev/kvm; fi
mkdir -p /run/libvirt /var/lib/libvirt/images
cp "$1"/* /etc/libvirt/
libvirtd &
while :; do wait || true; done`;

/**
 * A libvirtd that plays the machine's, in namespaces of its own.
 * @returns the folder of its sockets, and what ends it
 */
export async function aMachineLibvirt(scratch: string): Promise<{ sockets: string; end(): Promise<void> }> {
  const at = (name: string) => join(scratch, name);
  const [sockets, etc] = [at("sockets"), at("etc")];
  for (const directory of [sockets, etc]) await mkdir(directory);
  const settings = join(import.meta.dirname, "../../provision/host/private/libvirt");
  const binds = [
    { from: sockets, to: "/run/libvirt", write: true },
    { from: etc, to: "/etc/libvirt", write: true },
    { from: settings },
  ];
  const command = ["unshare", "--net", "bash", "-c", MACHINE, "bash", settings];
  const [file = "", ...args] = commandIn(await userland(), command, binds);
  const child = spawn(file, args, { stdio: "ignore", env: labEnvironment() });
  const ended = once(child, "exit");
  await until(
    async () => {
      if (!(await answersLibvirt(join(sockets, "libvirt-sock")))) throw new Error("no answer");
    },
    { seconds: 20, everyMs: 50, failed: (last) => last as Error },
  );
  return {
    sockets,
    end: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
