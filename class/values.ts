import { hostPort, type Lab } from "../lab/index.ts";
import type { Member } from "./class.ts";
import type { VaryPart } from "./vary/index.ts";

/** A column of values. */
interface Column {
  readonly title: string;
  /** The part by which they differ; not there: a student needs them in any case. */
  readonly part?: VaryPart;
  valueIn(lab: Lab): string;
}

const columns: readonly Column[] = [
  { title: "address", valueIn: (lab) => entrancesOf(lab).join(" ") },
  { title: "token", part: "token", valueIn: ({ services }) => services[0]?.realServers[0]?.token ?? "" },
  { title: "virtual router", part: "virtualRouterId", valueIn: ({ vrrp }) => vrrp.map(({ id }) => id).join(" ") },
  {
    ...{ title: "priorities", part: "priorities" },
    valueIn: ({ vrrp }) =>
      vrrp.map(({ members }) => members.map(({ server, priority }) => `${server} ${priority}`).join(", ")).join("; "),
  },
  {
    ...{ title: "weights", part: "weights" },
    valueIn: ({ services }) =>
      services
        .map(({ realServers }) => realServers.map(({ server, weight }) => `${server} ${weight}`).join(", "))
        .join("; "),
  },
];

/** What each student's lab has of its own, as rows of a table: where services are, and a column for what varies, unless it is empty for all. */
export function valueRows(
  members: readonly Pick<Member, "id" | "lab">[],
  { vary }: { readonly vary: readonly VaryPart[] },
): string[][] {
  const filled = columns.filter(
    ({ part, valueIn }) =>
      (part === undefined || vary.includes(part)) && members.some(({ lab }) => valueIn(lab) !== ""),
  );
  const rows = members.map(({ id, lab }) => [id, ...filled.map(({ valueIn }) => valueIn(lab))]);
  return [["id", ...filled.map(({ title }) => title)], ...rows];
}

/** A lab's VIPs with their ports. */
export const entrancesOf = ({ services }: Lab): string[] => services.map(({ vip, port }) => hostPort(vip, port));
