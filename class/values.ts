import { hostPort, type Lab } from "../lab/index.ts";
import type { Member } from "./class.ts";

/** What a student's lab has of its own, as rows of a table, without columns that are empty for all. */
export function valueRows(members: readonly Pick<Member, "id" | "lab">[]): string[][] {
  const columns: readonly (readonly [string, (lab: Lab) => string])[] = [
    ["address", (lab) => entrancesOf(lab).join(" ")],
    ["token", ({ services }) => services[0]?.realServers[0]?.token ?? ""],
    ["virtual router", ({ vrrp }) => vrrp.map(({ id }) => String(id)).join(" ")],
    [
      "priorities",
      ({ vrrp }) =>
        vrrp.map(({ members }) => members.map(({ server, priority }) => `${server} ${priority}`).join(", ")).join("; "),
    ],
    [
      "weights",
      ({ services }) =>
        services
          .map(({ realServers }) => realServers.map(({ server, weight }) => `${server} ${weight}`).join(", "))
          .join("; "),
    ],
  ];
  const filled = columns.filter(([, valueIn]) => members.some(({ lab }) => valueIn(lab) !== ""));
  const rows = members.map(({ id, lab }) => [id, ...filled.map(([, valueIn]) => valueIn(lab))]);
  return [["id", ...filled.map(([title]) => title)], ...rows];
}

/** A lab's VIPs with their ports. */
export const entrancesOf = ({ services }: Lab): string[] => services.map(({ vip, port }) => hostPort(vip, port));
