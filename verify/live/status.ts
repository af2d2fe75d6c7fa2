import { goalOf } from "../../lab/lab.ts";
import { HostCommandError, tryOnHost } from "../../provision/host/command.ts";
import { CLIENT } from "../../provision/host/reach.ts";
import { domainState } from "../../provision/host/virsh.ts";
import { osFamilies } from "../../provision/os.ts";
import { parseIpAddresses } from "../../provision/roles/ip-address.ts";
import { parseIpvsTable, type VirtualService } from "../../provision/roles/ipvs-table.ts";
import { command, connectTo, type ServerConnection, UnreachableError } from "../../provision/ssh/index.ts";
import { type LiveLab, labHost } from "./live-lab.ts";
import { serverWithMac } from "./server-with-mac.ts";
import { holdsVip } from "./vip-holders.ts";

/** Current state of a lab. */
export interface LabStatus {
  readonly lab: string;
  readonly stack: string;
  readonly stage: string;
  /** The goal of a bare lab. */
  readonly exercise?: string;
  readonly vip: string;
  /** Names of the directors that hold the VIP: one, unless something is wrong. */
  readonly vipHolders: readonly string[];
  /** The owner of the VIP by the client's ARP entry; null if it has none. */
  readonly arpOwner: string | null;
  readonly servers: readonly ServerStatus[];
}

export interface ServerStatus {
  readonly name: string;
  readonly role: string;
  readonly address: string;
  /** libvirt's word for the domain: `running`, `shut off`, `paused`. */
  readonly domain: string;
  readonly reachable: boolean;
  readonly addresses: readonly string[];
  /** Whether the VIP is among them; absent if the server does not answer. */
  readonly holdsVip?: boolean;
  /** By service, systemd's word: `active`, `inactive`, `failed`. */
  readonly services: Readonly<Record<string, string>>;
  /** The last VRRP state that keepalived told the journal: MASTER, BACKUP or FAULT. */
  readonly vrrp?: string;
  readonly ipvs?: readonly VirtualService[];
}

export async function labStatus(live: LiveLab): Promise<LabStatus> {
  const { lab } = live;
  const servers = await Promise.all(live.servers.map((ref) => serverStatus(live, ref.name)));
  const { stdout } = await tryOnHost(labHost(live), CLIENT, ["ip", "-json", "neigh", "show", lab.service.vip]);
  const mac = stdout.trim() === "" ? undefined : (JSON.parse(stdout) as { lladdr?: string }[])[0]?.lladdr;
  return {
    lab: lab.name,
    stack: live.stack,
    stage: lab.stage,
    ...(lab.exercise ? { exercise: lab.exercise } : {}),
    vip: lab.service.vip,
    vipHolders: servers.flatMap((one) => (one.role === "director" && one.holdsVip ? [one.name] : [])),
    arpOwner: mac === undefined ? null : (serverWithMac(lab, mac) ?? mac),
    servers,
  };
}

async function serverStatus(live: LiveLab, name: string): Promise<ServerStatus> {
  const { role = "", address = "" } = live.lab.servers.find((server) => server.name === name) ?? {};
  const domain = (await domainState(labHost(live), name).catch(unanswered)) ?? "not defined";
  const known = { name, role, address, domain };
  const ref = live.servers.find((one) => one.name === name);
  if (domain !== "running" || !ref) return { ...known, reachable: false, addresses: [], services: {} };
  try {
    return { ...known, reachable: true, ...(await inside(live, role, await connectTo(ref))) };
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
  role: string,
  server: ServerConnection,
): Promise<Pick<ServerStatus, "addresses" | "holdsVip" | "services" | "vrrp" | "ipvs">> {
  const ha = goalOf(live.lab) === "ha";
  const { httpd, keepalived, mail } = osFamilies[live.lab.os];
  // In a bare lab the student chooses the MTA.
  const mta = live.lab.stage === "bare" ? [] : [mail.service];
  const names = role === "real-server" ? [httpd.service] : ha ? [keepalived.service, ...mta] : [];
  const seen = await server.look({
    addresses: "ip -oneline -4 address show dev eth0",
    services: names.length === 0 ? "true" : `systemctl is-active ${names.join(" ")}`,
    vrrp: command`journalctl --boot --unit ${keepalived.service} --output cat --no-pager | grep -o 'Entering .* STATE' | tail -n 1`,
    table: "ipvsadm --save --numeric",
  });
  const states = seen.services.text.trim().split("\n");
  const vrrp = seen.vrrp.text.split(" ")[1];
  return {
    addresses: parseIpAddresses(seen.addresses.text).map(({ address, prefixLength }) => `${address}/${prefixLength}`),
    holdsVip: holdsVip(live.lab, seen.addresses.text),
    services: Object.fromEntries(names.map((service, index) => [service, states[index] ?? "unknown"])),
    ...(vrrp && ha ? { vrrp } : {}),
    ...(role === "director" ? { ipvs: parseIpvsTable(seen.table.text) } : {}),
  };
}
