import { type Lab, realServers } from "../../lab/lab.ts";
import type { ProbedRequest } from "./records.ts";

/** Servers' names by the pages that they serve, trimmed as the probe has them. */
export type ServerNames = ReadonlyMap<string, string>;

/** The names of a lab's real servers. */
export const serverNames = (lab: Lab): ServerNames =>
  new Map(realServers(lab).map(({ name, page }) => [page.trim(), name]));

/** A page that no server is known for stands for itself, up to so many characters. */
const PAGE_CHARACTERS = 40;

/** The name of the server that a page came from. */
export const serverOf = (body: string, names: ServerNames): string => names.get(body) ?? body.slice(0, PAGE_CHARACTERS);

/** How many of the requests each server answered; late answers do not count. Those that answered none are not there. */
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
 * Whether shares are even as far as can be told of requests that overlap, of which some were begun and not ended: all have one, and the
 * largest and the smallest differ by no more than a tenth of the larger, or by two requests.
 */
export function areEven(shares: readonly number[]): boolean {
  const [least, most] = [Math.min(...shares), Math.max(...shares)];
  return shares.length > 0 && least > 0 && most - least <= Math.max(2, most / 10);
}
