import { contains, familyOf, type Ip } from "../../lab/index.ts";
import { isIn } from "../directors/address-range.ts";
import type { Director } from "../directors/director.ts";
import { heldBy } from "../directors/instance.ts";
import type { Folder } from "../folder.ts";
import type { Assumptions } from "./assumptions.ts";
import { isSomebodysOwn } from "./files.ts";
import { type Needs, needsOf } from "./needs.ts";
import type { PlannedDirector, PlannedNetwork, PlannedService } from "./plan.ts";
import { type Bind, homeOf, type ProxyConfig, proxiesOn, proxyKinds } from "./proxies/index.ts";

/** What runs on a director beside keepalived, as the folder shows it. */
export interface Beside extends Needs {
  readonly files: Record<string, string>;
  readonly proxies: readonly ProxyConfig[];
}

/** The packages, files and services of a director: those that its scripts look for, and those of which the folder has the configuration. */
export function besideKeepalived(folder: Folder, director: Director, assumed: Assumptions): Beside {
  const { configuration, name } = director;
  const needed = needsOf(folder, director);
  const files: Record<string, string> = {};
  for (const kind of proxyKinds) {
    const main = folder.find(kind.config, configuration.file);
    if (main) files[kind.config] = main.file;
    for (const { file } of folder.texts()) {
      const path = pathOnDirector(file, configuration.file);
      if (path?.startsWith(`${homeOf(kind)}/`)) files[path] ??= file;
    }
  }
  const texts = new Map(folder.texts().map(({ file, text }) => [file, text]));
  for (const file of Object.values(files))
    for (const path of pathsIn(texts.get(file) ?? "")) {
      if (path in files) continue;
      const found = folder.find(path, configuration.file);
      if (found) files[path] = found.file;
      else
        assumed.add(name, `${path}, which ${file} names, is there: put the file into the folder if no package has it`);
    }
  const found = proxiesOn({ files }, folder);
  for (const { proxy, kind } of found)
    for (const host of proxy.names)
      assumed.add(name, `${kind.name} finds ${host} by itself: no address of it is in ${kind.config}`);
  return {
    packages: [...new Set([...found.map(({ kind }) => kind.package), ...needed.packages])],
    services: [...new Set([...found.map(({ kind }) => kind.unit), ...needed.services])],
    files,
    proxies: found.map(({ proxy }) => proxy),
  };
}

/** Where a file of the folder is on a director, if it is below /etc there: `etc/` and directories of proxies, in the director's folder or in the folder itself. */
function pathOnDirector(file: string, from: string): string | undefined {
  const top = from.includes("/") ? `${from.split("/")[0]}/` : "";
  const own = top !== "" && file.startsWith(top) ? file.slice(top.length) : file;
  const below = own.replace(/^etc\//, "");
  return proxyKinds.some((kind) => below.startsWith(`${homeOf(kind).slice("/etc/".length)}/`))
    ? `/etc/${below}`
    : undefined;
}

/** The paths of files in a configuration that people put there themselves. */
const pathsIn = (text: string): string[] =>
  [
    ...new Set(
      text
        .replace(/^\s*#.*$/gm, "")
        .match(/(?<![\w./-])\/(?:etc\/(?:haproxy|nginx|ssl\/private)|opt|usr\/local|srv|root|home)\/[\w./-]*\w/g) ?? [],
    ),
  ].filter(
    (path) =>
      !/^\/etc\/(?:haproxy\/errors|nginx\/(?:mime\.types|modules-enabled|conf\.d|sites-enabled|modules-available))/.test(
        path,
      ) &&
      (isSomebodysOwn(path) || path.startsWith("/etc/")),
  );

/** Whether one of the proxies binds an address that is not the director's own, which the kernel refuses while another director holds it. */
export const bindsAway = (proxies: readonly ProxyConfig[], virtual: readonly Ip[]): Ip | undefined =>
  proxies
    .flatMap(({ binds }) => binds.flatMap(({ address }) => address ?? []))
    .find((address) => virtual.includes(address));

/** What clients can ask for of proxies: on the addresses of the client's network that keepalived holds, without those of virtual servers. */
export function servicesFor(
  proxies: readonly ProxyConfig[],
  directors: readonly Director[],
  home: PlannedNetwork,
): PlannedService[] {
  const held = heldOn(home, directors);
  const ranges = directors.flatMap(({ virtualServers }) => virtualServers.flatMap((one) => one.ranges));
  const isVirtual = (address: Ip, port: number) =>
    ranges.some((range) => isIn(range, address) && (range.port === port || range.port === 0));
  const found = new Map<string, PlannedService>();
  for (const { port, tls, ...bind } of proxies.flatMap(({ binds }) => binds))
    for (const address of held)
      if (covers(bind, address) && !isVirtual(address, port) && !found.has(`${address} ${port}`))
        found.set(`${address} ${port}`, { address, port, tls });
  return [...found.values()];
}

/** Debian's web servers that answer on port 80 of all addresses once they are installed, by their packages; the first one where nobody says which. */
const webServers = { nginx: "nginx-light", apache2: "apache2" } as const;

/**
 * What answers on the addresses that keepalived holds, where there is no virtual server and nothing in the folder says it: a web server as Debian has it,
 * the one that the directors run anyway, or else nginx. So what VRRP does can be measured.
 */
export function placeholderFor(
  planned: readonly PlannedDirector[],
  directors: readonly Director[],
  home: PlannedNetwork,
  assumed: Assumptions,
): { directors: PlannedDirector[]; services: PlannedService[] } {
  const held = directors.some(({ virtualServers }) => virtualServers.length > 0) ? [] : heldOn(home, directors);
  if (held.length === 0) return { directors: [...planned], services: [] };
  const isRun = (unit: string) => planned.every(({ services }) => services.includes(unit));
  const unit = Object.keys(webServers).find(isRun) as keyof typeof webServers | undefined;
  const web = unit ?? "nginx";
  assumed.add(
    "client",
    `${web} answers on port 80 of ${held.join(", ")}: nothing in the folder says what does; put its configuration there, such as haproxy.cfg, or change services`,
  );
  const and = (all: readonly string[], one: string) => (all.includes(one) ? all : [...all, one]);
  return {
    directors: planned.map((one) => ({
      ...one,
      packages: and(one.packages, webServers[web]),
      services: and(one.services, web),
    })),
    services: held.map((address) => ({ address, port: 80, tls: false })),
  };
}

/** The addresses of a network that instances hold, each once. */
const heldOn = ({ subnets }: PlannedNetwork, directors: readonly Director[]): Ip[] =>
  [...new Set(directors.flatMap(({ instances }) => instances.flatMap(heldBy)).map(({ address }) => address))].filter(
    (address) => subnets.some((subnet) => contains(subnet, address)),
  );

const covers = ({ address, families }: Omit<Bind, "port" | "tls">, one: Ip): boolean =>
  address === undefined ? families.includes(familyOf(one)) : address === one;
