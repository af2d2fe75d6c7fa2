import { join } from "node:path";
import { z } from "zod";
import { defineResource } from "../resource.ts";
import { command } from "../ssh/index.ts";
import { runOnHost, tryOnHost } from "./command.ts";
import type { LabFiles } from "./files.ts";
import { LabHostDownError, labHostRef, openHost } from "./reach.ts";
import { answersScript, datagramPort } from "./stand-in/answers.ts";
import { bfdConfig, bfdSession } from "./stand-in/bfd.ts";
import { certificateOf, listener, pagesOf, webConfig, webFilesOf } from "./stand-in/web.ts";

const NO_TUNNELS =
  "this machine's kernel makes no IP-in-IP device, by which packets reach a real server of lvs_method TUN. Fix: sudo modprobe ipip; where there is no such module, use another machine";

/**
 * A host that is only talked to: a network namespace on the lab host, in which nginx answers every request with the host's name, and a script by UDP and
 * SMTP, where it is asked by them. It costs a few megabytes; a hundred of them take the place of as many real servers.
 */
export const standIn = defineResource({
  type: "StandIn",
  summary: "A host that servers only talk to, such as a real server: an attached host that says who it is.",
  where: z.object({
    host: labHostRef,
    /** The lab host's `generation`: a restarted lab host has lost its attached hosts. */
    generation: z.string(),
    bridge: z.string(),
    /** Up to 15 characters. */
    name: z.string(),
  }),
  want: z.object({
    /** With prefix lengths. The first of each family is that of its interface. */
    addresses: z.array(z.string()).min(1),
    /** Addresses that it has without answering ARP or neighbour discovery for them: VIPs of direct routing and of tunnels. */
    quietAddresses: z.array(z.string()).default([]),
    /** Default routes, one of each family at most. */
    gateways: z.array(z.string()).default([]),
    /** Whether packets come in tunnels: IPIP, and its IPv6 kind. */
    tunnel: z.boolean().default(false),
    listeners: z.array(listener).default([]),
    datagrams: z.array(datagramPort).default([]),
    /** The TCP ports on which it speaks SMTP. */
    mail: z.array(z.int().min(1).max(65535)).default([]),
    /** Its ends of directors' BFD sessions. */
    bfd: z.array(bfdSession).default([]),
    up: z.literal(true).default(true),
  }),

  upgrade: ({ listeners = [], ...recorded }) => ({
    ...{ datagrams: [], mail: [], bfd: [] },
    ...recorded,
    listeners: (listeners as readonly FormerListener[]).map(({ statuses, ...one }) => ({
      ...one,
      answers:
        one.answers ?? Object.entries(statuses ?? {}).map(([path, status]) => ({ path, status, everyone: false })),
    })),
  }),

  watch: true, // a namespace disappears without a trace

  async observe({ host: ref, name, ...wanted }) {
    const host = openHost(ref);
    const look = `ip -json address show; echo; ip route show default; ip -6 route show default
      while [ $# -gt 0 ]; do echo @; kill -0 "$(cat "$2")" && echo runs; cat "$1"; shift 2; done 2>/dev/null; true`;
    const servers = serversOf(host.files.place, { name, ...wanted });
    const files = servers.flatMap(({ file, pid }) => [file, pid]);
    const seen = await tryOnHost(host, name, ["bash", "-c", look, "bash", ...files]).catch((error) => {
      if (error instanceof LabHostDownError) return undefined; // it is gone, too
      throw error;
    });
    if (seen?.status !== 0) return undefined;
    const [head = "", ...shown] = seen.stdout.split(/^@$/m);
    const [links = "[]", ...rest] = head.split("\n");
    const found = (JSON.parse(links) as { addr_info: { local: string; prefixlen: number }[] }[]).flatMap(
      ({ addr_info }) => addr_info.map(({ local, prefixlen }) => `${local}/${prefixlen}`),
    );
    const routes = rest.join("\n");
    const [web, answers, speaksBfd] = servers.map(
      ({ text }, index) => shown[index]?.trim() === (text === undefined ? "" : `runs\n${text}`.trim()),
    );
    return {
      addresses: wanted.addresses.filter((address) => found.includes(address)),
      quietAddresses: wanted.quietAddresses.filter((address) => found.some((one) => one.split("/")[0] === address)),
      gateways: wanted.gateways.filter((gateway) => routes.includes(`via ${gateway} `)),
      tunnel: wanted.tunnel,
      listeners: web ? wanted.listeners : [],
      datagrams: answers ? wanted.datagrams : [],
      mail: answers ? wanted.mail : [],
      bfd: speaksBfd ? wanted.bfd : [],
      up: true as const,
    };
  },

  async apply({ host: ref, bridge, name, ...wanted }) {
    const { addresses, quietAddresses, gateways, tunnel, listeners } = wanted;
    const host = openHost(ref);
    const [address, ...others] = addresses.filter((one) => !one.includes(":"));
    const [address6, ...others6] = addresses.filter((one) => one.includes(":"));
    await endServers(ref, name);
    await host.attach(name, { bridge, ...(address ? { address } : {}), ...(address6 ? { address6 } : {}) });
    const { files } = host;
    const servers = serversOf(files.place, { name, ...wanted });
    for (const { file, text } of servers)
      if (text === undefined) await files.remove(file);
      else await files.write(file, text);
    await writePages(files, webFilesOf(files.place, name).pages, pagesOf(listeners));
    const script = [
      "set -e",
      "sysctl -q net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2",
      ...[...others, ...others6].map((one) => `ip address add ${one} dev eth0 ${one.includes(":") ? "nodad" : ""}`),
      ...quietAddresses.map((one) => `ip address add ${one}/${one.includes(":") ? 128 : 32} dev lo`),
      ...gateways.map((one) => `ip ${one.includes(":") ? "-6 " : ""}route add default via ${one}`),
      ...(tunnel
        ? [
            command`ip link add ipip0 type ipip external 2>/dev/null || { echo ${NO_TUNNELS} >&2; exit 1; }`,
            "ip link set ipip0 up",
            "sysctl -q net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.ipip0.rp_filter=0",
          ]
        : []),
      ...(listeners.some(({ tls }) => tls) ? [certificate(files.place)] : []),
      ...servers.flatMap(({ text, start }) => (text === undefined ? [] : [start])),
    ];
    await runOnHost(host, name, ["bash", "-c", script.join("\n")]);
  },

  async remove({ host: ref, name }) {
    await endServers(ref, name);
    await openHost(ref).detach(name);
  },
});

/** As earlier versions recorded it. */
interface FormerListener {
  readonly statuses?: Readonly<Record<string, number>>;
  readonly answers?: readonly unknown[];
}

/** A process of a stand-in, with the file that it reads and that of its PID. */
interface StandInServer {
  readonly file: string;
  readonly pid: string;
  /** What the file has to be; undefined: there is no such process. */
  readonly text: string | undefined;
  /** The command that starts it. */
  readonly start: string;
}

type Wanted = z.output<(typeof standIn)["want"]> & { readonly name: string };

/** nginx, the script for what nginx does not speak, and a keepalived for BFD. */
function serversOf(
  directory: string,
  { name, addresses, quietAddresses, listeners, datagrams, mail, bfd }: Omit<Wanted, "up">,
): readonly [web: StandInServer, answers: StandInServer, bfd: StandInServer] {
  const { config, pid, log } = webFilesOf(directory, name);
  const script = answersOf(directory, name);
  const session = bfdOf(directory, name);
  const all = [...addresses.map((one) => one.replace(/\/.*/, "")), ...quietAddresses];
  return [
    {
      ...{ file: config, pid },
      text: listeners.length === 0 ? undefined : webConfig(directory, name, listeners),
      start: command`nginx -c ${config} -e ${log}`,
    },
    {
      ...{ file: script, pid: `${script}.pid` },
      text:
        datagrams.length === 0 && mail.length === 0
          ? undefined
          : answersScript({ name, addresses: all, datagrams, mail }),
      start: command`perl ${script} ${`${script}.pid`} ${log}`,
    },
    {
      ...{ file: session, pid: `${session}.pid` },
      text: bfd.length === 0 ? undefined : bfdConfig(bfd),
      start: command`keepalived --no-syslog --use-file ${session} --pid ${`${session}.pid`} --bfd_pid ${`${session}.bfd.pid`}`,
    },
  ];
}

const bfdOf = (directory: string, name: string): string => join(directory, "run", `stand-in-${name}.bfd`);

const answersOf = (directory: string, name: string): string => join(directory, "run", `stand-in-${name}.pl`);

async function writePages(files: LabFiles, folder: string, pages: readonly string[]): Promise<void> {
  await files.remove(folder);
  for (const [index, text] of pages.entries()) await files.write(join(folder, String(index)), text);
}

/** Command that makes the certificate of all stand-ins, once. They come about side by side: it is there as a whole or not at all. */
const certificate = (directory: string): string => `file=${command`${certificateOf(directory)}`}
if [ ! -e "$file" ]; then
  openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=stand-in -keyout "$file.$$.key" -out "$file.$$.crt" 2>/dev/null
  cat "$file.$$.key" "$file.$$.crt" >"$file.$$"
  rm "$file.$$.key" "$file.$$.crt"
  mv "$file.$$" "$file"
fi`;

/** Ends its processes; nothing, if the lab host is down. */
async function endServers(ref: z.output<typeof labHostRef>, name: string): Promise<void> {
  const host = openHost(ref);
  const { place } = host.files;
  const script = answersOf(place, name);
  const pids = [webFilesOf(place, name).pid, `${script}.pid`, `${bfdOf(place, name)}.pid`];
  // One that hangs goes on first.
  const ending = `for file; do [ ! -e "$file" ] || { pid=$(cat "$file"); kill "$pid"; kill -CONT "$pid"; } 2>/dev/null; rm -f "$file"; done`;
  await tryOnHost(host, "segment", ["bash", "-c", ending, "bash", ...pids]).catch((error) => {
    if (!(error instanceof LabHostDownError)) throw error;
  });
}
