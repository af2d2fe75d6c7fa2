import { contains, familyOf, type Ip, prefixLengthOf } from "../../lab/index.ts";
import type { all } from "../conf/tree.ts";
import type { Director } from "../directors/director.ts";
import { type Method, servedAddresses, type VirtualServer } from "../directors/virtual-server.ts";
import type { Folder } from "../folder.ts";
import { askedByScripts } from "./asked-by-scripts.ts";
import { type BfdEnd, bfdEndsOf } from "./bfd.ts";
import {
  type Answers,
  answersTo,
  type DatagramDemand,
  md5,
  type Pages,
  targetsOf,
  type WebDemand,
} from "./checks/index.ts";
import { askedOf } from "./open-services.ts";
import type { Plan, PlannedService, StandIn } from "./plan.ts";
import { proxiesOf } from "./proxies/index.ts";

/** A stand-in with all that configurations ask of it. Addresses of its own have their prefix lengths. */
export interface EquippedStandIn {
  readonly name: string;
  readonly network: string;
  readonly addresses: string[];
  /** The VIPs that it has without answering for them: those whose packets reach it by direct routing or in a tunnel. */
  readonly quietAddresses: string[];
  readonly gateways: string[];
  readonly tunnel: boolean;
  readonly listeners: Listener[];
  readonly datagrams: DatagramPort[];
  /** The TCP ports on which it speaks SMTP. */
  readonly mail: number[];
  readonly bfd: BfdEnd[];
  /** What of a health check no stand-in can answer, a sentence each that names the fix. */
  readonly missing: readonly string[];
}

/** Where a stand-in answers by HTTP: each TCP port of it that a configuration names, with TLS where a health check speaks it. */
export interface Listener {
  readonly port: number;
  readonly tls: boolean;
  /** What it answers for paths where that is not its name with status 200. */
  readonly answers: WebAnswer[];
}

export interface WebAnswer {
  readonly path: string;
  /** The host that is asked for; not there: any. */
  readonly host?: string;
  readonly status: number;
  /** The page; not there: its name, or with another status than 200 nothing. */
  readonly page?: string;
  /** Whether clients get it, too, not health checks alone. */
  readonly everyone: boolean;
}

/** A UDP port on which a stand-in answers. Datagrams are in hexadecimal. */
export interface DatagramPort {
  readonly port: number;
  readonly dns: boolean;
  readonly replies: { readonly to: string; readonly reply: string }[];
  /** The answer to all others; not there: its name. */
  readonly reply?: string;
}

/** Directors with the folder that has their configurations. */
export interface Configured {
  readonly folder: Folder;
  readonly directors: readonly Director[];
}

/**
 * The stand-ins of a plan, each with what the directors' configurations and proxies ask of it.
 * @param next configurations that are to replace these: what they ask is answered, too. Of files of the same name those of the plan's own folder count
 */
export function standInsOf(plan: Plan, now: Configured, next?: Configured): EquippedStandIn[] {
  const sides = [now, ...(next ? [next] : [])];
  const files = sides.toReversed().flatMap(({ folder }) => folder.texts());
  const texts = new Map(files.map(({ file, text }) => [file, text]));
  const notUtf8 = new Set(files.filter(({ encoding }) => encoding !== "utf8").map(({ file }) => file));
  const directors = sides.flatMap((side) => side.directors);
  const digests = new Map([...texts.values()].map((text) => [md5(text), text]));
  const uses = [
    ...directors.flatMap(({ virtualServers }) => virtualServers.flatMap((one) => usesOf(one, plan.services))),
    ...proxiesOf(plan, now.folder).flatMap(({ proxy }) =>
      proxy.backends.map(({ address, port, tls }) => useOf(address, { web: [{ port, tls }] })),
    ),
    ...sides
      .flatMap((side) => side.directors.flatMap((director) => askedByScripts(side.folder, director)))
      .map(({ address, port, tls, protocol, dns }) =>
        useOf(
          address,
          protocol === "udp" ? { datagrams: [{ port, ...(dns ? { dns } : {}) }] } : { web: [{ port, tls }] },
        ),
      ),
  ];
  return plan.standIns.map((standIn) => {
    const { name, network, addresses, gateways } = standIn;
    const own = uses.filter((use) => addresses.some((address) => address === use.address));
    const pages: Pages = {
      own: Object.fromEntries(Object.entries(standIn.pages).map(([path, file]) => [path, texts.get(file) ?? ""])),
      withDigest: (digest) => digests.get(digest),
    };
    const asked = own.map((use) => use.answers(name, pages));
    const quiet = own.filter(({ method }) => method !== undefined && method !== "NAT");
    const mail = [...new Set(asked.flatMap((one) => one.mail ?? []))].filter(isPort).sort(ascending);
    const { listeners, missing } = listenersOf(
      asked.flatMap((one) => one.web ?? []).filter(({ port }) => !mail.includes(port)),
      pages,
      standIn,
    );
    const { ends, missing: apart } = bfdEndsOf(plan, directors, standIn);
    const changed = Object.entries(standIn.pages)
      .filter(([, file]) => notUtf8.has(file))
      .map(
        ([path, file]) =>
          `${file}, the page ${path} of ${name}, is no text of UTF-8, and ${name} answers with other bytes: convert it with iconv(1)`,
      );
    return {
      ...{ name, network },
      addresses: addresses.map((address) => `${address}/${prefixLengthIn(plan, network, address)}`),
      quietAddresses: [...new Set(quiet.flatMap(({ vips = [] }) => vips))],
      gateways: [...gateways],
      tunnel: own.some(({ method }) => method === "TUN"),
      listeners,
      datagrams: datagramPortsOf(asked.flatMap((one) => one.datagrams ?? [])),
      mail,
      bfd: ends,
      missing: [...new Set([...asked.flatMap((one) => one.missing ?? []), ...missing, ...apart, ...changed])],
    };
  });
}

/** The prefix length of an address in the plan's networks. */
const prefixLengthIn = ({ networks }: Plan, network: string, address: Ip): number => {
  const subnet = networks.find(({ name }) => name === network)?.subnets.find((one) => contains(one, address));
  return subnet ? prefixLengthOf(subnet) : familyOf(address) === 4 ? 32 : 128;
};

/** What a virtual server, a health check or a proxy asks of an address. */
interface Use {
  readonly address: Ip;
  /** How packets for the virtual server come to it; not there: they do not. */
  readonly method?: Method;
  /** The VIPs of the virtual server. */
  readonly vips?: readonly Ip[];
  /** @param name of the host */
  answers(name: string, pages: Pages): Answers;
}

const useOf = (address: Ip, answers: Answers): Use => ({ address, answers: () => answers });

/** What a virtual server asks of its real servers, of its sorry server, and of whatever its checks go to. */
function usesOf(service: VirtualServer, planned: readonly PlannedService[]): Use[] {
  const { mark, ranges, realServers, sorryServer } = service;
  // Where it names no port, clients ask for those of the plan.
  const asked = askedOf(service, planned);
  const served = [...ranges.map(({ port }) => port), ...asked.map(({ port }) => port)];
  const vips = [...servedAddresses(service), ...(mark === undefined ? [] : asked.map(({ address }) => address))];
  const isTls = (port: number): boolean => asked.some((one) => one.port === port && one.tls);
  const serving = (address: Ip, own: number, method: Method): Use => {
    const ports = own > 0 ? [own] : served;
    return { ...useOf(address, servedOn(service, ports, isTls)), method, vips };
  };
  const uses = realServers.flatMap((real): Use[] => {
    const checks = real.checks.flatMap((check) =>
      targetsOf(check, real).map(
        ({ address, port }): Use => ({
          address,
          answers: (name, pages) => (isPort(port) ? answersTo(check, real, port, name, pages) : {}),
        }),
      ),
    );
    return [serving(real.address, real.portInTable || real.port, real.method), ...checks];
  });
  return [...uses, ...(sorryServer ? [serving(sorryServer.address, sorryServer.port, sorryServer.method)] : [])];
}

/** What clients of a virtual server ask of a host on its ports. */
function servedOn(
  { protocol, name }: VirtualServer,
  ports: readonly number[],
  isTls: (port: number) => boolean,
): Answers {
  if (protocol === "UDP") return { datagrams: ports.map((port) => ({ port })) };
  if (protocol === "SCTP") return { missing: [`${name} is a service of SCTP, which no stand-in speaks`] };
  return { web: ports.map((port) => ({ port, tls: isTls(port) })) };
}

const isPort = (port: number): boolean => Number.isInteger(port) && port > 0 && port < 65_536;

const ascending = (one: number, other: number): number => one - other;

/** One listener for each port, with all that is asked of it, in the order of the ports. */
function listenersOf(
  demands: readonly WebDemand[],
  { own }: Pages,
  { name }: StandIn,
): { listeners: Listener[]; missing: string[] } {
  const missing: string[] = [];
  const ports = [...new Set(demands.map(({ port }) => port))].filter(isPort).sort(ascending);
  const listeners = ports.map((port): Listener => {
    const here = demands.filter((one) => one.port === port);
    const urls = here.flatMap(({ url }) => url ?? []);
    const keys = [...new Set(urls.map(({ path, host }) => `${path} ${host ?? ""}`))];
    const asked = keys.flatMap((key): WebAnswer[] => {
      const all = urls.filter(({ path, host }) => `${path} ${host ?? ""}` === key);
      const { path, host } = all[0] as (typeof all)[number];
      const statuses = all
        .map((one) => one.statuses)
        .reduce((before, these) => {
          const both = before.filter((status) => these.includes(status));
          if (both.length === 0)
            missing.push(
              `health checks want different statuses of ${path} on port ${port} of ${name}, so that one of them fails: let them ask for different paths`,
            );
          return both.length > 0 ? both : these;
        });
      const pages = [...new Set(all.flatMap((one) => one.page ?? []))];
      if (pages.length > 1)
        missing.push(
          `health checks want different pages of ${path} on port ${port} of ${name}, so that one of them may fail: name a file that all of them take, pages: { ${JSON.stringify(path)}: FILE }`,
        );
      const page = pages.at(-1);
      const status = statusFor(statuses, page !== undefined);
      if (status === undefined)
        missing.push(
          `no answer has one of the statuses that a health check wants of ${path} on port ${port} of ${name}: correct its status_code`,
        );
      const everyone = page !== undefined && path !== "/" && own[path] === page;
      if (status === undefined || (status === 200 && page === undefined)) return [];
      return [
        { path, ...(host === undefined ? {} : { host }), status, ...(page === undefined ? {} : { page }), everyone },
      ];
    });
    const further = Object.entries(own)
      .filter(([path]) => path !== "/" && !asked.some((one) => one.path === path && one.everyone))
      .map(([path, page]): WebAnswer => ({ path, status: 200, page, everyone: true }));
    return { port, tls: here.some(({ tls }) => tls), answers: [...asked, ...further] };
  });
  return { listeners, missing };
}

/** Statuses whose answers have no content: RFC 9110, sections 15.3.5 and 15.4.5. */
const withoutContent = [204, 304];

/** The status to answer with, of those that are taken; undefined: none is that of an answer that ends a request. */
const statusFor = (statuses: readonly number[], hasPage: boolean): number | undefined =>
  statuses.includes(200)
    ? 200
    : statuses.find((status) => status > 200 && status < 600 && !(hasPage && withoutContent.includes(status)));

/** The UDP ports, each with all that is asked of it, in their order. */
const datagramPortsOf = (demands: readonly DatagramDemand[]): DatagramPort[] =>
  [...new Set(demands.map(({ port }) => port))]
    .filter(isPort)
    .sort(ascending)
    .map((port) => {
      const here = demands.filter((one) => one.port === port);
      const replies = here.flatMap(({ reply }) => reply ?? []);
      const otherwise = replies.findLast(({ to }) => to === undefined)?.reply;
      const known = new Map(replies.flatMap(({ to, reply }) => (to === undefined ? [] : [[to, reply] as const])));
      return {
        port,
        dns: here.some(({ dns }) => dns),
        replies: [...known].map(([to, reply]) => ({ to, reply })),
        ...(otherwise === undefined ? {} : { reply: otherwise }),
      };
    });
