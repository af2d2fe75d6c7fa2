import { directors, type Ip } from "../../lab/index.ts";
import { parseIpAddresses } from "../../provision/roles/ip-address.ts";
import { patience } from "../../provision/ssh/index.ts";
import { type LiveLab, onServer } from "./live-lab.ts";
import { domainState } from "./power.ts";

/** The directors that hold a VIP, in the lab file's order. */
export interface VipHolders {
  readonly holders: readonly string[];
  /** Directors that do not answer: off, frozen or cut off. Nobody can reach a VIP that they hold. */
  readonly unasked: readonly string[];
}

/** Asks all directors in parallel, over SSH, whether an interface has a VIP. */
export async function vipHolders(live: LiveLab, vip: Ip): Promise<VipHolders> {
  const names = directors(live.lab).map(({ name }) => name);
  const holds = await Promise.all(names.map((name) => asked(live, name, vip)));
  return {
    holders: names.filter((_, index) => holds[index] === true),
    unasked: names.filter((_, index) => holds[index] === undefined),
  };
}

/** Whether a server has the VIP, by its output of `ip -oneline address show`. */
export const holdsVip = (vip: Ip, output: string): boolean =>
  parseIpAddresses(output).some(({ address }) => address === vip);

/** Holders in words: `server1`, `server1 and server4`, `nobody`; directors that do not answer are named. */
export function holdersInWords({ holders, unasked = [] }: Pick<VipHolders, "holders"> & Partial<VipHolders>): string {
  const silent = unasked.length > 0 ? ` (${unasked.join(" and ")} cannot be asked)` : "";
  return `${holders.join(" and ") || "nobody"}${silent}`;
}

/** Whether a director holds a VIP; undefined if it does not answer. */
async function asked(live: LiveLab, name: string, vip: Ip): Promise<boolean | undefined> {
  if ((await domainState(live, name)) !== "running") return undefined;
  try {
    const server = await onServer(live, name, { seconds: patience(live, 1) });
    return holdsVip(vip, await server.run`ip -oneline address show`);
  } catch {
    return undefined;
  }
}
