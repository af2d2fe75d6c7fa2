import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { labEnvironment } from "../../provision/host/machine/namespaces.ts";
import { answersLibvirt } from "../../provision/host/private/libvirt-ping.ts";
import { commandIn, userland } from "../../provision/host/userland/userland.ts";
import { cacheRoot } from "../../provision/paths.ts";
import { until } from "../../provision/until.ts";

const MACHINE = `set -e
mkdir -p /run/libvirt /var/lib/libvirt/images
cp "$1"/* /etc/libvirt/
exec libvirtd`;

/**
 * A libvirtd that plays the machine's, in namespaces of its own.
 * @returns the folder of its sockets, and what ends it
 */
export async function aMachineLibvirt(scratch: string): Promise<{ sockets: string; end(): Promise<void> }> {
  const at = (name: string) => join(scratch, name);
  const [sockets, etc] = [at("sockets"), at("etc")];
  const capabilities = join(cacheRoot(), "qemu-capabilities");
  for (const directory of [sockets, etc, capabilities]) await mkdir(directory, { recursive: true });
  const settings = join(import.meta.dirname, "../../provision/host/private/libvirt");
  const binds = [
    { from: sockets, to: "/run/libvirt", write: true },
    { from: etc, to: "/etc/libvirt", write: true },
    { from: settings },
    // libvirtd tries QEMU with KVM otherwise, which may take minutes where KVM does not work.
    { from: capabilities, to: "/var/cache/libvirt/qemu/capabilities", write: true },
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
