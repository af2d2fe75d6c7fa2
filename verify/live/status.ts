import { goalOf } from "../../lab/lab.ts";
import { tryOnHost } from "../../provision/host/command.ts";
import { CLIENT } from "../../provision/host/reach.ts";
import { tryVirsh } from "../../provision/host/virsh.ts";
import { parseIpvsTable, type VirtualService } from "../../provision/roles/ipvs-table.ts";
import { connectTo, type ServerConnection, UnreachableError } from "../../provision/ssh/index.ts";
import { ownAddresses } from "./addresses.ts";
import { type LiveLab, labHost } from "./live-lab.ts";
import { serverWithMac } from "./server-with-mac.ts";
import { holdsVip } from "./vip-holders.ts";

/** What is where in a lab, now. */
export interface LabStatus {
  readonly lab: string;
  readonly stack: string;
  readonly stage: string;
  /** What a bare lab is to become. */
  readonly exercise?: string;
  readonly vip: string;
  /** Names of the directors that hold the VIP: one, unless something is wrong. */
  readonly vipHolders: readonly string[];
  /** Who the client's ARP entry for the VIP names; null if it has none. */
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
  /** Whether the VIP is among them; not there if it cannot be asked. */
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
  const neighbours = ["ip", "-json", "neigh", "show", lab.service.vip];
  const { stdout } = await tryOnHost(labHost(live), CLIENT, neighbours);
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
  const { stdout } = await tryVirsh(labHost(live), "domstate", name);
  const domain = stdout.trim() || "not defined";
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

async function inside(
  live: LiveLab,
  role: string,
  server: ServerConnection,
): Promise<Pick<ServerStatus, "addresses" | "holdsVip" | "services" | "vrrp" | "ipvs">> {
  const ha = goalOf(live.lab) === "ha";
  // In a bare lab whoever does the exercise chooses the MTA.
  const mta = live.lab.stage === "bare" ? [] : ["opensmtpd"];
  const names = role === "real-server" ? ["apache2"] : ha ? ["keepalived", ...mta] : [];
  const seen = await server.look({
    addresses: "ip -oneline -4 address show dev eth0",
    services: names.length === 0 ? "true" : `systemctl is-active ${names.join(" ")}`,
    vrrp: "journalctl --boot --unit keepalived --output cat --no-pager | grep -o 'Entering .* STATE' | tail -n 1",
    table: "ipvsadm --save --numeric",
  });
  const states = seen.services.text.trim().split("\n");
  const vrrp = seen.vrrp.text.split(" ")[1];
  return {
    addresses: ownAddresses(seen.addresses.text).map(({ address, prefixLength }) => `${address}/${prefixLength}`),
    holdsVip: holdsVip(live.lab, seen.addresses.text),
    services: Object.fromEntries(names.map((service, index) => [service, states[index] ?? "unknown"])),
    ...(vrrp && ha ? { vrrp } : {}),
    ...(role === "director" ? { ipvs: parseIpvsTable(seen.table.text) } : {}),
  };
}
