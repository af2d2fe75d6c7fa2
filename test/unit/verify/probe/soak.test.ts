import { expect, it } from "vitest";
import type { VirtualService } from "../../../../lab/index.ts";
import type { LiveLab } from "../../../../verify/live/live-lab.ts";
import { soakReport } from "../../../../verify/probe/soak.ts";
import { aLiveLab } from "../a-live-lab.ts";
import { serviceOf, withService as serving } from "../other-labs.ts";
import { asked, type Ending, refused, times } from "../scenarios/an-observed.ts";

const ha = await aLiveLab("ha");
const withService = (change: Partial<VirtualService>): LiveLab => ({ ...ha, lab: serving(ha.lab, change) });
const withWeights = (...weights: number[]): LiveLab =>
  withService({
    realServers: serviceOf(ha.lab).realServers.map((one, index) => ({ ...one, weight: weights[index] ?? 1 })),
  });

const report = (endings: readonly Ending[], live: LiveLab = ha) =>
  soakReport(
    live,
    serviceOf(live.lab),
    {
      target: { address: "172.25.254.100", port: 80 },
      options: { intervalMs: 100, timeoutMs: 5000, arpIntervalMs: 20, longLived: 0, longLivedIntervalMs: 100 },
      requests: asked(endings),
      arp: [],
      connections: [],
      jitter: { medianMs: 0, p99Ms: 0, maxMs: 0 },
    },
    { startedAt: "2026-01-01T12:00:00.000Z", seconds: 2, rate: 10 },
  );

const inTurn = times(10, "server2", "server3");

it.each<[string, readonly Ending[], LiveLab, { passed: boolean; unevenBy: number; evenShares: boolean }]>([
  ["in turn", inTurn, ha, { passed: true, unevenBy: 0, evenShares: true }],
  ["one more at the end", [...inTurn, "server2"], ha, { passed: true, unevenBy: 1, evenShares: true }],
  ["two more", [...inTurn, "server2", "server2"], ha, { passed: false, unevenBy: 2, evenShares: true }],
  ["one server not at all", times(20, "server2"), ha, { passed: false, unevenBy: 20, evenShares: true }],
  ["one failed", [...inTurn, refused], ha, { passed: false, unevenBy: 0, evenShares: true }],
  ["one was late", [...inTurn, { late: "server2" }], ha, { passed: false, unevenBy: 0, evenShares: true }],
  [
    "uneven by another scheduler",
    times(20, "server2"),
    withService({ scheduler: "sh" }),
    { passed: true, unevenBy: 20, evenShares: false },
  ],
  [
    "uneven by persistence",
    times(20, "server2"),
    withService({ persistenceTimeout: 50 }),
    { passed: true, unevenBy: 20, evenShares: false },
  ],
  ["a server without weight", times(20, "server2"), withWeights(1, 0), { passed: true, unevenBy: 0, evenShares: true }],
])("a soak: %s", (_, endings, live, expected) => {
  expect(report(endings, live)).toMatchObject(expected);
});

it("tells the rate that was reached, and what was served by whom", () => {
  expect(report(inTurn)).toMatchObject({
    format: "lvs-lab soak",
    version: 2,
    stack: "ha",
    service: "172.25.254.100:80",
    seconds: 2,
    rate: { wanted: 10, achieved: 10 },
    load: { perServer: { server2: 10, server3: 10 }, counts: { total: 20, answered: 20 } },
    outage: { longest: null },
  });
});
