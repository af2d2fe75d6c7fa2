import type { Scheduler, VirtualService } from "../../../../lab/index.ts";
import { dh } from "../../../../lab/schedulers/dh.ts";
import { alike } from "../../../../lab/schedulers/weights.ts";

/** Schedulers that no client can tell apart. */
export interface Same {
  /** The check of the first passes where the second is set. */
  readonly expected: Scheduler;
  readonly set: Scheduler;
  /** Whether it is so with a service. */
  where(service: VirtualService): boolean;
  /** Whether it also depends on what the scheduler remembers. */
  readonly byMemory?: true;
  /** As docs/schedulers.md says it. */
  readonly because: string;
}

const weightsOf = ({ realServers }: VirtualService): number[] => realServers.map(({ weight }) => weight);

const both = (one: Scheduler, other: Scheduler, rest: Omit<Same, "expected" | "set">): Same[] => [
  { expected: one, set: other, ...rest },
  { expected: other, set: one, ...rest },
];

/** lblcr's set of real servers may be all, which its check cannot know; one that is set has what it has. */
function likeLblcr(other: Scheduler, where: Same["where"]): Same[] {
  const because = "`lblcr` chooses as `wlc` does among the VIP's real servers. These may be all.";
  return [
    { expected: "lblcr", set: other, where, because },
    { expected: other, set: "lblcr", where, because, byMemory: true },
  ];
}

const evenly = (service: VirtualService): boolean => alike(weightsOf(service));

export const same: readonly Same[] = [
  ...both("rr", "wrr", { where: evenly, because: "With equal weights, each real server has one turn." }),
  ...both("lc", "wlc", { where: evenly, because: "With equal weights, weights do not matter." }),
  ...both("sed", "nq", {
    where: evenly,
    because: "With equal weights, the shortest delay is with an idle real server, if there is one.",
  }),
  ...both("dh", "fo", {
    where: slotIsHeaviest,
    because: "Both send everything to one real server. It may be the same one.",
  }),
  ...likeLblcr("wlc", () => true),
  ...likeLblcr("lc", evenly),
];

/** Whether the VIP's slot of dh belongs to the first real server of the highest weight, in the kernel's order. */
function slotIsHeaviest(service: VirtualService): boolean {
  const destinations = service.realServers.toReversed();
  const highest = Math.max(...weightsOf(service));
  const [move] = dh.next(
    { flags: [], destinations },
    destinations.map(() => ({ active: 0, inactive: { least: 0, most: 0 }, overloaded: false })),
    { client: service.vip, clientPort: 0, vip: service.vip },
    null,
  );
  return move?.to === destinations.findIndex(({ weight }) => weight === highest);
}
