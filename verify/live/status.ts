import {
  type Control,
  contains,
  type Ip,
  portsOf,
  type Server,
  type Setup,
  serverNamed,
  toIp,
} from "../../lab/index.ts";
import { HostCommandError, tryOnHost } from "../../provision/host/command.ts";
import { CLIENT } from "../../provision/host/reach.ts";
import { domainState } from "../../provision/host/virsh.ts";
import { osFamilies } from "../../provision/os.ts";
import { parseIpAddresses } from "../../provision/roles/ip-address.ts";
import { parseIpvsTable, type VirtualService } from "../../provision/roles/ipvs-table.ts";
import { command, type ServerConnection, UnreachableError } from "../../provision/ssh/index.ts";
import { hostOf } from "./arp-answers.ts";
import { listenersOn, parseListeners } from "./listeners.ts";
import { type LiveLab, labHost, onServer } from "./live-lab.ts";
import { View } from "./view.ts";

/** Current state of a lab. A change that a reader could stumble over raises `version`. */
export interface LabStatus {
  readonly format: "lvs-lab status";
  readonly version: 2;
  readonly lab: string;
  readonly stack: string;
  readonly setup: Setup;
  readonly control: Control;
  /** The folder of which it is the rehearsal; not there: it is a lab. */
  readonly rehearsal?: string;
  readonly virtualAddresses: readonly VirtualAddressStatus[];
  readonly servers: readonly ServerStatus[];
}

export interface VirtualAddressStatus {
  readonly address: Ip;
  /** The name of its network. */
  readonly network: string;
  /** Names of the directors that hold it: one, unless something is wrong. */
  readonly holders: readonly string[];
  /** Its owner by the client's ARP entry; null if the client has none. Absent: the client is not on that network. */
  readonly arpOwner?: string | null;
}

export interface ServerStatus {
  readonly name: string;
  readonly role: string;
  readonly address: string;
  /** libvirt's word for the domain: `running`, `shut off`, `paused`. */
  readonly domain: string;
  readonly reachable: boolean;
  /** On all interfaces, those in the lab's networks: `172.25.254.100/32`. */
  readonly addresses: readonly string[];
  /** By service, systemd's word: `active`, `inactive`, `failed`. A web server other than the lab's own is there by its program, `listening`. */
  readonly services: Readonly<Record<string, string>>;
  /** By VRRP instance, the last state that keepalived told the journal: MASTER, BACKUP or FAULT. */
  readonly vrrp?: Readonly<Record<string, string>>;
  readonly ipvs?: readonly VirtualService[];
  /** Seconds since a key was pressed in one of its terminals, to 8 s, as w(1) has it; not there: no terminal is open. */
  readonly idleSeconds?: number;
}

export async function labStatus(live: LiveLab): Promise<LabStatus> {
  const { lab } = live;
  const view = new View(live);
  const servers = await Promise.all(live.servers.map((ref) => serverStatus(live, ref.name)));
  const holds = (vip: Ip, { addresses }: ServerStatus) => addresses.some((address) => address.startsWith(`${vip}/`));
  return {
    format: "lvs-lab status",
    version: 2,
    lab: lab.name,
    stack: live.stack,
    setup: lab.setup,
    control: lab.control,
    ...(live.rehearsal === undefined ? {} : { rehearsal: live.rehearsal }),
    virtualAddresses: await Promise.all(
      lab.virtualAddresses.map(async ({ address, network }) => ({
        address,
        network,
        holders: servers.filter((one) => one.role === "director" && holds(address, one)).map(({ name }) => name),
        ...(lab.client.interfaces.some((one) => one.network === network)
          ? { arpOwner: await arpOwner(view, address, network) }
          : {}),
      })),
    ),
    servers,
  };
}

/** The owner of a VIP by the client's ARP entry: a server's name, or the hardware address of an unknown host. */
async function arpOwner(view: View, vip: Ip, network: string): Promise<string | null> {
  const { stdout } = await tryOnHost(labHost(view.live), CLIENT, ["ip", "-json", "neigh", "show", vip]);
  const mac = stdout.trim() === "" ? undefined : (JSON.parse(stdout) as { lladdr?: string }[])[0]?.lladdr;
  return mac === undefined ? null : await hostOf(view, mac, network);
}

async function serverStatus(live: LiveLab, name: string): Promise<ServerStatus> {
  const server = serverNamed(live.lab, name);
  const domain = (await domainState(labHost(live), name).catch(unanswered)) ?? "not defined";
  const known = { name, role: server.role, address: server.management, domain };
  const ref = live.servers.find((one) => one.name === name);
  if (domain !== "running" || !ref) return { ...known, reachable: false, addresses: [], services: {} };
  try {
    return { ...known, reachable: true, ...(await inside(live, server, await onServer(live, name))) };
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    return { ...known, reachable: false, addresses: [], services: {} };
  }
}

/** A libvirt that does not answer knows no domain either. */
function unanswered(error: unknown): undefined {
  if (!(error instanceof HostCommandError)) throw error;
}

async function inside(
  live: LiveLab,
  { name, role, os }: Server,
  connection: ServerConnection,
): Promise<Pick<ServerStatus, "addresses" | "services" | "vrrp" | "ipvs" | "idleSeconds">> {
  const elects = live.lab.control === "keepalived";
  const { httpd, keepalived, mail } = osFamilies[os];
  // In a manual lab the student chooses the MTA.
  const mta = live.lab.setup === "manual" ? [] : [mail.service];
  const names = role === "real-server" ? [httpd.service] : elects ? [keepalived.service, ...mta] : [];
  const ports = { tcp: portsOf(live.lab, name, "tcp"), udp: portsOf(live.lab, name, "udp") };
  const seen = await connection.look({
    addresses: "ip -oneline address show",
    listeners: listenersOn(ports),
    services: names.length === 0 ? "true" : `systemctl is-active ${names.join(" ")}`,
    vrrp: command`journalctl --boot --unit ${keepalived.service} --output cat --no-pager | grep -o '([^)]*) Entering .* STATE'`,
    table: "ipvsadm --save --numeric",
    // The kernel notes when a terminal's input was last read: its access time. The server's own clock is beside it.
    terminals: "date +%s; stat --format %X /dev/pts/[0-9]* 2>/dev/null",
  });
  const states = seen.services.text.trim().split("\n");
  // The last line of an instance counts.
  const vrrp = Object.fromEntries(
    [...seen.vrrp.text.matchAll(/^\((\S+)\) Entering (\w+) STATE/gm)].map(([, instance = "", state = ""]) => [
      instance,
      state,
    ]),
  );
  const subnets = live.lab.networks.flatMap((network) => network.subnets);
  const services = names.map((service, index) => [service, states[index] ?? "unknown"]);
  const others = parseListeners(seen.listeners.text).map(({ program }) => [program, "listening"]);
  return {
    addresses: parseIpAddresses(seen.addresses.text)
      .filter(({ address }) => subnets.some((subnet) => contains(subnet, toIp(address))))
      .map(({ address, prefixLength }) => `${address}/${prefixLength}`),
    // Where the lab's own web server serves, the others are its processes.
    services: Object.fromEntries(
      services.some(([, state]) => state === "active") ? services : [...services, ...others],
    ),
    ...(elects && Object.keys(vrrp).length > 0 ? { vrrp } : {}),
    ...(role === "director" ? { ipvs: parseIpvsTable(seen.table.text) } : {}),
    ...idleSince(seen.terminals.text),
  };
}

/** How long the terminal has been idle that was used last. `output`: the time now, then a terminal's last input on each line, in seconds. */
export function idleSince(output: string): Pick<ServerStatus, "idleSeconds"> {
  const [now = 0, ...inputs] = output.split("\n").filter(Boolean).map(Number);
  return inputs.length === 0 ? {} : { idleSeconds: Math.max(0, now - Math.max(...inputs)) };
}
