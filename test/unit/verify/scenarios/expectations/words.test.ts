import { describe, expect, it } from "vitest";
import { findFault } from "../../../../../verify/faults/ledger.ts";
import { type Expectation, expectationNames, kindOf } from "../../../../../verify/scenarios/expectations/index.ts";
import { expectedOf } from "../an-observed.ts";

const said: readonly (readonly [string, Expectation])[] = [
  ["every request of the last 2.5 s is answered", { kind: "served", ms: 2500 }],
  ["the VIP is held by server4 alone", { kind: "vip", holders: ["server4"] }],
  ["the VIP is held by server1 and server4", { kind: "vip", holders: ["server1", "server4"] }],
  ["the VIP is held by nobody", { kind: "vip", holders: [] }],
  ["the client's ARP entry for the VIP names server1", { kind: "arp", owner: "server1" }],
  ["the client's ARP entry for the VIP names an unknown host", { kind: "arp", owner: null }],
  [
    "server1's IPVS table sends to server2 and server3",
    { kind: "table", on: "server1", realServers: ["server2", "server3"], without: [] },
  ],
  ["server1's IPVS table sends to no real server", { kind: "table", on: "server1", realServers: [], without: [] }],
  ["the real servers answer equal shares of the requests", { kind: "balance", share: "even" }],
  ["the sorry server answers every request", { kind: "balance", share: "sorry" }],
  ["server2 answers every request", { kind: "balance", share: { only: "server2" } }],
  ["server2 answers no request", { kind: "balance", share: { without: "server2" } }],
  [`root's mailbox on server1 gets a message about "DOWN"`, { kind: "mail", on: "server1", about: "DOWN" }],
  [
    "keepalived's journal on server1 has a line with /MASTER$/",
    { kind: "log", on: "server1", line: "/MASTER$/", pattern: "MASTER$" },
  ],
  ["server4 is MASTER by what it advertises", { kind: "vrrp", on: "server4", state: "MASTER" }],
  ["the wire shows: split-brain", { kind: "diagnosis", id: "split-brain" }],
  ["the wire shows nothing out of the ordinary", { kind: "diagnosis", id: null }],
  ["the client sees no outage", { kind: "outage", band: "none" }],
  ["the client sees an outage of at most 1000 ms", { kind: "outage", band: { atLeastMs: 0, atMostMs: 1000 } }],
  ["the client sees an outage of 500 to 1000 ms", { kind: "outage", band: { atLeastMs: 500, atMostMs: 1000 } }],
  [
    "the client sees an outage of at least 500 ms",
    { kind: "outage", band: { atLeastMs: 500, atMostMs: Number.MAX_SAFE_INTEGER } },
  ],
  ["no request fails", { kind: "failed", atMost: { count: 0 } }],
  ["no request is delayed", { kind: "delayed", atMost: { count: 0 } }],
  ["at most 3 of the requests fail", { kind: "failed", atMost: { count: 3 } }],
  [
    "at least 1 and at most 5 % of the requests are delayed",
    { kind: "delayed", atLeast: { count: 1 }, atMost: { percent: 5 } },
  ],
  ["the long-lived connections survive", { kind: "connections", fate: "survive" }],
];

describe("an expectation in words", () => {
  it.each(said)("%s", (words, expectation) => {
    expect(expectedOf(expectation)).toBe(words);
  });

  it("says of a promise what it is and how it comes about", () => {
    const fault = { fault: findFault("power-off"), targets: ["server1"] };
    expect(expectedOf({ kind: "outage", band: "promised" }, { window: { fault } })).toBe(
      "the client sees an outage of 2805 to 3805 ms, up to 500 ms more accepted " +
        "(3 × 1000 ms + skew 805 ms (priority 50), less the time since the last advertisement)",
    );
  });

  it("is there for every kind, with something to try", () => {
    expect([...new Set(said.map(([, { kind }]) => kind))].sort()).toEqual(expectationNames.toSorted());
    for (const [, expectation] of said) expect(kindOf(expectation).hint).toMatch(/^\S.{20,}\.$/);
  });
});
