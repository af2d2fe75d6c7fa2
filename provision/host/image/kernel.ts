import type { Acceleration } from "./acceleration.ts";

/**
 * The kernel command line of a lab guest under direct kernel boot, word by word (the kernel's admin-guide/kernel-parameters).
 * The root disk is the first virtio disk, the seed any later one. `net.ifnames=0` keeps the name eth0. The first serial
 * line is the initramfs's. AMD's virtualisation is not set up in a guest: emulated, that alone takes half a second.
 *
 * An emulated guest has no random addresses: QEMU keeps what it has translated by virtual address, and with a program at another
 * one each time it translates all of it anew. Without, /bin/true takes 4 ms and not 19, and a run of dpkg half the time (docs/benchmarks.md).
 */
export const kernelCommandLine = (acceleration: Acceleration): readonly string[] => [
  "root=/dev/vda",
  "rw",
  "console=ttyS0",
  "quiet",
  "net.ifnames=0",
  "panic=10",
  "initcall_blacklist=svm_init",
  ...(acceleration === "qemu" ? ["norandmaps"] : []),
];

/**
 * The same in the form that the libvirt provider reads back, settings in one map and bare words joined in another: in any other it sees a
 * change at every `up`, and replaces the server.
 */
export function libvirtCommandLine(acceleration: Acceleration): Record<string, string>[] {
  const words = kernelCommandLine(acceleration);
  const settings = words.filter((word) => word.includes("="));
  const bare = words.filter((word) => !word.includes("="));
  const pair = (word: string) => [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)];
  return [Object.fromEntries(settings.map(pair)), { _: bare.join(" ") }];
}
