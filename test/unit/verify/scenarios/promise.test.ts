import { describe, expect, it } from "vitest";
import type { Lab, VrrpInstance } from "../../../../lab/index.ts";
import type { VrrpTimers } from "../../../../lab/vrrp.ts";
import { findFault } from "../../../../verify/faults/ledger.ts";
import { isAsPromised, promiseOf } from "../../../../verify/scenarios/promise.ts";
import { aLiveLab } from "../a-live-lab.ts";
import { instanceOf, withInstance, withPriorities, withService } from "../other-labs.ts";
import { anObserved, dr, ha } from "./an-observed.ts";

/** What VRRP promises for a fault, of the textbook's lab with other timers. */
function promised(id: string, targets: readonly string[], { priority = 50, ...timers }: Partial<VrrpTimers> = {}) {
  const live = { ...ha, lab: withInstance(withPriorities(ha.lab, { server4: priority }), timers) };
  return promiseOf(anObserved({ live, window: { fault: { fault: findFault(id), targets } } }));
}

// Rounded, for the skew is a fraction of 256: RFC 3768, section 6.1.
const band = (...given: Parameters<typeof promised>): [number, number] | undefined => {
  const promise = promised(...given);
  return promise && [Math.round(promise.minimumMs), Math.round(promise.maximumMs)];
};

describe("VRRP promises", () => {
  it.each<[string, Parameters<typeof promised>, [number, number]]>([
    ["the master-down interval, less up to one interval, for a crash", ["power-off", ["server1"]], [2805, 3805]],
    ["the same for a cable", ["link-down", ["server1"]], [2805, 3805]],
    ["by the lab's interval", ["pause", ["server1"], { advertInterval: 2 }], [4805, 6805]],
    ["with the skew by it too in version 3", ["pause", ["server1"], { version: 3, advertInterval: 0.1 }], [280, 380]],
    ["by the standby's priority", ["pause", ["server1"], { priority: 254 }], [2008, 3008]],
    ["the skew alone, when the master says goodbye", ["keepalived-stop", ["server1"]], [305, 805]],
    ["no less than nothing then", ["reboot", ["server1"], { priority: 254 }], [0, 8]],
  ])("%s", (_, given, expected) => {
    expect(band(...given)).toEqual(expected);
  });

  it("the same of a manual lab as of the one that it is to become", async () => {
    const window = { fault: { fault: findFault("power-off"), targets: ["server1"] } };
    const manual = promiseOf(anObserved({ live: await aLiveLab("bare-ha"), window }));
    expect(manual).toEqual(promised("power-off", ["server1"]));
    expect(manual).toBeDefined();
  });

  it("with its arithmetic in words", () => {
    expect(promised("power-off", ["server1"])?.arithmetic).toBe(
      "3 × 1000 ms + skew 805 ms (priority 50), less the time since the last advertisement",
    );
    expect(promised("keepalived-stop", ["server1"])?.arithmetic).toBe(
      "priority 0 was advertised: skew 805 ms (priority 50) alone",
    );
  });

  it.each<[string, ReturnType<typeof promised>]>([
    ["for a fault on the standby", promised("power-off", ["server4"])],
    ["for one that the master outlives", promised("disk-full", ["server1"])],
    ["for a heal, and before the first fault", promiseOf(anObserved())],
    [
      "where ipvsadm is in control",
      promiseOf(anObserved({ live: dr, window: { fault: { fault: findFault("power-off"), targets: ["server1"] } } })),
    ],
  ])("nothing %s", (_, promise) => {
    expect(promise).toBeUndefined();
  });
});

describe("VRRP promises of what the master tracks", async () => {
  const live = await aLiveLab("tracking");

  /** For a fault on the master of labs/tracking.yaml, with another weight of its script and other properties. */
  function tracked(id: string, parameters: object = {}, weight = -60, change: Partial<VrrpInstance> = {}) {
    const { trackScripts = [] } = instanceOf(live.lab);
    const scripts = { trackScripts: trackScripts.map((one) => ({ ...one, weight })) };
    const fault = findFault(id);
    const window = { fault: { fault, targets: ["server1"], parameters: fault.parameters.parse(parameters) } };
    return promiseOf(anObserved({ live: { ...live, lab: withInstance(live.lab, { ...scripts, ...change }) }, window }));
  }
  const inShort = (promise: ReturnType<typeof tracked>) =>
    promise && [Math.round(promise.minimumMs), Math.round(promise.maximumMs), promise.arithmetic];

  it.each<[string, Parameters<typeof tracked>, [number, number, string]]>([
    [
      "no outage where its priority falls below the standby's",
      ["script-fail"],
      [0, 0, "the master's priority falls to 40, and it serves until server4 takes over with 50"],
    ],
    [
      "none where it stays above",
      ["script-fail", {}, -10],
      [0, 0, "the master's priority falls to 90, and it stays master"],
    ],
    [
      "none where nobody preempts",
      ["script-fail", {}, -60, { preempt: false }],
      [0, 0, "the master's priority falls to 40, and it stays master"],
    ],
    [
      "the standby's skew where it goes to FAULT",
      ["process-stop"],
      [305, 805, "priority 0 was advertised: skew 805 ms (priority 50) alone"],
    ],
    [
      "the same after a script without a weight",
      ["script-fail", {}, 0],
      [305, 805, "priority 0 was advertised: skew 805 ms (priority 50) alone"],
    ],
    [
      "the same whatever the delay of preemption: a master in FAULT does not hold on",
      ["process-stop", {}, -60, { preemptDelay: 300 }],
      [305, 805, "priority 0 was advertised: skew 805 ms (priority 50) alone"],
    ],
    [
      "by the standby's priority with what it tracks itself",
      ["process-stop", {}, 100],
      [0, 414, "priority 0 was advertised: skew 414 ms (priority 150) alone"],
    ],
  ])("%s", (_, given, expected) => {
    expect(inShort(tracked(...given))).toEqual(expected);
  });

  it.each<[string, number, string, [number, number, string] | undefined]>([
    [
      "until its standby takes over from FAULT",
      0,
      "smtpd",
      [
        ...([2305, 7805] as const),
        "smtpd is gone at once, and the script maintenance tells within 2000 to 7000 ms; then skew 805 ms (priority 50)",
      ],
    ],
    [
      "until its standby takes over by priority",
      -60,
      "smtpd",
      [
        ...([4305, 10_805] as const),
        "smtpd is gone at once, and the script maintenance tells within 2000 to 7000 ms; then the master's priority falls to 40, and server4 takes over with 50 within 3805 ms",
      ],
    ],
    ["nothing where nobody takes over", -10, "smtpd", undefined],
    [
      "what it promises of any process, where another one serves",
      0,
      "haproxy",
      [305, 805, "priority 0 was advertised: skew 805 ms (priority 50) alone"],
    ],
  ])("of the end of what serves clients: %s", (_, weight, serves, expected) => {
    const [script] = instanceOf(live.lab).trackScripts ?? [];
    if (!script) throw new Error("the lab tracks no script");
    const trackScripts = [{ ...script, weight, watches: "smtpd", interval: 2, timeout: 3, fall: 2 }];
    const proxied = withService(live.lab, { proxied: { tls: false, process: serves } });
    const lab = withInstance(proxied, { trackScripts, trackProcesses: [] });
    const fault = findFault("process-stop");
    const window = { fault: { fault, targets: ["server1"], parameters: { process: script.name } } };
    expect(inShort(promiseOf(anObserved({ live: { ...live, lab }, window })))).toEqual(expected);
  });

  it("nothing for a script that it does not track", () => {
    expect(tracked("script-fail", { script: "another" })).toBeUndefined();
  });

  it("that an outage of nothing is as promised, and one beyond the tolerance is not", () => {
    const none = tracked("script-fail");
    const as = (longest: null | number) =>
      none &&
      isAsPromised(
        { longest: longest === null ? null : { from: 0, to: longest, ms: longest, errorMs: 20, requests: 1 } },
        none,
      );
    expect([null, 0, 499, 501, 3805].map(as)).toEqual([true, true, true, false, false]);
  });
});

describe("VRRP promises of a sync group", async () => {
  const live = await aLiveLab("sync-group");

  /** For a fault on its master, with properties of the second instance; the first one is observed. */
  function grouped(id: string, second: Partial<VrrpInstance> = {}, syncGroup: string | undefined = "VG_1") {
    const [one, other] = live.lab.vrrp;
    if (!one || !other) throw new Error("the lab has no two instances");
    const lab: Lab = {
      ...live.lab,
      vrrp: [
        { ...one, syncGroup },
        { ...other, syncGroup, ...second },
      ] as VrrpInstance[],
    };
    const promise = promiseOf(
      anObserved({ live: { ...live, lab }, window: { fault: { fault: findFault(id), targets: ["server1"] } } }),
    );
    return promise && [Math.round(promise.minimumMs), Math.round(promise.maximumMs), promise.arithmetic];
  }
  const slow: Partial<VrrpInstance> = {
    advertInterval: 3,
    members: [
      { server: "server1", priority: 99, state: "MASTER" },
      { server: "server4", priority: 20, state: "BACKUP" },
    ],
  };
  const own = "3 × 1000 ms + skew 805 ms (priority 50), less the time since the last advertisement";

  it("its own timers where all are the same", () => {
    expect(grouped("power-off")).toEqual([2805, 3805, own]);
  });

  it("the timers of its slowest instance, by name", () => {
    expect(grouped("power-off", slow)).toEqual([
      ...[6922, 9922],
      "3 × 3000 ms + skew 922 ms (priority 20) in VI_2, the slowest of VG_1, less the time since the last advertisement",
    ]);
    expect(grouped("keepalived-stop", slow)).toEqual([
      ...[422, 922],
      "priority 0 was advertised: skew 922 ms (priority 20) in VI_2, the slowest of VG_1, alone",
    ]);
  });

  it("its own timers where the other is in no group", () => {
    expect(grouped("power-off", { ...slow, syncGroup: undefined } as Partial<VrrpInstance>)).toEqual([2805, 3805, own]);
  });
});

describe("an outage is as promised", () => {
  const promise = promised("power-off", ["server1"]);
  const asPromised = (ms: number, errorMs = 21, to: number | null = 5000): boolean =>
    promise !== undefined && isAsPromised({ longest: { from: 1000, to, ms, errorMs, requests: 1 } }, promise);

  it.each([2806, 3804, 4304])("at %i ms", (ms) => {
    expect(asPromised(ms)).toBe(true);
  });

  it.each([800, 2700, 4306, 9000])("not at %i ms", (ms) => {
    expect(asPromised(ms)).toBe(false);
  });

  it("below VRRP's minimum by what the probe may be off, and no more", () => {
    expect(asPromised(2790, 21)).toBe(true);
    expect(asPromised(2790, 11)).toBe(false);
  });

  it("if there is one, and it is over", () => {
    expect(promise && isAsPromised({ longest: null }, promise)).toBe(false);
    expect(asPromised(3400, 21, null)).toBe(false);
  });
});
