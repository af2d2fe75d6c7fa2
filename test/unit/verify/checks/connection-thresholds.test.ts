import { describe, expect, it } from "vitest";
import { type Lab, type RealServer, readLab } from "../../../../lab/index.ts";
import { balancing } from "../../../../verify/checks/balancing.ts";
import { connectionThresholds } from "../../../../verify/checks/connection-thresholds.ts";
import { aLiveLab } from "../a-live-lab.ts";
import { type Before, SimulatedDirector, SimulatedView, withWeights } from "../distribution/a-director.ts";
import { serviceOf } from "../other-labs.ts";

const live = await aLiveLab("dr");

type Thresholds = Pick<RealServer, "upperThreshold" | "lowerThreshold">;
const limited = (thresholds: Thresholds): Lab => withWeights(live.lab, [1, 1], {}, thresholds);

const viewOf = (lab: Lab, set: Thresholds, before?: Before): SimulatedView =>
  new SimulatedView({ ...live, lab }, new SimulatedDirector(serviceOf(limited(set)), before));

async function looked(wanted: Thresholds, set: Thresholds, before?: Before) {
  const lab = limited(wanted);
  const [subject] = connectionThresholds.subjects(lab);
  if (!subject) throw new Error("the lab has no such service");
  return await connectionThresholds.look(viewOf(lab, set, before), subject);
}

const wanted = { upperThreshold: 12, lowerThreshold: 8 };

describe("connection-thresholds", () => {
  it.each<[string, Before]>([
    ["an idle director", {}],
    ["connections of others that stand", { active: { server2: 3 } }],
    ["connections that have ended", { inactive: { server2: 5, server3: 2 } }],
  ])("passes with %s", async (_, before) => {
    expect(await looked(wanted, wanted, before)).toMatchObject({
      passed: true,
      seen: "server2 12 of 12; server3 12 of 12; then one was refused; answered again once they had ended",
    });
  });

  it.each<[string, Thresholds, RegExp]>([
    ["no thresholds", {}, /then one was answered/],
    ["lower ones", { upperThreshold: 6, lowerThreshold: 4 }, /^server2 6 of 12; server3 6 of 12; then one was refused/],
    ["higher ones", { upperThreshold: 14 }, /then one was answered/],
  ])("fails with %s", async (_, set, seen) => {
    const found = await looked(wanted, set);
    expect(found).toMatchObject({ passed: false, started: true });
    expect(found.seen).toMatch(seen);
  });

  it("is about services whose real servers all have an upper threshold, and not too many connections", async () => {
    const subjects = (lab: Lab) => connectionThresholds.subjects(lab).length;
    expect(subjects(live.lab)).toBe(0);
    expect(connectionThresholds.appliesTo(live.lab)).toBe(false);
    expect(subjects(limited({ upperThreshold: 100 }))).toBe(1);
    expect(subjects(limited({ upperThreshold: 101 }))).toBe(0);
    expect(subjects(await readLab("labs/thresholds.yaml"))).toBe(1);
  });
});

describe("balancing with thresholds", () => {
  const balanced = async (set: Thresholds, thresholds: Thresholds, before: Before) => {
    const lab = limited(thresholds);
    const [subject] = balancing.subjects(lab);
    if (!subject) throw new Error("the lab has no service");
    return (await balancing.look(viewOf(lab, set, before), subject)).passed;
  };
  const full: Before = { active: { server2: 18 } };
  const thresholds = { upperThreshold: 22, lowerThreshold: 20 };

  it("knows that a real server at its upper threshold has no turn", async () => {
    expect(await balanced(thresholds, thresholds, full)).toBe(true);
    expect(await balanced(thresholds, thresholds, {})).toBe(true);
  });

  it("sees a director that has none", async () => {
    expect(await balanced({}, thresholds, full)).toBe(false);
  });
});
