import { describe, expect, it } from "vitest";
import type { VrrpInstance } from "../../../../lab/index.ts";
import { vipOwners as ownersOf, vrrpStates as statesOf } from "../../../../verify/wire/index.ts";
import type { VrrpSpan } from "../../../../verify/wire/records.ts";
import { withTwoInstances } from "../other-labs.ts";
import { adverts, claims, instance, lab, macs, resigns, story } from "./wire-story.ts";

type Evidence = Parameters<typeof statesOf>[0];
const vrrpStates = (wire: Evidence, of = lab) => statesOf(wire, of, instance);
const vipOwners = (wire: Evidence, of = lab) => ownersOf(wire, of, instance);

/** One server's states with the moments at which they begin, and the end of the last. */
const states = (server: string, spans: readonly VrrpSpan[]) =>
  spans.filter((span) => span.server === server).flatMap(({ state, from, to }) => [from, state, to]);
const server1Speaks = (count: number) => adverts("server1", { from: 100, count, id: 10 });

describe("VRRP states", () => {
  it("follow a crash: master until the other one is, then silent; the other one waited", () => {
    const spans = vrrpStates(
      story(20_000, [...server1Speaks(5), ...adverts("server4", { from: 7905, count: 13 })]),
      lab,
    );
    expect(states("server1", spans)).toEqual([0, "MASTER", 7905, 7905, "silent", 20_000]);
    expect(states("server4", spans)).toEqual([0, "BACKUP", 7905, 7905, "MASTER", 20_000]);
  });

  it("follow a clean stop: silent from priority 0 on, while the other one is still waiting", () => {
    const wire = story(20_000, [
      ...server1Speaks(5),
      ...resigns("server1", 4500),
      ...adverts("server4", { from: 5306, count: 15 }),
    ]);
    expect(states("server1", vrrpStates(wire, lab))).toEqual([0, "MASTER", 4500, 4500, "silent", 20_000]);
    expect(states("server4", vrrpStates(wire, lab))).toEqual([0, "BACKUP", 5306, 5306, "MASTER", 20_000]);
  });

  it("follow one that comes back: it listens for its master-down interval, and the other one makes way", () => {
    const wire = story(20_000, [
      ...adverts("server4", { from: 100, count: 12 }),
      ...adverts("server1", { from: 12_000, count: 8 }),
    ]);
    expect(states("server1", vrrpStates(wire, lab))).toEqual([0, "BACKUP", 12_000, 12_000, "MASTER", 20_000]);
    expect(states("server4", vrrpStates(wire, lab))).toEqual([0, "MASTER", 12_000, 12_000, "BACKUP", 20_000]);
    const again = vrrpStates(
      story(30_000, [
        ...server1Speaks(5),
        ...adverts("server4", { from: 7905, count: 13 }),
        ...adverts("server1", { from: 20_000, count: 10, id: 1 }),
      ]),
      lab,
    );
    expect(states("server1", again)).toEqual([
      ...[0, "MASTER", 7905],
      ...[7905, "silent", 20_000 - 3609.375],
      ...[20_000 - 3609.375, "BACKUP", 20_000],
      ...[20_000, "MASTER", 30_000],
    ]);
  });

  it("do not let one listen that stood still", () => {
    const wire = story(20_000, [
      ...server1Speaks(5),
      ...adverts("server4", { from: 7905, count: 7 }),
      ...adverts("server1", { from: 14_400, count: 6, id: 15 }),
    ]);
    expect(states("server1", vrrpStates(wire, lab))).toEqual([
      ...[0, "MASTER", 7905],
      ...[7905, "silent", 14_400],
      ...[14_400, "MASTER", 20_000],
    ]);
  });

  it("have two masters side by side in a split brain", () => {
    const wire = story(20_000, [...server1Speaks(20), ...adverts("server4", { from: 5405, count: 5 })]);
    expect(states("server1", vrrpStates(wire, lab))).toEqual([0, "MASTER", 20_000]);
    expect(states("server4", vrrpStates(wire, lab))).toEqual([
      ...[0, "BACKUP", 5405],
      ...[5405, "MASTER", 10_100],
      ...[10_100, "BACKUP", 20_000],
    ]);
  });

  it("are silent where nobody speaks, at the start and once the last word has lapsed", () => {
    const spans = vrrpStates(story(20_000, adverts("server1", { from: 9000, count: 2 })), lab);
    expect(states("server1", spans)).toEqual([
      ...[0, "silent", 9000 - 3609.375],
      ...[9000 - 3609.375, "BACKUP", 9000],
      ...[9000, "MASTER", 10_000 + 3804.6875],
      ...[10_000 + 3804.6875, "silent", 20_000],
    ]);
    expect(states("server4", spans)).toEqual([
      ...[0, "silent", 9000],
      ...[9000, "BACKUP", 10_000 + 3804.6875],
      ...[10_000 + 3804.6875, "silent", 20_000],
    ]);
  });

  it("tell of an unknown router by its address, and that a director yields to it", () => {
    const rogue = adverts(undefined, {
      from: 4300,
      count: 5,
      priority: 200,
      source: "172.25.254.66",
      mac: "52:54:00:66:66:66",
    });
    const wire = story(20_000, [
      ...server1Speaks(5),
      ...rogue,
      ...adverts("server1", { from: 11_900, count: 8, id: 15 }),
    ]);
    const spans = vrrpStates(wire, lab);
    expect(states("172.25.254.66", spans)).toEqual([
      ...[0, "silent", 4300],
      ...[4300, "MASTER", 11_900],
      ...[11_900, "silent", 20_000],
    ]);
    expect(states("server1", spans)).toEqual([
      ...[0, "MASTER", 4300],
      ...[4300, "BACKUP", 11_900],
      ...[11_900, "MASTER", 20_000],
    ]);
  });

  it("are those of one instance where two share a network", () => {
    const two = withTwoInstances(lab);
    const [VI_1, VI_2] = two.vrrp;
    const wire = story(20_000, [...server1Speaks(20), ...adverts("server4", { from: 100, count: 20, id: 50 }, VI_2)]);
    const masters = (of: VrrpInstance | undefined) =>
      statesOf(wire, two, of).map(({ server, state }) => `${server} ${state}`);
    expect(masters(VI_1)).toEqual(["server1 MASTER", "server4 BACKUP"]);
    expect(masters(VI_2)).toEqual(["server1 BACKUP", "server4 MASTER"]);
    expect(ownersOf(wire, two, VI_1).map(({ server }) => server)).toEqual(["server1"]);
    expect(ownersOf(wire, two, VI_2).map(({ server }) => server)).toEqual(["server4"]);
  });

  it("are without gaps and in order", () => {
    const wire = story(30_000, [
      ...server1Speaks(5),
      ...adverts("server4", { from: 7905, count: 13 }),
      ...resigns("server4", 20_500),
    ]);
    for (const server of ["server1", "server4"]) {
      const own = vrrpStates(wire, lab).filter((span) => span.server === server);
      expect(own[0]?.from).toBe(0);
      expect(own.at(-1)?.to).toBe(30_000);
      for (const [index, span] of own.entries()) if (index > 0) expect(span.from).toBe(own[index - 1]?.to);
    }
  });
});

describe("the VIP's owner", () => {
  it("is who claims it last, by ARP or by advertising, until another does or it resigns", () => {
    const wire = story(
      20_000,
      [...server1Speaks(5), ...resigns("server1", 4500), ...adverts("server4", { from: 5306, count: 14 })],
      { claims: [...claims(macs.server1, "reply", 50, 4200), ...claims(macs.server4, "gratuitous", 5306.1)] },
    );
    expect(vipOwners(wire, lab)).toEqual([
      { mac: macs.server1, server: "server1", from: 50, to: 4500 },
      { mac: macs.server4, server: "server4", from: 5306, to: 20_000 },
    ]);
  });

  it("may be none of the lab's, and is not ended by another's resignation", () => {
    const wire = story(9000, resigns("server4", 4000), { claims: claims("52:54:00:66:66:66", "reply", 3000) });
    expect(vipOwners(wire, lab)).toEqual([{ mac: "52:54:00:66:66:66", from: 3000, to: 9000 }]);
  });

  // Multicast comes from the virtual MAC address, unicast from the interface's own: keepalived 2.2.7 with vmac_xmit_base.
  it.each([
    ["from it", "00:00:5e:00:01:33"],
    ["from their own", undefined],
  ])("with a MAC address of the virtual router's is its master; advertisements %s tell whom", (_, mac) => {
    const virtual = "00:00:5e:00:01:33";
    const sent = [...server1Speaks(5), ...resigns("server1", 4500), ...adverts("server4", { from: 5306, count: 14 })];
    const wire = story(
      20_000,
      sent.map((one) => ({ ...one, mac: mac ?? one.mac })),
      { claims: [...claims(virtual, "gratuitous", 101, 5306.1), ...claims(macs.server2, "reply", 8000)] },
    );
    expect(ownersOf(wire, lab, { ...instance, useVmac: true })).toEqual([
      { mac: virtual, server: "server1", from: 100, to: 4500 },
      { mac: virtual, server: "server4", from: 5306, to: 8000 },
      { mac: macs.server2, server: "server2", from: 8000, to: 8306 },
      { mac: virtual, server: "server4", from: 8306, to: 20_000 },
    ]);
  });
});
