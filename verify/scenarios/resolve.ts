import { goalOf, type Lab, poolOf, realServers, sharesAreEven } from "../../lab/lab.ts";
import { type Finding, readYaml } from "../../lab/yaml/document.ts";
import { deepFreeze } from "../../lab/yaml/freeze.ts";
import { didYouMean } from "../../lab/yaml/nearest.ts";
import { FileError } from "../../lab/yaml/problem.ts";
import { findingsOf, type Rule } from "../../lab/yaml/rules.ts";
import { type Draft, stepsOf } from "./draft.ts";
import { checkTarget, type Known } from "./rules.ts";
import type {
  Expectation,
  FaultPlace,
  RepeatStep,
  ResolvedScenario,
  ResolvedStep,
  Scenario,
  Step,
} from "./scenario.ts";
import { choicesFor, fits, namesOf, type Players, playersOf, segment, selectorsOf, usesOf } from "./selectors.ts";
import { standingFaults } from "./standing.ts";

interface Place extends Known {
  readonly lab: Lab;
  readonly players: Players;
  /** Whether equal shares are among the steps: whoever runs a scenario may have left them out. */
  readonly wantsEven: boolean;
}

/** What a scenario needs of a lab. */
const labRules: Record<string, Rule<Draft, Place>> = {
  *"stage-of-lab"({ stage }, { lab }) {
    if (![stage].flat().includes(goalOf(lab))) {
      yield {
        path: ["stage"],
        expected: `the stage of the lab ${lab.name}, which is ${goalOf(lab)}`,
        remedy: "run the scenario on a lab of its own stage: `--stack` chooses one",
      };
    }
  },

  *"requirement-of-lab"({ requires }, { lab }) {
    if (requires?.preempt !== undefined && requires.preempt !== lab.keepalived.preempt) {
      yield {
        path: ["requires", "preempt"],
        expected: `what the lab ${lab.name} has, keepalived.preempt ${lab.keepalived.preempt}`,
        remedy: `write \`preempt: ${requires.preempt}\` under \`keepalived\` in a lab file of your own`,
      };
    }
  },

  *"unknown-server"(draft, { lab, players }) {
    const known = selectorsOf(lab);
    const used = [
      ...stepsOf(draft).flatMap(({ path, step }) =>
        step.on === undefined ? [] : [{ path: [...path, "on"], selector: step.on, choices: [...known, segment] }],
      ),
      ...usesOf(draft).map((use) => ({ ...use, choices: known })),
    ];
    for (const { path, selector, choices } of used) {
      if (!namesOf(selector, lab, players)?.length) {
        yield {
          path,
          expected: `a server of the lab ${lab.name}: one of ${choices.join(", ")}`,
          remedy: didYouMean(selector, choices) ?? "choose one of these",
        };
      }
    }
  },

  *"wrong-selector"(draft, { lab, players }) {
    for (const { path, selector, wanted } of usesOf(draft)) {
      const names = namesOf(selector, lab, players);
      if (names?.length && !fits(wanted, selector, names, lab)) {
        yield {
          path,
          expected: `${wanted}, such as ${choicesFor(wanted, lab.stage)}`,
          remedy: "choose one of these, or another server",
        };
      }
    }
  },

  *"wrong-place"(draft, { lab, players, faults }) {
    for (const { path, step } of stepsOf(draft)) {
      const fault = faults.find(({ id }) => id === step.fault);
      if (fault && step.on !== undefined && namesOf(step.on, lab, players)?.length) {
        yield* checkTarget(fault, step.on, [...path, "on"], lab, players);
      }
    }
  },

  *"standing-faults"(draft, { lab, players }) {
    yield* standingFaults(draft, { isFault: () => true, targetsOf: (selector) => namesOf(selector, lab, players) });
  },

  *"promise-without-fault"(draft, { lab, players }) {
    let target: string | undefined;
    for (const { path, step } of stepsOf(draft)) {
      if (step.fault !== undefined || step.heal !== undefined) {
        target = step.fault === undefined ? undefined : step.on;
      } else if (
        step.expect?.outage === "promised" &&
        target &&
        namesOf(target, lab, players)?.[0] !== players.master
      ) {
        yield {
          path: [...path, "expect", "outage"],
          expected: `promised after a fault on the master, ${players.master}`,
          found: `promised after one on ${target}`,
          remedy: "put the fault on `master`, or write `outage: { atMost: 1s }`",
        };
      }
    }
  },

  *"uneven-lab"(draft, { lab, wantsEven }) {
    if (!wantsEven || sharesAreEven(lab)) return;
    const { scheduler, persistenceTimeout } = lab.service;
    const unequal = new Set(poolOf(lab).map(({ weight }) => weight)).size > 1;
    for (const { path, step } of stepsOf(draft)) {
      if (step.expect?.balance === "even") {
        yield {
          path: [...path, "expect", "balance"],
          expected: "a lab that gives a single client's requests to real servers in equal shares",
          found: `scheduler ${scheduler}${persistenceTimeout === undefined ? "" : ` with persistenceTimeout ${persistenceTimeout}`}${unequal ? ", unequal weights" : ""}`,
          remedy: "run the scenario on a lab with `scheduler: rr` and without `persistenceTimeout`",
        };
      }
    }
  },
};

/**
 * A scenario for one lab: selectors become names, what is repeated is written out.
 * @param situation.master the director that holds the VIP now
 * @throws FileError with everything in the scenario's file that does not fit the lab
 * @throws Error if `master` is no director of the lab
 */
export function resolve(
  scenario: Scenario,
  lab: Lab,
  { master, faults }: Known & { master: string },
): ResolvedScenario {
  if (lab.servers.find(({ name }) => name === master)?.role !== "director") {
    throw new Error(`${master}, which is to be master, is no director of the lab ${lab.name}`);
  }
  const players = playersOf(lab, master);
  const yaml = readYaml(scenario.text);
  const wantsEven = scenario.steps.some(expectsEven);
  const findings: Finding[] = findingsOf(labRules, yaml.value as Draft, { lab, players, faults, wantsEven });
  if (findings.length > 0) {
    // A scenario of another stage fits nowhere: the rest would follow from that.
    const [first] = findings;
    const told = first?.rule === "stage-of-lab" ? [first] : findings;
    throw new FileError(scenario.file, scenario.text, told.map(yaml.locate));
  }
  return deepFreeze({ ...scenario, ...players, steps: new Resolution(lab, players).all(scenario.steps) });
}

const expectsEven = (step: Step | RepeatStep): boolean =>
  step.kind === "repeat"
    ? step.steps.some(expectsEven)
    : step.kind === "expect" && step.expectations.some((one) => one.kind === "balance" && one.share === "even");

/** Goes through the steps as they will be taken, and knows what is where. */
class Resolution {
  readonly #lab: Lab;
  readonly #players: Players;
  readonly #standing = new Map<string, FaultPlace[]>();
  #taken = 0;

  constructor(lab: Lab, players: Players) {
    this.#lab = lab;
    this.#players = players;
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

  /** An expectation with names in place of selectors. */
  #named(expectation: Expectation): Expectation {
    switch (expectation.kind) {
      case "vip":
        return { ...expectation, holders: expectation.holders.map((one) => this.#name(one)) };
      case "arp":
        return { ...expectation, owner: expectation.owner === null ? null : this.#name(expectation.owner) };
      case "table": {
        const not = expectation.without.flatMap((one) => this.#names(one));
        const names = expectation.realServers
          .flatMap((one) => this.#inTable(one))
          .filter((name) => !not.includes(name));
        return { ...expectation, on: this.#name(expectation.on), realServers: [...new Set(names)], without: [] };
      }
      case "balance": {
        const { share } = expectation;
        if (share === "even") return expectation;
        const named = "only" in share ? { only: this.#name(share.only) } : { without: this.#name(share.without) };
        return { ...expectation, share: named };
      }
      case "mail":
      case "log":
      case "vrrp":
        return { ...expectation, on: this.#name(expectation.on) };
      default:
        return expectation;
    }
  }

  #names(selector: string): string[] {
    return namesOf(selector, this.#lab, this.#players) ?? [];
  }

  /** Those that a director sends requests to: of all real servers, those with a weight. */
  #inTable(selector: string): string[] {
    const idle = realServers(this.#lab).flatMap(({ name, weight }) => (weight === 0 ? [name] : []));
    const names = this.#names(selector);
    return selector === "real-servers" ? names.filter((name) => !idle.includes(name)) : names;
  }

  /** Of a selector that rules have shown to mean one server. */
  #name(selector: string): string {
    const [name] = this.#names(selector);
    if (name === undefined)
      throw new Error(`the rules let ${selector} pass, which lab ${this.#lab.name} does not have`);
    return name;
  }
}
