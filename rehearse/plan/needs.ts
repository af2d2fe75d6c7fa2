import type { Director } from "../directors/director.ts";
import { isScript, type Tracked } from "../directors/tracked.ts";
import type { Folder } from "../folder.ts";
import { deviceOf } from "./segments.ts";

/** Whether a director has to forward packets: for NAT, or as the gateway of a network, when it has instances on several ones. */
export const forwards = (director: Director): boolean =>
  director.virtualServers.some(
    ({ method, realServers }) => method === "NAT" || realServers.some((real) => real.method === "NAT"),
  ) ||
  (director.virtualServers.length === 0 &&
    new Set(director.instances.map((instance) => deviceOf(director, instance))).size > 1);

/**
 * Debian's packages with services that scripts and tracked processes look for, by their names there; the unit of systemd and the name of its processes
 * in /proc/PID/comm, if they are other words.
 */
const services: Readonly<
  Record<string, { readonly package: string; readonly unit?: string; readonly process?: string }>
> = {
  haproxy: { package: "haproxy" },
  nginx: { package: "nginx-light" },
  apache2: { package: "apache2" },
  varnish: { package: "varnish", process: "varnishd" },
  varnishd: { package: "varnish", unit: "varnish" },
  squid: { package: "squid" },
  dnsmasq: { package: "dnsmasq" },
  named: { package: "bind9" },
  postfix: { package: "postfix", process: "master" },
  mariadb: { package: "mariadb-server", process: "mariadbd" },
  mysqld: { package: "mariadb-server", unit: "mariadb", process: "mariadbd" },
  "redis-server": { package: "redis-server" },
  memcached: { package: "memcached" },
};

/** Debian's packages with programs that scripts call and that a director's image may lack. */
const tools: Readonly<Record<string, string>> = {
  ...{ killall: "psmisc", fuser: "psmisc", curl: "curl", wget: "wget", nc: "netcat-openbsd", socat: "socat", jq: "jq" },
  ...{ dig: "bind9-dnsutils", nslookup: "bind9-dnsutils", telnet: "inetutils-telnet", openssl: "openssl" },
  ...{
    mysql: "mariadb-client",
    mysqladmin: "mariadb-client",
    psql: "postgresql-client",
    pg_isready: "postgresql-client",
  },
  ...{
    "redis-cli": "redis-tools",
    ldapsearch: "ldap-utils",
    snmpget: "snmp",
    swaks: "swaks",
    fping: "fping",
    nmap: "nmap",
  },
  ...{
    arping: "iputils-arping",
    netstat: "net-tools",
    ifconfig: "net-tools",
    arp: "net-tools",
    lsof: "lsof",
    bc: "bc",
  },
  ...{ python3: "python3", python: "python-is-python3", sudo: "sudo", conntrack: "conntrack", ipset: "ipset" },
};

/** What a director needs beside keepalived, as its configuration shows. */
export interface Needs {
  readonly packages: string[];
  /** Units of systemd that have to run. */
  readonly services: string[];
}

/** What the scripts and tracked processes of a director need. */
export function needsOf(folder: Folder, director: Director): Needs {
  const { tracked, commands } = director;
  const looking = tracked.flatMap((one) => textsOfTracked(folder, director, one));
  const running = commands.flatMap(({ words }) => [words.join(" "), ...textsOf(folder, director, words)]);
  const found = Object.entries(services).filter(([word]) => looking.some((text) => names(text, word)));
  const called = Object.entries(tools).filter(([word]) =>
    running.some((text) => new RegExp(`(?:^|[\\s;&|(\`/!{])${word}(?=[\\s;&|)\`]|$)`, "m").test(text)),
  );
  return {
    packages: [...new Set([...found.map(([, one]) => one.package), ...called.map(([, name]) => name)])],
    services: [...new Set(found.map(([word, one]) => one.unit ?? word))],
  };
}

/** The processes of services, as /proc/PID/comm has them; those of units that are not known here are left out. */
export const processesOf = (units: readonly string[]): string[] => [
  ...new Set(rowsOf(units).map(([word, one]) => one.process ?? word)),
];

/** The processes of these services that a tracked object of a director looks for. */
export function lookedFor(folder: Folder, director: Director, tracked: Tracked, units: readonly string[]): string[] {
  const texts = textsOfTracked(folder, director, tracked);
  const found = rowsOf(units).filter(([word]) => texts.some((text) => names(text, word)));
  return [...new Set(found.map(([word, one]) => one.process ?? word))];
}

const rowsOf = (units: readonly string[]) =>
  Object.entries(services).filter(([word, { unit }]) => units.includes(unit ?? word));

/** The definition of a tracked object, and its script if the folder has it. */
const textsOfTracked = (folder: Folder, director: Director, tracked: Tracked): string[] => [
  ...tracked.block.map(({ text }) => text),
  ...(isScript(tracked) ? textsOf(folder, director, tracked.command?.words ?? []) : []),
];

/** The files of the folder among the words of a command. */
const textsOf = (folder: Folder, { configuration }: Director, words: readonly string[]): string[] =>
  words.flatMap((word) => folder.find(word, configuration.file)?.text ?? []).map(withoutComments);

/** Whether a text names a service: `haproxy`, not `chk-haproxy`. */
const names = (text: string, word: string): boolean =>
  new RegExp(`(?<![\\w-])${word.replace(/[^\w-]/g, "\\$&")}(?![\\w-])`).test(text);

/** A script without its comments, its first line among them. */
const withoutComments = (text: string): string => text.replace(/^\s*#.*$/gm, "");
