import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Control, parseLab } from "../../../../lab/index.ts";
import { projectRoot } from "../../../../provision/paths.ts";
import { faults } from "../../../../verify/faults/index.ts";
import { findScenario, readScenario, resolve, scenarioNames } from "../../../../verify/scenarios/index.ts";
import { edit } from "../../lab/file-cases.ts";

const labs: Readonly<Record<Control, string>> = { ipvsadm: "labs/dr.yaml", keepalived: "labs/ha.yaml" };
const natLabs: Readonly<Record<Control, string>> = { ipvsadm: "labs/nat.yaml", keepalived: "labs/nat-ha.yaml" };
/** For scenarios of what the textbook's labs do not have. */
const tracking = "labs/tracking.yaml";
const bfd = "labs/bfd.yaml";
const synced = "labs/connection-sync.yaml";
const names = await scenarioNames();
const scenarios = await Promise.all(names.map(async (name) => readScenario(await findScenario(name), { faults })));

describe.each(scenarios)("$name", (scenario) => {
  it.each(scenario.controls)("fits a shipped lab with %s in control", (control) => {
    const routed = scenario.requires.forwarding === "nat" ? natLabs : labs;
    const { connectionSync } = scenario.requires;
    const special = scenario.name.startsWith("tracked-bfd-")
      ? bfd
      : scenario.name.startsWith("tracked-")
        ? tracking
        : connectionSync
          ? synced
          : undefined;
    const file = special ?? routed[control];
    const text = readFileSync(join(projectRoot, file), "utf8");
    const { preempt, healthCheck, sorryServer } = scenario.requires;
    const type = [healthCheck].flat()[0];
    const asked = type ? edit(text, "      delayLoop: 6", `      type: ${type}\n      delayLoop: 6`) : text;
    const checked = sorryServer ? edit(asked, "    scheduler: rr ", "    sorryServer: {}\n    scheduler: rr ") : asked;
    const lab = parseLab(preempt === false ? edit(checked, "preempt: true", "preempt: false") : checked, file);
    const { steps } = resolve(scenario, lab, { master: "server1", faults });
    expect(steps.length).toBeGreaterThan(2);
  });

  it("tells what it shows, begins with a lab that serves, and leaves nothing broken", () => {
    expect(scenario.description).toMatch(/^\S.{80,}\S$/);
    const [first] = scenario.steps;
    expect(first?.kind === "expect" && first.expectations.map(({ kind }) => kind)).toContain("served");
    const flat = scenario.steps.flatMap((step) => (step.kind === "repeat" ? step.steps : [step]));
    const injected = flat.flatMap((step) => (step.kind === "fault" ? [step.fault] : []));
    const healed = flat.flatMap((step) => (step.kind === "heal" ? [step.fault] : []));
    expect(healed.sort()).toEqual(injected.sort());
  });
});

it("there is a scenario for every fault", () => {
  const used = scenarios.flatMap(({ steps }) =>
    steps
      .flatMap((step) => (step.kind === "repeat" ? step.steps : [step]))
      .flatMap((step) => (step.kind === "fault" ? [step.fault] : [])),
  );
  expect(faults.map(({ id }) => id).filter((id) => !used.includes(id))).toEqual([]);
});

describe("a scenario is found", () => {
  it("by its name, or as a file", async () => {
    expect(await findScenario("director-down")).toBe(join(projectRoot, "verify/scenarios/shipped/director-down.yaml"));
    for (const file of ["./mine", "mine.yaml", "mine.yml", "/tmp/mine"]) expect(await findScenario(file)).toBe(file);
  });

  it("or the names are told", async () => {
    await expect(findScenario("director-dwon")).rejects.toThrow(
      /^director-dwon:1:1: expected a scenario, one of all-real-servers-down, arp-conflict, .*, or the path of a file; found director-dwon\. Fix: did you mean `director-down`\?$/,
    );
  });
});
