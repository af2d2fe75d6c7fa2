import { z } from "zod";
import { goals, hostLabel, vrrpStates } from "../../lab/schema.ts";
import { choice, property, wholeNumber } from "../../lab/yaml/schema.ts";
import type { Diagnosis } from "../wire/records.ts";
import { formatDuration, parseDuration } from "./duration.ts";
import type { ExpectationKind } from "./scenario.ts";

/** What the wire may show, by the names that reports have for it. */
export const diagnoses = [
  "split-brain",
  "frozen-director",
  "rogue-router",
  "wrong-password",
  "master-crash",
  "clean-handover",
  "preemption",
  "arp-conflict",
  "no-master",
] as const satisfies readonly Diagnosis["id"][];

const duration = (min: number, max: number, what: string, example: string) =>
  property(
    z.custom<string>((value) => {
      const ms = parseDuration(value);
      return ms !== undefined && ms >= min && ms <= max;
    }),
    `${what}, from ${formatDuration(min)} to ${formatDuration(max)}`,
    (value) =>
      typeof value === "number" || (typeof value === "string" && /^\d+(\.\d+)?$/.test(value))
        ? `write the unit, ms, s or m: \`${example}\``
        : `write \`${example}\``,
  );

/** A selector, or a word of its own that a property also takes: all have the form of a host's name. */
const server = (expected: string, remedy: string) =>
  property(z.string().regex(hostLabel), `${expected}, or a server's name`, remedy);

const director = (key: string) => server("master, standby or director", `write \`${key}: master\``);

const realServer = (key: string) => server("real-server-1, real-server-2 …", `write \`${key}: real-server-2\``);

const realServers = property(
  z.union([
    z.string().regex(hostLabel),
    z.array(server("real-server-1, real-server-2 … or real-servers", "write `real-server-1`")).min(1),
  ]),
  "none, a real server, or a list of them",
  "write `real-server-1`, `[real-server-1, real-server-2]` or `none`",
);

const text = (what: string, remedy: string) => property(z.string().min(1), what, remedy);

/** So many requests, or per cent of them. */
const amount = (key: string) =>
  property(
    z.custom<number | string>((value) =>
      typeof value === "number"
        ? Number.isInteger(value) && value >= 0
        : typeof value === "string" && /^\d+(\.\d+)?%$/.test(value) && Number.parseFloat(value) <= 100,
    ),
    "a number of requests, or a share of them from 0% to 100%",
    `write \`${key}: 3\` or \`${key}: 5%\``,
  );

const share = (key: string) =>
  property(
    z.union([
      z.enum(["none"]),
      z.strictObject({ atMost: amount("atMost").optional(), atLeast: amount("atLeast").optional() }),
    ]),
    "none, or a map with atMost or atLeast",
    `write \`${key}: none\`, or \`${key}: { atMost: 1% }\``,
  );

const bound = (key: string) => duration(0, 600_000, "a duration", `${key}: 3s`);

/** The pattern of `/REGEX/`; undefined for other text. */
export const regexIn = (line: string): string | undefined => /^\/(.+)\/$/.exec(line)?.[1];

function isLine(line: string): boolean {
  try {
    new RegExp(regexIn(line) ?? "");
    return line.length > 0;
  } catch {
    return false;
  }
}

const expectations = {
  served: duration(1000, 600_000, "for how long every request was answered", "served: 2s").optional(),
  vip: server("nobody, both, master, standby or director", "write `vip: master`").optional(),
  arp: server("other, or a selector such as master", "write `arp: master`").optional(),
  table: property(
    z.strictObject({ on: director("on"), realServers: realServers.optional(), without: realServers.optional() }),
    "a map with on, and realServers or without",
    "write `table: { on: master }` for all real servers, or `table: { on: master, without: real-server-1 }`",
  ).optional(),
  balance: property(
    z.union([
      z.enum(["even"]),
      z.strictObject({ only: realServer("only").optional(), without: realServer("without").optional() }),
    ]),
    "even, or a map with only or without",
    "write `balance: even`, or `balance: { without: real-server-1 }`",
  ).optional(),
  mail: property(
    z.strictObject({
      on: director("on"),
      about: text("text of the message's subject or body", 'write `about: "DOWN"`'),
    }),
    "a map with on and about",
    'write `mail: { on: master, about: "DOWN" }`',
  ).optional(),
  log: property(
    z.strictObject({
      on: director("on"),
      line: property(z.string().refine(isLine), "text of a line of the journal, or /REGEX/", (value) =>
        typeof value === "string" && regexIn(value)
          ? "mend the regular expression: it is JavaScript's"
          : 'write `line: "Entering MASTER STATE"`',
      ),
    }),
    "a map with on and line",
    'write `log: { on: standby, line: "Entering MASTER STATE" }`',
  ).optional(),
  vrrp: property(
    z.strictObject({ on: director("on"), state: choice(vrrpStates, "write `state: MASTER` or `state: BACKUP`") }),
    "a map with on and state",
    "write `vrrp: { on: standby, state: MASTER }`",
  ).optional(),
  diagnosis: choice([...diagnoses, "none"], "write `diagnosis: none`").optional(),
  outage: property(
    z.union([
      z.enum(["promised", "none"]),
      z.strictObject({ atMost: bound("atMost").optional(), atLeast: bound("atLeast").optional() }),
    ]),
    "promised, none, or a map with atMost or atLeast",
    "write `outage: promised`, or `outage: { atMost: 1s }`",
  ).optional(),
  failed: share("failed").optional(),
  delayed: share("delayed").optional(),
  connections: choice(["survive", "break"], "write `connections: survive` or `connections: break`").optional(),
} satisfies Record<ExpectationKind, z.ZodType>;

/** What the expectations of one `expect` may be, in the order of the docs. */
export const expectationKinds = Object.keys(expectations) as ExpectationKind[];

/** A step's keys; which of them go together is in rules.ts. */
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
  expect: property(z.strictObject(expectations), "a map of expectations", "write `expect: { served: 2s }`").optional(),
  within: duration(0, 600_000, "a deadline", "within: 10s").optional(),
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

/** The shape of a scenario file: each property by itself. What properties must be to one another is in rules.ts. */
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
    stage: property(
      z.union([z.enum(goals), z.array(choice(goals, "write `dr` or `ha`")).min(1)]),
      `one of ${goals.join(", ")}, or a list of them`,
      "write `stage: ha`",
    ),
    requires: property(
      z.strictObject({
        preempt: property(z.boolean(), "true or false", "write `preempt: false`").optional(),
      }),
      "a map with preempt",
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
  "a map with title, stage and steps",
  "start from one of verify/scenarios/shipped",
  { name: "remove it: a scenario is called by its file's name" },
);

/** A scenario file as it was written, all of it valid in shape. */
export type ScenarioInput = z.input<typeof scenarioSchema>;

/** A scenario file in valid shape, its constant defaults filled in. */
export type ScenarioOutput = z.output<typeof scenarioSchema>;

export type StepInput = ScenarioInput["steps"][number];
export type ExpectInput = NonNullable<StepInput["expect"]>;
