import { directors, type Lab } from "../../lab/lab.ts";
import { parseIpAddresses } from "../../provision/roles/ip-address.ts";
import { patience } from "../../provision/ssh/index.ts";
import { type LiveLab, onServer } from "./live-lab.ts";
import { domainState } from "./power.ts";

/** Which directors hold the VIP, in the lab file's order. */
export interface VipHolders {
  readonly holders: readonly string[];
  /** Directors that could not be asked, being off, frozen or cut off. They hold nothing that anybody could reach. */
  readonly unasked: readonly string[];
}

/** Asks every director at once, over SSH, whether it has the VIP on an interface. */
export async function vipHolders(live: LiveLab): Promise<VipHolders> {
  const names = directors(live.lab).map(({ name }) => name);
  const holds = await Promise.all(names.map((name) => asked(live, name)));
  return {
    holders: names.filter((_, index) => holds[index] === true),
    unasked: names.filter((_, index) => holds[index] === undefined),
  };
}

/** Whether a server has the VIP, by what `ip -oneline -4 address show` printed there. */
export const holdsVip = ({ service: { vip } }: Lab, output: string): boolean =>
  parseIpAddresses(output).some(({ address }) => address === vip);

/** Holders as words for a message: `server1`, `server1 and server4`, `nobody`; those that could not be asked are named. */
export function holdersInWords({ holders, unasked = [] }: Pick<VipHolders, "holders"> & Partial<VipHolders>): string {
  const silent = unasked.length > 0 ? ` (${unasked.join(" and ")} cannot be asked)` : "";
  return `${holders.join(" and ") || "nobody"}${silent}`;
}

/** Undefined: it cannot be asked. */
async function asked(live: LiveLab, name: string): Promise<boolean | undefined> {
  if ((await domainState(live, name)) !== "running") return undefined;
  try {
    const server = await onServer(live, name, { seconds: patience(live, 1) });
    return holdsVip(live.lab, await server.run`ip -oneline -4 address show`);
  } catch {
    return undefined;
  }
}
