import { spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { accessSync, constants, readdirSync, readFileSync, statSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheRoot } from "../../paths.ts";
import { labEnvironment } from "../machine/namespaces.ts";
import { commandIn, type Userland, userland } from "../userland/userland.ts";

/** libvirt's domain type: hardware virtualisation or emulation. */
export type Acceleration = "kvm" | "qemu";

export interface ProbeOptions {
  onProgress?: (message: string) => void;
}

/** How long a kernel under KVM may take for its first serial line, in ms: it needs some hundred where KVM works. */
const patience = 8_000;

/**
 * Whether guests can run under KVM on this machine, found out by booting their kernel under it and waiting for
 * its first line on the serial console: the device being there proves nothing (nested KVM may hang a guest for good).
 * The answer is kept until the host boots again, or its QEMU or the kernel changes.
 */
export async function probeAcceleration(
  { kernel, initrd }: { kernel: string; initrd: string },
  { onProgress }: ProbeOptions = {},
): Promise<Acceleration> {
  if (!isKvmOpenable()) return "qemu";

  const place = await userland({ onProgress });
  const answer = join(answers(), await circumstances(kernel, place));
  const known = await readFile(answer, "utf8").catch(() => "");
  if (known === "kvm" || known === "qemu") return known;

  onProgress?.(`trying KVM: booting the guest kernel, up to ${patience / 1000} s`);
  const found = (await speaksUnderKvm(place, kernel, initrd)) ? "kvm" : "qemu";
  onProgress?.(
    found === "kvm" ? "KVM works" : "KVM does not boot the guest kernel: emulating (TCG), about ten times slower",
  );
  await mkdir(answers(), { recursive: true });
  const draft = `${answer}.${randomUUID()}`;
  await writeFile(draft, found);
  await rename(draft, answer);
  return found;
}

/** Where answers are kept. */
const answers = (): string => join(cacheRoot(), "acceleration");

/** Whether this user may use /dev/kvm. */
export function isKvmOpenable(device = "/dev/kvm"): boolean {
  try {
    accessSync(device, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** What guests will probably run under, without a boot to find out: the newest answer since this machine was booted, else what /dev/kvm looks like. */
export function likelyAcceleration(device?: string): Acceleration {
  if (!isKvmOpenable(device)) return "qemu";
  try {
    const booted = Number(/^btime (\d+)$/m.exec(readFileSync("/proc/stat", "utf8"))?.[1]) * 1000;
    const kept = readdirSync(answers())
      .map((name) => ({ file: join(answers(), name), time: statSync(join(answers(), name)).mtimeMs }))
      .filter(({ time }) => time >= booted)
      .sort((one, other) => other.time - one.time);
    return kept[0] && readFileSync(kept[0].file, "utf8") === "qemu" ? "qemu" : "kvm";
  } catch {
    return "kvm"; // nobody has asked yet
  }
}

/** A hash of what the answer depends on: the kernel, this boot of the host, and the userland with its QEMU. */
async function circumstances(kernel: string, { key }: Userland): Promise<string> {
  const hash = createHash("sha256").update(await readFile(kernel));
  hash.update(await readFile("/proc/sys/kernel/random/boot_id"));
  hash.update(key);
  return hash.digest("hex").slice(0, 16);
}

async function speaksUnderKvm(place: Userland, kernel: string, initrd: string): Promise<boolean> {
  const args = [
    [
      "qemu-system-x86_64",
      "-machine",
      "q35,accel=kvm",
      "-cpu",
      "host",
      "-m",
      "256",
      "-nodefaults",
      "-no-user-config",
      "-display",
      "none",
    ],
    ["-kernel", kernel, "-initrd", initrd, "-append", "console=ttyS0 earlyprintk=ttyS0 panic=-1"],
    ["-serial", "stdio", "-no-reboot"],
  ].flat();
  const command = commandIn(
    place,
    args,
    [kernel, initrd].map((from) => ({ from })),
  );
  // Killed with this process too, however that ends.
  const qemu = spawn("setpriv", ["--pdeathsig", "KILL", ...command], {
    stdio: ["ignore", "pipe", "ignore"],
    env: labEnvironment(),
  });
  const ended = new Promise<void>((resolve) => qemu.once("close", () => resolve()).once("error", () => resolve()));
  try {
    return await new Promise<boolean>((resolve) => {
      let seen = "";
      qemu.stdout.on("data", (chunk) => {
        seen += chunk;
        // The firmware writes to the serial port as well: only the kernel's own banner counts.
        if (seen.includes("Linux version")) resolve(true);
      });
      qemu.once("close", () => resolve(false)).once("error", () => resolve(false));
      setTimeout(() => resolve(false), patience).unref();
    });
  } finally {
    qemu.kill("SIGKILL");
    await ended;
  }
}
