import type { Lab } from "../../lab/lab.ts";
import type { Path } from "../../lab/yaml/document.ts";
import { didYouMean } from "../../lab/yaml/nearest.ts";
import type { Rule, Statement } from "../../lab/yaml/rules.ts";
import { checkShape } from "../../lab/yaml/shape.ts";
import type { Fault } from "../faults/fault.ts";
import { type Draft, type DraftStep, type PlacedStep, stagesOf, stepsOf } from "./draft.ts";
import { parseDuration } from "./duration.ts";
import { modelLab } from "./model-lab.ts";
import type { ExpectInput } from "./schema.ts";
import {
  choicesFor,
  fits,
  isPart,
  namesOf,
  type Players,
  playersOf,
  segment,
  selectorsOf,
  usesOf,
} from "./selectors.ts";
import { standingFaults } from "./standing.ts";

/** What a scenario may name that is defined elsewhere. */
export interface Known {
  readonly faults: readonly Fault[];
}

/** What a step does, by the key that says so. */
const kinds = ["fault", "heal", "wait", "expect", "repeat"] as const;

/** The keys that stand beside it. */
const companions: Record<(typeof kinds)[number], readonly (keyof DraftStep)[]> = {
  fault: ["on", "with"],
  heal: ["on"],
  wait: [],
  expect: ["within", "for"],
  repeat: [],
};

/** What a companion is for, to say where it may stand. */
const companionOf = (key: string): string =>
  kinds
    .filter((kind) => companions[kind].some((one) => one === key))
    .map((kind) => `\`${kind}\``)
    .join(" or ");

/** Expectations of the client's requests. */
const aboutRequests = ["served", "balance", "outage", "failed", "delayed"] as const;

/** Expectations that only keepalived can meet. */
const aboutKeepalived = ["mail", "log", "vrrp"] as const;

/** The rules that look at more than one property, by the name that a problem carries. */
export const rules: Record<string, Rule<Draft, Known>> = {
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
      const { balance } = step.expect ?? {};
      if (typeof balance === "object" && !("only" in balance) && !("without" in balance)) {
        yield empty([...path, "expect", "balance"], "only or without", "write `balance: even`");
      }
      for (const key of ["outage", "failed", "delayed"] as const) {
        const value = step.expect?.[key];
        if (typeof value === "object" && !("atMost" in value) && !("atLeast" in value)) {
          yield empty(
            [...path, "expect", key],
            "atMost, atLeast or both",
            `write \`${key}: { atMost: ${key === "outage" ? "1s" : "1%"} }\``,
          );
        }
      }
    }
  },

  *"step-kind"(draft) {
    for (const { path, step } of stepsOf(draft)) {
      // A repeat inside a repeat is no key at all.
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
            found: `it beside ${there.join(" and ")}`,
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
          expected: "on, the server that the fault is put on",
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
      // A fault with a parameter that has no default is asked for it even where `with` is left out.
      if (fault && (step.with !== undefined || !("with" in step))) {
        for (const { rule: _, ...finding } of checkShape(fault.parameters.strict(), step.with ?? {}).findings) {
          yield { ...finding, path: [...path, "with", ...finding.path] };
        }
      }
    }
  },

  *"wrong-place"(draft, { faults }) {
    for (const { lab, players } of models(draft)) {
      for (const { path, step } of stepsOf(draft)) {
        const fault = faults.find(({ id }) => id === step.fault);
        if (fault && step.on !== undefined && isPart(step.on)) {
          yield* checkTarget(fault, step.on, [...path, "on"], lab, players);
        }
      }
    }
  },

  *"wrong-selector"(draft) {
    for (const { lab, players } of models(draft)) {
      for (const { path, selector, wanted } of usesOf(draft).filter((use) => isPart(use.selector))) {
        const names = namesOf(selector, lab, players);
        if (!names || !fits(wanted, selector, names, lab)) {
          yield {
            path,
            expected: `${wanted}, in stage ${lab.stage} one of ${choicesFor(wanted, lab.stage)}, or a server's name`,
            remedy: "choose one of these",
          };
        }
      }
      for (const { path, step } of lab.stage === "dr" ? stepsOf(draft) : []) {
        if (step.expect?.vip === "both") {
          yield {
            path: [...path, "expect", "vip"],
            expected: "nobody, master or director in stage dr, which has one director",
            remedy: "write `vip: master`",
            other: ["stage"],
          };
        }
      }
    }
  },

  *"expectation-of-other-stage"(draft) {
    if (!stagesOf(draft).includes("dr")) {
      return;
    }
    for (const { path, key } of expectationsOf(draft, (key, value) => needsKeepalived(key, value))) {
      yield {
        path,
        atKey: true,
        expected: "no such expectation in stage dr, which has no keepalived",
        found: key,
        remedy: "remove it, or write `stage: ha`",
        other: ["stage"],
      };
    }
  },

  *"expectation-without-load"(draft) {
    if (!("load" in draft)) {
      // Once: the remedy for one is that for all.
      const [first, ...more] = expectationsOf(draft, (one) => [...aboutRequests, "connections"].includes(one));
      if (first) {
        const held = [first, ...more].some(({ key }) => key === "connections");
        yield {
          path: first.path,
          atKey: true,
          expected: "no expectation of the client's requests without `load`",
          found: more.length > 0 ? `${first.key}, and ${more.length} more` : first.key,
          remedy: `write \`load: ${held ? "{ longLived: 4 }" : "{}"}\` at the top of the file`,
        };
      }
    } else if (draft.load && (!("longLived" in draft.load) || draft.load.longLived === 0)) {
      for (const { path } of expectationsOf(draft, (key) => key === "connections")) {
        yield {
          path,
          atKey: true,
          expected: "no connections without `longLived` in `load`",
          found: "connections",
          remedy: "write `longLived: 4` in `load`",
          other: ["load"],
        };
      }
    }
  },

  *"standing-faults"(draft, { faults }) {
    for (const { lab, players } of models(draft)) {
      yield* standingFaults(draft, {
        isFault: (id) => faults.some((fault) => fault.id === id),
        targetsOf: (selector) => (isPart(selector) ? namesOf(selector, lab, players) : undefined),
      });
    }
  },

  *"promise-without-fault"(draft, { faults }) {
    let opened: { step: DraftStep; path: Path } | undefined;
    for (const { path, step } of stepsOf(draft)) {
      if ("fault" in step || "heal" in step) {
        opened = { step, path };
        continue;
      }
      if (step.expect?.outage !== "promised") continue;
      const fault = faults.find(({ id }) => id === opened?.step.fault);
      if (opened && fault && !fault.masterGoes) {
        yield {
          path: [...path, "expect", "outage"],
          expected: `promised after a fault by which the master goes: ${leaving(faults)}`,
          found: `promised after ${fault.id}, with which it stays master`,
          remedy: "put one of these on the master, or write `outage: { atMost: 1s }`",
          other: [...opened.path, "fault"],
        };
      } else if (!opened || !isOnMaster(opened.step)) {
        yield {
          path: [...path, "expect", "outage"],
          expected: "promised after a fault on the master, which VRRP's timers answer",
          found: `promised ${opened ? `after ${inWords(opened.step)}` : "before any fault"}`,
          remedy: "move it after the fault, or write `outage: { atMost: 1s }`",
          ...(opened && { other: [...opened.path, "heal" in opened.step ? "heal" : "on"] }),
        };
      }
    }
  },

  *"bounds-crossed"(draft) {
    for (const { path, step } of stepsOf(draft)) {
      for (const key of ["outage", "failed", "delayed"] as const) {
        const value = step.expect?.[key];
        const { atMost, atLeast } = typeof value === "object" ? value : {};
        if (crossed(atLeast, atMost)) {
          yield {
            path: [...path, "expect", key, "atLeast"],
            expected: `no more than atMost, ${atMost}`,
            remedy: "exchange the two, or remove one",
            other: [...path, "expect", key, "atMost"],
          };
        }
      }
    }
  },

  *"balance-of-two-kinds"(draft) {
    for (const { path, step } of stepsOf(draft)) {
      const balance = step.expect?.balance;
      if (typeof balance === "object" && "only" in balance && "without" in balance) {
        yield {
          path: [...path, "expect", "balance", "without"],
          atKey: true,
          expected: "only or without, not both",
          found: "without beside only",
          remedy: "remove one of the two",
          other: [...path, "expect", "balance", "only"],
        };
      }
    }
  },

  *"named-twice"(draft) {
    for (const { path, step } of stepsOf(draft)) {
      for (const key of ["realServers", "without"] as const) {
        yield* twice(step.expect?.table?.[key], [...path, "expect", "table", key]);
      }
    }
    yield* twice(draft.stage, ["stage"]);
  },

  *"requirement-of-other-stage"(draft) {
    if (draft.requires?.preempt !== undefined && stagesOf(draft).includes("dr")) {
      yield {
        path: ["requires", "preempt"],
        atKey: true,
        expected: "no preempt in stage dr, which has no keepalived",
        found: "it",
        remedy: "remove it, or write `stage: ha`",
        other: ["stage"],
      };
    }
  },
};

/** What a list names again. */
function* twice(list: unknown, path: Path): Generator<Statement> {
  for (const [index, one] of (Array.isArray(list) ? list : []).entries()) {
    const first = (list as readonly unknown[]).indexOf(one);
    if (one !== undefined && first < index) {
      yield {
        path: [...path, index],
        expected: "each once",
        found: `${one} a second time`,
        remedy: "remove one of the two",
        other: [...path, first],
      };
    }
  }
}

const empty = (path: Path, expected: string, remedy: string): Statement => ({ path, expected, found: "none", remedy });

const isStepKey = (key: string): boolean => kinds.some((kind) => companions[kind].some((one) => one === key));

/** A lab of each stage that the scenario is for, with as many real servers as it speaks of. */
function models(draft: Draft): { lab: Lab; players: Players }[] {
  const selectors = [...stepsOf(draft).map(({ step }) => step.on), ...usesOf(draft).map(({ selector }) => selector)];
  const count = Math.max(
    2,
    ...selectors.map((selector) => Number(/^real-server-([1-9]\d?)$/.exec(selector ?? "")?.[1] ?? 0)),
  );
  return stagesOf(draft).map((stage) => {
    const lab = modelLab(stage, count);
    return { lab, players: playersOf(lab, "director1") };
  });
}

/** What is wrong with putting a fault there. */
export function* checkTarget(fault: Fault, on: string, path: Path, lab: Lab, players: Players): Generator<Statement> {
  const targets = fault.targets(lab);
  const names = namesOf(on, lab, players);
  if (names?.every((name) => targets.includes(name))) {
    return;
  }
  const fitting = [...selectorsOf(lab).filter(isPart), segment].filter((selector) =>
    namesOf(selector, lab, players)?.every((name) => targets.includes(name)),
  );
  yield {
    path,
    expected:
      fitting.length > 0
        ? `a place for ${fault.id}, in stage ${lab.stage} one of ${fitting.join(", ")}`
        : `no ${fault.id} in stage ${lab.stage}, where it can be put nowhere`,
    remedy: fitting.length > 0 ? "choose one of these" : "remove it, or write another `stage`",
  };
}

/** Expectations of a sort, by the paths of their keys. */
function expectationsOf(
  draft: Draft,
  wanted: (key: keyof ExpectInput, value: unknown) => boolean,
): { path: Path; key: string }[] {
  return stepsOf(draft).flatMap(({ path, step }: PlacedStep) =>
    Object.entries(step.expect ?? {})
      .filter(([key, value]) => wanted(key as keyof ExpectInput, value))
      .map(([key]) => ({ path: [...path, "expect", key], key })),
  );
}

/** Of diagnoses, the ARP conflict can be had without keepalived. */
const needsKeepalived = (key: keyof ExpectInput, value: unknown): boolean =>
  aboutKeepalived.some((one) => one === key) ||
  (key === "outage" && value === "promised") ||
  (key === "diagnosis" && value !== undefined && value !== "none" && value !== "arp-conflict");

/** Whether a step is a fault on the master, as far as that is known without a lab. */
const isOnMaster = ({ fault, on }: DraftStep): boolean =>
  fault !== undefined && (on === undefined || on === "master" || !isPart(on));

/** The faults that VRRP's timers answer. */
const leaving = (faults: readonly Fault[]): string =>
  faults.flatMap(({ id, masterGoes }) => (masterGoes ? [id] : [])).join(", ");

const inWords = (step: DraftStep): string =>
  "heal" in step ? `the heal of ${step.heal}` : `${step.fault} on ${step.on}`;

/** Whether a lower bound is above an upper one of its kind: durations, counts or shares. */
function crossed(atLeast: string | number | undefined, atMost: string | number | undefined): boolean {
  const sort = (bound: unknown) => (typeof bound === "string" && bound.endsWith("%") ? "%" : typeof bound);
  const value = (bound: string | number) => parseDuration(bound) ?? Number.parseFloat(String(bound));
  return (
    atLeast !== undefined && atMost !== undefined && sort(atLeast) === sort(atMost) && value(atLeast) > value(atMost)
  );
}
