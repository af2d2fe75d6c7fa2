import { describe, expect, it } from "vitest";
import {
  bfdSessionsOf,
  bfdSessionsWith,
  effectivePriority,
  lowestPriority,
  parseLab,
  reactionTo,
  serverNamed,
  type Tracked,
  trackedBy,
  warningsOf,
} from "../../../lab/index.ts";
import { edit } from "./file-cases.ts";
import { twoInstances } from "./vrrp-cases.ts";

const labWith = (first: string, second?: string, base = twoInstances) => {
  const one = edit(base, "  - id: 51\n", `  - id: 51\n    trackBfd: ${first}\n`);
  return parseLab(second ? edit(one, "  - id: 52\n", `  - id: 52\n    trackBfd: ${second}\n`) : one, "lab.yaml");
};
const instanceWith = (first: string, second?: string) => {
  const lab = labWith(first, second);
  const [instance] = lab.vrrp;
  if (!instance) throw new Error("the lab has no instance");
  return { lab, instance, tracked: trackedBy(instance)[0] as Tracked };
};

const timers = { minTx: 100, minRx: 100, multiplier: 5 };

/** Two networks, a neighbour on both, and each family on the first one. */
const wide = [
  [
    "[{ subnets: [172.25.254.0/24] }]",
    "[{ subnets: [172.25.254.0/24, fd00:254::/64] }, { name: inside, subnets: [192.168.10.0/24] }]",
  ],
  ["{ vip: 172.25.254.101 }", '{ vip: "fd00:254::101" }'],
  ["addresses: [172.25.254.101]", 'addresses: ["fd00:254::101"]'],
  ...[11, 12, 13, 14].map((last) => [
    `[172.25.254.${last}]`,
    `[172.25.254.${last}, "fd00:254::${last}", 192.168.10.${last}]`,
  ]),
].reduce((text, [from = "", to = ""]) => edit(text, from, to), twoInstances);

describe("a tracked BFD session", () => {
  it("has the name of its neighbour, the instance's network and five times 100 ms unless the file says otherwise", () => {
    expect(instanceWith("[{ neighbor: w, weight: -30 }]").instance.trackBfd).toEqual([
      { name: "w", neighbor: "w", network: "segment", ...timers, weight: -30 },
    ]);
    expect(instanceWith("[{ neighbor: w, name: far, minTx: 50, minRx: 20, multiplier: 3 }]").instance.trackBfd).toEqual(
      [{ name: "far", neighbor: "w", network: "segment", minTx: 50, minRx: 20, multiplier: 3, weight: 0 }],
    );
  });

  it("is one session on a director where two instances track it, and two in two families or networks", () => {
    const shared = labWith("[{ neighbor: w, weight: -30 }]", "[{ neighbor: w, weight: -20 }]");
    const session = { name: "w", source: "172.25.254.11", neighbor: "172.25.254.14", ...timers };
    expect(bfdSessionsOf(shared, serverNamed(shared, "a"))).toEqual([session]);
    const apart = labWith("[{ neighbor: w }, { neighbor: w, network: inside }]", "[{ neighbor: w }]", wide);
    expect(bfdSessionsOf(apart, serverNamed(apart, "a"))).toEqual([
      session,
      { ...session, name: "w_2", source: "192.168.10.11", neighbor: "192.168.10.14" },
      { ...session, name: "w_3", source: "fd00:254::11", neighbor: "fd00:254::14" },
    ]);
  });

  it("has its other end on the neighbour, with a name for each director", () => {
    const lab = labWith("[{ neighbor: w }, { neighbor: w, network: inside, minTx: 50 }]", undefined, wide);
    const end = (director: string, name: string, source: string, neighbor: string, minTx = 100) => ({
      ...{ name, director, source, neighbor, ...timers, minTx },
    });
    expect(bfdSessionsWith(lab, "w")).toEqual([
      end("a", "a", "172.25.254.14", "172.25.254.11"),
      end("a", "a_2", "192.168.10.14", "192.168.10.11", 50),
      end("b", "b", "172.25.254.14", "172.25.254.12"),
      end("b", "b_2", "192.168.10.14", "192.168.10.12", 50),
      end("c", "c", "172.25.254.14", "172.25.254.13"),
      end("c", "c_2", "192.168.10.14", "192.168.10.13", 50),
    ]);
    expect(bfdSessionsWith(lab, "b")).toEqual([]);
  });
});

describe("the loss of a tracked BFD session", () => {
  it("is noticed when as many packets are missing as the multiplier says, by the longer of both intervals", () => {
    expect(instanceWith("[{ neighbor: w, minTx: 50, minRx: 200, multiplier: 3 }]").tracked).toMatchObject({
      ...{ kind: "bfd", name: "w", weight: 0 },
      fails: { minimum: 400, maximum: 600 },
      recovers: { minimum: 0, maximum: 3000 },
    });
  });

  it("counts by its weight as everything that is tracked", () => {
    const { instance, lab, tracked } = instanceWith("[{ neighbor: w, weight: -30 }]");
    expect([effectivePriority(instance, "a"), lowestPriority(instance, "a")]).toEqual([100, 70]);
    // 90's master-down interval is 3 s and a skew of 648 ms.
    const { takeover, ...rest } = reactionTo(lab, instance, "a", tracked);
    expect(rest).toMatchObject({ priority: 70, successor: "b", outage: { minimum: 0, maximum: 0 } });
    expect([takeover.minimum, takeover.maximum].map(Math.round)).toEqual([3048, 4148]);
    const fault = instanceWith("[{ neighbor: w }]");
    const { takeover: after, outage } = reactionTo(fault.lab, fault.instance, "a", fault.tracked);
    expect([after.minimum, after.maximum, outage.maximum].map(Math.round)).toEqual([1048, 1148, 648]);
  });
});

describe("a session without a weight", () => {
  it("is warned of: its neighbour's end is the end of all directors", () => {
    expect(warningsOf(labWith("[{ neighbor: w }]"))).toEqual([
      "vrrp VI_1: when w is off, a and b and c all lose their BFD session with it and go to FAULT, and nobody holds the addresses. " +
        "Fix: give `trackBfd` a weight: priorities then fall alike, and the master stays.",
    ]);
    expect(warningsOf(labWith("[{ neighbor: w, weight: -30 }]"))).toEqual([]);
  });

  it("is not where there are no weights: in a sync group", () => {
    const synced = ["51", "52"].reduce(
      (text, id) => edit(text, `  - id: ${id}\n`, `  - id: ${id}\n    syncGroup: VG_1\n`),
      twoInstances,
    );
    expect(warningsOf(labWith("[{ neighbor: w }]", undefined, synced))).toEqual([]);
  });
});
