import { describe, expect, it } from "vitest";
import { type Lab, parseLab, readLab } from "../../../../lab/index.ts";
import type { WireAdvert } from "../../../../verify/wire/evidence.ts";
import { diagnose as diagnoseFor } from "../../../../verify/wire/index.ts";
import { vrrpFacts } from "../../../../verify/wire/masterships.ts";
import { serviceOf, withTwoInstances } from "../other-labs.ts";
import { adverts, claims, lab, macs, resigns, type Speech, story } from "./wire-story.ts";

const { server1, server2, server4 } = macs;
type Evidence = Parameters<typeof diagnoseFor>[0];
type Hints = Parameters<typeof diagnoseFor>[3];
/** The diagnoses of the lab's first service. */
const diagnose = (wire: Evidence, of: Lab, hints?: Hints) => diagnoseFor(wire, of, serviceOf(of), hints);
const ids = (...all: Parameters<typeof diagnose>) => diagnose(...all).map(({ id }) => id);
/** server1 is master from the start, until it has spoken so many times: the last time at (count - 1) × 1000 + 100. */
const server1Speaks = (count: number) => adverts("server1", { from: 100, count, id: 10 });
const unknownRouter = (speech: Speech) =>
  adverts(undefined, { source: "172.25.254.66", mac: "52:54:00:66:66:66", ...speech });

it("finds nothing where one director is master all the time", () => {
  expect(ids(story(20_000, server1Speaks(20)), lab)).toEqual([]);
});

it("finds nothing in a lab without VRRP", () => {
  const dr = parseLab(
    "control: ipvsadm\nnetworks: [{subnets: [10.0.0.0/24]}]\nservices: [{vip: 10.0.0.100}]\nservers:\n" +
      "  - {name: a, addresses: [10.0.0.11], role: director}\n  - {name: b, addresses: [10.0.0.12], role: real-server}\n",
    "dr.yaml",
  );
  expect(ids(story(20_000, []), dr)).toEqual([]);
});

describe("a master that is gone", () => {
  it("crashed, if it said nothing and another took over", () => {
    const wire = story(20_000, [...server1Speaks(5), ...adverts("server4", { from: 7905, count: 13 })]);
    expect(diagnose(wire, lab)).toEqual([
      {
        id: "master-crash",
        title: "server1 fell silent without a word, and server4 took over 3805 ms after its last advertisement",
        from: 4100,
        to: 7905,
        who: ["server1", "server4"],
        because: [
          "4.100 s: server1's last advertisement, priority 100; no priority 0 after it",
          "7.905 s: server4 advertises first, with priority 50",
          "promised: server4's master-down interval, 3 × 1000 ms + skew 805 ms = 3805 ms",
          "server1 was not heard any more",
        ],
      },
    ]);
  });

  it("resigned, if it said priority 0", () => {
    const wire = story(20_000, [
      ...server1Speaks(5),
      ...resigns("server1", 4500),
      ...resigns("server1", 4500.1),
      ...adverts("server4", { from: 5306, count: 15 }),
    ]);
    expect(diagnose(wire, lab)).toMatchObject([
      {
        id: "clean-handover",
        title: "server1 resigned with priority 0, and server4 took over 806 ms later",
        from: 4500,
        to: 5306,
      },
    ]);
  });

  it("is not told of twice when it comes back with its machine started anew: it preempts", () => {
    const wire = story(40_000, [
      ...server1Speaks(5),
      ...adverts("server4", { from: 7905, count: 21 }),
      ...adverts("server1", { from: 28_600, count: 11, id: 1 }),
    ]);
    const found = diagnose(wire, lab);
    expect(found.map(({ id }) => id)).toEqual(["master-crash", "preemption"]);
    expect(found[1]?.title).toBe("server1 (priority 100) took over from server4 (priority 50), which was alive");
    expect(found[1]?.because.at(-1)).toContain("started anew");
  });

  it("crashed, even if a better one was about to take over from it", () => {
    const wire = story(20_000, [
      ...adverts("server4", { from: 100, count: 5 }),
      ...adverts("server1", { from: 6700, count: 13 }),
    ]);
    expect(ids(wire, lab)).toEqual(["master-crash"]);
  });

  it("handed nothing over if it was one of two", () => {
    const wire = story(20_000, [
      ...server1Speaks(20),
      ...adverts("server4", { from: 5500, count: 4 }),
      ...resigns("server4", 9000),
    ]);
    expect(ids(wire, lab)).toEqual(["split-brain"]);
  });
});

describe("a master that comes back as one", () => {
  /** Silent from 4.1 s, succeeded at 7.905 s, back at 14.4 s with an IP identification of its own. */
  const comesBack = (id: number, sightings: Record<string, number[]> = {}) =>
    story(
      20_000,
      [
        ...adverts("server1", { from: 100, count: 5, id: 10 }),
        ...adverts("server4", { from: 7905, count: 7 }),
        ...adverts("server1", { from: 14_400, count: 1, id }),
        ...adverts("server1", { from: 14_400.1, count: 5, id: id + 1 }),
      ],
      { sightings },
    );

  it("stood still, if it goes on with the very next IP identification", () => {
    const [found, ...more] = diagnose(comesBack(15), lab);
    expect(more).toEqual([]);
    expect(found).toMatchObject({
      id: "frozen-director",
      title: "server1 stood still for 10.3 s and came back as if it were still master, while server4 was",
      from: 4100,
      to: 14_400,
      who: ["server1", "server4"],
    });
    expect(found?.because.join("\n")).toContain("IP identification 15 after 14: the very next");
    expect(found?.because.join("\n")).toContain("2 advertisements of server1 within 50 ms");
    expect(found?.because.join("\n")).toContain("nothing else came from its hardware address");
  });

  it("stood still as a process, if its machine was seen meanwhile", () => {
    const [found] = diagnose(comesBack(15, { [server1]: [4200, 6000, 9000, 14_380] }), lab);
    expect(found?.because.join("\n")).toContain("2 frames of other kinds came from its hardware address");
  });

  it("was without a link, if it counted on a little", () => {
    const found = diagnose(comesBack(17), lab);
    expect(found.map(({ id }) => id)).toEqual(["master-crash", "preemption"]);
    expect(found[0]?.because.at(-1)).toContain("its link was down");
  });

  it("was cut off and master all the time, if it counted on as time went", () => {
    const found = diagnose(comesBack(24), lab);
    expect(found.map(({ id }) => id)).toContain("split-brain");
    expect(found.find(({ id }) => id === "split-brain")).toMatchObject({ from: 7905, to: 14_400 });
  });

  it("was started anew, if its count began again, also if it had sent a single one before", () => {
    expect(ids(comesBack(1), lab)).toEqual(["master-crash", "preemption"]);
    const once = story(20_000, [
      ...adverts("server1", { from: 4100, count: 1, id: 1 }),
      ...adverts("server4", { from: 7905, count: 7 }),
      ...adverts("server1", { from: 14_400, count: 6, id: 1 }),
    ]);
    expect(ids(once, lab)).toEqual(["master-crash", "preemption"]);
  });

  it("is judged by what the caller knows, where the count says nothing", () => {
    const uncounted = story(20_000, [
      ...adverts("server1", { from: 100, count: 5, id: 0 }),
      ...adverts("server4", { from: 7905, count: 7, id: 0 }),
      ...adverts("server1", { from: 14_400, count: 6, id: 0 }),
    ]);
    const [crash] = diagnose(uncounted, lab);
    expect(crash?.because.at(-1)).toContain("the wire does not tell");
    const hint = { server: "server1", from: 4500, to: 14_300 };
    expect(ids(uncounted, lab, [{ ...hint, state: "paused" }])).toEqual(["frozen-director"]);
    expect(ids(uncounted, lab, [{ ...hint, state: "off" }])).toEqual(["master-crash", "preemption"]);
    expect(ids(comesBack(15), lab, [{ ...hint, server: "server4", state: "off" }])).toEqual(["frozen-director"]);
  });

  it("is not over while it stands still, which only the caller can know", () => {
    const wire = story(20_000, [...server1Speaks(5), ...adverts("server4", { from: 7905, count: 13 })]);
    const [found] = diagnose(wire, lab, [{ server: "server1", state: "paused", from: 4500, to: null }]);
    expect(found).toMatchObject({ id: "frozen-director", to: null });
  });
});

it("says nothing of a master that paused with nobody taking over", () => {
  const wire = story(20_000, [...server1Speaks(5), ...adverts("server1", { from: 7600, count: 13, id: 15 })]);
  expect(ids(wire, lab)).toEqual([]);
});

describe("two masters", () => {
  it("are a split brain for as long as both speak", () => {
    const wire = story(30_000, [...server1Speaks(30), ...adverts("server4", { from: 5405, count: 13 })]);
    expect(diagnose(wire, lab)).toMatchObject([
      {
        id: "split-brain",
        title: "server1 and server4 were both master for 12.0 s",
        from: 5405,
        to: 17_405,
        who: ["server1", "server4"],
      },
    ]);
  });

  it("are none when the old one's last word was under way as the new one spoke", () => {
    const wire = story(20_000, [
      ...adverts("server4", { from: 100, count: 6 }),
      ...adverts("server1", { from: 5099, count: 15 }),
    ]);
    expect(ids(wire, lab)).toEqual(["preemption"]);
  });

  it("are none in a short mastership between two of another", () => {
    const wire = story(20_000, [
      ...adverts("server4", { from: 100, count: 5 }),
      ...adverts("server1", { from: 4200, count: 2 }),
      ...resigns("server1", 5201),
      ...adverts("server4", { from: 6007, count: 14, id: 6 }),
    ]);
    expect(ids(wire, lab)).toEqual(["preemption", "clean-handover"]);
  });

  it("are not over if they go on when the capture ends", () => {
    const wire = story(12_000, [...server1Speaks(12), ...adverts("server4", { from: 5405, count: 7 })]);
    expect(diagnose(wire, lab)).toMatchObject([{ id: "split-brain", to: null }]);
  });
});

describe("an unknown router", () => {
  it("is a rogue router, and explains what the directors do", () => {
    const wire = story(20_000, [
      ...server1Speaks(5),
      ...unknownRouter({ from: 4300, count: 5, priority: 200 }),
      ...adverts("server1", { from: 11_900, count: 8, id: 15 }),
    ]);
    expect(diagnose(wire, lab)).toMatchObject([
      {
        id: "rogue-router",
        title:
          "172.25.254.66 (52:54:00:66:66:66), none of the lab's directors, advertises virtual router 51 with priority 200",
        from: 4300,
        to: 8300,
        who: ["172.25.254.66"],
      },
    ]);
    expect(diagnose(wire, lab)[0]?.because.at(-1)).toBe("4.100 s: the last advertisement of server1, which made way");
  });

  it("is one with a director's address, too", () => {
    const wire = story(8000, [
      ...server1Speaks(8),
      ...unknownRouter({ from: 4300, count: 2, priority: 100, source: lab.servers[0]?.management ?? "" }),
    ]);
    expect(diagnose(wire, lab)).toMatchObject([{ id: "rogue-router" }]);
    expect(diagnose(wire, lab)[0]?.title).toContain("which is server1's address but not its hardware address");
  });

  it("is one in another virtual router that has the VIP, and none in one that has not", () => {
    const other = unknownRouter({ from: 4300, count: 2, priority: 200, virtualRouterId: 52 });
    expect(ids(story(8000, [...server1Speaks(8), ...other]), lab)).toEqual(["rogue-router"]);
    const elsewhere = other.map((one) => ({ ...one, addresses: ["172.25.254.101"] }));
    expect(ids(story(8000, [...server1Speaks(8), ...elsewhere]), lab)).toEqual([]);
  });

  it("is not a director that has the virtual router's hardware address", () => {
    const virtual = server1Speaks(8).map((one) => ({ ...one, mac: "00:00:5e:00:01:33" }));
    expect(ids(story(8000, virtual), lab)).toEqual([]);
  });
});

describe("a director with another password", () => {
  it("is named, beside the split brain that it makes", () => {
    const wire = story(20_000, [
      ...server1Speaks(20),
      ...adverts("server4", { from: 5405, count: 8, password: "2222" }),
    ]);
    const found = diagnose(wire, lab);
    expect(found.map(({ id }) => id)).toEqual(["split-brain", "wrong-password"]);
    expect(found[1]).toMatchObject({
      title: 'server4 advertises with the password "2222", which is not the lab\'s',
      from: 5405,
      to: 12_405,
      who: ["server4"],
    });
    expect(found[0]?.because.at(-1)).toContain("neither believes the other");
  });

  it("is master beside the other one even if it is the only one to speak, and hands nothing over", () => {
    // As keepalived does: every advertisement that it drops puts its own off.
    const wire = story(20_000, [
      ...server1Speaks(6),
      ...adverts("server4", { from: 5990, count: 6, password: "2222" }),
      ...adverts("server4", { from: 11_200, count: 1, priority: 0, password: "2222" }),
      ...adverts("server1", { from: 12_200, count: 7, id: 16 }),
    ]);
    const found = diagnose(wire, lab);
    expect(found.map(({ id }) => id)).toEqual(["split-brain", "wrong-password"]);
    expect(found[0]).toMatchObject({ from: 5990, to: 11_200 });
  });

  it("is named, if it has none", () => {
    const wire = story(
      8000,
      server1Speaks(8).map(({ password: _, ...one }) => one),
    );
    expect(diagnose(wire, lab)).toMatchObject([
      { id: "wrong-password", title: "server1 advertises with no password, which is not the lab's", to: null },
    ]);
  });
});

describe("no master", () => {
  it("is longer than the slowest director waits, and an interval more", () => {
    const gap = (ms: number) =>
      ids(story(20_000, [...server1Speaks(5), ...adverts("server4", { from: 4100 + ms, count: 9 })]), lab);
    expect(gap(4800)).toEqual(["master-crash"]);
    expect(gap(4900)).toEqual(["master-crash", "no-master"]);
  });

  it("is told of at either end of the capture, and may not be over", () => {
    const wire = story(20_000, [...adverts("server1", { from: 6000, count: 5 }), ...resigns("server1", 10_500)]);
    expect(diagnose(wire, lab)).toMatchObject([
      { id: "no-master", from: 0, to: 6000 },
      { id: "no-master", from: 10_000, to: null },
    ]);
    expect(ids(story(20_000, []), lab)).toEqual(["no-master"]);
  });
});

describe("a manual keepalived lab", async () => {
  const bareHa = await readLab("labs/bare-ha.yaml");

  it("has a time without a master", () => {
    const wire = story(20_000, resigns("server1", 10_500));
    expect(diagnose(wire, bareHa)).toMatchObject([{ id: "no-master", from: 0, to: null }]);
  });

  it("is diagnosed as the lab that it is to become", () => {
    const wire = story(20_000, [...server1Speaks(5), ...adverts("server4", { from: 4100 + 4900, count: 9 })]);
    expect(ids(wire, bareHa)).toEqual(["master-crash", "no-master"]);
    expect(diagnose(wire, bareHa)).toEqual(diagnose(wire, lab));
  });
});

describe("two VRRP instances on one network", () => {
  const two = withTwoInstances(lab);
  const [VI_1, VI_2] = two.vrrp;
  const [first, second] = two.services;
  if (!VI_1 || !VI_2 || !first || !second) throw new Error("the lab has not two services of two instances");
  const speaks = (count: number) => adverts("server4", { from: 300, count, id: 50 }, VI_2);
  const of = (wire: Evidence) => [first, second].map((service) => diagnoseFor(wire, two, service).map(({ id }) => id));

  it("may each have another master, which is no split brain", () => {
    expect(of(story(20_000, [...server1Speaks(20), ...speaks(20)]))).toEqual([[], []]);
  });

  it("are each diagnosed by their own advertisements", () => {
    const wire = story(20_000, [
      ...server1Speaks(5),
      ...adverts("server4", { from: 7905, count: 13, id: 70 }),
      ...speaks(20),
    ]);
    expect(of(wire)).toEqual([["master-crash"], []]);
    expect(of(story(20_000, server1Speaks(20)))).toEqual([[], ["no-master"]]);
  });

  it("have passwords of their own", () => {
    const wire = story(20_000, [
      ...server1Speaks(20),
      ...adverts("server4", { from: 300, count: 20, password: "2222" }, VI_2),
    ]);
    expect(of(wire)).toEqual([[], ["wrong-password"]]);
  });

  it("have an unknown router each to themselves", () => {
    const rogue = { ...unknownRouter({ from: 4300, count: 2, priority: 200 })[0], virtualRouterId: 52 } as WireAdvert;
    const wire = (addresses: readonly string[]) =>
      story(8000, [...server1Speaks(8), ...speaks(8), { ...rogue, addresses }]);
    expect(of(wire([second.vip]))).toEqual([[], ["rogue-router"]]);
    expect(of(wire([first.vip]))).toEqual([["rogue-router"], ["rogue-router"]]);
  });

  it("have their own members, timers and addresses", () => {
    const slow = { ...VI_2, advertInterval: 2, version: 3 as const };
    const [one, other] = [vrrpFacts(two, VI_1), vrrpFacts(two, slow)];
    expect([one.intervalMs, other.intervalMs]).toEqual([1000, 2000]);
    expect([one.masterDownMs.get("server1"), one.masterDownMs.get("server4")]).toEqual([3609.375, 3804.6875]);
    expect(other.masterDownMs.get("server1")).toBeGreaterThan(other.masterDownMs.get("server4") ?? 0);
    const [ofFirst, ofSecond] = [...server1Speaks(1), ...speaks(1)];
    if (!ofFirst || !ofSecond) throw new Error("nobody speaks");
    expect([one.concerns(ofFirst), one.concerns(ofSecond)]).toEqual([true, false]);
    expect([other.concerns(ofFirst), other.concerns(ofSecond)]).toEqual([false, true]);
    const virtual = { ...ofSecond, mac: "00:00:5e:00:01:34" };
    expect([one.directorOf(virtual), other.directorOf(virtual)]).toEqual([undefined, "server4"]);
  });
});

describe("an ARP conflict", () => {
  it("is two hosts that answer for the VIP while the master stays", () => {
    const wire = story(20_000, server1Speaks(20), {
      claims: [...claims(server1, "reply", 5000, 9000), ...claims(server2, "reply", 5000.2, 9000.1)],
    });
    expect(diagnose(wire, lab)).toMatchObject([
      {
        id: "arp-conflict",
        title: "server1 and server2 both say that 172.25.254.100 is theirs",
        from: 5000,
        to: 9000.1,
        because: [
          `5.000 s to 9.000 s: server1 (${server1}) by 2 ARP replies`,
          `5.000 s to 9.000 s: server2 (${server2}) by 2 ARP replies`,
        ],
      },
    ]);
  });

  it("is one that answers alone, beside the master's advertisements", () => {
    const wire = story(20_000, server1Speaks(20), { claims: claims(server2, "reply", 5500) });
    expect(diagnose(wire, lab)).toMatchObject([{ id: "arp-conflict", who: ["server1", "server2"] }]);
  });

  it("names an address that is none of the lab's", () => {
    const wire = story(20_000, server1Speaks(20), { claims: claims("52:54:00:66:66:66", "gratuitous", 5500) });
    expect(diagnose(wire, lab)[0]?.who).toEqual(["server1", "52:54:00:66:66:66"]);
  });

  it("is none around a handover, in which the old owner's last words cross the new one's", () => {
    const wire = story(
      20_000,
      [...server1Speaks(5), ...resigns("server1", 4500), ...adverts("server4", { from: 5306, count: 15 })],
      {
        claims: [...claims(server4, "gratuitous", 5306.1, 10_306), ...claims(server1, "reply", 5306.4)],
      },
    );
    expect(ids(wire, lab)).toEqual(["clean-handover"]);
  });

  it("is none in a split brain, which explains it", () => {
    const wire = story(30_000, [...server1Speaks(30), ...adverts("server4", { from: 5405, count: 13 })], {
      claims: [...claims(server1, "reply", 9000), ...claims(server4, "reply", 9000.2)],
    });
    expect(ids(wire, lab)).toEqual(["split-brain"]);
  });
});
