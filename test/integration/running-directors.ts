import { spawn } from "node:child_process";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { $ } from "zx";
import { labEnvironment } from "../../provision/host/machine/namespaces.ts";
import { type Director, directorOf } from "../../rehearse/directors/director.ts";
import { trackedDevices } from "../../rehearse/directors/track.ts";
import { type Configuration, readFolder } from "../../rehearse/folder.ts";
import { end, type Host, makeBridge, makeHost } from "./hosts.ts";
import { placeOf, type Release } from "./keepalived-releases.ts";

/** The directors of a folder of configurations, each a host with a keepalived of its own; their interfaces of one name are on one Ethernet segment. */
export interface RunningDirectors {
  readonly names: readonly string[];
  /** The directors that hold an address, by their names. */
  holders(address: string): Promise<string[]>;
  /** What a director's keepalived has said so far. */
  log(director: string): readonly string[];
  /** Runs a shell command on a director. @throws Error with its output, unless `mayFail` */
  on(director: string, text: string, options?: { mayFail?: boolean }): Promise<string>;
  /** Starts and stops its keepalived, which gives its addresses back. */
  start(director: string): void;
  stop(director: string): Promise<void>;
  /** Takes the carrier of an interface away, or gives it back. */
  link(director: string, device: string, state: "up" | "down"): Promise<void>;
}

export interface DirectorsOptions {
  /** Changes of the texts of files, by their paths in the folder. */
  readonly edit?: (text: string, file: string) => string;
  /** A shell command that each director runs before its keepalived starts. */
  readonly prepare?: string;
  /** Directors whose keepalived is not started. */
  readonly idle?: readonly string[];
  /** Whether virtual servers count: where the kernel has no IPVS, the process for them says what it has read, and ends. */
  readonly checkers?: boolean;
  /** Which keepalived. Default: the userland's. */
  readonly release?: Release;
}

/** Starts the directors of a folder. They end with the test. */
export async function runDirectors(
  path: string,
  { onTestFinished }: { onTestFinished: (ending: () => unknown) => unknown },
  { edit = (text) => text, prepare = "true", idle = [], checkers = false, release = "2.2.7" }: DirectorsOptions = {},
): Promise<RunningDirectors> {
  const copy = await mkdtemp(join(tmpdir(), "lvs-lab-directors-"));
  onTestFinished(() => rm(copy, { recursive: true }));
  await cp(path, copy, { recursive: true });
  const { configurations, texts } = readFolder(copy);
  for (const { file, text } of texts())
    if (edit(text, file) !== text) await writeFile(join(copy, file), edit(text, file));
  const directors = configurations.map(directorOf);
  const hosts = new Map<string, Host>();
  const logs = new Map(directors.map(({ name }) => [name, [] as string[]]));
  const place = await placeOf(release);
  const add = async (): Promise<Host> => {
    const host = await makeHost(setUp, place);
    onTestFinished(() => end(host.process));
    return host;
  };
  const runOn = async (host: Host, text: string) =>
    await $({ quiet: true, nothrow: true, env: labEnvironment() })`${host.joined(["bash", "-c", text])}`;
  const on: RunningDirectors["on"] = async (director, text, { mayFail = false } = {}) => {
    const { exitCode, stdout, stderr } = await runOn(hosts.get(director) as Host, text);
    if (exitCode !== 0 && !mayFail) throw new Error(`${director}: ${text}: status ${exitCode}\n${stdout}${stderr}`);
    return stdout;
  };
  const segment = await add();
  const devices = [...new Set(directors.flatMap(devicesOf))].sort();
  for (const device of devices) await makeBridge(segment, device);
  await Promise.all(
    directors.map(async (director, index) => {
      const host = await add();
      hosts.set(director.name, host);
      const links = devicesOf(director).map((device) => {
        const port = portOf(index, devices.indexOf(device));
        return `link add ${port} type veth peer name ${device} netns ${host.pid}\nlink set ${port} master ${device} up`;
      });
      const addresses = devicesOf(director).flatMap((device) => [
        ...ownAddresses(director, device, index, devices.indexOf(device)).map(
          (one) => `address add ${one} dev ${device}`,
        ),
        `link set ${device} up`,
      ]);
      await run(runOn, segment, `ip -batch - <<'END'\n${links.join("\n")}\nEND`);
      await run(runOn, host, `ip -batch - <<'END'\n${addresses.join("\n")}\nEND`);
      await run(runOn, host, `cp -r ${join(copy, topOf(director.configuration))}/. /etc/keepalived; ${prepare}`);
    }),
  );
  const startWith = (name: string, ...options: string[]): void => {
    const { configuration } = directors.find((one) => one.name === name) as Director;
    const top = topOf(configuration);
    const file = `/etc/keepalived/${configuration.file.slice(top === "." ? 0 : top.length + 1)}`;
    const always = [
      "--dont-fork",
      "--log-console",
      "--no-syslog",
      "--log-detail",
      "--config-id",
      name,
      "--use-file",
      file,
    ];
    const [program = "", ...words] = (hosts.get(name) as Host).joined(["keepalived", ...options, ...always]);
    const child = spawn(program, words, { stdio: ["ignore", "pipe", "pipe"], env: labEnvironment() });
    onTestFinished(() => end(child));
    // Without the time.
    for (const stream of [child.stdout, child.stderr])
      createInterface(stream).on("line", (line) => logs.get(name)?.push(line.slice(26)));
  };
  const start: RunningDirectors["start"] = (name) => {
    startWith(name, "--vrrp");
    if (checkers) startWith(name, "--check", "--pid=/run/checkers.pid");
  };
  for (const { name } of directors) if (!idle.includes(name)) start(name);
  return {
    names: directors.map(({ name }) => name),
    ...{ on, start },
    log: (director) => logs.get(director) ?? [],
    async holders(address) {
      // One command for all: each that enters a host takes several processes.
      const pids = [...hosts.values()].map(({ pid }) => pid).join(" ");
      const look = `for pid in ${pids}; do echo @ && nsenter --target $pid --net ip -brief address show || exit; done`;
      const { exitCode, stdout, stderr } = await runOn(segment, look);
      if (exitCode !== 0) throw new Error(`${look}: status ${exitCode}\n${stdout}${stderr}`);
      const shown = stdout.split("@\n").slice(1);
      return [...hosts.keys()].filter((_, index) => shown[index]?.includes(` ${address}/`)).sort();
    },
    async stop(director) {
      const pid = (await on(director, "cat /run/keepalived.pid")).trim();
      await on(
        director,
        `kill -TERM ${pid}; for i in {1..50}; do [[ -e /proc/${pid} ]] || exit 0; sleep 0.1; done; exit 1`,
      );
    },
    async link(director, device, state) {
      const index = directors.findIndex(({ name }) => name === director);
      await run(runOn, segment, `ip link set ${portOf(index, devices.indexOf(device))} ${state}`);
    },
  };
}

/** A host's own /run, /etc/keepalived with the package's files, and /sys; its IPv6 addresses are there at once. */
const setUp = `mount -t tmpfs tmpfs /run; cp -r /etc/keepalived /run/package; mount -t tmpfs tmpfs /etc/keepalived
cp -r /run/package/. /etc/keepalived; mount -t sysfs sysfs /sys
echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad`;

async function run(
  runOn: (host: Host, text: string) => Promise<{ exitCode: number | null; stderr: string }>,
  host: Host,
  text: string,
) {
  const { exitCode, stderr } = await runOn(host, text);
  if (exitCode !== 0) throw new Error(`${text}: status ${exitCode}\n${stderr}`);
}

const portOf = (director: number, device: number): string => `p${director}-${device}`;

/** The folder that becomes a director's /etc/keepalived. */
const topOf = ({ file }: Configuration): string => (file.includes("/") ? (file.split("/")[0] as string) : ".");

/** The interfaces that a configuration names, at least eth0. */
function devicesOf({ instances, syncGroups, configuration }: Director): string[] {
  const named = instances.flatMap((one) => [
    ...(one.interface ? [one.interface] : []),
    ...[...one.addresses, ...one.excluded].flatMap(({ at }) => at.words[at.words.indexOf("dev") + 1] ?? []),
  ]);
  const daemons = configuration.statements
    .filter(({ keyword }) => keyword === "global_defs")
    .flatMap(({ block = [] }) => block)
    .filter(({ keyword }) => keyword === "lvs_sync_daemon")
    .flatMap(({ words: [device = ""] }) => device);
  const tracked = trackedDevices([...instances, ...syncGroups]);
  return [...new Set([...named, ...tracked, ...daemons, "eth0"])]
    .filter((one) => /^(?!lo$)[a-z][\w.-]*$/.test(one))
    .sort();
}

/** A director's addresses on an interface: those that it sends unicast from, or one of 198.18.0.0/15 (RFC 2544). */
function ownAddresses({ instances }: Director, device: string, director: number, net: number): string[] {
  const sources = instances
    .filter((one) => one.interface === device)
    .flatMap(({ block }) => block.filter(({ keyword }) => keyword === "unicast_src_ip"))
    // Whatever prefix length is written.
    .map(({ words: [address = ""] }) => address.replace(/\/.*/, ""))
    .map((address) => `${address}/${address.includes(":") ? 64 : 24}`);
  return [...new Set([...sources, `198.18.${net}.${director + 1}/24`])];
}

/**
 * Waits until a look at directors shows what is expected, and goes on looking until a number of seconds after the beginning: it must stay so.
 * @throws Error with what is seen at last
 */
export async function staysSo<T>(
  look: () => Promise<T>,
  isExpected: (seen: T) => boolean,
  { within, until }: { within: number; until: number },
) {
  const begun = Date.now();
  let seen = await look();
  const seconds = () => (Date.now() - begun) / 1000;
  while (!isExpected(seen) && seconds() < within) {
    await sleep(1000);
    seen = await look();
  }
  while (isExpected(seen) && seconds() < until) {
    await sleep(1500);
    seen = await look();
  }
  return seen;
}
