import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { defineResource } from "../resource.ts";
import { command } from "../ssh/index.ts";
import { runOnHost, tryOnHost } from "./command.ts";
import { LabHostDownError, labHostRef, openHost } from "./reach.ts";

/** Where a stand-in answers, and with what. */
const listener = z.object({
  port: z.int().min(1).max(65535),
  tls: z.boolean().default(false),
  /** The HTTP statuses that health checks want of paths, where it is not 200. */
  statuses: z.record(z.string(), z.int().min(200).max(599)).default({}),
});

/**
 * A host that is only talked to: a network namespace on the lab host, in which nginx answers every request with the host's name. It costs a few
 * megabytes; a hundred of them take the place of as many real servers.
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
    up: z.literal(true).default(true),
  }),

  watch: true, // a namespace disappears without a trace

  async observe({ host: ref, name, ...wanted }) {
    const host = openHost(ref);
    const look = `ip -json address show; echo; ip route show default; ip -6 route show default; echo
      cat "$1"; echo; kill -0 "$(cat "$2")" && echo serves; true`;
    const files = [confOf(ref.directory, name), pidOf(ref.directory, name)];
    const seen = await tryOnHost(host, name, ["bash", "-c", look, "bash", ...files]).catch((error) => {
      if (error instanceof LabHostDownError) return undefined; // it is gone, too
      throw error;
    });
    if (seen?.status !== 0) return undefined;
    const [links = "[]", ...rest] = seen.stdout.split("\n");
    const found = (JSON.parse(links) as { addr_info: { local: string; prefixlen: number }[] }[]).flatMap(
      ({ addr_info }) => addr_info.map(({ local, prefixlen }) => `${local}/${prefixlen}`),
    );
    const text = rest.join("\n");
    const serves = text.includes(serverConfig(ref.directory, name, wanted.listeners)) && text.endsWith("serves\n");
    return {
      addresses: wanted.addresses.filter((address) => found.includes(address)),
      quietAddresses: wanted.quietAddresses.filter((address) => found.some((one) => one.split("/")[0] === address)),
      gateways: wanted.gateways.filter((gateway) => text.includes(`via ${gateway} `)),
      tunnel: wanted.tunnel,
      listeners: serves ? wanted.listeners : [],
      up: true as const,
    };
  },

  async apply({ host: ref, bridge, name, addresses, quietAddresses, gateways, tunnel, listeners }) {
    const host = openHost(ref);
    const [address, ...others] = addresses.filter((one) => !one.includes(":"));
    const [address6, ...others6] = addresses.filter((one) => one.includes(":"));
    await endServer(ref.directory, name, ref);
    await host.attach(name, { bridge, ...(address ? { address } : {}), ...(address6 ? { address6 } : {}) });
    await writeFile(confOf(ref.directory, name), serverConfig(ref.directory, name, listeners));
    const script = [
      "set -e",
      "sysctl -q net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2",
      ...[...others, ...others6].map((one) => `ip address add ${one} dev eth0 ${one.includes(":") ? "nodad" : ""}`),
      ...quietAddresses.map((one) => `ip address add ${one}/${one.includes(":") ? 128 : 32} dev lo`),
      ...gateways.map((one) => `ip ${one.includes(":") ? "-6 " : ""}route add default via ${one}`),
      ...(tunnel
        ? [
            "ip link add ipip0 type ipip external && ip link set ipip0 up",
            "sysctl -q net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.ipip0.rp_filter=0",
          ]
        : []),
      ...(listeners.some(({ tls }) => tls) ? [certificate(ref.directory)] : []),
      command`nginx -c ${confOf(ref.directory, name)} -e ${logOf(ref.directory, name)}`,
    ];
    await runOnHost(host, name, ["bash", "-c", script.join("\n")]);
  },

  async remove({ host: ref, name }) {
    await endServer(ref.directory, name, ref);
    await openHost(ref).detach(name);
  },
});

const confOf = (directory: string, name: string): string => join(directory, "run", `stand-in-${name}.conf`);
const pidOf = (directory: string, name: string): string => join(directory, "run", `stand-in-${name}.pid`);
const logOf = (directory: string, name: string): string => join(directory, "log", `stand-in-${name}.log`);

/** Command that makes the certificate of all stand-ins, once. They come about side by side: it is there as a whole or not at all. */
const certificate = (directory: string): string => `file=${command`${certificateOf(directory)}`}
if [ ! -e "$file" ]; then
  openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=stand-in -keyout "$file.$$.key" -out "$file.$$.crt" 2>/dev/null
  cat "$file.$$.key" "$file.$$.crt" >"$file.$$"
  rm "$file.$$.key" "$file.$$.crt"
  mv "$file.$$" "$file"
fi`;

const certificateOf = (directory: string): string => join(directory, "cache", "stand-in.pem");

/** Ends its nginx, if there is one; nothing, if the lab host is down. */
async function endServer(directory: string, name: string, ref: z.output<typeof labHostRef>): Promise<void> {
  const pid = pidOf(directory, name);
  const script = `[ ! -e "$1" ] || { kill "$(cat "$1")" || true; rm -f "$1"; } 2>/dev/null`;
  await tryOnHost(openHost(ref), "segment", ["bash", "-c", script, "bash", pid]).catch((error) => {
    if (!(error instanceof LabHostDownError)) throw error;
  });
}

/**
 * nginx's configuration of a stand-in: every path answers with its name, 200. Other statuses are for health checks alone, which keepalived's REQUEST_TEMPLATE
 * in check_http.h tells by their User-Agent: clients ask for the same paths.
 */
export function serverConfig(directory: string, name: string, listeners: readonly z.output<typeof listener>[]): string {
  const quoted = JSON.stringify;
  const page = `return 200 "${name}\\n";`;
  const temporary = (what: string) => quoted(join(directory, "cache", what));
  const servers = listeners.map(({ port, tls, statuses }) => {
    const secure = tls ? " ssl" : "";
    const certified = tls
      ? ["certificate", "certificate_key"].map((key) => `\n    ssl_${key} ${quoted(certificateOf(directory))};`)
      : [];
    const locations = Object.entries(statuses).map(
      ([path, status]) =>
        `\n    location = ${quoted(path)} { if ($http_user_agent ~ KeepAlive) { return ${status} ${status < 400 ? "/" : '""'}; } ${page} }`,
    );
    return `  server {
    listen ${port}${secure};
    listen [::]:${port}${secure};${certified.join("")}${locations.join("")}
    location / { ${page} }
  }`;
  });
  return `daemon on;
user root;
worker_processes 1;
pid ${quoted(pidOf(directory, name))};
events { worker_connections 256; }
http {
  access_log off;
  default_type text/plain;
  client_body_temp_path ${temporary("nginx")};
  proxy_temp_path ${temporary("nginx-proxy")};
  fastcgi_temp_path ${temporary("nginx")};
  uwsgi_temp_path ${temporary("nginx")};
  scgi_temp_path ${temporary("nginx")};
${servers.join("\n")}
}
`;
}
