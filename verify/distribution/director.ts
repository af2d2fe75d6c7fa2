import { directors, hostPort, ipvsKeyOf, type VirtualService } from "../../lab/index.ts";
import {
  type IpvsConnection,
  type ListedDestination,
  parseIpvsConnections,
  parseIpvsList,
} from "../../provision/roles/ipvs-table.ts";
import type { View } from "../live/view.ts";
import type { Event } from "./experiment.ts";
import type { Start } from "./judge.ts";

/** A service on a director at some moment. */
export interface Snapshot {
  /** By `ADDRESS:PORT`, in the kernel's own order. */
  readonly destinations: Readonly<Record<string, ListedDestination>>;
  /** Those to the service. */
  readonly connections: readonly IpvsConnection[];
}

/** A service on each director that answers and has it, by the director's name. */
export type Snapshots = ReadonlyMap<string, Snapshot>;

/**
 * Looks at a service on all directors at once. The connections themselves are read, not the statistics of `ipvsadm --stats`, which the kernel updates
 * every two seconds. They are read first: one that is forgotten before the counts are read is missed in the later list.
 * @throws the first error, if no director answers
 */
export async function snapshots(view: View, service: VirtualService): Promise<Snapshots> {
  const names = directors(view.lab).map(({ name }) => name);
  const outputs = await Promise.allSettled(
    names.map(async (name) => (await view.on(name)`ipvsadm -lnc; ipvsadm -ln --nosort`).output),
  );
  const [first] = outputs;
  if (first?.status === "rejected" && outputs.every(({ status }) => status === "rejected")) throw first.reason;
  return new Map(
    outputs.flatMap((output, index) => {
      const snapshot = output.status === "fulfilled" ? snapshotIn(output.value, service) : undefined;
      return snapshot ? [[names[index] ?? "", snapshot] as const] : [];
    }),
  );
}

/** A service in the output of both commands; undefined if it is not there. */
function snapshotIn(output: string, virtualService: VirtualService): Snapshot | undefined {
  const virtual = hostPort(virtualService.vip, virtualService.port);
  const [connections = "", list = ""] = output.split(/^(?=IP Virtual Server)/m);
  const service = parseIpvsList(list).find(({ key }) => key === ipvsKeyOf(virtualService));
  return (
    service && {
      destinations: service.destinations,
      connections: parseIpvsConnections(connections).filter((one) => one.virtual === virtual),
    }
  );
}

/** An experiment as the director saw it through which its connections went. */
export interface Passage {
  /** How many of the answered connections went through its table: the others reached a real server past it. */
  readonly passed: number;
  readonly answered: number;
  readonly start: Start;
  /** Connections of others that began meanwhile, by destination. */
  readonly others: Readonly<Record<string, number>>;
  /** Whether others opened or closed connections meanwhile. */
  readonly disturbed: boolean;
}

/** The passage of an experiment; undefined if no director has the service before and after. */
export function passageOf(events: readonly Event[], before: Snapshots, after: Snapshots): Passage | undefined {
  const opened = events.flatMap((event) => (event.kind === "released" ? [] : [event]));
  const answered = opened.filter(({ answer }) => answer.outcome === "answered").length;
  const own = new Set(opened.map(({ from }) => hostPort(from.address, from.port)));
  const passages = [...after].flatMap(([name, now]): Passage[] => {
    const then = before.get(name);
    return then ? [{ answered, ...between(then, now, own) }] : [];
  });
  return passages.toSorted((one, other) => other.passed - one.passed)[0];
}

/** What changed on a director between two moments. `own`: the sources of the experiment's connections. */
function between(then: Snapshot, now: Snapshot, own: ReadonlySet<string>): Omit<Passage, "answered"> {
  const old = new Map(then.connections.map((one) => [one.source, one]));
  const late = new Map(now.connections.map((one) => [one.source, one]));
  const begun = now.connections.filter(({ source }) => !own.has(source) && !old.has(source));
  const ended = then.connections.filter((one) => isActive(one) && !isActive(late.get(one.source)));
  const forgotten = then.connections.filter((one) => !isActive(one) && !late.has(one.source));
  // An entry that was there already took the connection past the scheduler.
  const reused = then.connections.some(({ source }) => own.has(source));
  return {
    passed: now.connections.filter(({ source }) => own.has(source)).length,
    start: startOf(then, countBy(forgotten)),
    others: countBy(begun),
    disturbed: begun.length > 0 || ended.length > 0 || reused,
  };
}

/** What the destinations have to do at a moment. `forgotten`: how many of their inactive connections were forgotten later. */
export const startOf = ({ destinations }: Snapshot, forgotten: Readonly<Record<string, number>> = {}): Start =>
  new Map(
    Object.entries(destinations).map(([key, { active, inactive }]) => [
      key,
      { active, inactive, forgotten: forgotten[key] ?? 0 },
    ]),
  );

/** tcp_state_active_table of net/netfilter/ipvs/ip_vs_proto_tcp.c. */
const ACTIVE = ["ESTABLISHED", "SYN_SENT", "SYN_RECV", "SYNACK"];

const isActive = (connection: IpvsConnection | undefined): boolean => ACTIVE.includes(connection?.state ?? "");

const countBy = (connections: readonly IpvsConnection[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { destination } of connections) counts[destination] = (counts[destination] ?? 0) + 1;
  return counts;
};
