import { describe, expect, it } from "vitest";
import { findFault } from "../../../../../verify/faults/ledger.ts";
import type { HeldConnection } from "../../../../../verify/probe/records.ts";
import type { Expectation } from "../../../../../verify/scenarios/expectations/index.ts";
import type { Amount } from "../../../../../verify/scenarios/expectations/share.ts";
import { macOf as macIn } from "../../other-labs.ts";
import { asked, type Ending, ha, match, refused, type Sight, timeout, times } from "../an-observed.ts";

const page = "server2";
/** Ten seconds of answers in turn. */
const served = asked(times(50, "server2", "server3"));

it("nothing is said of requests where there is no load", async () => {
  await expect(match({ kind: "failed", atMost: { count: 0 } }, { requests: null })).rejects.toThrow(/has no load/);
});

describe("served", () => {
  it.each<[string, Sight, boolean, string]>([
    ["every request was answered", { requests: served }, true, "every one was"],
    ["none has ended", {}, false, "none has ended yet"],
    [
      "the last failed",
      { requests: asked([...times(94, page), ...times(6, refused)]) },
      false,
      "the last one that ended failed: ECONNREFUSED",
    ],
    [
      "one is missing, which may be hanging",
      { requests: served.filter(({ n }) => n !== 90) },
      false,
      "the last one that ended was answered",
    ],
    [
      "one was late",
      { requests: asked([...times(80, page), { late: page }, ...times(19, page)]) },
      false,
      "the last one that ended was answered",
    ],
    ["one was late before", { requests: asked([...times(60, page), { late: page }, ...times(39, page)]) }, true, ""],
  ])("when %s: %#", async (_, sight, ok, seen) => {
    const verdict = await match({ kind: "served", ms: 2000 }, sight);
    expect(verdict.ok).toBe(ok);
    expect(verdict.seen).toContain(seen);
  });
});

describe("failed and delayed", () => {
  const four: Ending[] = [refused, { late: page }, ...times(198, page)];
  const within = (kind: "failed" | "delayed", bounds: { atLeast?: Amount; atMost?: Amount }, sight: Sight) =>
    match({ kind, ...bounds } as Expectation, { now: 30_000, ...sight });

  it.each<[string, { atLeast?: Amount; atMost?: Amount }, boolean]>([
    ["a share at its upper limit", { atMost: { percent: 0.5 } }, true],
    ["a share above it", { atMost: { percent: 0.49 } }, false],
    ["a share at its lower limit", { atLeast: { percent: 0.5 } }, true],
    ["a share below it", { atLeast: { percent: 0.51 } }, false],
    ["a count at its limits", { atLeast: { count: 1 }, atMost: { count: 1 } }, true],
    ["one where there must be none", { atMost: { count: 0 } }, false],
    ["a count and a share together", { atLeast: { count: 1 }, atMost: { percent: 1 } }, true],
  ])("%s", async (_, bounds, ok) => {
    for (const kind of ["failed", "delayed"] as const)
      expect(await within(kind, bounds, { requests: asked(four) })).toEqual({ ok, seen: "1 of 200 (0.5 %)" });
  });

  it("count what ended in the window, whenever it was started", async () => {
    const requests = asked([timeout, ...times(9, page)]);
    const from = { window: { step: 3, from: 2000 } };
    expect(await within("failed", { atMost: { count: 0 } }, { requests, ...from })).toEqual({
      ok: false,
      seen: "1 of 1 (100.0 %)",
    });
    expect(await within("failed", { atMost: { count: 0 } }, { requests, window: { from: 2001 } })).toEqual({
      ok: false,
      seen: "0 of 0 (0.0 %)",
    });
  });

  it("count what is still under way, once it has ended", async () => {
    const requests = asked([...times(5, page), timeout, ...times(4, page)]);
    expect(await within("failed", { atMost: { count: 0 } }, { requests, now: 950 })).toEqual({
      ok: false,
      seen: "1 of 10 (10.0 %)",
    });
  });
});

describe("outage", () => {
  /** Three requests of the eleventh second got no connection: 10 000 until 10 301, when a later one had its own. */
  const requests = asked([...times(100, page), ...times(3, timeout), ...times(60, page)]);
  const outage = (band: { atLeastMs?: number; atMostMs?: number } | "none", sight: Sight = {}) =>
    match(
      {
        kind: "outage",
        band: band === "none" ? band : { atLeastMs: 0, atMostMs: Number.MAX_SAFE_INTEGER, ...band },
      },
      { requests, now: 16_000, ...sight },
    );

  it.each<[string, Parameters<typeof outage>[0], boolean]>([
    ["none", "none", false],
    ["no more than it is", { atMostMs: 301 }, true],
    ["less than it is, by what the probe may be off", { atMostMs: 201 }, true],
    ["less than that", { atMostMs: 199 }, false],
    ["more than it is, by what the probe may be off", { atLeastMs: 401 }, true],
    ["more than that", { atLeastMs: 403 }, false],
  ])("where %s is wanted of one of 301 ms ± 101 ms", async (_, band, ok) => {
    expect(await outage(band)).toEqual({ ok, seen: "301 ± 101 ms" });
  });

  it("is measured in the order of the schedule, though requests that hang end after later ones", async () => {
    const [firstEnded] = requests.toSorted((one, other) => one.ended - other.ended).slice(100);
    expect(firstEnded?.n).toBe(103);
    expect((await outage({ atMostMs: 500 })).ok).toBe(true);
  });

  it("waits for requests that hang: none of the outage is known at its end", async () => {
    expect(await outage({ atLeastMs: 1 }, { now: 10_350 })).toEqual({ ok: true, seen: "301 ± 101 ms" });
    expect((await outage("none", { now: 10_350 })).ok).toBe(false);
  });

  it("is none where there was none, and then within every bound but a lower one", async () => {
    const none = { requests: served };
    expect(await outage("none", none)).toEqual({ ok: true, seen: "none, slowest connection 1 ms" });
    expect((await outage({ atMostMs: 1000 }, none)).ok).toBe(true);
    expect((await outage({ atLeastMs: 1 }, none)).ok).toBe(false);
  });

  it("is of the window", async () => {
    expect((await outage("none", { window: { from: 10_302 } })).ok).toBe(true);
    expect((await outage("none", { window: { from: 10_300 } })).ok).toBe(false);
  });

  it("that is not over keeps no bound", async () => {
    const lasting = { requests: asked([...times(100, page), ...times(3, refused)]), now: 10_300 };
    expect(await outage({ atLeastMs: 0 }, lasting)).toMatchObject({ ok: false, seen: /, and not over$/ });
  });
});

describe("the promised outage", () => {
  const powerOff = { fault: findFault("power-off"), targets: ["server1"] };
  /** So many requests in a row got no connection, each tenth of a second: that is 101 ms more or less. */
  const promised = (lost: number, window: Sight["window"] = { step: 2, from: 10_000, fault: powerOff }) =>
    match(
      { kind: "outage", band: "promised" },
      { requests: asked([...times(100, page), ...times(lost, timeout), ...times(100, page)]), now: 30_000, window },
    );

  // 2805 to 3805 ms, and up to 500 ms more.
  it.each<[string, number, boolean]>([
    ["shorter than promised, by more than the probe may be off", 27, false],
    ["shorter by less than that", 28, true],
    ["longer than promised, within the tolerance", 43, true],
    ["longer than that: what the probe may be off is not added", 44, false],
    ["none", 0, false],
  ])("%s", async (_, lost, ok) => {
    expect((await promised(lost)).ok).toBe(ok);
  });

  it("is none while it lasts", async () => {
    const requests = asked([...times(100, page), ...times(30, timeout)]);
    const window = { step: 2, from: 10_000, fault: powerOff };
    expect(await match({ kind: "outage", band: "promised" }, { requests, now: 30_000, window })).toMatchObject({
      ok: false,
      seen: expect.stringMatching(/, and not over$/),
    });
  });

  it("is none where VRRP promises nothing, and that is said", async () => {
    expect(await promised(30, { step: 4, from: 10_000 })).toEqual({
      ok: false,
      seen: "3001 ± 101 ms; but no fault on the master opened this window, so VRRP promises nothing",
    });
  });
});

describe("balance", () => {
  /** Requests of the last two seconds, however many. */
  const bunched = (endings: readonly Ending[]) =>
    endings.length <= 20
      ? asked(endings, 8000)
      : asked(endings).map((one) => ({ ...one, ended: 8000 + one.ended / 10 }));
  const balance = (share: "even" | { only: string } | { without: string }, endings: readonly Ending[], from = 0) =>
    match({ kind: "balance", share }, { requests: bunched(endings), window: { from } });

  it.each([
    ["all by the sorry server", times(20, "Sorry"), true, 20],
    ["all but one", [...times(19, "Sorry"), "server2"], false, 19],
  ] as const)("%s", async (_, endings, ok, count) => {
    const service = { ...ha.lab.services[0], sorryServer: { address: "127.0.0.1", port: 80, page: "Sorry\n" } };
    const lab = { ...ha.lab, services: [service] };
    const live = { ...ha, lab } as unknown as typeof ha;
    expect(await match({ kind: "balance", share: "sorry" }, { live, requests: bunched(endings) })).toEqual({
      ok,
      seen: `${count} of 20 answers were the sorry server's page`,
    });
  });

  it.each<[string, Parameters<typeof balance>[0], Ending[], boolean]>([
    ["in turn", "even", times(10, "server2", "server3"), true],
    ["two apart", "even", [...times(9, "server2", "server3"), "server2", "server2"], true],
    ["a tenth of the larger apart", "even", [...times(72, "server2", "server3"), ...times(8, "server2")], true],
    ["more than a tenth apart", "even", [...times(72, "server2", "server3"), ...times(9, "server2")], false],
    ["three apart", "even", [...times(8, "server2", "server3"), ...times(3, "server2")], false],
    ["one server alone", "even", times(20, "server2"), false],
    ["the page of an unknown host among them", "even", [...times(9, "server2", "server3"), "welcome"], false],
    ["all by one", { only: "server2" }, times(20, "server2"), true],
    ["all by one but one", { only: "server2" }, [...times(19, "server2"), "server3"], false],
    ["none by one", { without: "server3" }, times(20, "server2"), true],
    ["one by one", { without: "server3" }, [...times(19, "server2"), "server3"], false],
    ["late answers do not count", { only: "server2" }, [...times(11, "server2"), { late: "server3" }], true],
  ])("%s", async (_, share, endings, ok) => {
    expect((await balance(share, endings)).ok).toBe(ok);
  });

  it("takes ten answers to say anything, of the last 2 s and of the window", async () => {
    expect(await balance({ only: "server2" }, times(9, "server2"))).toEqual({
      ok: false,
      seen: "only 9 were answered in the last 2 s",
    });
    expect((await balance({ only: "server2" }, times(20, "server2"), 9500)).ok).toBe(false);
    const before = asked([...times(10, "server3"), ...times(20, "server2")], 7000);
    expect(await match({ kind: "balance", share: { without: "server3" } }, { requests: before })).toEqual({
      ok: true,
      seen: "server2 20, server3 0",
    });
  });
});

describe("arp", () => {
  const macOf = (name: string) => macIn(ha.lab, name).toLowerCase();
  const saw = (...macs: (string | null)[]): Sight => ({ arp: macs.map((mac, at) => ({ mac, after: at, at })) });
  const unknown = "02:00:00:00:00:01";

  it.each<[string, string | null, Sight, boolean, string]>([
    ["the last change counts", "server4", saw(macOf("server1"), macOf("server4")), true, "it names server4 ("],
    ["another server", "server1", saw(macOf("server4")), false, "it names server4 ("],
    ["no entry", "server1", saw(macOf("server1"), null), false, "there is none"],
    ["no entry is no unknown host", null, saw(null), false, "there is none"],
    ["an unknown host", null, saw(unknown), true, `it names ${unknown}`],
    ["a server is no unknown host", null, saw(macOf("server1")), false, "it names server1 ("],
    ["nothing known yet", "server1", saw(), false, "there is none"],
  ])("%s", async (_, owner, sight, ok, seen) => {
    const verdict = await match({ kind: "arp", owner }, sight);
    expect(verdict.ok).toBe(ok);
    expect(verdict.seen).toContain(seen);
  });
});

describe("connections", () => {
  const held = (id: number, given: Partial<HeldConnection> = {}): HeldConnection => ({
    id,
    opened: 100,
    closed: null,
    answered: 9000,
    ...given,
  });
  const broken: Partial<HeldConnection> = { closed: 6000, error: "ECONNRESET", answered: 4900 };
  const window = { step: 3, from: 5000 };

  it.each<[string, "survive" | "break", HeldConnection[], boolean, string]>([
    ["all were answered since", "survive", [held(1), held(2)], true, "of 2, 0 broke and 2 were answered since"],
    [
      "one was not",
      "survive",
      [held(1), held(2, { answered: 4999 })],
      false,
      "of 2, 0 broke and 1 were answered since",
    ],
    ["one broke", "survive", [held(1), held(2, broken)], false, "of 2, 1 broke and 1 were answered since"],
    ["all broke", "break", [held(1, broken), held(2, broken)], true, "of 2, 2 broke and 0 were answered since"],
    ["one hangs", "break", [held(1, broken), held(2, { answered: 4999 })], false, "of 2, 1 broke"],
    ["there was none", "survive", [], false, "of 0"],
    ["there was none to break", "break", [], false, "of 0"],
    ["one was opened since", "break", [held(1, broken), held(2, { opened: 6100 })], true, "of 1, 1 broke"],
    ["one broke before", "survive", [held(1), held(2, { ...broken, closed: 4000 })], true, "of 1, 0 broke"],
    ["one was closed in order", "survive", [held(1), held(2, { closed: 7000 })], true, "of 1, 0 broke"],
    ["one was closed in order, and no more are there", "break", [held(1, { closed: 7000 })], false, "of 0"],
  ])("%s: %s", async (_, fate, connections, ok, seen) => {
    const verdict = await match({ kind: "connections", fate }, { held: connections, window });
    expect(verdict.ok).toBe(ok);
    expect(verdict.seen).toContain(seen);
  });

  it("in the first window are those that the load opened", async () => {
    expect((await match({ kind: "connections", fate: "survive" }, { held: [held(1)] })).ok).toBe(true);
  });
});
