import { setTimeout as delay } from "node:timers/promises";
import { directors, type Lab, realServers } from "../../lab/index.ts";
import {
  type ListedDestination,
  parseIpvsList,
  parseThresholds,
  type Thresholds,
  thresholdOptions,
} from "../../provision/roles/ipvs-table.ts";
import { command, UnreachableError } from "../../provision/ssh/index.ts";
import { LabError } from "./lab-error.ts";
import type { View } from "./view.ts";

/**
 * The weights that drained destinations had, on each director: a line each, `KEY ADDRESS:PORT WEIGHT`. In memory, as the kernel's table is: both
 * end with a reboot.
 */
const RECORD = "/run/lvs-lab-drained";

/** A destination in a director's table that is one of the drained server's. */
export interface Destination {
  readonly director: string;
  /** ipvsadm's name of its service: `-t ADDRESS:PORT`. */
  readonly service: string;
  /** `ADDRESS:PORT` */
  readonly address: string;
  readonly weight: number;
  /** Connections that stand. */
  readonly active: number;
  /** Whether the service has another destination with a weight. */
  readonly hasOthers: boolean;
  readonly forwarding: ListedDestination["forwarding"];
  readonly thresholds: Thresholds;
}

/** A destination that has its weight again. */
export interface Restored extends Destination {
  readonly restored: number;
}

/** What draining a server, or its end, has changed. */
export interface Drained<D extends Destination = Destination> {
  /** As they were before. */
  readonly changed: readonly D[];
  /** Directors that do not answer: a restart of theirs, or `up`, gives their tables anew. */
  readonly unreachable: readonly string[];
}

/**
 * Gives weight 0 to a server in the table of every director, in whatever service: IPVS sends it no new connections, and those that stand go on
 * (ipvsadm(8), --weight). A second call changes nothing.
 * @throws LabError if it is in no director's table
 */
export async function drain(view: View, server: string): Promise<Drained> {
  known(view.lab, server);
  const { found, unreachable } = await destinationsOf(view, server);
  if (found.length === 0)
    throw new LabError(
      `${server} is in no director's IPVS table${asked(unreachable)}: there is nothing to drain. A failed real server is taken out; \`npx lvs-lab status\` shows the tables`,
    );
  const changed = found.filter(({ weight }) => weight > 0);
  for (const [director, own] of byDirector(changed)) {
    const lines = own.map(({ service, address, weight }) => `${service} ${address} ${weight}\n`).join("");
    // Recorded first: what was interrupted can be undone.
    await run(
      view,
      director,
      [command`printf %s ${lines} >> ${RECORD}`, ...own.map((one) => edit(one, 0))].join(" && "),
    );
  }
  return { changed, unreachable };
}

/**
 * Gives a drained server the weights that it had. Those that have a weight again are left alone: keepalived sets that of its file when a real
 * server returns, and `up` mends it.
 * @throws LabError if it was not drained on any director
 */
export async function undrain(view: View, server: string): Promise<Drained<Restored>> {
  known(view.lab, server);
  const { found, records, unreachable } = await destinationsOf(view, server);
  const recorded = [...records].flatMap(([director, lines]) => lines.map((line) => ({ director, ...line })));
  if (!recorded.some(({ address }) => isOf(view.lab, server, address)))
    throw new LabError(`${server} is not drained${asked(unreachable)}: \`npx lvs-lab status\` shows the weights`);
  const changed: Restored[] = [];
  for (const [director, lines] of records) {
    // The last line of a destination counts.
    const own = new Map(
      lines
        .filter(({ address }) => isOf(view.lab, server, address))
        .map((line) => [`${line.service} ${line.address}`, line.weight]),
    );
    const rest = lines.filter(({ address }) => !isOf(view.lab, server, address));
    const back = found
      .filter((one) => one.director === director && one.weight === 0)
      .flatMap((one): Restored[] => {
        const restored = own.get(`${one.service} ${one.address}`);
        return restored === undefined ? [] : [{ ...one, restored }];
      });
    const text = rest.map(({ service, address, weight }) => `${service} ${address} ${weight}\n`).join("");
    if (own.size > 0)
      await run(
        view,
        director,
        [...back.map((one) => edit(one, one.restored)), command`printf %s ${text} > ${RECORD}`].join(" && "),
      );
    changed.push(...back);
  }
  return { changed, unreachable };
}

/** Waits until no connection to a server stands on any director. @returns the connections that are left after so many seconds: 0 if it is quiet */
export async function connectionsLeft(view: View, server: string, seconds: number): Promise<number> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const { found } = await destinationsOf(view, server);
    const left = found.reduce((sum, { active }) => sum + active, 0);
    if (left === 0 || performance.now() > deadline) return left;
    await delay(500);
  }
}

interface Recorded {
  readonly service: string;
  readonly address: string;
  readonly weight: number;
}

interface Looked {
  readonly found: readonly Destination[];
  /** By director. */
  readonly records: ReadonlyMap<string, readonly Recorded[]>;
  readonly unreachable: readonly string[];
}

async function destinationsOf(view: View, server: string): Promise<Looked> {
  const found: Destination[] = [];
  const records = new Map<string, Recorded[]>();
  const unreachable: string[] = [];
  for (const { name } of directors(view.lab)) {
    try {
      const { output: both } = await view.on(name)`ipvsadm -ln; ipvsadm -ln --thresholds`;
      const [list = "", limits = ""] = both.split(/^(?=IP Virtual Server)/m);
      const table = parseIpvsList(list);
      const thresholds = parseThresholds(limits);
      const { output } = await view.on(name)`cat ${RECORD} 2>/dev/null || true`;
      records.set(name, parseRecord(output));
      for (const { key, destinations } of table)
        for (const [address, { weight, active, forwarding }] of Object.entries(destinations))
          if (isOf(view.lab, server, address)) {
            const others = Object.entries(destinations).filter(([other]) => other !== address);
            const hasOthers = others.some(([, other]) => other.weight > 0);
            const own = thresholds.get(`${key} ${address}`) ?? {};
            const known = { address, weight, active, forwarding, hasOthers, thresholds: own };
            found.push({ director: name, service: key, ...known });
          }
    } catch (error) {
      if (!(error instanceof UnreachableError)) throw error;
      unreachable.push(name);
    }
  }
  return { found, records, unreachable };
}

const parseRecord = (text: string): Recorded[] =>
  [...text.matchAll(/^(-[tuf] \S+) (\S+) (\d+)$/gm)].map(([, service = "", address = "", weight]) => ({
    service,
    address,
    weight: Number(weight),
  }));

const flags = { Route: "-g", Local: "-g", Masq: "-m", Tunnel: "-i" } as const;

const edit = ({ service, address, forwarding, thresholds }: Destination, weight: number): string =>
  command`ipvsadm --edit-server ${service.split(" ")} --real-server ${address} ${flags[forwarding]} --weight ${weight} ${thresholdOptions(thresholds)}`;

async function run(view: View, director: string, script: string): Promise<void> {
  const { output, status } = await view.on(director)`bash -c ${script}`;
  if (status !== 0) throw new LabError(`ipvsadm on ${director} ended with status ${status}: ${output.trim()}`);
}

const byDirector = (all: readonly Destination[]): Map<string, Destination[]> => {
  const map = new Map<string, Destination[]>();
  for (const one of all) map.set(one.director, [...(map.get(one.director) ?? []), one]);
  return map;
};

const isOf = ({ servers }: Lab, name: string, address: string): boolean =>
  servers.some(
    (server) =>
      server.name === name &&
      server.interfaces.some(({ addresses }) => addresses.some((own) => address.startsWith(`${own}:`))),
  );

function known(lab: Lab, server: string): void {
  if (lab.servers.some(({ name }) => name === server)) return;
  throw new LabError(
    `the lab has no server "${server}"; its real servers are ${realServers(lab)
      .map(({ name }) => name)
      .join(", ")}`,
    "misuse",
  );
}

const asked = (unreachable: readonly string[]): string =>
  unreachable.length > 0 ? ` (${unreachable.join(" and ")} did not answer)` : "";
