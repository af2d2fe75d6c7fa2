import type { Lab } from "../../lab/index.ts";
import type { Path } from "../../lab/yaml/document.ts";
import { didYouMean } from "../../lab/yaml/nearest.ts";
import type { Rule, Statement } from "../../lab/yaml/rules.ts";
import { checkShape } from "../../lab/yaml/shape.ts";
import type { Fault } from "../faults/fault.ts";
import { detectedRules } from "./detected.ts";
import { controlsOf, type Draft, type DraftStep, expectationsIn, stepsOf, usesOf } from "./draft.ts";
import { withExpectationRules } from "./expectation-rules.ts";
import { kindNamed } from "./expectations/index.ts";
import type { Known } from "./expectations/kind.ts";
import { modelLab } from "./model-lab.ts";
import { namedTwice } from "./named-twice.ts";
import { keepalivedRequirements } from "./requirements.ts";
import {
  choicesFor,
  fits,
  isPart,
  namesOf,
  type Roles,
  rolesOf,
  segment,
  selectorsOf,
  serviceOf,
} from "./selectors.ts";
import { standingFaults } from "./standing.ts";

/** The keys that say what a step does. */
const kinds = ["fault", "heal", "wait", "expect", "repeat"] as const;

/** The keys that may accompany each. */
const companions: Record<(typeof kinds)[number], readonly (keyof DraftStep)[]> = {
  fault: ["on", "with"],
  heal: ["on"],
  wait: [],
  expect: ["within", "for"],
  repeat: [],
};

/** The keys that a companion may accompany, in words. */
const companionOf = (key: string): string =>
  kinds
    .filter((kind) => companions[kind].some((one) => one === key))
    .map((kind) => `\`${kind}\``)
    .join(" or ");

const ofFile: Record<string, Rule<Draft, Known>> = {
  *empty(draft) {
    if (draft.steps?.length === 0) {
      yield empty(["steps"], "one step or more", "write `- expect: { served: 2s }`");
    }
    for (const { path, step } of stepsOf(draft)) {
      if (step.repeat?.steps?.length === 0) {
        yield empty([...path, "repeat", "steps"], "one step or more", "write `- fault: …`, or remove the repeat");
      }
      if (step.expect && Object.keys(step.expect).length === 0) {
        yield empty([...path, "expect"], "one expectation or more", "write `expect: { served: 2s }`");
      }
    }
  },

  *"step-kind"(draft) {
    for (const { path, step } of stepsOf(draft)) {
      // Inside a repeat, `repeat` is an unknown key.
      const [first, ...more] = kinds.filter((kind) => kind in step && (kind !== "repeat" || path.length === 2));
      if (first === undefined && Object.keys(step).every((key) => isStepKey(key))) {
        yield {
          path,
          expected: "a step with one of fault, heal, wait, expect, repeat",
          found: Object.keys(step).length === 0 ? "none of them" : `${Object.keys(step).join(", ")} alone`,
          remedy: "write what the step does, such as `- wait: 5s`, or remove it",
        };
      }
      for (const kind of more) {
        yield {
          path: [...path, kind],
          atKey: true,
          expected: "one of fault, heal, wait, expect, repeat in a step",
          found: `${kind} beside ${first}`,
          remedy: "make it a step of its own, with a `- ` before it",
          other: [...path, first as string],
        };
      }
    }
  },

  *"key-of-other-step"(draft) {
    for (const { path, step } of stepsOf(draft)) {
      const there = kinds.filter((kind) => kind in step);
      for (const key of ["on", "with", "within", "for"] as const) {
        if (key in step && there.length > 0 && !there.some((kind) => companions[kind].includes(key))) {
          yield {
            path: [...path, key],
            atKey: true,
            expected: `${key} beside ${companionOf(key)} only`,
            found: `${key} beside ${there.join(" and ")}`,
            remedy: `remove it, or indent it in line with the ${companionOf(key)} that it belongs to`,
          };
        }
      }
    }
  },

  *"fault-without-place"(draft) {
    for (const { path, step } of stepsOf(draft)) {
      if ("fault" in step && !("on" in step)) {
        yield {
          path: [...path, "on"],
          expected: "on, the target of the fault",
          found: "nothing",
          remedy: "write `on: master`, in line with `fault`",
        };
      }
    }
  },

  *"unknown-fault"(draft, { faults }) {
    const ids = faults.map(({ id }) => id);
    for (const { path, step } of stepsOf(draft)) {
      for (const key of ["fault", "heal"] as const) {
        const id = step[key];
        if (id !== undefined && !ids.includes(id)) {
          yield {
            path: [...path, key],
            expected: `one of ${ids.join(", ")}`,
            remedy: didYouMean(id, ids) ?? "choose one of these",
          };
        }
      }
    }
  },

  *"fault-parameters"(draft, { faults }) {
    for (const { path, step } of stepsOf(draft)) {
      const fault = faults.find(({ id }) => id === step.fault);
      // Without `with` too: a parameter may have no default.
      if (fault && (step.with !== undefined || !("with" in step))) {
        for (const { rule: _, ...finding } of checkShape(fault.parameters.strict(), step.with ?? {}).findings) {
          yield { ...finding, path: [...path, "with", ...finding.path] };
        }
      }
    }
  },

  *"wrong-place"(draft, { faults }) {
    for (const { lab, roles } of models(draft)) {
      for (const { path, step } of stepsOf(draft)) {
        const fault = faults.find(({ id }) => id === step.fault);
        if (fault && step.on !== undefined && isPart(step.on)) {
          yield* checkTarget(fault, step.on, [...path, "on"], lab, roles);
        }
      }
    }
  },

  *"wrong-selector"(draft) {
    for (const { lab, roles } of models(draft)) {
      for (const { path, selector, wanted } of usesOf(draft).filter((use) => isPart(use.selector))) {
        const names = namesOf(selector, lab, roles);
        if (!names || !fits(wanted, selector, names, lab)) {
          yield {
            path,
            expected: `${wanted}, with ${lab.control} in control one of ${choicesFor(wanted, lab.control)}, or a server's name`,
            remedy: "choose one of these",
          };
        }
      }
    }
  },

  *"expectation-of-other-control"(draft) {
    if (!controlsOf(draft).includes("ipvsadm")) {
      return;
    }
    for (const { path, name, value } of expectationsIn(draft)) {
      if (kindNamed(name).needsKeepalived?.(value)) {
        yield {
          path,
          atKey: true,
          expected: "no such expectation with ipvsadm in control, which has no keepalived",
          found: name,
          remedy: "remove it, or write `control: keepalived`",
          other: ["control"],
        };
      }
    }
  },

  *"expectation-without-load"(draft) {
    const needy = expectationsIn(draft).filter(({ name }) => kindNamed(name).load !== undefined);
    const held = needy.filter(({ name }) => kindNamed(name).load === "connections");
    if (!("load" in draft)) {
      // Once: one remedy serves all.
      const [first, ...more] = needy;
      if (first) {
        yield {
          path: first.path,
          atKey: true,
          expected: "no expectation of the client's requests without `load`",
          found: more.length > 0 ? `${first.name}, and ${more.length} more` : first.name,
          remedy: `write \`load: ${held.length > 0 ? "{ longLived: 4 }" : "{}"}\` at the top of the file`,
        };
      }
    } else if (draft.load && (!("longLived" in draft.load) || draft.load.longLived === 0)) {
      for (const { path, name } of held) {
        yield {
          path,
          atKey: true,
          expected: "no connections without `longLived` in `load`",
          found: name,
          remedy: "write `longLived: 4` in `load`",
          other: ["load"],
        };
      }
    }
  },

  *"standing-faults"(draft, { faults }) {
    for (const { lab, roles } of models(draft)) {
      yield* standingFaults(draft, {
        isFault: (id) => faults.some((fault) => fault.id === id),
        targetsOf: (selector) => (isPart(selector) ? namesOf(selector, lab, roles) : undefined),
      });
    }
  },

  *"named-twice"(draft) {
    yield* namedTwice(draft.control, ["control"]);
  },

  *"requirement-of-other-control"(draft) {
    for (const key of controlsOf(draft).includes("ipvsadm") ? keepalivedRequirements : []) {
      if (draft.requires?.[key] === undefined) continue;
      yield {
        path: ["requires", key],
        atKey: true,
        expected: `no ${key} with ipvsadm in control, which has no keepalived`,
        found: key,
        remedy: "remove it, or write `control: keepalived`",
        other: ["control"],
      };
    }
  },

  ...detectedRules,
};

/** The rules that look at more than one property, by the ids that problems carry: of the file, and of each kind of expectation. */
export const rules = withExpectationRules(ofFile, "rules");

const empty = (path: Path, expected: string, remedy: string): Statement => ({ path, expected, found: "none", remedy });

const isStepKey = (key: string): boolean => kinds.some((kind) => companions[kind].some((one) => one === key));

/** A model lab for each control of the scenario, with as many real servers as it names. */
function models(draft: Draft): { lab: Lab; roles: Roles }[] {
  const selectors = [...stepsOf(draft).map(({ step }) => step.on), ...usesOf(draft).map(({ selector }) => selector)];
  const count = Math.max(
    2,
    ...selectors.map((selector) => Number(/^real-server-([1-9]\d?)$/.exec(selector ?? "")?.[1] ?? 0)),
  );
  return controlsOf(draft).map((control) => {
    const lab = modelLab(control, count, draft.requires?.forwarding);
    return { lab, roles: rolesOf(lab, serviceOf(lab), "director1") };
  });
}

/** Checks that a fault has a target there. */
export function* checkTarget(fault: Fault, on: string, path: Path, lab: Lab, roles: Roles): Generator<Statement> {
  const targets = fault.targets(lab);
  const names = namesOf(on, lab, roles);
  if (names?.every((name) => targets.includes(name))) {
    return;
  }
  const fitting = [...selectorsOf(lab).filter(isPart), segment].filter((selector) =>
    namesOf(selector, lab, roles)?.every((name) => targets.includes(name)),
  );
  yield {
    path,
    expected:
      fitting.length > 0
        ? `a target for ${fault.id}, with ${lab.control} in control one of ${fitting.join(", ")}`
        : `no ${fault.id} with ${lab.control} in control, which has no target for it`,
    remedy: fitting.length > 0 ? "choose one of these" : "remove it, or write another `control`",
  };
}
