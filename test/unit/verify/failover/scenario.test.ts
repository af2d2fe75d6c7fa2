import { describe, expect, it } from "vitest";
import type { Lab, VirtualService } from "../../../../lab/index.ts";
import { failoverScenario } from "../../../../verify/failover/index.ts";
import { fitted } from "../../../../verify/failover/scenario.ts";
import { faults } from "../../../../verify/faults/index.ts";
import { findScenario, type ResolvedStep, readScenario, resolve } from "../../../../verify/scenarios/index.ts";
import { aLiveLab } from "../a-live-lab.ts";
import { instanceOf, serviceOf, withInstance, withService } from "../other-labs.ts";

const { lab: ha } = await aLiveLab("ha");

/** The steps of a shipped scenario, fitted to a lab. */
async function stepsFor(lab: Lab, name: string): Promise<readonly ResolvedStep[]> {
  const scenario = await readScenario(await findScenario(name), { faults });
  const steps = fitted(scenario.steps, lab, serviceOf(lab), instanceOf(lab));
  return resolve({ ...scenario, steps }, lab, { master: "server1", faults }).steps;
}

const expectsOf = (steps: readonly ResolvedStep[]) => steps.flatMap((step) => (step.kind === "expect" ? [step] : []));
const kinds = (steps: readonly ResolvedStep[]) =>
  expectsOf(steps).flatMap(({ expectations }) => expectations.map(({ kind }) => kind));

/** Both scenarios that are failovers, each with a lab that it is for. */
const failovers: [string, Lab][] = [
  ["director-down", ha],
  ["no-preemption", withInstance(ha, { preempt: false })],
];

it("a lab without two directors has no failover", async () => {
  await expect(aLiveLab("dr").then(failoverScenario)).rejects.toMatchObject({
    kind: "misuse",
    message: expect.stringMatching(/^a failover needs two directors under keepalived, .*"dr" .* ipvsadm is in control/),
  });
});

describe.each(failovers)("%s, as a failover,", (name, lab) => {
  it("takes the master's power away and gives it back, and measures the outage against the promise", async () => {
    const steps = await stepsFor(lab, name);
    expect(steps.flatMap((step) => (step.kind === "fault" || step.kind === "heal" ? [step.fault] : []))).toEqual([
      "power-off",
      "power-off",
    ]);
    const bands = expectsOf(steps).flatMap(({ expectations }) =>
      expectations.flatMap((one) => (one.kind === "outage" ? [one.band] : [])),
    );
    expect(bands[0]).toBe("promised");
  });

  it.each<[string, Partial<VirtualService>]>([
    ["another scheduler", { scheduler: "sh" }],
    ["persistence", { persistenceTimeout: 50 }],
  ])("asks for no equal shares where %s does not promise them", async (_, change) => {
    expect(kinds(await stepsFor(lab, name))).toContain("balance");
    const left = await stepsFor(withService(lab, change), name);
    expect(kinds(left)).not.toContain("balance");
    expect(kinds(left)).toContain("diagnosis");
  });

  it("gives slow timers their time, and expectations that are matched once none", async () => {
    const slow = withInstance(lab, { advertInterval: 60 });
    const [textbook, patient] = [expectsOf(await stepsFor(lab, name)), expectsOf(await stepsFor(slow, name))];
    for (const [index, { withinMs, forMs, expectations }] of patient.entries()) {
      const measure = expectations.every(({ kind }) => kind === "outage" || kind === "failed");
      if (measure) expect(withinMs).toBe(0);
      else expect(withinMs).toBeGreaterThan(180_000 + (textbook[index]?.forMs ?? 0));
      if ((textbook[index]?.forMs ?? 0) > 0) expect(forMs).toBeGreaterThan(180_000);
    }
  });

  it("gives directors that wait before they preempt their time, too", async () => {
    const patient = expectsOf(await stepsFor(withInstance(lab, { preemptDelay: 300 }), name));
    for (const { withinMs } of patient.filter((step) => step.withinMs > 0)) expect(withinMs).toBeGreaterThan(304_000);
  });
});
