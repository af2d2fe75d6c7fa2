import { z } from "zod";
import { controls } from "../../lab/schema.ts";
import { choice, property, wholeNumber } from "../../lab/yaml/schema.ts";
import { expectShape } from "./expectations/index.ts";
import { requiresSchema } from "./requirements.ts";
import { DETECTED, duration, server, text, withUnit } from "./values.ts";

/** The keys of a step; rules.ts checks their combinations. */
const step = {
  fault: text("a fault's id", "write the id of a fault, such as `fault: power-off`").optional(),
  on: server("master, standby, real-server-1 …, real-servers or segment", "write `on: master`").optional(),
  with: property(
    z.record(z.string(), z.unknown()),
    "a map of the fault's parameters",
    "write `with: { … }`, or leave it out for the defaults",
  ).optional(),
  heal: text("a fault's id", "write the id of a fault, such as `heal: power-off`").optional(),
  wait: duration(1, 600_000, "a duration", "wait: 5s").optional(),
  expect: property(z.strictObject(expectShape), "a map of expectations", "write `expect: { served: 2s }`").optional(),
  within: property(
    z.union([z.enum([DETECTED]), duration(0, 600_000, "a deadline", "within: 10s")]),
    `a deadline from 0ms to 10m, or ${DETECTED}`,
    withUnit("within: 10s"),
  ).optional(),
  for: duration(1, 600_000, "a duration", "for: 5s").optional(),
};

/** Keys of other tools. */
const noStepKeys = {
  inject: "write `fault: ID` and `on: SELECTOR`",
  sleep: "write `wait: 5s`",
  timeout: "write `within: 10s`",
};

const stepExpected = "a map with fault, heal, wait, expect or repeat";

const repeat = property(
  z.strictObject({
    times: wholeNumber(2, 1000, "how often", "times: 10"),
    steps: property(
      z.array(
        property(
          z.strictObject(step),
          "a map with fault, heal, wait or expect",
          "write `- fault: …`, `- heal: …`, `- wait: …` or `- expect: …`",
          { ...noStepKeys, repeat: "take it out: a repeat has none inside" },
        ),
      ),
      "a list of steps",
      "write `steps:` and, under it, one `- …` for each step",
    ),
  }),
  "a map with times and steps",
  "write `repeat:` and, indented under it, `times: 10` and `steps:`",
);

/** The shape of a scenario file, property by property. Rules between properties are in rules.ts. */
export const scenarioSchema = property(
  z.strictObject({
    title: property(
      z.string().regex(/^\S.{0,78}\S$/),
      "a title: one line, 2 to 80 characters",
      "write `title: The master loses its power`",
    ),
    description: text(
      "text that says what is shown and why",
      "write `description: >` and, indented under it, the text, or leave it out",
    ).optional(),
    control: property(
      z.union([z.enum(controls), z.array(choice(controls, "write `ipvsadm` or `keepalived`")).min(1)]),
      `one of ${controls.join(", ")}, or a list of them`,
      "write `control: keepalived`",
    ),
    requires: property(
      requiresSchema,
      `a map with ${Object.keys(requiresSchema.shape).join(", ")}`,
      "write `requires: { preempt: false }`, or leave it out",
    ).optional(),
    load: property(
      z.strictObject({
        interval: duration(5, 500, "how often a request is due", "interval: 20ms").default("20ms"),
        timeout: duration(1001, 60_000, "how long a request may take", "timeout: 2s").default("2s"),
        longLived: wholeNumber(0, 100, "connections that are held open", "longLived: 4").default(0),
      }),
      "a map with interval, timeout and longLived",
      "write `load: {}` for the defaults, or `load: { interval: 20ms }`",
    ).optional(),
    steps: property(
      z.array(
        property(
          z.strictObject({ ...step, repeat: repeat.optional() }),
          stepExpected,
          "write `- fault: …`, `- heal: …`, `- wait: …` or `- expect: …`",
          noStepKeys,
        ),
      ),
      "a list of steps",
      "write `steps:` and, under it, one `- …` for each step",
    ),
  }),
  "a map with title, control and steps",
  "start from one of verify/scenarios/shipped",
  {
    name: "remove it: a scenario is called by its file's name",
    stage: "write `control: ipvsadm` for dr, `control: keepalived` for ha",
  },
);

/** A scenario file as written, valid in shape. */
export type ScenarioInput = z.input<typeof scenarioSchema>;

/** A scenario file, valid in shape, with constant defaults filled in. */
export type ScenarioOutput = z.output<typeof scenarioSchema>;

export type StepInput = ScenarioInput["steps"][number];
