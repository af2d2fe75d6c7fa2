import { createHash } from "node:crypto";
import {
  destinationKeyOf,
  type Ip,
  type Lab,
  portFor,
  type RealServer,
  type Server,
  serverWithMac,
  toIp,
  type VirtualService,
} from "../../lab/index.ts";
import { type InterfaceAddress, parseIpAddresses } from "../../provision/roles/ip-address.ts";
import { type ListedService, parseIpvsList } from "../../provision/roles/ipvs-table.ts";
import { command, type Section } from "../../provision/ssh/index.ts";
import { arpRules } from "../../verify/checks/arp-settings.ts";

/** What one look at a server found. */
export interface ServerLook {
  readonly addresses: readonly InterfaceAddress[];
  readonly table: readonly ListedService[];
  /** Connections that IPVS has counted since the table was made, of all virtual services. */
  readonly connections: number;
  /** Ports that somebody listens on, as `tcp 80`. */
  readonly listening: ReadonlySet<string>;
  /** Whether anything is set that may keep it quiet about an address: a filter of ARP packets, a sysctl, an interface without ARP. */
  readonly quietened: boolean;
  /** The subjects of mails in its mailboxes. */
  readonly subjects: readonly string[];
  /** What the commands of a teacher's own steps printed, by the step's id. */
  readonly own: Readonly<Record<string, string>>;
  /** Differs where anything was changed on it that a check may see. */
  readonly digest: string;
}

/** What one look at the client found. */
export interface ClientLook {
  /** The servers in its ARP entries, by address; of an unknown host the hardware address. */
  readonly entries: Readonly<Record<string, string>>;
  readonly own: Readonly<Record<string, string>>;
}

/** What one look at a lab found. Undefined: it did not answer. */
export interface Looks {
  readonly servers: ReadonlyMap<string, ServerLook | undefined>;
  readonly client: ClientLook | undefined;
}

/** A command of a teacher's own step, which is run at each look. */
export interface OwnLook {
  readonly id: string;
  readonly command: string;
}

/** Seconds after which the command of a teacher's own step is ended. */
export const OWN_SECONDS = 5;

const owned = (own: readonly OwnLook[]): Record<string, string> =>
  Object.fromEntries(
    own.map(({ id, command: text }) => [`own ${id}`, command`timeout ${OWN_SECONDS} bash -c ${text} 2>&1`]),
  );

/** Where mail may be: the mailboxes of any MTA. Read without an access time, by which a shell tells its user of new mail. */
const MAIL =
  "for box in /var/mail/* /root/mbox {/root,/home/*}/Maildir/new/*; do dd iflag=noatime status=none if=$box; done | grep ^Subject:";

/** Files that a check may see, by name, size and time of change. */
const FILES =
  "find /etc/apache2 /etc/nginx /etc/lighttpd /var/www /srv /usr/share/nginx /etc/keepalived /etc/ssh /root/.ssh /etc/smtpd.conf " +
  "/etc/postfix /etc/exim4 /etc/hosts -type f -printf '%p %s %T@\\n' | sort";

/**
 * What a look asks a server, in one round trip: it reads, and sends nothing to anybody. What is to be recognised by effect is left to checks, which
 * run when the digest of these answers differs.
 */
export const serverQuestions = ({ role }: Pick<Server, "role">, own: readonly OwnLook[]): Record<string, string> => ({
  addresses: "ip -oneline address show",
  ...(role === "director"
    ? { table: "ipvsadm -ln", counts: "ipvsadm -ln --stats --exact", ipvs: "ipvsadm --save --numeric", mail: MAIL }
    : {}),
  listening: "ss --no-header --listening --tcp --udp --numeric",
  arptables: "arptables -n -L",
  nft: "nft list ruleset arp",
  sysctls: "cat /proc/sys/net/ipv4/conf/*/{arp_ignore,arp_announce}",
  links: "ip -oneline link show",
  rules: "nft --stateless list ruleset; iptables-save; ip rule; ip -6 rule",
  routes: "ip route show table all; ip -6 route show table all | sed 's/ expires [^ ]*//'",
  kernel: "grep . /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf/*/rp_filter; ip -oneline link show type ipip",
  programs: "pgrep --list-full --exact keepalived; command -v mail mailx s-nail mutt keepalived",
  files: FILES,
  ...owned(own),
});

/** What a look asks the client. */
export const clientQuestions = (own: readonly OwnLook[]): Record<string, string> => ({
  entries: "ip neighbour show",
  ...owned(own),
});

/** Counters and times, which differ at each look although nothing was changed. */
const passing = (name: string): boolean => name === "counts" || name === "table" || name.startsWith("own ");

/** Rules without what iptables-save(8) says besides: when it ran, and the packets and bytes of each chain. */
const withoutCounters = (rules: string): string => rules.replace(/^#.*\n?|(?<=^:.*) \[\d+:\d+\]$/gm, "");

/** Reads the answers to `serverQuestions`. */
export function readServerLook(answers: Readonly<Record<string, Section>>): ServerLook {
  const text = (name: string): string => answers[name]?.text ?? "";
  const { arptables, nftables } = arpRules({ arptables: text("arptables"), nft: text("nft") });
  const hash = createHash("sha256");
  for (const name of Object.keys(answers).filter((one) => !passing(one)))
    hash.update(`${name}\0${name === "rules" ? withoutCounters(text(name)) : text(name)}\0`);
  return {
    addresses: parseIpAddresses(text("addresses")),
    table: parseIpvsList(text("table")),
    connections: [...text("counts").matchAll(/^(?:TCP|UDP|FWM) +\S+ +(\d+)/gm)].reduce(
      (sum, [, count]) => sum + Number(count),
      0,
    ),
    // `tcp LISTEN 0 511 *:80 *:*`, `udp UNCONN 0 0 172.25.254.12:53 0.0.0.0:*`
    listening: new Set(
      [...text("listening").matchAll(/^(tcp|udp) +\S+ +\d+ +\d+ +\S+:(\d+) /gm)].map(
        ([, kind, port]) => `${kind} ${port}`,
      ),
    ),
    quietened:
      arptables.input.length + arptables.output.length > 0 ||
      nftables ||
      /^[1-9]/m.test(text("sysctls")) ||
      // An Ethernet interface with ARP off; tunnels never have it.
      /<[^>]*\bNOARP\b.*link\/ether/.test(text("links")),
    subjects: [...text("mail").matchAll(/^Subject: *(.*)$/gm)].map(([, subject = ""]) => subject),
    own: ownIn(answers),
    digest: hash.digest("hex"),
  };
}

/** Reads the answers to `clientQuestions`. */
export function readClientLook(lab: Lab, answers: Readonly<Record<string, Section>>): ClientLook {
  const entries = [...(answers.entries?.text ?? "").matchAll(/^([\da-f.:]+) dev \S+ lladdr ([\da-f:]{17})\b/gm)];
  return {
    entries: Object.fromEntries(
      entries.map(([, address = "", mac = ""]) => [toIp(address), serverWithMac(lab, mac) ?? mac]),
    ),
    own: ownIn(answers),
  };
}

const ownIn = (answers: Readonly<Record<string, Section>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(answers).flatMap(([name, { text }]) => (name.startsWith("own ") ? [[name.slice(4), text]] : [])),
  );

/** Whether a server has an address. */
export const hasAddress = ({ addresses }: ServerLook, address: Ip): boolean =>
  addresses.some((one) => one.address === address);

/** Whether somebody listens where a service's packets for a real server arrive. */
export const serves = ({ listening }: ServerLook, service: VirtualService, server: string): boolean =>
  listening.has(`${service.protocol} ${portFor(service, server)}`);

/** Whether a director's table sends a service's requests to a real server. */
export const isInTable = ({ table }: ServerLook, service: VirtualService, real: RealServer): boolean =>
  table.some(({ destinations }) => (destinations[destinationKeyOf(service, real)]?.weight ?? 0) > 0);
