import { lookup } from "node:dns/promises";
import { join } from "node:path";
import { type GuestOs, guestOses } from "../../../lab/index.ts";
import { debianMirror } from "../machine/debian-mirror.ts";
import { poolLink, poolPath } from "../package-pools.ts";

/** A Debian archive that guests can reach. */
export interface Upstream {
  /** Its path on the package server: `debian`, `debian-security`. */
  readonly name: string;
  readonly url: URL;
  /** Whether its hostname resolves now; a lab with cached packages needs no network. */
  readonly resolves: boolean;
}

/** The archives for guests: the same that the lab itself is built from. */
export async function upstreams(): Promise<Upstream[]> {
  const { debian, security } = await debianMirror();
  const archives = { debian, "debian-security": security };
  return await Promise.all(
    Object.entries(archives).map(async ([name, url]) => ({
      name,
      url,
      resolves: await lookup(url.hostname).then(
        () => true,
        () => false,
      ),
    })),
  );
}

/** nginx's line for the packages of one operating system. */
export const poolLocation = (directory: string, os: GuestOs): string =>
  `    location /${poolPath(os)}/ { alias ${directory}/${poolLink(os)}/; }`;

/**
 * nginx's configuration for the lab's packages: a flat repository of only the lab's packages for each operating system (with Debian's full
 * lists each apt call costs an emulated guest ten seconds), and a caching proxy for all of Debian.
 */
export function packageServerConfig(settings: {
  directory: string;
  cache: string;
  upstreams: readonly Upstream[];
}): string {
  const { directory, cache } = settings;
  const archives = settings.upstreams.map(({ name, url, resolves }) => {
    const path = url.pathname.replace(/\/*$/, "/");
    // An unresolvable name would keep nginx from starting. Nothing listens on port 9, and nginx serves cached files.
    const target = resolves ? url.origin : "http://127.0.0.1:9";
    const proxy = (part: string, keep: string) => `
    location /${name}/${part} {
      proxy_pass ${target}${path}${part};
      proxy_set_header Host ${url.host};
      proxy_http_version 1.1;
      proxy_ssl_server_name on;
      proxy_cache debian;
      proxy_cache_lock on;
      proxy_cache_valid 200 ${keep};
      proxy_cache_use_stale error timeout updating http_502 http_503 http_504;
    }`;
    // Files below pool/ never change under the same name; the indices below dists/ do.
    return proxy("", "10m") + proxy("pool/", "365d");
  });
  return `daemon off;
user root;
worker_processes 1;
pid ${join(directory, "run/nginx.pid")};
events { worker_connections 256; }
http {
  access_log ${join(directory, "log/packages.access.log")};
  default_type application/octet-stream;
  client_body_temp_path ${join(directory, "cache/nginx")};
  proxy_temp_path ${join(directory, "cache/nginx-proxy")};
  fastcgi_temp_path ${join(directory, "cache/nginx")};
  uwsgi_temp_path ${join(directory, "cache/nginx")};
  scgi_temp_path ${join(directory, "cache/nginx")};
  proxy_cache_path ${cache} levels=1:2 keys_zone=debian:10m max_size=4g inactive=365d use_temp_path=off;
  server {
    listen unix:${join(directory, "run/packages.sock")};
${guestOses.map((os) => poolLocation(directory, os)).join("\n")}
${archives.join("")}
  }
}
`;
}
