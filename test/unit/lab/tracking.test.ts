import { describe, expect, it } from "vitest";
import {
  effectivePriority,
  electedOf,
  type Lab,
  lowestPriority,
  masterDownOf,
  parseLab,
  preemptionOf,
  promisedOutageOf,
  reactionTo,
  skewOf,
  type Tracked,
  trackedBy,
  type VrrpInstance,
  warningsOf,
} from "../../../lab/index.ts";
import { twoInstances } from "./vrrp-cases.ts";

/** Directors a, b and c with 100, 90 and 80, and with 99, 89 and 79 in the second instance. */
function labWith(first: readonly string[], second: readonly string[] = []): { lab: Lab; instance: VrrpInstance } {
  const lines = (all: readonly string[]) => all.map((line) => `    ${line}\n`).join("");
  const lab = parseLab(
    twoInstances
      .replace("  - id: 51\n", `  - id: 51\n${lines(first)}`)
      .replace("  - id: 52\n", `  - id: 52\n${lines(second)}`),
    "lab.yaml",
  );
  const [instance] = lab.vrrp;
  if (!instance) throw new Error("the lab has no instance");
  return { lab, instance };
}

/** What follows when the one thing that the first instance tracks fails on a. */
function reaction(tracked: string, ...more: string[]) {
  const { lab, instance } = labWith([tracked, ...more]);
  return reactionTo(lab, instance, "a", trackedBy(instance)[0] as Tracked);
}

const rounded = ({ minimum, maximum }: { minimum: number; maximum: number }) => [
  Math.round(minimum),
  Math.round(maximum),
];

/** Skews of 90 and 100 in milliseconds: (256 − priority) / 256 s (RFC 3768, section 6.1). */
const [skew90, skew100] = [648.4375, 609.375];

describe("a priority", () => {
  it("has what is added while all is well, and loses each weight, of whatever sign", () => {
    const { instance } = labWith([
      "trackScripts: [{ command: /bin/true, weight: 20 }, { command: /bin/false, weight: -30 }]",
      "trackProcesses: [{ process: cron, weight: 5 }, { process: dbus-daemon }]",
    ]);
    expect([effectivePriority(instance, "a"), lowestPriority(instance, "a")]).toEqual([125, 70]);
    expect([effectivePriority(instance, "b"), lowestPriority(instance, "b")]).toEqual([115, 60]);
    expect(effectivePriority(instance, "w")).toBeUndefined();
    expect(electedOf(instance)).toBe("a");
  });

  it("decides on the skew as it is in force", () => {
    const { lab, instance } = labWith(["trackScripts: [{ command: /bin/true, weight: 100 }]"]);
    expect(skewOf(lab, instance, "b")).toBeCloseTo(((256 - 190) / 256) * 1000, 6);
  });
});

describe("the failure of a tracked object", () => {
  it.each<[string, string, [number, number], [number, number]]>([
    ["a script at keepalived's defaults", "trackScripts: [{ command: /bin/true }]", [0, 2000], [0, 2000]],
    [
      "a script that must fail three times, every two seconds, each within one",
      "trackScripts: [{ command: /bin/true, interval: 2, timeout: 1, fall: 3, rise: 2 }]",
      [4000, 7000],
      [2000, 5000],
    ],
    ["a process", "trackProcesses: [{ process: cron }]", [0, 0], [0, 0]],
    [
      "a process that may be gone for a moment",
      "trackProcesses: [{ process: cron, delay: 1.5 }]",
      [1500, 1500],
      [1500, 1500],
    ],
  ])("is noticed by its times: %s", (_, line, fails, recovers) => {
    const [tracked] = trackedBy(labWith([line]).instance);
    expect(tracked && [rounded(tracked.fails), rounded(tracked.recovers)]).toEqual([fails, recovers]);
  });

  it("without a weight is FAULT: priority 0 is said, and the next best takes over after its skew", () => {
    const found = reaction("trackScripts: [{ command: /bin/true, fall: 2 }]");
    expect(found).toMatchObject({ priority: undefined, successor: "b" });
    expect(rounded(found.outage)).toEqual([Math.round(skew90), Math.round(skew90)]);
    expect(rounded(found.takeover)).toEqual([1000 + Math.round(skew90), 3000 + Math.round(skew90)]);
  });

  it("that lowers the priority below another's moves the VIP without an outage, after the better one's silence", () => {
    const found = reaction("trackScripts: [{ command: /bin/true, weight: -60 }]");
    expect(found).toMatchObject({ priority: 40, successor: "b", outage: { minimum: 0, maximum: 0 } });
    expect(rounded(found.takeover)).toEqual([2000 + Math.round(skew90), 5000 + Math.round(skew90)]);
    expect(rounded(found.return as never)).toEqual([2000 + Math.round(skew100), 5000 + Math.round(skew100)]);
  });

  it.each([
    ["that still leaves it the highest", "trackScripts: [{ command: /bin/true, weight: -5 }]", 95],
    [
      "that leaves it equal to the next, whose address does not count while it advertises",
      "trackScripts: [{ command: /bin/true, weight: -10 }]",
      90,
    ],
    ["that takes away what it had added", "trackProcesses: [{ process: cron, weight: 10 }]", 100],
  ])("moves nothing by a weight %s", (_, line, priority) => {
    expect(reaction(line)).toMatchObject({ priority, successor: undefined });
  });

  it("moves nothing by any weight where no director preempts, and FAULT for good", () => {
    expect(reaction("trackScripts: [{ command: /bin/true, weight: -60 }]", "preempt: false")).toMatchObject({
      ...{ priority: 40, successor: undefined },
    });
    expect(reaction("trackScripts: [{ command: /bin/true }]", "preempt: false")).toMatchObject({
      ...{ successor: "b", return: undefined },
    });
  });

  it("that lowers the priority by a weight makes the highest-priority backup without nopreempt the master", () => {
    const { lab, instance } = labWith(["trackScripts: [{ command: /bin/true, weight: -60 }]"]);
    const weight = trackedBy(instance)[0] as Tracked;
    const without = (...servers: string[]): VrrpInstance => ({
      ...instance,
      members: instance.members.map((one) => (servers.includes(one.server) ? { ...one, preempt: false } : one)),
    });
    expect(reactionTo(lab, without("b"), "a", weight)).toMatchObject({ successor: "c" });
    expect(reactionTo(lab, without("b", "c"), "a", weight)).toMatchObject({ successor: undefined });
    expect(reactionTo(lab, without("b"), "a", { ...weight, weight: 0 })).toMatchObject({ successor: "b" });
  });

  it("is answered later where directors wait before they preempt, unless it is FAULT", () => {
    const lowered = reaction("trackProcesses: [{ process: cron, weight: -60 }]", "preemptDelay: 3");
    // Seen in keepalived 2.2.7: 6.5 s for a standby of priority 50.
    expect(rounded(lowered.takeover)).toEqual([5000 + Math.round(skew90), 7000 + Math.round(skew90)]);
    const fault = reaction("trackProcesses: [{ process: cron }]", "preemptDelay: 3");
    expect(rounded(fault.takeover)).toEqual([Math.round(skew90), Math.round(skew90)]);
    expect(rounded(fault.return as never)).toEqual([5000 + Math.round(skew100), 7000 + Math.round(skew100)]);
  });
});

describe("a preemption", () => {
  it("comes within the last interval of the master-down interval", () => {
    const { lab, instance } = labWith([]);
    expect(rounded(preemptionOf(lab, instance, "a"))).toEqual([2609, 3609]);
  });

  it("is put off by a delay that is shorter than an interval, too", () => {
    const { lab, instance } = labWith(["preemptDelay: 0.5"]);
    expect(rounded(preemptionOf(lab, instance, "a"))).toEqual([3609, 5109]);
  });
});

describe("a sync group", () => {
  it("moves when the slowest of its instances may", () => {
    const { lab, instance } = labWith(["syncGroup: VG"], ["syncGroup: VG", "advertInterval: 3"]);
    const skew89 = ((256 - 89) / 256) * 1000;
    expect(masterDownOf(lab, instance, "b")).toBeCloseTo(9000 + skew89, 6);
    const { crash, cleanStop } = promisedOutageOf(lab, instance, "b");
    expect(rounded(crash)).toEqual([6000 + Math.round(skew89), 9000 + Math.round(skew89)]);
    expect(cleanStop).toBeCloseTo(skew89, 6);
  });

  it("has no part in the timers of others", () => {
    const { lab, instance } = labWith([], ["advertInterval: 3"]);
    expect(masterDownOf(lab, instance, "b")).toBeCloseTo(3000 + skew90, 6);
    expect(rounded(promisedOutageOf(lab, instance, "b").crash)).toEqual([2648, 3648]);
  });
});

describe("a lab file is warned of", () => {
  const warnings = (...lines: string[]) => warningsOf(labWith(lines).lab);

  it("weights that never move the VIP, with both priorities", () => {
    expect(
      warnings("trackScripts: [{ command: /bin/true, weight: -4 }]", "trackProcesses: [{ process: cron, weight: 6 }]"),
    ).toEqual([
      "vrrp VI_1: the weights of what it tracks never move its addresses: if all of it fails on a, its priority falls from 106 to 96, and b has 96. " +
        "Fix: let the weights sum up to more than 10, or leave `weight` out, and a failure is the director's FAULT.",
    ]);
  });

  it("weights where no director preempts", () => {
    expect(warnings("preempt: false", "trackScripts: [{ command: /bin/true, weight: -60 }]")).toEqual([
      expect.stringMatching(/^vrrp VI_1: .* with `preempt: false` no director takes over from one that is alive/),
    ]);
  });

  it("nothing else", () => {
    expect(warnings()).toEqual([]);
    expect(warnings("trackScripts: [{ command: /bin/true }]", "preempt: false")).toEqual([]);
    expect(warnings("trackScripts: [{ command: /bin/true, weight: -5 }, { command: /bin/false, weight: -6 }]")).toEqual(
      [],
    );
  });
});
