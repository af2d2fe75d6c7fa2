import { parseIp } from "../../../lab/index.ts";
import type { Backend, Bind, ProxyConfig, ProxyKind } from "./kind.ts";

/** nginx.conf, and what it includes: ngx_core_module's `user`, ngx_http_core_module's `listen`, ngx_http_upstream_module's `server`, ngx_http_proxy_module's `proxy_pass`. */
export const nginx: ProxyKind = {
  name: "nginx",
  package: "nginx-light",
  unit: "nginx",
  config: "/etc/nginx/nginx.conf",
  read,
};

function read(text: string): ProxyConfig {
  const binds: Bind[] = [];
  const backends: Backend[] = [];
  const names: string[] = [];
  const users: string[] = [];
  const groups: string[] = [];
  const upstreams = new Set(text.match(/^\s*upstream\s+\S+/gm)?.map((line) => line.trim().split(/\s+/)[1] ?? ""));
  const add = (at: string, usual: number, tls: boolean) => {
    const [, host = "", port] = /^(\[[^\]]+\]|[^:/]+)(?::(\d+))?$/.exec(at) ?? [];
    const address = parseIp(host.replace(/^\[|\]$/g, ""));
    if (address !== undefined) backends.push({ address, port: Number(port ?? usual), tls });
    else if (/^[\w.-]+$/.test(host) && !upstreams.has(host)) names.push(host);
  };
  const open: string[] = [];
  let words: string[] = [];
  for (const [token] of text.matchAll(/#.*|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[{};]|[^\s{};"'#][^\s{};]*/g)) {
    if (token.startsWith("#")) continue;
    if (!"{};".includes(token)) {
      words.push(token.replace(/^(["'])(.*)\1$/, "$2"));
      continue;
    }
    const [keyword = "", ...rest] = words;
    words = [];
    if (token === "{") open.push(keyword);
    else if (token === "}") open.pop();
    else if (keyword === "user" && open.length === 0) {
      users.push(...rest.slice(0, 1));
      groups.push(...rest.slice(1, 2));
    } else if (keyword === "listen" && open.at(-1) === "server") binds.push(...bindOf(rest));
    else if (keyword === "server" && open.at(-1) === "upstream") add(rest[0] ?? "", 80, false);
    else if (keyword === "proxy_pass") {
      const [, scheme, at = ""] = /^(?:(https?):\/\/)?([^/$]+)/.exec(rest[0] ?? "") ?? [];
      add(at, scheme === "https" ? 443 : 80, scheme === "https");
    }
  }
  return { binds, backends, names: [...new Set(names)], accounts: { users, groups } };
}

function bindOf([at = "", ...words]: readonly string[]): Bind[] {
  const [, host, text] = /^\d+$/.test(at) ? [at, "", at] : (/^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(at) ?? []);
  if (host === undefined) return [];
  const bare = host.replace(/^\[|\]$/g, "");
  const address = parseIp(bare);
  if (words.includes("udp") || (address === undefined && !["", "*"].includes(bare))) return [];
  const isAny = address === undefined || bare === "::" || bare === "0.0.0.0";
  return [
    {
      ...(isAny ? {} : { address }),
      families: bare === "::" ? (words.includes("ipv6only=off") ? [4, 6] : [6]) : [4],
      port: Number(text ?? 80),
      tls: words.includes("ssl"),
    },
  ];
}
