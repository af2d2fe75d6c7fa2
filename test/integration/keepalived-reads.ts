import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { $ } from "zx";
import { familyOf, type Lab, type Server, type VrrpPart, vrrpPartsOf, withPrefix } from "../../lab/index.ts";
import { labEnvironment } from "../../provision/host/machine/namespaces.ts";
import { roleInputs } from "../../provision/roles/index.ts";
import { withPasswords } from "../../provision/roles/keepalived-conf.ts";
import { end, type Host, makeHost } from "./hosts.ts";
import { placeOf, type Release } from "./keepalived-releases.ts";

const script = await readFile(join(import.meta.dirname, "keepalived-reads.sh"), "utf8");

/** What keepalived says about a configuration. */
export interface Reading {
  /** Exit status of `keepalived --config-test`. */
  readonly status: number;
  /** What that prints: nothing, if keepalived has nothing to say. */
  readonly test: readonly string[];
  /** The lines of its VRRP process's log before what it has read, and those of its other process. */
  readonly log: readonly string[];
  /** What the VRRP process has read, as `--dump-conf` shows it. */
  readonly dump: Dump;
  /** The real servers that the other process has read, each `VIP:PORT/PROTOCOL ADDRESS:PORT`, or `fwmark MARK ADDRESS:PORT`. */
  readonly realServers: readonly string[];
}

/** A keepalived: by default the one of the lab host's userland, which is that of Debian 12. */
export interface Keepalived {
  /** Has it read the keepalived.conf of a director, on a host that has the director's interfaces. */
  read(lab: Lab, director: Server): Promise<Reading & { readonly config: string }>;
  /**
   * Has it read a configuration of several files, on a host that has the interfaces eth0 to eth3, each with an address.
   * @param files the contents of /etc/keepalived, by their paths in it
   * @param file the first one
   * @param services whether it has virtual servers
   */
  readFiles(
    files: Readonly<Record<string, string>>,
    options: { readonly file: string; readonly configId: string; readonly services: boolean },
  ): Promise<Reading>;
  /** What `keepalived --config-test` says of a file, on a host without interfaces; it is not started with it. */
  test(config: string): Promise<readonly string[]>;
  /** The exit statuses of `keepalived --config-test` for several files, in their order; 137 of one that reads for longer than 10 s. */
  statuses(configs: readonly string[]): Promise<readonly number[]>;
  end(): Promise<void>;
}

export async function openKeepalived(release: Release = "2.2.7"): Promise<Keepalived> {
  const host = await makeHost("true", await placeOf(release));
  const directory = await mkdtemp(join(tmpdir(), "lvs-lab-keepalived-"));
  const { stderr } = await inside(host, "keepalived", "--version");
  const [, version] = /v([\d.]+)/.exec(stderr) ?? [];
  if (version !== release) throw new Error(`keepalived is of ${version}, and not of ${release}`);
  let count = 0;
  /** @param files by their paths in a directory of their own */
  const readIn = async (files: Readonly<Record<string, string>>, ...words: string[]): Promise<Reading> => {
    const own = join(directory, `${count++}`);
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(own, path)), { recursive: true });
      await writeFile(join(own, path), text);
    }
    const namespaces = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child"];
    const { stdout } = await inside(host, ...namespaces, "bash", "-c", script, "keepalived-reads", own, ...words);
    await rm(own, { recursive: true });
    return readingOf(stdout);
  };
  return {
    async read(lab, director) {
      const config = configOf(lab, director);
      // IPVS's sync daemon is the one thing for which the VRRP process needs IPVS, which not every machine's kernel has.
      const vrrp = config.replace(/^.*lvs_sync_daemon .*$/m, "");
      const files = { "keepalived.conf": config, "vrrp.conf": vrrp, interfaces: interfacesOf(lab, director) };
      return { config, ...(await readIn(files, "keepalived.conf", "vrrp.conf", `${lab.services.length > 0}`)) };
    },
    async readFiles(files, { file, configId, services }) {
      const etc = Object.entries(files).map(([path, text]) => [`etc/${path}`, text] as const);
      const first = `/etc/keepalived/${file}`;
      return await readIn(
        { ...Object.fromEntries(etc), interfaces },
        first,
        first,
        `${services}`,
        "--config-id",
        configId,
      );
    },
    async test(config) {
      const file = join(directory, `${count++}.conf`);
      await writeFile(file, config);
      const { stdout, stderr } = await inside(host, "keepalived", "--config-test", "--use-file", file);
      await rm(file);
      return (stdout + stderr).split("\n");
    },
    async statuses(configs) {
      const own = join(directory, `${count++}`);
      await mkdir(own);
      for (const [index, config] of configs.entries()) await writeFile(join(own, `${index}`), config);
      const each =
        'for ((one = 0; one < $2; one++)); do timeout -s KILL 10 keepalived --config-test --use-file "$1/$one" >/dev/null 2>&1; echo $?; done';
      const { stdout } = await inside(host, "bash", "-c", each, "bash", own, `${configs.length}`);
      await rm(own, { recursive: true });
      return stdout.trim().split("\n").map(Number);
    },
    async end() {
      await end(host.process);
      await rm(directory, { recursive: true });
    },
  };
}

const inside = async (host: Host, ...command: string[]) =>
  await $({ quiet: true, nothrow: true, env: labEnvironment() })`${host.joined(command)}`;

/**
 * A director's keepalived.conf, with its passwords. In the form of Debian 12 in any case: keepalived 2.3 reads quotes in commands otherwise, and is not on
 * this machine.
 */
export function configOf(lab: Lab, director: Server): string {
  const inputs = roleInputs(lab, { ...director, os: "debian-12" }).keepalived;
  if (!inputs) throw new Error(`${director.name} has no keepalived`);
  return withPasswords(inputs.config, inputs.passwords);
}

/** Commands for `ip -batch` that make eth0 to eth3. */
const interfaces = [
  "link set lo up",
  ...[0, 1, 2, 3].flatMap((number) => [
    `link add eth${number} type veth peer name peer-eth${number}`,
    `address add 192.0.2.${number + 1}/24 dev eth${number}`,
    `address add fe80::${number + 1}/64 dev eth${number}`,
    `link set eth${number} up`,
    `link set peer-eth${number} up`,
  ]),
  "",
].join("\n");

/** Commands for `ip -batch` that make a director's interfaces. */
const interfacesOf = (lab: Lab, { interfaces }: Server): string =>
  [
    "link set lo up",
    ...interfaces.flatMap(({ device, mac, addresses }) => [
      `link add ${device} address ${mac} type veth peer name peer-${device}`,
      ...addresses.map((address) => `address add ${withPrefix(lab, address)} dev ${device}`),
      `link set ${device} up`,
      `link set peer-${device} up`,
    ]),
    "",
  ].join("\n");

/** The parts of the script's output, by their names. */
function readingOf(output: string): Reading {
  const part = (name: string): string[] => {
    const [, text] = new RegExp(`^@@ ${name}\\n([^]*?)^@@ `, "m").exec(output) ?? [];
    if (text === undefined) throw new Error(`keepalived-reads.sh has not come to ${name}:\n${output}`);
    return text.split("\n").slice(0, -1);
  };
  const vrrp = part("vrrp");
  const checkers = part("checkers");
  const start = vrrp.indexOf("------< Global definitions >------");
  const last = vrrp.findIndex((line) => line.startsWith("VRRP sockpool"));
  const read =
    /^Shutting down (?:\(inhibited\) )?service \[(.*)\]:(\w+):(\d+) from VS (?:\[(.*)\](?::\w+)?:(\d+)|FWM (\d+))$/;
  return {
    status: Number(/^@@ status (\d+)$/m.exec(output)?.[1]),
    test: part("test"),
    log: [...(start < 0 ? vrrp : vrrp.slice(0, start)), ...checkers].filter(
      (line) => !ordinary.some((one) => one.test(line)) && !read.test(line),
    ),
    dump: dumpOf(start < 0 ? [] : vrrp.slice(start, last < 0 ? undefined : last)),
    realServers: checkers.flatMap((line) => {
      const [, address, protocol, port, vip, vport, mark] = read.exec(line) ?? [];
      if (address === undefined) return [];
      return [`${mark === undefined ? `[${vip}]:${vport}/${protocol}` : `fwmark ${mark}`} [${address}]:${port}`];
    }),
  };
}

/** Lines that every keepalived logs, or that tell how things are in the namespace rather than what is in the file. */
const ordinary = [
  /^(Starting|Stopped|Running on|Opening file|Configuration file|Command line:|CPU usage|Registering|Initializing ipvs)/,
  /^ {14}'--/, // the rest of the command line
  /^NOTICE: setting config option max_auto_priority/,
  /^Assigned address /,
  /^IPVS: Can't initialize ipvs/,
  /^pid \d+ exited with permanent error FATAL/,
  /^Startup complete$/,
  // The kernel tells of processes in its first network namespace alone.
  /^Failed to set\/clear process event listen/,
  // By use_vmac. nftables is what the lab's directors have.
  /^use_vmac or no_accept\/strict specified, but no firewall configured - using nftables$/,
  /^\(\w+\): Success creating VMAC interface /,
  // There are no such processes here, and scripts have not run yet.
  /^\(\w+\) entering FAULT state( \(tracked process \w+ quorum not achieved\))?$/,
  /^\(\w+\) Changing effective priority from \d+ to \d+$/,
  /^VRRP_Group\(\w+\): Syncing \w+ to FAULT state$/,
  /^\(\w+\) removing VIPs\.$/,
];

/** A block of the dump: its first line, `KIND = NAME`, and those of its lines that are `KEY = VALUE`, with the lists below them. */
interface Block {
  readonly kind: string;
  readonly name: string;
  readonly values: Readonly<Record<string, string>>;
  readonly lists: Readonly<Record<string, readonly string[]>>;
}
export type Dump = readonly Block[];

function dumpOf(lines: readonly string[]): Block[] {
  const blocks: { kind: string; name: string; values: Record<string, string>; lists: Record<string, string[]> }[] = [];
  let list: string[] = [];
  for (const line of lines) {
    const [, head, kind = "", name = ""] = /^( (VRRP [\w ]+) = ([^,]*).*)$/.exec(line) ?? [];
    const [, key, value = ""] = /^ {3}(\w.*?)(?: = ?(.*)| ?:)?$/.exec(line) ?? [];
    const block = blocks.at(-1);
    if (head !== undefined) blocks.push({ kind, name, values: {}, lists: {} });
    else if (!block) continue;
    // Of two instances with one VRID, on two networks, the second has the device `vrrp1.VRID`.
    else if (line.startsWith("     ")) list.push(line.trim().replace(/ dev vrrp\d+\./, " dev vrrp."));
    else if (key !== undefined) {
      list = [];
      block.values[key] = value;
      block.lists[key] = list;
    }
  }
  return blocks;
}

/** keepalived's log has lines of so many characters: MAX_LOG_MSG in its lib/logger.h, twice. */
const LONGEST_LINE = 500;

/** What differs between a director's VRRP instances and what keepalived has read of them: `PLACE: wanted WANTED, read READ`. */
export function bends(lab: Lab, director: Server, dump: Dump): string[] {
  const found: string[] = [];
  const compare = (place: string, wanted: unknown, read: unknown) => {
    const [one, other] = [wanted, read].map((value) => JSON.stringify(value ?? null).slice(0, LONGEST_LINE));
    if (one !== other) found.push(`${place}: wanted ${one}, read ${other}`);
  };
  const blockOf = (kind: string, name: string): Block => {
    const block = dump.find((one) => one.kind === kind && one.name === name);
    if (!block) found.push(`${kind} ${name}: not there`);
    return block ?? { kind, name, values: {}, lists: {} };
  };
  const parts = vrrpPartsOf(lab, director);
  for (const part of parts) {
    const { values, lists } = blockOf("VRRP Instance", part.name);
    for (const [key, wanted] of Object.entries(instanceValues(part)))
      compare(`${part.name} ${key}`, wanted, values[key]);
    for (const [key, wanted] of Object.entries(instanceLists(part)))
      compare(`${part.name} ${key}`, wanted, lists[key] ?? []);
    for (const { name, command, interval, timeout, rise, fall } of part.trackScripts ?? []) {
      const { values: script } = blockOf("VRRP Script", name);
      compare(`script ${name} Command`, quoted(command), script.Command);
      compare(`script ${name} Interval`, `${interval} sec`, script.Interval);
      compare(`script ${name} Timeout`, `${timeout} sec`, script.Timeout);
      compare(`script ${name} Rise, Fall`, [`${rise}`, `${fall}`], [script.Rise, script.Fall]);
      compare(`script ${name} Insecure`, "no", script.Insecure);
    }
    for (const { name, process, quorum, delay } of part.trackProcesses ?? []) {
      const { values: tracked } = blockOf("VRRP Track process", name);
      compare(`process ${name} Process`, process, tracked.Process);
      compare(`process ${name} Min processes`, `${quorum}`, tracked["Min processes"]);
      const delays = [tracked["Terminate delay"], tracked["Fork delay"]];
      compare(`process ${name} delays`, Array(2).fill(`${delay.toFixed(6)}s`), delays);
    }
    for (const { name } of part.trackBfd ?? []) blockOf("VRRP Track BFD", name);
  }
  const groups = new Set(parts.flatMap(({ syncGroup }) => syncGroup ?? []));
  for (const name of groups) {
    const members = parts.filter(({ syncGroup }) => syncGroup === name).map((part) => part.name);
    compare(`group ${name}`, members, blockOf("VRRP Sync Group", name).lists["VRRP member instances"]);
  }
  return found;
}

/** A command's words as keepalived prints them. */
const quoted = (words: readonly string[]): string => words.map((one) => `'${one}'`).join(" ");

const instanceValues = (part: VrrpPart): Record<string, string | undefined> => ({
  "VRRP Version": `${part.version}`,
  "Sync group": part.syncGroup,
  Wantstate: part.state,
  "Number of config faults": "0",
  "Virtual Router ID": `${part.id}`,
  Priority: `${part.priority}`,
  "Advert interval":
    part.version === 2 ? `${part.advertInterval} sec` : `${Math.round(part.advertInterval * 1000)} milli-sec`,
  Preempt: part.preempt ? "enabled" : "disabled",
  "Preempt delay": part.preemptDelay === undefined ? undefined : `${Number(part.preemptDelay.toPrecision(6))} secs`,
  "Authentication type": part.version === 2 ? "SIMPLE_PASSWORD" : undefined,
  Password: part.password,
  "Generic state transition script":
    part.notify === undefined
      ? undefined
      : `${quoted(part.notify === true ? ["/etc/keepalived/lvs-lab-notify"] : part.notify)}, uid:gid 0:0`,
});

const instanceLists = (part: VrrpPart): Record<string, readonly string[]> => {
  const device = part.useVmac ? `vrrp.${part.id}@${part.interface}` : part.interface;
  return {
    [`Virtual IP (${part.addresses.length})`]: part.addresses.map(
      (one) => `${one} dev ${device} scope global${familyOf(one) === 6 ? " deprecated" : ""}`,
    ),
    "Unicast Peer": part.unicast?.peers.map((peer) => `${peer} min_ttl 0 max_ttl 255`) ?? [],
    "Tracked interfaces": part.trackInterfaces?.map((one) => `${one.device} weight ${one.weight}`) ?? [],
    "Tracked scripts": part.trackScripts?.map((one) => `${one.name} weight ${one.weight}`) ?? [],
    "Tracked BFDs": part.trackBfd?.map((one) => `${one.name}: weight ${one.weight}`) ?? [],
    "Tracked processes": part.trackProcesses?.map((one) => `${one.name}, weight ${one.weight}`) ?? [],
  };
};

/** The real servers of a lab, as `Reading` lists them. */
export const realServersOf = (lab: Lab): string[] =>
  lab.services.flatMap(({ vip, port, protocol, firewallMark, realServers }) =>
    realServers.map((real) => {
      const by = firewallMark === undefined ? `[${vip}]:${port}/${protocol}` : `fwmark ${firewallMark}`;
      return `${by} [${real.address}]:${firewallMark === undefined ? real.port : 0}`;
    }),
  );
