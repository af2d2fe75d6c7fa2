import { type HealthCheck, instanceOfVip, type Lab, type VirtualService } from "../../lab/index.ts";
import { type Finding, readYaml } from "../../lab/yaml/document.ts";
import { deepFreeze } from "../../lab/yaml/freeze.ts";
import { didYouMean } from "../../lab/yaml/nearest.ts";
import { FileError } from "../../lab/yaml/problem.ts";
import { findingsOf, type Rule } from "../../lab/yaml/rules.ts";
import { LabError } from "../live/lab-error.ts";
import { detectedLabRules, detectedWithinMs, failureBy } from "./detected.ts";
import { type Draft, stepsOf, usesOf } from "./draft.ts";
import { withExpectationRules } from "./expectation-rules.ts";
import { type Expectation, type ExpectationName, kindOf } from "./expectations/index.ts";
import type { InLab, Known, Names } from "./expectations/kind.ts";
import { unmetRequirements } from "./requirements.ts";
import { checkTarget } from "./rules.ts";
import type { FaultPlace, RepeatStep, ResolvedScenario, ResolvedStep, Scenario, Step } from "./scenario.ts";
import { choicesFor, fits, namesOf, rolesOf, segment, selectorsOf, serviceOf } from "./selectors.ts";
import { standingFaults } from "./standing.ts";
import { DETECTED } from "./values.ts";

interface Place extends InLab {
  /** The kinds of expectation among the steps: the caller of a scenario may have left some out. */
  readonly expected: ReadonlySet<ExpectationName>;
}

const ofFile: Record<string, Rule<Draft, Place>> = {
  *"control-of-lab"({ control }, { lab }) {
    if (![control].flat().includes(lab.control)) {
      yield {
        path: ["control"],
        expected: `what is in control of the lab ${lab.name}, which is ${lab.control}`,
        remedy: "run the scenario on such a lab: `--stack` chooses one",
      };
    }
  },

  *"requirement-of-lab"({ requires }, { lab, service }) {
    for (const { key, expected, remedy } of unmetRequirements(requires ?? {}, lab, service)) {
      yield { path: ["requires", key], expected, remedy };
    }
  },

  *"connections-by-udp"({ load }, { service }) {
    if (service.protocol === "udp" && load?.longLived)
      yield {
        path: ["load", "longLived"],
        expected: `no connections: the service ${service.name} is one of UDP, which has none`,
        remedy: "choose a TCP service by `--service`, or leave out `longLived`",
      };
  },

  *"unknown-server"(draft, { lab, roles }) {
    const known = selectorsOf(lab);
    const used = [
      ...stepsOf(draft).flatMap(({ path, step }) =>
        step.on === undefined ? [] : [{ path: [...path, "on"], selector: step.on, choices: [...known, segment] }],
      ),
      ...usesOf(draft).map((use) => ({ ...use, choices: known })),
    ];
    for (const { path, selector, choices } of used) {
      if (!namesOf(selector, lab, roles)?.length) {
        yield {
          path,
          expected: `a server of the lab ${lab.name}: one of ${choices.join(", ")}`,
          remedy: didYouMean(selector, choices) ?? "choose one of these",
        };
      }
    }
  },

  *"wrong-selector"(draft, { lab, roles }) {
    for (const { path, selector, wanted } of usesOf(draft)) {
      const names = namesOf(selector, lab, roles);
      if (names?.length && !fits(wanted, selector, names, lab)) {
        yield {
          path,
          expected: `${wanted}, such as ${choicesFor(wanted, lab.control)}`,
          remedy: "choose one of these, or another server",
        };
      }
    }
  },

  *"wrong-place"(draft, { lab, roles, faults }) {
    for (const { path, step } of stepsOf(draft)) {
      const fault = faults.find(({ id }) => id === step.fault);
      if (fault && step.on !== undefined && namesOf(step.on, lab, roles)?.length) {
        yield* checkTarget(fault, step.on, [...path, "on"], lab, roles);
      }
    }
  },

  *"standing-faults"(draft, { lab, roles }) {
    yield* standingFaults(draft, { isFault: () => true, targetsOf: (selector) => namesOf(selector, lab, roles) });
  },

  ...detectedLabRules,
};

/** What a scenario needs of a lab: rules about the file, and those of each kind of expectation. */
const labRules = withExpectationRules(ofFile, "labRules", (name, { expected }) => expected.has(name));

/**
 * Fits a scenario to one lab: selectors become names, repeats are unrolled.
 * @param situation.master the director that holds the VIP now
 * @param situation.service the virtual service that it is about; by default the lab's first
 * @param situation.checks the health checks of its real servers, by name; by default the lab's
 * @throws FileError with every part of the scenario's file that does not fit the lab
 * @throws Error if `master` is not a director of the lab
 */
export function resolve(
  scenario: Scenario,
  lab: Lab,
  {
    master,
    faults,
    service = serviceOf(lab),
    checks = checksOf(service),
  }: Known & { master: string; service?: VirtualService; checks?: Checks },
): ResolvedScenario {
  if (lab.servers.find(({ name }) => name === master)?.role !== "director") {
    throw new Error(`${master}, which is to be master, is no director of the lab ${lab.name}`);
  }
  const roles = rolesOf(lab, service, master);
  const yaml = readYaml(scenario.text);
  const expected = new Set(scenario.steps.flatMap(namesIn));
  const findings: Finding[] = findingsOf(labRules, yaml.value as Draft, { lab, service, roles, faults, expected });
  if (findings.length > 0) {
    // On a lab of another control all other problems follow from that.
    const [first] = findings;
    const told = first?.rule === "control-of-lab" ? [first] : findings;
    throw new FileError(scenario.file, scenario.text, told.map(yaml.locate));
  }
  const instance = instanceOfVip(lab, service.vip) ?? null;
  return deepFreeze({
    ...scenario,
    ...roles,
    service,
    instance,
    steps: new Resolution({ lab, service, roles, faults, checks }).all(scenario.steps),
  });
}

/** The health checks of real servers, by name. */
type Checks = ReadonlyMap<string, readonly HealthCheck[]>;

const checksOf = ({ realServers, healthCheck }: VirtualService): Checks =>
  new Map(realServers.map(({ server }) => [server, healthCheck ? [healthCheck] : []]));

const namesIn = (step: Step | RepeatStep): ExpectationName[] =>
  step.kind === "repeat"
    ? step.steps.flatMap(namesIn)
    : step.kind === "expect"
      ? step.expectations.map(({ kind }) => kind)
      : [];

/** Walks the steps in the order of execution and tracks which faults are where. */
class Resolution {
  readonly #situation: InLab & { readonly checks: Checks };
  readonly #standing = new Map<string, FaultPlace[]>();
  /** The fault or heal that opened the window. */
  #opening: { readonly fault: string; readonly healed: boolean; readonly places: readonly FaultPlace[] } | undefined;
  #taken = 0;

  constructor(situation: InLab & { readonly checks: Checks }) {
    this.#situation = situation;
  }

  all(steps: Scenario["steps"]): ResolvedStep[] {
    return steps.flatMap((step) => {
      if (step.kind !== "repeat") return [this.#one(step)];
      const { times } = step;
      return Array.from({ length: times }, (_, index) =>
        step.steps.map((inside) => ({ ...this.#one(inside), round: { n: index + 1, of: times } })),
      ).flat();
    });
  }

  #one(step: Step): ResolvedStep {
    this.#taken += 1;
    const numbered = { n: this.#taken, line: step.line };
    switch (step.kind) {
      case "fault":
        return {
          ...numbered,
          kind: "fault",
          fault: step.fault,
          places: this.#opens(step.fault, false, this.#inject(step)),
        };
      case "heal":
        return {
          ...numbered,
          kind: "heal",
          fault: step.fault,
          places: this.#opens(step.fault, true, this.#heal(step)),
        };
      case "wait":
        return { ...numbered, kind: "wait", ms: step.ms };
      case "expect": {
        const { withinMs, forMs } = step;
        return {
          ...numbered,
          kind: "expect",
          expectations: step.expectations.map((one) => this.#named(one)),
          withinMs: withinMs === DETECTED ? this.#detectedWithinMs() : withinMs,
          forMs,
        };
      }
    }
  }

  #opens(fault: string, healed: boolean, places: FaultPlace[]): FaultPlace[] {
    this.#opening = { fault, healed, places };
    return places;
  }

  /** As long as the health checks may take for what opened the window, which the rules have shown to be something that they see. */
  #detectedWithinMs(): number {
    const { faults, checks, lab } = this.#situation;
    const { fault, healed = false, places = [] } = this.#opening ?? {};
    const failure = failureBy(faults, fault);
    const ms =
      failure &&
      detectedWithinMs(
        { failure, healed },
        places.map(({ target }) => checks.get(target) ?? []),
      );
    if (ms !== undefined) return ms;
    throw new LabError(
      `keepalived.conf has no health check that sees ${fault}, which the scenario waits for; in the lab ${lab.name} there is to be one`,
    );
  }

  #inject({ fault, on, parameters }: Step & { kind: "fault" }): FaultPlace[] {
    const places = this.#names(on).map((target) => ({ target, parameters }));
    this.#standing.set(fault, [...(this.#standing.get(fault) ?? []), ...places]);
    return places;
  }

  #heal({ fault, on }: Step & { kind: "heal" }): FaultPlace[] {
    const there = this.#standing.get(fault) ?? [];
    const meant = on === null ? there.map(({ target }) => target) : this.#names(on);
    this.#standing.set(
      fault,
      there.filter(({ target }) => !meant.includes(target)),
    );
    return there.filter(({ target }) => meant.includes(target));
  }

  /** The expectation with server names in place of selectors. */
  #named(expectation: Expectation): Expectation {
    const names: Names = {
      lab: this.#situation.lab,
      service: this.#situation.service,
      one: (one) => this.#name(one),
      all: (all) => this.#names(all),
    };
    return kindOf(expectation).resolve?.(expectation, names) ?? expectation;
  }

  #names(selector: string): string[] {
    return namesOf(selector, this.#situation.lab, this.#situation.roles) ?? [];
  }

  /** The name of a selector that the rules have shown to mean one server. */
  #name(selector: string): string {
    const [name] = this.#names(selector);
    if (name === undefined)
      throw new Error(`the rules let ${selector} pass, which lab ${this.#situation.lab.name} does not have`);
    return name;
  }
}
