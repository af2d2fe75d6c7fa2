import { instanceOfVip, type Lab, type VirtualService } from "../../lab/index.ts";
import { type Finding, readYaml } from "../../lab/yaml/document.ts";
import { deepFreeze } from "../../lab/yaml/freeze.ts";
import { didYouMean } from "../../lab/yaml/nearest.ts";
import { FileError } from "../../lab/yaml/problem.ts";
import { findingsOf, type Rule } from "../../lab/yaml/rules.ts";
import { type Draft, stepsOf, usesOf } from "./draft.ts";
import { withExpectationRules } from "./expectation-rules.ts";
import { type Expectation, type ExpectationName, kindOf } from "./expectations/index.ts";
import type { InLab, Known, Names } from "./expectations/kind.ts";
import { checkTarget } from "./rules.ts";
import type { FaultPlace, RepeatStep, ResolvedScenario, ResolvedStep, Scenario, Step } from "./scenario.ts";
import { choicesFor, fits, namesOf, type Roles, rolesOf, segment, selectorsOf, serviceOf } from "./selectors.ts";
import { standingFaults } from "./standing.ts";

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
    const instance = instanceOfVip(lab, service.vip);
    if (requires?.preempt !== undefined && instance && requires.preempt !== instance.preempt) {
      yield {
        path: ["requires", "preempt"],
        expected: `\`preempt\` of the lab ${lab.name}, which is ${instance.preempt}`,
        remedy: `write \`preempt: ${requires.preempt}\` in \`vrrp\` of a lab file of your own`,
      };
    }
    if (requires?.forwarding !== undefined && requires.forwarding !== service.forwarding) {
      yield {
        path: ["requires", "forwarding"],
        expected: `\`forwarding\` of the service ${service.name}, which is ${service.forwarding}`,
        remedy: "run the scenario on such a lab: `--stack` chooses one",
      };
    }
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
};

/** What a scenario needs of a lab: rules about the file, and those of each kind of expectation. */
const labRules = withExpectationRules(ofFile, "labRules", (name, { expected }) => expected.has(name));

/**
 * Fits a scenario to one lab: selectors become names, repeats are unrolled.
 * @param situation.master the director that holds the VIP now
 * @param situation.service the virtual service that it is about; by default the lab's first
 * @throws FileError with every part of the scenario's file that does not fit the lab
 * @throws Error if `master` is not a director of the lab
 */
export function resolve(
  scenario: Scenario,
  lab: Lab,
  { master, faults, service = serviceOf(lab) }: Known & { master: string; service?: VirtualService },
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
    steps: new Resolution(lab, service, roles).all(scenario.steps),
  });
}

const namesIn = (step: Step | RepeatStep): ExpectationName[] =>
  step.kind === "repeat"
    ? step.steps.flatMap(namesIn)
    : step.kind === "expect"
      ? step.expectations.map(({ kind }) => kind)
      : [];

/** Walks the steps in the order of execution and tracks which faults are where. */
class Resolution {
  readonly #lab: Lab;
  readonly #service: VirtualService;
  readonly #roles: Roles;
  readonly #standing = new Map<string, FaultPlace[]>();
  #taken = 0;

  constructor(lab: Lab, service: VirtualService, roles: Roles) {
    this.#lab = lab;
    this.#service = service;
    this.#roles = roles;
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
        return { ...numbered, kind: "fault", fault: step.fault, places: this.#inject(step) };
      case "heal":
        return { ...numbered, kind: "heal", fault: step.fault, places: this.#heal(step) };
      case "wait":
        return { ...numbered, kind: "wait", ms: step.ms };
      case "expect": {
        const { withinMs, forMs } = step;
        return {
          ...numbered,
          kind: "expect",
          expectations: step.expectations.map((one) => this.#named(one)),
          withinMs,
          forMs,
        };
      }
    }
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
      lab: this.#lab,
      service: this.#service,
      one: (one) => this.#name(one),
      all: (all) => this.#names(all),
    };
    return kindOf(expectation).resolve?.(expectation, names) ?? expectation;
  }

  #names(selector: string): string[] {
    return namesOf(selector, this.#lab, this.#roles) ?? [];
  }

  /** The name of a selector that the rules have shown to mean one server. */
  #name(selector: string): string {
    const [name] = this.#names(selector);
    if (name === undefined)
      throw new Error(`the rules let ${selector} pass, which lab ${this.#lab.name} does not have`);
    return name;
  }
}
