import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { $ } from "zx";

/** A host in a network namespace of its own, which lives as long as `process` does. */
export interface Host {
  readonly process: ChildProcess;
  /** The command line that runs a command there. */
  inside(command: readonly string[]): string[];
}

export async function makeHost(): Promise<Host> {
  const child = spawn("unshare", ["--net", "sh", "-c", "ip link set lo up && echo ready && exec cat"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  return {
    process: child,
    inside: (command) => ["nsenter", `--net=/proc/${child.pid}/ns/net`, "--", ...command],
  };
}

export const run = async (host: Host, ...command: string[]) => await $({ quiet: true })`${host.inside(command)}`;

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
  const pid = String(host.process.pid);
  await run(segment, "ip", "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", pid);
  await run(segment, "ip", "link", "set", port, "master", bridge, "up");
  if (mac) await run(host, "ip", "link", "set", "eth0", "address", mac);
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
  const [file = "", ...args] = host.inside([process.execPath, "-e", script]);
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
  await once(child.stdout, "data");
  return child;
}

export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}
