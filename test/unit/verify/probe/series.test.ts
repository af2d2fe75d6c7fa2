import { expect, it } from "vitest";
import type { ProbeResult } from "../../../../verify/probe/index.ts";
import { connectionsOf, outageOf, seriesOf, summaryOf } from "../../../../verify/probe/index.ts";
import { quantiles } from "../../../../verify/probe/quantiles.ts";
import { cut, lost, retransmitted, series, served, times } from "./series.ts";

const names = new Map([
  ["server2", "web2"],
  ["", "silent"],
]);
const result = (requests: ProbeResult["requests"], connections: ProbeResult["connections"] = []): ProbeResult => ({
  target: { address: "10.0.0.1", port: 80 },
  options: {
    intervalMs: 20,
    timeoutMs: 2000,
    arpIntervalMs: 20,
    longLived: 3,
    longLivedIntervalMs: 100,
  },
  requests,
  arp: [],
  connections,
  jitter: { medianMs: 1, p99Ms: 2, maxMs: 3 },
});

it("puts requests into columns, with servers and errors by number", () => {
  const strange = "x".repeat(50);
  expect(seriesOf(series([served, lost, { ...served, body: strange }, cut, retransmitted]), names)).toEqual({
    due: [0, 20, 40, 60, 80],
    started: [0, 20, 40, 60, 80],
    connected: [1, null, 41, 61, 1081],
    ended: [3, 2020, 43, 270, 1084],
    outcome: [0, 2, 0, 2, 1],
    outcomes: ["answered", "delayed", "failed"],
    server: [0, -1, 1, -1, 0],
    servers: ["web2", "x".repeat(40)],
    error: [-1, 0, -1, 1, -1],
    errors: ["TIMEOUT", "ECONNRESET"],
  });
});

it("counts answered requests by server, and takes latency from them alone", () => {
  const fates = Array.from({ length: 100 }, (_, index) => ({ connect: 1, end: index + 1, body: "server2" }));
  const { perServer, latency, counts, longLived } = summaryOf(
    result(series([...fates, ...times(5, lost), retransmitted])),
    names,
  );
  expect(perServer).toEqual({ web2: 100 });
  expect(latency).toEqual({ medianMs: 50, p95Ms: 95, p99Ms: 99, maxMs: 100 });
  expect(counts).toMatchObject({ total: 106, answered: 100, delayed: 1, failed: 5 });
  expect(longLived).toBe(3);
});

it("names the servers of connections that are kept open", () => {
  const connection = { id: 0, opened: 1, closed: null, server: "server2", answers: [2, 3] };
  expect(connectionsOf(result([], [connection]), names)).toEqual([{ ...connection, server: "web2" }]);
});

it("takes quantiles by the nearest rank, which were measured all", () => {
  expect(quantiles([3, 1, 2], [0, 0.34, 0.5, 1])).toEqual([1, 2, 2, 3]);
  expect(quantiles([], [0.5])).toEqual([0]);
});

it("measures a hundred thousand requests, every second one lost, within seconds", () => {
  const requests = series(Array.from({ length: 100_001 }, (_, n) => (n % 2 ? lost : served)));
  const begin = performance.now();
  expect(outageOf(requests)).toMatchObject({ longest: { ms: 21 }, elsewhere: 49_999 });
  expect(performance.now() - begin).toBeLessThan(5000);
});
