import { describe, expect, it } from "vitest";
import { type FileError, formatFileError, type Problem } from "../../../../lab/index.ts";
import { propertyPaths } from "../../../../lab/yaml/schema.ts";
import { parseScenario } from "../../../../verify/scenarios/index.ts";
import { rules } from "../../../../verify/scenarios/rules.ts";
import { scenarioSchema } from "../../../../verify/scenarios/schema.ts";
import { edit, type FileCase, problemsIn, unmarked } from "../../lab/file-cases.ts";
import { faults } from "./some-faults.ts";

const ha = `title: The master dies
control: keepalived
load: { longLived: 2 }
steps:
  - expect: { served: 2s }
  - fault: power-off
    on: master
  - expect: { vip: standby }
    within: 10s
  - heal: power-off
  - wait: 5s
`;

const dr = `title: A web server is stopped
control: ipvsadm
load: {}
steps:
  - fault: httpd-stop
    on: real-server-1
  - expect: { served: 2s }
`;

const problemsOf = (text: string): readonly Problem[] => problemsIn(() => parseScenario(text, "mine.yaml", { faults }));

/** A property that is added at the top of the file. */
const top = (line: string) => ({ from: "control: keepalived\n", to: `control: keepalived\n${line}\n` });

/** Something in place of what the first step expects. */
const expecting = (expectation: string) => ({ from: "{ served: 2s }", to: `{ ${expectation} }` });

/** Something in place of the last step. */
const last = (...lines: string[]) => ({ from: "  - wait: 5s\n", to: `${lines.map((line) => `  ${line}\n`).join("")}` });

/** A value that is wrong in shape. */
const value = (path: string, change: { from: string; to: string }, expected: RegExp, remedy: RegExp): FileCase => ({
  why: `${path}: ${change.to.split("‸")[1]?.split("\n")[0]}`,
  ...change,
  rule: "value",
  path,
  expected,
  found: /^\S[^,}\]\n]*/.exec(change.to.split("‸")[1] ?? "")?.[0].trim() ?? "",
  remedy,
});

const selector = /, or a server's name$/;
const bound = /^a duration, from 0ms to 10m$/;
const amount = /^a number of requests, or a share of them from 0% to 100%$/;
const ofFirst = "steps[0].expect";

const valueCases: FileCase[] = [
  value("title", { from: "title: The master dies", to: "title: ‸x" }, /^a title: one line, 2 to 80/, /^write `title: /),
  { ...value("description", top("description: ‸5"), /^text that says/, /^put it in quotes/) },
  value(
    "control",
    { from: "control: keepalived", to: "control: ‸keepalive" },
    /^one of ipvsadm, keepalived, or a list of them$/,
    /^did you mean `keepalived`\?$/,
  ),
  value(
    "control[1]",
    { from: "control: keepalived", to: "control: [keepalived, ‸ipvsadmin]" },
    /^one of ipvsadm, keepalived$/,
    /^did you mean `ipvsadm`\?$/,
  ),
  value(
    "requires",
    top("requires: ‸preempt"),
    /^a map with preempt, forwarding, healthCheck, sorryServer, connectionSync$/,
    /^write `requires: \{ preempt: false \}`/,
  ),
  value(
    "requires.forwarding",
    top("requires: { forwarding: ‸masq }"),
    /^one of dr, nat, tunnel$/,
    /^write `forwarding: nat`$/,
  ),
  value(
    "requires.healthCheck",
    top("requires: { healthCheck: ‸bfd }"),
    /^one of tcp, http, https, udp, dns, smtp, ping, misc, or a list of them$/,
    /^write `healthCheck: http`$/,
  ),
  value(
    "requires.healthCheck[1]",
    top("requires: { healthCheck: [tcp, ‸htpp] }"),
    /^one of tcp, http, https, udp, dns, smtp, ping, misc$/,
    /^did you mean `http`\?$/,
  ),
  value(
    "requires.sorryServer",
    top("requires: { sorryServer: ‸server5 }"),
    /^true or false$/,
    /^write `sorryServer: true`$/,
  ),
  value(
    "requires.connectionSync",
    top("requires: { connectionSync: ‸daemon }"),
    /^true or false$/,
    /^write `connectionSync: true`$/,
  ),
  value("requires.preempt", top("requires: { preempt: ‸off }"), /^true or false$/, /^write `preempt: false`$/),
  {
    ...value(
      "load",
      { from: "load: { longLived: 2 }", to: "load: ‸20ms" },
      /^a map with interval/,
      /^write `load: \{\}`/,
    ),
  },
  ...["4ms", "501ms", "20", "20 ms", "1h", "0.5ms"].map((text) =>
    value(
      "load.interval",
      { from: "longLived: 2", to: `longLived: 2, interval: ‸${text}` },
      /^how often a request is due, from 5ms to 500ms$/,
      text === "20" ? /^write the unit, ms, s or m: `interval: 20ms`$/ : /^write `interval: 20ms`$/,
    ),
  ),
  value(
    "load.timeout",
    { from: "longLived: 2", to: "longLived: 2, timeout: ‸1s" },
    /^how long a request may take, from 1001ms to 1m$/,
    /^write `timeout: 2s`$/,
  ),
  ...["-1", "101", "1.5"].map((text) =>
    value(
      "load.longLived",
      { from: "longLived: 2", to: `longLived: ‸${text}` },
      /from 0 to 100$/,
      /^write `longLived: 4`$/,
    ),
  ),
  {
    ...value(
      "steps",
      { from: ha.slice(ha.indexOf("steps:")), to: "steps: ‸none\n" },
      /^a list of steps$/,
      /^write `steps:` and/,
    ),
  },
  {
    ...value(
      "steps[4]",
      { from: "- wait: 5s", to: "- ‸wait" },
      /^a map with fault, heal, wait, expect or repeat$/,
      /^write `- fault/,
    ),
  },
  { ...value("steps[1].fault", { from: "fault: power-off", to: "fault: ‸5" }, /^a fault's id$/, /^put it in quotes/) },
  value(
    "steps[1].on",
    { from: "on: master", to: "on: ‸The Master" },
    /^master, standby, .* or a server's name$/,
    /^write `on: master`$/,
  ),
  {
    ...value(
      "steps[1].with",
      { from: "on: master\n", to: "on: master\n    with: ‸all\n" },
      /^a map of the fault's parameters$/,
      /^write `with/,
    ),
  },
  value("steps[3].heal", { from: "heal: power-off", to: "heal: ‸5" }, /^a fault's id$/, /^put it in quotes/),
  ...["5", "11m", "0s", "five"].map((text) =>
    value(
      "steps[4].wait",
      { from: "wait: 5s", to: `wait: ‸${text}` },
      /^a duration, from 1ms to 10m$/,
      text === "5" ? /^write the unit/ : /^write `wait: 5s`$/,
    ),
  ),
  value("steps[0].expect", { from: "{ served: 2s }", to: "‸served" }, /^a map of expectations$/, /^write `expect/),
  value(
    "steps[2].within",
    { from: "within: 10s", to: "within: ‸11m" },
    /^a deadline from 0ms to 10m, or detected$/,
    /^write `within: 10s`$/,
  ),
  value(
    "steps[2].within",
    { from: "within: 10s", to: "within: ‸10" },
    /^a deadline from 0ms to 10m, or detected$/,
    /^write the unit, ms, s or m: `within: 10s`$/,
  ),
  value("steps[2].for", { from: "within: 10s", to: "for: ‸0s" }, /^a duration, from 1ms to 10m$/, /^write `for: 5s`$/),
  value(
    `${ofFirst}.served`,
    expecting("served: ‸500ms"),
    /^for how long every request was answered, from 1s to 10m$/,
    /2s`$/,
  ),
  value(`${ofFirst}.vip`, expecting("vip: ‸The_Master"), /^nobody, both, master/, /^write `vip: master`$/),
  value(`${ofFirst}.arp`, expecting("arp: ‸52:54"), selector, /^put it in quotes|^write `arp: master`$/),
  value(`${ofFirst}.table`, expecting("table: ‸full"), /^a map with on, and realServers or without$/, /^write `table/),
  value(`${ofFirst}.table.on`, expecting("table: { on: ‸5 }"), selector, /^put it in quotes/),
  value(
    `${ofFirst}.table.realServers`,
    expecting("table: { on: master, realServers: ‸No }"),
    /^none, a real server/,
    /^did|^write/,
  ),
  value(
    `${ofFirst}.table.realServers[0]`,
    expecting("table: { on: master, realServers: [‸A] }"),
    selector,
    /^write `real-server-1`$/,
  ),
  value(`${ofFirst}.table.without`, expecting("table: { on: master, without: ‸No }"), /^none, a real server/, /^write/),
  value(
    `${ofFirst}.table.without[0]`,
    expecting("table: { on: master, without: [‸A] }"),
    selector,
    /^write `real-server-1`$/,
  ),
  value(
    `${ofFirst}.balance`,
    expecting("balance: ‸evn"),
    /^even, sorry, or a map with only or without$/,
    /^did you mean `even`\?$/,
  ),
  value(`${ofFirst}.balance.only`, expecting("balance: { only: ‸A }"), selector, /^write `only: real-server-2`$/),
  value(
    `${ofFirst}.balance.without`,
    expecting("balance: { without: ‸A }"),
    selector,
    /^write `without: real-server-2`$/,
  ),
  value(`${ofFirst}.mail`, expecting("mail: ‸DOWN"), /^a map with on and about$/, /^write `mail/),
  value(`${ofFirst}.mail.on`, expecting("mail: { about: DOWN, on: ‸A }"), selector, /^write `on: master`$/),
  value(
    `${ofFirst}.mail.about`,
    expecting("mail: { on: master, about: ‸5 }"),
    /^text of the message's/,
    /^put it in quotes/,
  ),
  value(`${ofFirst}.log`, expecting("log: ‸MASTER"), /^a map with on and line$/, /^write `log/),
  value(`${ofFirst}.log.on`, expecting("log: { line: MASTER, on: ‸A }"), selector, /^write `on: master`$/),
  value(
    `${ofFirst}.log.line`,
    expecting("log: { on: master, line: ‸/(/ }"),
    /^text of a line of the journal, or/,
    /^correct the regular/,
  ),
  value(`${ofFirst}.vrrp`, expecting("vrrp: ‸MASTER"), /^a map with on and state$/, /^write `vrrp/),
  value(`${ofFirst}.vrrp.on`, expecting("vrrp: { state: MASTER, on: ‸A }"), selector, /^write `on: master`$/),
  value(
    `${ofFirst}.vrrp.state`,
    expecting("vrrp: { on: master, state: ‸master }"),
    /^one of MASTER, BACKUP$/,
    /`MASTER`\?$/,
  ),
  value(
    `${ofFirst}.diagnosis`,
    expecting("diagnosis: ‸splitbrain"),
    /^one of split-brain, /,
    /^did you mean `split-brain`\?$/,
  ),
  value(`${ofFirst}.outage`, expecting("outage: ‸promise"), /^promised, none, or a map/, /^did you mean `promised`\?$/),
  value(
    `${ofFirst}.outage.atMost`,
    expecting("outage: { atMost: ‸3 }"),
    bound,
    /^write the unit, ms, s or m: `atMost: 3s`$/,
  ),
  value(`${ofFirst}.outage.atLeast`, expecting("outage: { atLeast: ‸1h }"), bound, /^write `atLeast: 3s`$/),
  ...["failed", "delayed"].flatMap((key) => [
    value(`${ofFirst}.${key}`, expecting(`${key}: ‸nothing`), /^none, or a map with atMost or atLeast$/, /^write/),
    value(
      `${ofFirst}.${key}.atMost`,
      expecting(`${key}: { atMost: ‸101% }`),
      amount,
      /^write `atMost: 3` or `atMost: 5%`$/,
    ),
    value(`${ofFirst}.${key}.atLeast`, expecting(`${key}: { atLeast: ‸-1 }`), amount, /^write `atLeast: 3`/),
  ]),
  value(
    `${ofFirst}.connections`,
    expecting("connections: ‸breaks"),
    /^one of survive, break$/,
    /^did you mean `break`\?$/,
  ),
  value("steps[4].repeat", last("- repeat: ‸10"), /^a map with times and steps$/, /^write `repeat:`/),
  ...["1", "1001"].map((times) =>
    value(
      "steps[4].repeat.times",
      last(`- repeat: { times: ‸${times}, steps: [{ wait: 1s }] }`),
      /from 2 to 1000$/,
      /^write/,
    ),
  ),
  value("steps[4].repeat.steps", last("- repeat: { times: 2, steps: ‸all }"), /^a list of steps$/, /^write `steps:`/),
  value(
    "steps[4].repeat.steps[0].wait",
    last("- repeat: { times: 2, steps: [{ wait: ‸1 }] }"),
    /^a duration, from/,
    /^write the unit/,
  ),
];

const missing = (why: string, change: { from: string; to: string }, path: string, expected: RegExp): FileCase => ({
  why: `no ${why}`,
  ...change,
  rule: "missing",
  path,
  expected,
  found: "nothing",
  remedy: /^write /,
});

const missingCases: FileCase[] = [
  missing("title", { from: "title: The master dies\ncontrol", to: "‸control" }, "title", /^a title/),
  missing(
    "control",
    { from: "title: The master dies\ncontrol: keepalived\n", to: "‸title: The master dies\n" },
    "control",
    /^one of ipvsadm, keepalived, or a list of them$/,
  ),
  missing(
    "steps",
    { from: ha, to: "‸title: The master dies\ncontrol: keepalived\nload: {}\n" },
    "steps",
    /^a list of steps$/,
  ),
  missing("value of load", { from: "load: { longLived: 2 }", to: "‸load:" }, "load", /^a map with interval/),
  missing("on in a table", expecting("‸table: { without: real-server-1 }"), `${ofFirst}.table.on`, selector),
  missing("about in a mail", expecting("‸mail: { on: master }"), `${ofFirst}.mail.about`, /^text of/),
];

const unknownKey = (change: { from: string; to: string }, path: string, remedy: RegExp): FileCase => ({
  why: `a key that is not there: ${path}`,
  ...change,
  rule: "unknown-key",
  path,
  expected: /^one of [a-zA-Z]+(, |$)/,
  found: path.split(".").at(-1) ?? "",
  remedy,
});

const unknownKeyCases: FileCase[] = [
  unknownKey(top("‸name: mine"), "name", /^remove it: a scenario is called by its file's name$/),
  unknownKey(top("‸stage: ha"), "stage", /^write `control: ipvsadm` for dr, `control: keepalived` for ha$/),
  unknownKey(top("‸step: []"), "step", /^did you mean `steps`\?$/),
  unknownKey(top("‸within: 5s"), "within", /^did you mean `steps\[\]\.within`\?$/),
  unknownKey({ from: "longLived: 2", to: "longLived: 2, ‸rate: 50" }, "load.rate", /^remove it$/),
  unknownKey(last("- ‸sleep: 5s"), "steps[4].sleep", /^write `wait: 5s`$/),
  unknownKey(last("- wait: 5s", "  ‸timeout: 5s"), "steps[4].timeout", /^write `within: 10s`$/),
  unknownKey(expecting("served: 2s, ‸vpi: master"), `${ofFirst}.vpi`, /^did you mean `vip`\?$/),
  unknownKey(
    expecting("outage: { ‸atmost: 2s, atLeast: 1s }"),
    `${ofFirst}.outage.atmost`,
    /^did you mean `atMost`\?$/,
  ),
  unknownKey(
    last("- repeat: { times: 2, steps: [{ wait: 1s, ‸repeat: {} }] }"),
    "steps[4].repeat.steps[0].repeat",
    /^take it out: a repeat has none inside$/,
  ),
];

/** One that breaks a rule. */
const broken = (
  rule: string,
  why: string,
  change: { from: string; to: string; base?: string },
  path: string,
  expected: RegExp,
  found: string,
  remedy: RegExp,
): FileCase => ({ why, ...change, rule, path, expected, found, remedy });

const oneOfStep = /^one of fault, heal, wait, expect, repeat in a step$/;

const ruleCases: FileCase[] = [
  broken(
    "empty",
    "no step",
    { from: ha.slice(ha.indexOf("steps:")), to: "‸steps: []\n" },
    "steps",
    /^one step or more$/,
    "none",
    /^write/,
  ),
  broken(
    "empty",
    "a repeat without a step",
    last("- repeat: { times: 2, ‸steps: [] }"),
    "steps[4].repeat.steps",
    /^one step/,
    "none",
    /^write/,
  ),
  broken(
    "empty",
    "nothing expected",
    { from: "expect: { served: 2s }", to: "‸expect: {}" },
    ofFirst,
    /^one expectation/,
    "none",
    /^write/,
  ),
  broken(
    "empty",
    "no bound",
    expecting("‸failed: {}"),
    `${ofFirst}.failed`,
    /^atMost, atLeast or both$/,
    "none",
    /atMost: 1% \}`$/,
  ),
  broken("empty", "no share", expecting("‸balance: {}"), `${ofFirst}.balance`, /^only or without$/, "none", /^write/),
  broken("step-kind", "an empty step", last("- ‸{}"), "steps[4]", /^a step with one of/, "none of them", /^write what/),
  broken(
    "step-kind",
    "a step that does nothing",
    last("- ‸on: master"),
    "steps[4]",
    /^a step with one of/,
    "on alone",
    /^write what/,
  ),
  broken(
    "step-kind",
    "a step that does two things",
    { from: "  - heal: power-off\n", to: "  - heal: power-off\n    ‸wait: 5s\n" },
    "steps[3].wait",
    oneOfStep,
    "wait beside heal",
    /^make it a step/,
  ),
  broken(
    "key-of-other-step",
    "a deadline of a wait",
    last("- wait: 5s", "  ‸within: 5s"),
    "steps[4].within",
    /^within beside `expect` only$/,
    "within beside wait",
    /^remove it/,
  ),
  broken(
    "key-of-other-step",
    "a place of an expectation",
    { from: "within: 10s", to: "‸on: master" },
    "steps[2].on",
    /^on beside `fault` or `heal` only$/,
    "on beside expect",
    /^remove it/,
  ),
  broken(
    "fault-without-place",
    "a fault without a target",
    { from: "- fault: power-off\n    on: master", to: "- ‸fault: power-off" },
    "steps[1].on",
    /^on, the target of the fault$/,
    "nothing",
    /^write `on: master`/,
  ),
  broken(
    "unknown-fault",
    "a fault with a typing error",
    { from: "- fault: power-off", to: "- fault: ‸power-of" },
    "steps[1].fault",
    /^one of power-off, reboot, pause/,
    "power-of",
    /^did you mean `power-off`\?$/,
  ),
  broken(
    "unknown-fault",
    "a fault that nobody knows",
    { from: "  - heal: power-off\n", to: "  - heal: power-off\n  - fault: ‸earthquake\n    on: master\n" },
    "steps[4].fault",
    /^one of power-off, /,
    "earthquake",
    /^choose one/,
  ),
  ...(
    [
      [
        "with: { ‸loss: 3 }",
        "with.loss",
        "unknown-key",
        /^one of delayMs, jitterMs, lossPercent/,
        "loss",
        /^did you mean `lossPercent`\?$/,
      ],
      [
        "with: { lossPercent: ‸101 }",
        "with.lossPercent",
        "value",
        /^a number from 0 to 100$/,
        "101",
        /^write `lossPercent: 0`, which is the default/,
      ],
      [
        "with: { delayMs: ‸1.5 }",
        "with.delayMs",
        "value",
        /^a whole number from 0 to 10000$/,
        "1.5",
        /^write `delayMs: 0`/,
      ],
      ['with: { delayMs: ‸"5" }', "with.delayMs", "value", /^a whole number/, '"5"', /^take the quotes off/],
    ] as const
  ).map(([line, path, , expected, found, remedy]) =>
    broken(
      "fault-parameters",
      `netem ${line}`,
      last("- fault: netem", "  on: real-server-1", `  ${line}`),
      `steps[4].${path}`,
      expected,
      found,
      remedy,
    ),
  ),
  broken(
    "fault-parameters",
    "a parameter of a fault that has none",
    { from: "on: master\n", to: "on: master\n    with: { ‸hard: true }\n" },
    "steps[1].with.hard",
    /^no key: there is none$/,
    "hard",
    /^remove it$/,
  ),
  broken(
    "wrong-place",
    "a director's fault on a real server",
    last("- fault: partition", "  on: ‸real-server-1"),
    "steps[4].on",
    /^a target for partition, with keepalived in control one of master, standby$/,
    "real-server-1",
    /^choose/,
  ),
  broken(
    "wrong-place",
    "a real server's fault on the network",
    last("- fault: httpd-stop", "  on: ‸segment"),
    "steps[4].on",
    /one of real-server-1, real-server-2, real-servers$/,
    "segment",
    /^choose/,
  ),
  broken(
    "wrong-place",
    "a fault that a lab under ipvsadm does not have",
    { base: dr, from: "httpd-stop\n    on: real-server-1", to: "partition\n    on: ‸master" },
    "steps[0].on",
    /^no partition with ipvsadm in control, which has no target for it$/,
    "master",
    /^remove it/,
  ),
  broken(
    "wrong-place",
    "a standby under ipvsadm",
    { base: dr, from: "httpd-stop\n    on: real-server-1", to: "pause\n    on: ‸standby" },
    "steps[0].on",
    /with ipvsadm in control one of master, director, /,
    "standby",
    /^choose/,
  ),
  broken(
    "wrong-selector",
    "a real server that holds the VIP",
    expecting("vip: ‸real-server-1"),
    `${ofFirst}.vip`,
    /^a director, with keepalived in control one of master, standby, or/,
    "real-server-1",
    /^choose/,
  ),
  broken(
    "wrong-selector",
    "a director in the table",
    expecting("table: { on: master, realServers: [‸standby] }"),
    `${ofFirst}.table.realServers[0]`,
    /^real servers, with keepalived in/,
    "standby",
    /^choose/,
  ),
  broken(
    "wrong-selector",
    "several real servers where one is meant",
    expecting("balance: { only: ‸real-servers }"),
    `${ofFirst}.balance.only`,
    /^a real server, with keepalived in/,
    "real-servers",
    /^choose/,
  ),
  broken(
    "wrong-selector",
    "the network's mailbox",
    expecting("mail: { about: x, on: ‸segment }"),
    `${ofFirst}.mail.on`,
    /^a director, with keepalived in/,
    "segment",
    /^choose/,
  ),
  broken(
    "wrong-selector",
    "the director, of two",
    expecting("log: { line: x, on: ‸director }"),
    `${ofFirst}.log.on`,
    /^a director, with keepalived in/,
    "director",
    /^choose/,
  ),
  broken(
    "wrong-selector",
    "both directors, of one",
    { base: dr, from: "{ served: 2s }", to: "{ vip: ‸both }" },
    "steps[1].expect.vip",
    /^nobody, master or director with ipvsadm in control/,
    "both",
    /^write `vip: master`$/,
  ),
  ...(
    [
      ["‸mail: { on: master, about: x }", "mail"],
      ["‸log: { on: master, line: x }", "log"],
      ["‸vrrp: { on: master, state: MASTER }", "vrrp"],
      ["‸diagnosis: split-brain", "diagnosis"],
    ] as const
  ).map(([line, key]) =>
    broken(
      "expectation-of-other-control",
      `${key} under ipvsadm`,
      { base: dr, from: "{ served: 2s }", to: `{ ${line} }` },
      `steps[1].expect.${key}`,
      /^no such expectation with ipvsadm in control/,
      key,
      /`control: keepalived`$/,
    ),
  ),
  ...["served: 2s", "balance: even", "outage: none", "failed: none", "delayed: none"].map((line) =>
    broken(
      "expectation-without-load",
      `${line} without load`,
      {
        base: edit(edit(ha, "load: { longLived: 2 }\n", ""), "{ served: 2s }", "{ vip: master }"),
        from: "{ vip: master }",
        to: `{ ‸${line} }`,
      },
      `${ofFirst}.${line.split(":")[0]}`,
      /without `load`$/,
      line.split(":")[0] ?? "",
      /^write `load: \{\}`/,
    ),
  ),
  broken(
    "expectation-without-load",
    "connections without load",
    {
      base: edit(edit(ha, "load: { longLived: 2 }\n", ""), "{ served: 2s }", "{ vip: master }"),
      from: "{ vip: master }",
      to: "{ ‸connections: break }",
    },
    `${ofFirst}.connections`,
    /without `load`$/,
    "connections",
    /longLived: 4/,
  ),
  broken(
    "expectation-without-load",
    "several expectations without load, once",
    {
      base: edit(ha, "load: { longLived: 2 }\n", ""),
      from: "{ served: 2s }",
      to: "{ ‸served: 2s, balance: even, connections: survive }",
    },
    `${ofFirst}.served`,
    /without `load`$/,
    "served, and 2 more",
    /longLived: 4/,
  ),
  broken(
    "expectation-without-load",
    "connections that nobody holds",
    { base: edit(ha, "{ longLived: 2 }", "{}"), ...expecting("‸connections: break") },
    `${ofFirst}.connections`,
    /^no connections without `longLived`/,
    "connections",
    /^write `longLived: 4`/,
  ),
  broken(
    "standing-faults",
    "a fault where it is already",
    last("- fault: pause", "  on: real-servers", "- fault: ‸pause", "  on: real-server-2"),
    "steps[5].fault",
    /^a fault that is not active yet$/,
    "pause, which is on real-servers already",
    /^heal it before/,
  ),
  broken(
    "standing-faults",
    "a heal without the fault",
    last("- heal: ‸reboot"),
    "steps[4].heal",
    /^a fault that is active at this step$/,
    "reboot, which is not active",
    /^inject it first/,
  ),
  broken(
    "standing-faults",
    "a heal of another fault",
    { from: "- heal: power-off", to: "- heal: ‸pause" },
    "steps[3].heal",
    /^a fault that is active/,
    "pause, which is not active",
    /^heal an active one: power-off$/,
  ),
  broken(
    "standing-faults",
    "a heal at another place",
    { from: "- heal: power-off", to: "- heal: power-off\n    on: ‸standby" },
    "steps[3].on",
    /^a server that power-off is on: master$/,
    "standby",
    /^name one of them/,
  ),
  broken(
    "standing-faults",
    "a round that leaves its fault",
    last("- repeat:", "    times: 2", "    steps:", "      - fault: ‸pause", "        on: standby"),
    "steps[4].repeat.steps[0].fault",
    /^a fault that is not active yet$/,
    "pause, which is on standby from the round before",
    /- heal: pause`$/,
  ),
  broken(
    "promise-without-fault",
    "a promise before any fault",
    expecting("outage: ‸promised"),
    `${ofFirst}.outage`,
    /^promised after a fault on the master/,
    "promised before any fault",
    /^move it/,
  ),
  broken(
    "promise-without-fault",
    "a promise after a heal",
    last("- expect: { outage: ‸promised }"),
    "steps[4].expect.outage",
    /^promised after a fault on the master/,
    "promised after the heal of power-off",
    /^move it/,
  ),
  broken(
    "promise-without-fault",
    "a promise for the standby's fault",
    last("- fault: pause", "  on: standby", "- expect: { outage: ‸promised }"),
    "steps[5].expect.outage",
    /^promised after a fault on the master/,
    "promised after pause on standby",
    /^move it/,
  ),
  broken(
    "promise-without-fault",
    "a promise for a fault that the master outlives",
    last("- fault: disk-full", "  on: master", "- expect: { outage: ‸promised }"),
    "steps[5].expect.outage",
    /^promised after a fault by which the master goes: power-off, reboot, .*\blink-down$/,
    "promised after disk-full, with which it stays master",
    /^put one of these on the master, or /,
  ),
  broken(
    "bounds-crossed",
    "an outage of 3 s at least and 1 s at most",
    expecting("outage: { atLeast: ‸3s, atMost: 1s }"),
    `${ofFirst}.outage.atLeast`,
    /^no more than atMost, 1s$/,
    "3s",
    /^exchange/,
  ),
  broken(
    "bounds-crossed",
    "a share that cannot be",
    expecting("failed: { atLeast: ‸50%, atMost: 5% }"),
    `${ofFirst}.failed.atLeast`,
    /^no more than atMost, 5%$/,
    "50%",
    /^exchange/,
  ),
  broken(
    "balance-of-two-kinds",
    "one real server alone, and without another",
    expecting("balance: { only: real-server-1, ‸without: real-server-2 }"),
    `${ofFirst}.balance.without`,
    /^only or without, not both$/,
    "without beside only",
    /^remove/,
  ),
  broken(
    "named-twice",
    "a real server twice",
    expecting("table: { on: master, without: [real-server-1, ‸real-server-1] }"),
    `${ofFirst}.table.without[1]`,
    /^each once$/,
    "real-server-1 a second time",
    /^remove/,
  ),
  broken(
    "named-twice",
    "a control twice",
    { from: "control: keepalived", to: "control: [keepalived, ‸keepalived]" },
    "control[1]",
    /^each once$/,
    "keepalived a second time",
    /^remove/,
  ),
  broken(
    "detected-without-fault",
    "detection before any fault",
    { from: "expect: { served: 2s }\n", to: "expect: { served: 2s }\n    within: ‸detected\n" },
    "steps[0].within",
    /^detected after a fault of a real server that health checks may see: .*httpd-stop/,
    "detected before any fault",
    /^write a deadline, such as `within: 30s`$/,
  ),
  broken(
    "detected-without-fault",
    "detection of what no health check may see",
    last("- fault: disk-full", "  on: master", "- expect: { served: 2s }", "  within: ‸detected", "- heal: disk-full"),
    "steps[5].within",
    /^detected after a fault of a real server/,
    "detected after disk-full on master",
    /^write a deadline/,
  ),
  broken(
    "detected-without-fault",
    "detection of a director's fault",
    { from: "within: 10s", to: "within: ‸detected" },
    "steps[2].within",
    /^detected after a fault of a real server/,
    "detected after power-off on master",
    /^write a deadline/,
  ),
  ...["healthCheck: tcp", "sorryServer: true", "connectionSync: true"].map((line) =>
    broken(
      "requirement-of-other-control",
      `${line} under ipvsadm`,
      { base: dr, from: "control: ipvsadm\n", to: `control: ipvsadm\nrequires: { ‸${line} }\n` },
      `requires.${line.split(":")[0]}`,
      new RegExp(`^no ${line.split(":")[0]} with ipvsadm in control`),
      line.split(":")[0] ?? "",
      /`control: keepalived`$/,
    ),
  ),
  broken(
    "requirement-of-other-control",
    "preemption under ipvsadm",
    { base: dr, from: "control: ipvsadm\n", to: "control: ipvsadm\nrequires: { ‸preempt: true }\n" },
    "requires.preempt",
    /^no preempt with ipvsadm in control/,
    "preempt",
    /`control: keepalived`$/,
  ),
];

const cases = [...valueCases, ...missingCases, ...unknownKeyCases, ...ruleCases];

describe("a scenario file that is wrong in one thing", () => {
  it.each([ha, dr])("is otherwise right", (text) => {
    expect(problemsOf(text)).toEqual([]);
  });

  it.each(cases)("$why", ({ base = ha, from, to, rule, path, expected, found, remedy }) => {
    const { text, line, column } = unmarked(edit(base, from, to));
    const problems = problemsOf(text);
    expect(problems.map((problem) => ({ ...problem }))).toHaveLength(1);
    expect(problems[0]).toMatchObject({ rule, line, column, path, found });
    expect(problems[0]?.expected).toMatch(expected);
    expect(problems[0]?.remedy).toMatch(remedy);
  });

  it.each([
    ["heal: ‸power-offf", "unknown-fault"],
    ["heal: power-off\n    on: ‸The Master", "value"],
  ])("what a heal that cannot be read has healed is not asked again: %s", (marked, rule) => {
    const again = "\n  - fault: power-off\n    on: master\n  - heal: power-off";
    const { text, line, column } = unmarked(edit(ha, "heal: power-off", `${marked}${again}`));
    expect(problemsOf(text)).toMatchObject([{ rule, line, column }]);
    expect(problemsOf(text)).toHaveLength(1);
  });

  it("a promise in a scenario that is also for ipvsadm is wrong for the control alone", () => {
    const text = edit(
      edit(ha, "control: keepalived", "control: [ipvsadm, keepalived]"),
      "{ vip: standby }",
      "{ outage: promised }",
    );
    expect(problemsOf(text)).toMatchObject([{ rule: "expectation-of-other-control", path: "steps[2].expect.outage" }]);
  });
});

describe("every rule can fail", () => {
  it.each(Object.keys(rules))("%s", (name) => {
    expect(cases.map(({ rule }) => rule)).toContain(name);
  });

  it.each(propertyPaths(scenarioSchema).filter((path) => !/\.repeat\.steps\[\]\.(?!wait)/.test(path)))(
    "the value of %s",
    (path) => {
      expect(valueCases.map((each) => each.path.replace(/\[\d+\]/g, "[]"))).toContain(path);
    },
  );
});

describe("what only a lab can tell is not checked", () => {
  it.each([
    ["a server by its own name", last("- fault: partition", "  on: web1")],
    ["a heal by a name, of a fault by a part", { from: "- heal: power-off", to: "- heal: power-off\n    on: server1" }],
    ["a table with a name in it", expecting("table: { on: server1, realServers: [server2, server3] }")],
    ["a promise after a fault by a name", last("- fault: pause", "  on: server1", "- expect: { outage: promised }")],
  ])("%s", (_, { from, to }) => {
    expect(problemsOf(edit(ha, from, to))).toEqual([]);
  });
});

describe("several problems", () => {
  it("are all told, in the order of the file, with the line and a caret under the place", () => {
    const text = `title: Mistakes
control: keepalived
steps:
  - fault: power-of
    on: master
  - expect: { served: 2, vip: real-server-1 }
    whitin: 10s
  - heal: pause
`;
    try {
      parseScenario(text, "mistakes.yaml", { faults });
      expect.unreachable();
    } catch (error) {
      expect(
        formatFileError(error as FileError),
      ).toBe(`mistakes.yaml:4:12: steps[0].fault: expected one of ${faults.map(({ id }) => id).join(", ")}; found power-of. Fix: did you mean \`power-off\`?
  4 |   - fault: power-of
    |            ^^^^^^^^

mistakes.yaml:6:15: steps[1].expect.served: expected no expectation of the client's requests without \`load\`; found served. Fix: write \`load: {}\` at the top of the file
  6 |   - expect: { served: 2, vip: real-server-1 }
    |               ^^^^^^

mistakes.yaml:6:23: steps[1].expect.served: expected for how long every request was answered, from 1s to 10m; found 2. Fix: write the unit, ms, s or m: \`served: 2s\`
  6 |   - expect: { served: 2, vip: real-server-1 }
    |                       ^

mistakes.yaml:6:31: steps[1].expect.vip: expected a director, with keepalived in control one of master, standby, or a server's name; found real-server-1. Fix: choose one of these
  6 |   - expect: { served: 2, vip: real-server-1 }
    |                               ^^^^^^^^^^^^^

mistakes.yaml:7:5: steps[1].whitin: expected one of fault, on, with, heal, wait, expect, within, for, repeat; found whitin. Fix: did you mean \`within\`?
  7 |     whitin: 10s
    |     ^^^^^^

mistakes.yaml: 5 problems`);
    }
  });
});
