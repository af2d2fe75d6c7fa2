import { parseIp } from "../../lab/index.ts";
import type { Director } from "../directors/director.ts";
import type { Folder } from "../folder.ts";
import type { Backend } from "./proxies/kind.ts";

/** A port of a host that a script asks. */
export interface AskedPort extends Backend {
  readonly protocol: "tcp" | "udp";
  /** Whether it is asked by DNS. */
  readonly dns?: true;
}

const ip = String.raw`(?<![\d.])(\d{1,3}(?:\.\d{1,3}){3})(?![\d.]*\d)`;

/** The ports that the programs ask whose exit status counts, those of scripts and of MISC_CHECK, as far as they stand in the commands and in their files. */
export function askedByScripts(folder: Folder, { commands, configuration }: Director): AskedPort[] {
  return commands
    .filter(({ decides }) => decides !== undefined)
    .flatMap(({ words }) => [
      ...askedIn(words.join(" ")),
      // `check.sh 192.0.2.21 3306`
      ...words.slice(1).flatMap((word, index) => asked(word, words[index + 2] ?? "")),
      ...words.flatMap((word) => askedIn(folder.find(word, configuration.file)?.text ?? "")),
    ]);
}

/**
 * The ports in a text: those of URLs, of `ADDRESS:PORT`, of bash's /dev/tcp, what follows the address in calls of nc and telnet, and those of name servers
 * that dig, host and nslookup ask, 53 where none is named.
 */
export const askedIn = (script: string): AskedPort[] => {
  const text = script.replace(/(?<![\w.-])localhost(?![\w.-])/g, "127.0.0.1");
  return [
    ...[...text.matchAll(new RegExp(`(https?)://${ip}(?::(\\d+))?`, "g"))].flatMap(([, scheme, host, port]) =>
      asked(host, port ?? (scheme === "https" ? "443" : "80"), { tls: scheme === "https" }),
    ),
    ...[...text.matchAll(new RegExp(`(?<!//)${ip}:(\\d+)`, "g"))].flatMap(([, host, port]) => asked(host, port)),
    ...[...text.matchAll(new RegExp(`/dev/(tcp|udp)/${ip}/(\\d+)`, "g"))].flatMap(([, protocol, host, port]) =>
      asked(host, port, { protocol: protocol as "tcp" | "udp" }),
    ),
    ...[...text.matchAll(new RegExp(`\\b(?:nc|ncat|netcat|telnet)\\b([^|;&\\n]*?)\\s${ip}\\s+(\\d+)`, "g"))].flatMap(
      ([, options = "", host, port]) => asked(host, port, { protocol: /\s-\w*u/.test(options) ? "udp" : "tcp" }),
    ),
    ...[
      ...text.matchAll(new RegExp(`\\bdig\\b([^|;&\\n]*?)\\s@${ip}([^|;&\\n]*)`, "g")),
      ...text.matchAll(new RegExp(`\\b(?:host|nslookup)(\\s[^|;&\\n]*?[^|;&\\s]+)\\s+${ip}(?=["'\\s;|&)]|$)`, "g")),
    ].flatMap(([, before = "", host, after = ""]) => {
      const [, port = "53"] = /\s-(?:p\s*|port=)(\d+)/.exec(` ${before} ${after}`) ?? [];
      return asked(host, port, { protocol: "udp", dns: true });
    }),
  ];
};

function asked(
  host = "",
  text = "",
  { tls = false, protocol = "tcp" as "tcp" | "udp", dns = false } = {},
): AskedPort[] {
  const address = parseIp(host);
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return address === undefined || port === 0
    ? []
    : [{ address, port, tls, protocol, ...(dns ? { dns: true as const } : {}) }];
}
