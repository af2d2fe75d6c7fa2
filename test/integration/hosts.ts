import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { TestContext } from "vitest";
import { $ } from "zx";
import type { LabHost } from "../../provision/host/access.ts";
import { becomeRoot, joinRoot, labEnvironment } from "../../provision/host/machine/namespaces.ts";
import { commandIn, entering, type Userland, userland } from "../../provision/host/userland/userland.ts";
import { cacheRoot } from "../../provision/paths.ts";
import { until } from "../../provision/until.ts";

/** What commands of tests see of the machine, beside the userland. */
const binds = [{ from: tmpdir(), write: true }, { from: join(cacheRoot(), "images") }];

/** The command line that runs a command with the userland's programs, in the machine's network. Run it with `labEnvironment`. */
export const inUserland = async (...command: string[]): Promise<string[]> =>
  commandIn(await userland(), command, binds);

/**
 * A function that makes the command line of a command in one userland in the machine's network, for many commands: to enter it takes most of a short
 * one's time. A command ends when its first process is killed.
 */
export async function sharedUserland({ onFinished }: { onFinished(end: () => void): void }) {
  const [file = "", ...args] = await inUserland("sh", "-c", 'echo "$MACHINE_PID"; exec cat');
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"], env: labEnvironment() });
  const pid = await firstLine(child);
  onFinished(() => void child.kill("SIGKILL"));
  const enter = ["nsenter", "--target", pid, ...joinRoot(), "--mount", "--pid", "--", "setpriv", "--pdeathsig", "KILL"];
  return (...command: string[]): string[] => [...enter, ...command];
}

/** The namespaces around all hosts of this process that have the same root file system: their PID on the machine. They end with this process. */
const around = new Map<string, Promise<number>>();

async function surroundings(root: string): Promise<number> {
  const script = ["sh", "-c", 'echo "$MACHINE_PID"; exec cat'];
  const namespaces = [...becomeRoot(), "--mount", "--pid", "--fork", "--kill-child", "--propagation", "slave", "--net"];
  const child = spawn("unshare", [...namespaces, "--", ...entering({ root }, binds, script)], {
    stdio: ["pipe", "pipe", "inherit"],
    env: labEnvironment(),
  });
  const pid = Number(await firstLine(child));
  for (const one of [child, child.stdin, child.stdout]) (one as { unref?(): void }).unref?.();
  return pid;
}

async function firstLine(child: ChildProcess): Promise<string> {
  const [line] = (await once(createInterface(child.stdout as Readable), "line")) as [string];
  return line;
}

/** A host in network and mount namespaces of its own, with the userland's programs; it lives as long as `process` does. */
export interface Host extends Pick<LabHost, "spawn"> {
  readonly process: ChildProcess;
  /** Its PID as the hosts see it. */
  readonly pid: string;
  /** The command line that runs a command there as root. Signals reach the command; it finds no /proc/self. */
  inside(command: readonly string[]): string[];
  /** The same for a command that joins the hosts' processes: it finds its own in /proc, and signals do not reach it. */
  joined(command: readonly string[]): string[];
}

/**
 * @param setUp a shell command that its first process runs
 * @param place has its root file system. Default: the userland's
 */
export async function makeHost(setUp = "true", place?: Pick<Userland, "root">): Promise<Host> {
  const { root } = place ?? (await userland());
  const surrounding = around.get(root) ?? surroundings(root);
  around.set(root, surrounding);
  const outer = String(await surrounding);
  const enter = ["nsenter", "--target", outer, ...joinRoot()];
  const script = `ip link set lo up; ${setUp}; echo $$; exec cat`;
  const dying = ["setpriv", "--pdeathsig", "KILL"];
  const [file = "", ...args] = [...enter, "--mount", "--pid", "--net", "--", ...dying];
  const child = spawn(file, [...args, "unshare", "--net", "--mount", "sh", "-c", script], {
    stdio: ["pipe", "pipe", "inherit"],
    env: labEnvironment(),
  });
  const pid = await firstLine(child);
  const namespace = (name: string) => `--${name === "mnt" ? "mount" : name}=/proc/${outer}/root/proc/${pid}/ns/${name}`;
  const inside = (command: readonly string[]) => [...enter, namespace("mnt"), namespace("net"), "--", ...command];
  return {
    process: child,
    pid,
    inside,
    joined: (command) => [...enter, "--pid", namespace("mnt"), namespace("net"), "--", ...dying, ...command],
    spawn: (_at, command, { programs, direct: _direct, env, ...options } = {}) => {
      const words = programs === "machine" ? [...enter, namespace("net"), "--", ...command] : inside(command);
      const [program = "", ...rest] = words;
      return spawn(program, rest, { ...options, env: labEnvironment(env) });
    },
  };
}

/** Ends what a test made when the test has finished, the last first. */
export type Finish = Pick<TestContext, "onTestFinished">;

/** A host that ends with its test. */
export async function ownHost({ onTestFinished }: Finish, setUp?: string): Promise<Host> {
  const host = await makeHost(setUp);
  onTestFinished(() => end(host.process));
  return host;
}

export const run = async (host: Host, ...command: string[]) =>
  await $({ quiet: true, env: labEnvironment() })`${host.joined(command)}`;

/** As in the lab: a bridge, so that a host that goes does not take another's link down. */
export async function makeBridge(segment: Host, name: string): Promise<void> {
  await run(segment, "ip", "link", "add", name, "type", "bridge", "stp_state", "0", "mcast_snooping", "0");
  await run(segment, "ip", "link", "set", name, "up");
}

/** Joins a host to a bridge by a link that is eth0 there and `port` on the bridge's side. It is left down on the host's. */
export async function plug(
  segment: Host,
  bridge: string,
  host: Host,
  { port, mac }: { port: string; mac?: string },
): Promise<void> {
  await run(segment, "ip", "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", host.pid);
  await run(segment, "ip", "link", "set", port, "master", bridge, "up");
  if (mac) await run(host, "ip", "link", "set", "eth0", "address", mac);
}

/**
 * Sets up eth0 of a host that `plug` joined to a segment. When it returns, the bridge forwards what is for the host: the kernel opens a port some time
 * after its link is up (a second, while other links come and go: `linkwatch`), and drops what comes before that.
 */
export async function bringUp(segment: Host, host: Host, port: string): Promise<void> {
  await run(host, "ip", "link", "set", "eth0", "up");
  const forwards = async () => {
    const { stdout } = await run(segment, "ip", "-details", "link", "show", "dev", port);
    if (!stdout.includes(" state forwarding ")) throw new Error(stdout);
  };
  const failed = (last: unknown) => new Error(`the bridge does not forward to ${port}: ${(last as Error).message}`);
  await until(forwards, { seconds: 10, everyMs: 20, failed });
}

/** A web server that says `name` on all addresses of its host. It ends with this process. */
export async function serve(
  host: Host,
  { name, port, requestsPerConnection = 0 }: { name: string; port: number; requestsPerConnection?: number },
): Promise<ChildProcess> {
  const script = `
    const server = require("node:http").createServer((_, response) => response.end(${JSON.stringify(`${name}\n`)}));
    server.maxRequestsPerSocket = ${requestsPerConnection};
    server.listen(${port}, () => console.log("up"));
    process.stdin.resume().once("end", process.exit);`;
  const child = host.spawn("", [process.execPath, "-e", script], {
    ...{ programs: "machine", stdio: ["pipe", "pipe", "inherit"] },
  });
  await once(child.stdout as Readable, "data");
  return child;
}

export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}
