import { describe, expect, it } from "vitest";
import type { VrrpTimers } from "../../../../lab/vrrp.ts";
import { findFault } from "../../../../verify/faults/ledger.ts";
import { isAsPromised, promiseOf } from "../../../../verify/scenarios/promise.ts";
import { aLiveLab } from "../a-live-lab.ts";
import { withInstance, withPriorities } from "../other-labs.ts";
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
