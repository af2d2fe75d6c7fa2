import { parseIp } from "../../../lab/index.ts";
import type { Backend, Bind, ProxyConfig, ProxyKind } from "./kind.ts";

/** haproxy.cfg: the configuration manual of HAProxy 2.6, sections 2.1, 3.1, 4 and 5. */
export const haproxy: ProxyKind = {
  name: "haproxy",
  package: "haproxy",
  unit: "haproxy",
  config: "/etc/haproxy/haproxy.cfg",
  read,
};

/** A section of the file, with what `defaults` before it sets. */
interface Section {
  readonly kind: string;
  readonly lines: string[][];
  mode: string;
}

const sections = ["global", "defaults", "frontend", "backend", "listen"];
const otherSections =
  /^(?:peers|resolvers|userlist|mailers|program|cache|http-errors|ring|log-forward|fcgi-app|crt-store|traces)$/;

function read(text: string): ProxyConfig {
  const found: Section[] = [];
  let mode = "tcp";
  for (const line of text.split("\n")) {
    const [keyword = "", ...words] = wordsIn(line);
    if (sections.includes(keyword) || otherSections.test(keyword)) {
      if (keyword === "defaults") mode = "tcp";
      // `listen NAME ADDRESS:PORT` of old.
      const own = ["frontend", "listen"].includes(keyword) && words.length > 1 ? [["bind", ...words.slice(1)]] : [];
      found.push({ kind: keyword, lines: own, mode });
    } else if (keyword !== "") {
      const section = found.at(-1);
      if (keyword === "mode" && section) section.mode = words[0] ?? section.mode;
      if (keyword === "mode" && section?.kind === "defaults") mode = section.mode;
      section?.lines.push([keyword, ...words]);
    }
  }
  const serving = found.filter(({ kind }) => kind === "frontend" || kind === "listen");
  const servers = found.filter(({ kind }) => kind === "backend" || kind === "listen").flatMap(serversIn);
  const globals = (wanted: string): string[] =>
    found
      .filter(({ kind }) => kind === "global")
      .flatMap(({ lines }) => lines.flatMap(([keyword, name]) => (keyword === wanted && name ? [name] : [])));
  return {
    binds: serving.filter(serves).flatMap(bindsIn),
    backends: servers.flatMap(({ backend }) => backend ?? []),
    names: [...new Set(servers.flatMap(({ name }) => name ?? []))],
    accounts: { users: globals("user"), groups: globals("group") },
  };
}

/** The words of a line: a backslash escapes, both kinds of quotes group, # begins a comment. */
function wordsIn(line: string): string[] {
  const words: string[] = [];
  for (const [whole] of line.matchAll(/(?:\\.|"(?:[^"\\]|\\.)*"|'[^']*'|[^\s#"'\\])+|#.*/g)) {
    if (whole.startsWith("#")) break;
    words.push(
      whole.replace(/\\(.)|"((?:[^"\\]|\\.)*)"|'([^']*)'/g, (_, one, double, single) => one ?? double ?? single),
    );
  }
  return words;
}

/** Whether a section serves more than its own statistics. */
const serves = ({ lines }: Section): boolean =>
  !lines.some(([keyword, word]) => keyword === "stats" && (word === "enable" || word === "uri")) ||
  lines.some(([keyword = ""]) => ["server", "default_backend", "use_backend"].includes(keyword));

const bindsIn = ({ lines, mode }: Section): Bind[] =>
  lines
    .filter(([keyword]) => keyword === "bind")
    .flatMap(([, addresses = "", ...words]) =>
      addresses.split(",").flatMap((one): Bind[] => {
        const [, family, host = "", first = ""] =
          /^(?:(ipv[46])@)?(.*):(\d+)(?:-\d+)?$/.exec(one.replace(/^(?:tcp[46]?|fd)@/, "")) ?? [];
        const port = Number(first);
        const bare = host.replace(/^\[|\]$/g, "");
        const address = parseIp(bare);
        if (port === 0 || (address === undefined && !["", "*", "::", "0.0.0.0"].includes(bare))) return [];
        const sixth = family === "ipv6" || bare === "::";
        const both = sixth && words.includes("v4v6");
        const tls = words.includes("ssl") || (mode === "tcp" && port === 443);
        const isAny = address === undefined || bare === "::" || bare === "0.0.0.0";
        return [{ ...(isAny ? {} : { address }), families: both ? [4, 6] : sixth ? [6] : [4], port, tls }];
      }),
    );

/** The servers of a section; a port that is not there is that of the client. */
function serversIn(section: Section): { backend?: Backend[]; name?: string }[] {
  const [own] = bindsIn(section);
  return section.lines
    .filter(([keyword]) => keyword === "server")
    .map(([, , at = "", ...words]) => {
      const [, host = "", text] =
        /^(?:ipv[46]@)?(.*?)(?::(\d+))?$/.exec(parseIp(at) === undefined ? at : `[${at}]`) ?? [];
      const address = parseIp(host.replace(/^\[|\]$/g, ""));
      if (address === undefined) return /^[\w.-]+$/.test(host) ? { name: host } : {};
      const port = Number(text ?? own?.port ?? 0);
      const checked = Number(words[words.indexOf("port") + 1] || 0);
      const tls = words.includes("ssl") || (section.mode === "tcp" && port === 443);
      const ports = words.includes("port") && checked > 0 && checked !== port ? [port, checked] : [port];
      return { backend: ports.filter((one) => one > 0).map((one) => ({ address, port: one, tls })) };
    });
}
