import { serverOfPage, type VirtualService } from "../../lab/index.ts";
import type { ProbedRequest } from "./records.ts";

/** Server names by the pages that they serve. */
export type ServerNames = Pick<ReadonlyMap<string, string>, "get">;

/** The names of a service's real servers. Each page is looked at once: a load has thousands of the same. */
export function serverNames(service: Pick<VirtualService, "realServers">): ServerNames {
  const known = new Map<string, string | undefined>();
  return {
    get(page) {
      if (!known.has(page)) known.set(page, serverOfPage(service, page)?.server);
      return known.get(page);
    },
  };
}

/** The maximum length of an unknown page, which stands for itself. */
const PAGE_CHARACTERS = 40;

/** The name of the server that a page came from. */
export const serverOf = (body: string, names: ServerNames): string => names.get(body) ?? body.slice(0, PAGE_CHARACTERS);

/** The number of requests that each server answered, without delayed ones. A server without answers is absent. */
export function answersPerServer(requests: readonly ProbedRequest[], names: ServerNames): Record<string, number> {
  const perServer: Record<string, number> = {};
  for (const { outcome, body } of requests) {
    if (outcome !== "answered") continue;
    const server = serverOf(body, names);
    perServer[server] = (perServer[server] ?? 0) + 1;
  }
  return perServer;
}

/**
 * Whether shares are even: none is empty, and the largest and the smallest differ by no more than a tenth of the larger, or by two requests.
 * Overlapping requests, of which some have not ended, allow no finer test.
 */
export function areEven(shares: readonly number[]): boolean {
  const [least, most] = [Math.min(...shares), Math.max(...shares)];
  return shares.length > 0 && least > 0 && most - least <= Math.max(2, most / 10);
}
