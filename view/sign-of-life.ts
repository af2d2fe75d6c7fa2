import type { Grade } from "../verify/grade/grade.ts";
import type { LabStatus } from "../verify/live/status.ts";
import type { SignOfLife } from "./tile.ts";

/**
 * What a look found, as a text that is equal as long as nobody changes anything: the state of servers and services, addresses, IPVS tables, and the
 * status of each task. It leaves out what changes by itself: counters, idle times, and what tasks have seen, which may name moments.
 */
export function stateOf({ status, grade }: { readonly status: LabStatus; readonly grade?: Grade }): string {
  const servers = status.servers.map(({ idleSeconds: _, ...server }) => server);
  const holders = status.virtualAddresses.map(({ address, holders: names }) => [address, ...names]);
  return JSON.stringify([servers, holders, grade?.tasks.map((task) => task.status)]);
}

/** The latest of the signs. */
export const latestSign = (...signs: readonly (SignOfLife | undefined)[]): SignOfLife | undefined =>
  signs.reduce((latest, sign) => (sign && sign.at > (latest?.at ?? 0) ? sign : latest), undefined);

/** When a key was pressed last in a terminal of any server, by what a look at that moment found. */
export function lastKey(status: LabStatus, at: number): SignOfLife | undefined {
  const idle = status.servers.flatMap(({ idleSeconds }) => idleSeconds ?? []);
  return idle.length === 0 ? undefined : { at: at - Math.min(...idle) * 1000, kind: "key" };
}
