import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import type { GuestImage } from "../../../provision/host/image/build.ts";
import { kernelCommandLine } from "../../../provision/host/image/kernel.ts";
import { seed } from "../../../provision/host/image/seed.ts";
import { labEnvironment } from "../../../provision/host/machine/namespaces.ts";
import { inUserland } from "../hosts.ts";

/** Programs of the userland, in the machine's network. */
const run = async (program: string, args: readonly string[], { timeout }: { timeout?: number } = {}) => {
  const [file = "", ...words] = await inUserland(program, ...args);
  return await promisify(execFile)(file, words, { timeout, env: labEnvironment() });
};

/** One guest under plain QEMU with user-mode networking: SSH forwarded from loopback, the host at 10.0.2.2. */
export interface RawGuest {
  /** Writes a new seed for the guest's next start. */
  reseed(instanceId: string, hostname: string): Promise<void>;
  start(): Promise<void>;
  /** Runs a shell command as root; rejects with its output when its status is not 0. */
  ssh(command: string): Promise<string>;
  /** Repeats an SSH login until one is accepted, within `seconds`. */
  waitForSsh(seconds: number): Promise<void>;
  /** Waits for `prompt` on the serial console, answers with a line, and returns what came before that prompt. */
  serial(prompt: string, line: string): Promise<string>;
  /** Presses the power button and waits for QEMU to end. */
  pressPowerButton(): Promise<void>;
  kill(): Promise<void>;
}

/** Prepares a guest in `directory` without starting it. */
export async function rawGuest(image: GuestImage, directory: string): Promise<RawGuest> {
  const at = (name: string) => join(directory, name);
  const port = await freePort();
  const mac = "52:54:00:00:00:01";
  for (const name of ["user", "host"]) {
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", `the lab's ${name} key`, "-f", at(name)]);
  }
  await writeFile(at("known_hosts"), `[127.0.0.1]:${port} ${await readFile(at("host.pub"), "utf8")}`);
  await run("qemu-img", ["create", "-q", "-f", "qcow2", "-b", image.disk, "-F", "qcow2", at("disk.qcow2")]);
  let qemu: ChildProcess | undefined;
  let console: Socket | undefined;
  let output = "";
  let read = 0;

  const reseed: RawGuest["reseed"] = async (instanceId, hostname) => {
    const hostKey = { private: await readFile(at("host"), "utf8"), public: await readFile(at("host.pub"), "utf8") };
    const authorizedKeys = [(await readFile(at("user.pub"), "utf8")).trim()];
    const files = seed({ instanceId, hostname, address: "10.0.2.15/24", mac, authorizedKeys, hostKey });
    await mkdir(at("seed"), { recursive: true });
    await writeFile(at("seed/user-data"), files.userData);
    await writeFile(at("seed/meta-data"), files.metaData);
    await writeFile(at("seed/network-config"), files.networkConfig);
    await run("genisoimage", ["-quiet", "-V", "cidata", "-J", "-R", "-o", at("seed.iso"), at("seed")]);
  };

  const start: RawGuest["start"] = async () => {
    const args = [
      ["-machine", "q35", "-m", "384", "-nodefaults", "-no-user-config", "-display", "none"],
      ["-kernel", image.kernel, "-initrd", image.initrd, "-append", kernelCommandLine("qemu").join(" ")],
      ["-drive", `file=${at("disk.qcow2")},if=virtio,cache=unsafe`],
      ["-drive", `file=${at("seed.iso")},if=virtio,format=raw,readonly=on`],
      ["-netdev", `user,id=net,restrict=off,hostfwd=tcp:127.0.0.1:${port}-10.0.2.15:22`],
      ["-device", `virtio-net-pci,netdev=net,mac=${mac}`],
      ["-chardev", `socket,id=serial,path=${at("serial")},server=on,wait=off`, "-serial", "chardev:serial"],
      ["-monitor", `unix:${at("monitor")},server=on,wait=off`],
    ].flat();
    const [file = "", ...words] = await inUserland("qemu-system-x86_64", ...args);
    qemu = spawn(file, words, { stdio: "inherit", env: labEnvironment() });
    console = await connected(at("serial"));
    output = "";
    read = 0;
    console.on("data", (chunk) => {
      output += chunk;
    });
  };

  const ssh: RawGuest["ssh"] = async (command) => {
    const options = [`UserKnownHostsFile=${at("known_hosts")}`, "StrictHostKeyChecking=yes", "BatchMode=yes"];
    const flags = [...options, "ConnectTimeout=5", "LogLevel=ERROR"].flatMap((option) => ["-o", option]);
    const target = ["-F", "none", "-i", at("user"), "-p", String(port), "root@127.0.0.1"];
    return (await run("ssh", [...flags, ...target, command], { timeout: 120_000 })).stdout.trim();
  };

  const ended = async () => {
    if (qemu && qemu.exitCode === null && qemu.signalCode === null) await once(qemu, "exit");
  };

  return {
    reseed,
    start,
    ssh,
    waitForSsh: (seconds) => until(seconds, "no SSH login was accepted", () => ssh("true").then(() => true)),
    serial: async (prompt, line) => {
      await until(30, `no ${JSON.stringify(prompt)} on the serial console`, async () => output.includes(prompt, read));
      const before = output.slice(read, output.indexOf(prompt, read));
      read = output.indexOf(prompt, read) + prompt.length;
      console?.write(`${line}\n`);
      return before;
    },
    pressPowerButton: async () => {
      const monitor = await connected(at("monitor"));
      monitor.write("system_powerdown\n");
      await ended();
      monitor.destroy();
    },
    kill: async () => {
      qemu?.kill("SIGKILL");
      await ended();
      console?.destroy();
    },
  };
}

/** Repeats `condition` until it is true; a rejection counts as not yet, the last one is the cause of the final error. */
export async function until(seconds: number, problem: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  let cause: unknown;
  while (Date.now() < deadline) {
    try {
      if (await condition()) return;
    } catch (error) {
      cause = error;
    }
    await delay(100);
  }
  throw new Error(`${problem} within ${seconds} s`, { cause });
}

async function connected(path: string): Promise<Socket> {
  let socket: Socket | undefined;
  await until(10, `QEMU did not open ${path}`, async () => {
    const attempt = connect(path);
    await once(attempt, "connect");
    attempt.on("error", () => {}); // a QEMU that is killed with bytes unread resets the connection; its exit is what counts
    socket = attempt;
    return true;
  });
  return socket as Socket;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no free port on the loopback");
  return address.port;
}
