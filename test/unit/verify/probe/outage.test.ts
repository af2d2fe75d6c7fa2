import { describe, expect, it } from "vitest";
import { outageOf } from "../../../../verify/probe/index.ts";
import { cut, type Fate, INTERVAL, lost, retransmitted, series, served, times } from "./series.ts";

/** A crash at 2 s and a takeover 3.4 s later, as TCP makes it look: SYNs are sent again after 1 s (and 3 s, past the timeout). */
const crash: Fate[] = [...times(100, served), ...times(120, lost), ...times(50, retransmitted), ...times(100, served)];

describe("a crash", () => {
  const outage = outageOf(series(crash));

  it("lasts from the first request that was lost until the first that was served at once", () => {
    expect(outage.longest).toMatchObject({ from: 2000, to: 5401, ms: 3401, requests: 170 });
  });

  it("is longer by a second than the failures alone tell", () => {
    const failed = series(crash).filter(({ outcome }) => outcome === "failed");
    const failures = (failed.at(-1)?.started ?? 0) - (failed[0]?.started ?? 0) + INTERVAL;
    expect(failures).toBe(2400);
    expect(outage.longest?.ms).toBeGreaterThan(failures + 990);
  });

  it("is known to one interval", () => {
    expect(outage.longest?.errorMs).toBe(INTERVAL + 1);
  });

  it("counts every request once", () => {
    expect(outage.counts).toEqual({
      total: 370,
      answered: 200,
      delayed: 50,
      failed: 120,
      bodies: { server2: 250 },
      errors: { TIMEOUT: 120 },
    });
    expect(outage.elsewhere).toBe(0);
  });
});

it("sees none where every request was served", () => {
  expect(outageOf(series(times(10, served)))).toMatchObject({ longest: null, elsewhere: 0, slowestConnectMs: 1 });
});

it("sees an outage of delayed requests alone, in which nothing failed", () => {
  const { longest, counts } = outageOf(
    series([...times(10, served), ...times(40, retransmitted), ...times(10, served)]),
  );
  expect(longest).toMatchObject({ from: 200, ms: 801 });
  expect(counts.failed).toBe(0);
});

it("takes a lone failure for a stretch of its own, of one interval", () => {
  const { longest, elsewhere } = outageOf(series([...times(5, served), lost, ...times(5, served)]));
  expect(longest).toMatchObject({ from: 100, ms: 21, requests: 1 });
  expect(elsewhere).toBe(0);
});

it("does not join failures with service in between", () => {
  const alternating = Array.from({ length: 50 }, (_, n) => (n % 2 ? lost : served));
  const { longest, elsewhere } = outageOf(series([...alternating, served]));
  expect(longest?.ms).toBe(21);
  expect(elsewhere).toBe(24);
});

it("takes the longest of several", () => {
  const { longest, elsewhere } = outageOf(
    series([served, ...times(3, lost), ...times(9, served), ...times(8, lost), served, ...times(2, lost), served]),
  );
  expect(longest).toMatchObject({ from: 260, requests: 8 });
  expect(elsewhere).toBe(5);
});

it("does not begin with a request whose connection stood when the service died", () => {
  const { longest, counts } = outageOf(series([...times(9, served), cut, ...times(20, lost), ...times(5, served)]));
  expect(longest).toMatchObject({ from: 200, requests: 20 });
  expect(counts).toMatchObject({ failed: 21, errors: { ECONNRESET: 1, TIMEOUT: 20 } });
});

it("ends when a request is served, not when one was started that waited for ARP in the client's own queue", () => {
  const takeover = 2000;
  // From 1.2 s on, SYNs wait for the address to be resolved; then all of them leave at once.
  const queued = Array.from({ length: 40 }, (_, index) => ({
    connect: takeover - (1200 + index * INTERVAL) + 0.5 + index / 100,
    end: 900,
    body: "server3",
  }));
  const { longest } = outageOf(series([...times(10, served), ...times(50, lost), ...queued, ...times(10, served)]));
  expect(longest).toMatchObject({ from: 200, to: takeover + 0.5 });
  expect(longest?.errorMs).toBeLessThanOrEqual(INTERVAL + 1);
});

it("joins failures between which a slow connection was started and none was made", () => {
  const slow = { connect: 500, end: 510, body: "server2" };
  const { longest } = outageOf(series([served, lost, slow, lost, lost, served]));
  expect(longest).toMatchObject({ from: 20, to: 101, requests: 3 });
});

it("shows a stall in which no packet was lost", () => {
  const stalled = { connect: 600, end: 605, body: "server2" };
  expect(outageOf(series([served, stalled, served]))).toMatchObject({ longest: null, slowestConnectMs: 600 });
});

it("is as uncertain as the probe was late at its ends", () => {
  const { longest } = outageOf(series([...times(5, served), ...times(5, lost), ...times(5, served)], { 5: 18 }));
  expect(longest).toMatchObject({ from: 118, errorMs: 56 });
});

it("says that it is not over when no request was served any more", () => {
  const { longest } = outageOf(series([served, ...times(3, lost)]));
  expect(longest).toMatchObject({ from: 20, to: null, ms: 2040 });
});

describe("since a moment", () => {
  const requests = series([served, ...times(9, lost), ...times(90, served), ...times(4, lost), served]);

  it("leaves out what was over by then", () => {
    const { longest, counts } = outageOf(requests, { since: 2001 });
    expect(longest).toMatchObject({ from: 2000, requests: 4 });
    expect(counts.total).toBe(14); // the nine that hung until after it are still under way
  });

  it("keeps a request that was under way", () => {
    expect(outageOf(requests, { since: 2015 }).longest?.from).toBe(2000);
  });
});

describe("a server that accepts and says nothing", () => {
  const hung: Fate = { connect: 1, end: 2000, error: "TIMEOUT" };
  const woken = Array.from({ length: 50 }, (_, index) => ({
    connect: 1,
    end: 1000 - index * INTERVAL,
    body: "server2",
  }));
  const requests = series([...times(10, served), ...times(50, hung), ...woken, ...times(10, served)]);

  it("is no outage of connections", () => {
    expect(outageOf(requests).longest).toBeNull();
  });

  it("is one of answers, until the first that comes", () => {
    expect(outageOf(requests, { level: "answer" }).longest).toMatchObject({ from: 200, to: 2200, ms: 2000 });
  });
});
