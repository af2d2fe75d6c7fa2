import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  type Expectation,
  isMeasure,
  parseScenario,
  readScenario,
  type Step,
} from "../../../../verify/scenarios/index.ts";
import { faults } from "./some-faults.ts";

const parse = (text: string, file = "scenarios/mine.yaml") => parseScenario(text, file, { faults });

/** The expectations of one `expect`, with load and a fault before it. */
function expectations(text: string): readonly Expectation[] {
  const { steps } = parse(`title: One
control: keepalived
load: { longLived: 1 }
steps:
  - fault: pause
    on: master
  - expect: ${text}
`);
  const step = steps[1];
  return step?.kind === "expect" ? step.expectations : [];
}

describe("a scenario", () => {
  const text = `# A comment.
title: The master dies
description: >
  One line,
  and another.

  A paragraph.
control: [ipvsadm, keepalived]
requires: {}
load: { interval: 50ms }
steps:
  - fault: netem
    on: real-server-1
    with: { delayMs: 20 }
  - wait: 1.5s

  - repeat:
      times: 2
      steps:
        - expect: { served: 2s }
  - heal: netem
`;

  it("is complete, and about no lab in particular", () => {
    expect(parse(text)).toEqual({
      name: "mine",
      file: "scenarios/mine.yaml",
      text,
      title: "The master dies",
      description: "One line, and another. A paragraph.",
      controls: ["ipvsadm", "keepalived"],
      requires: {},
      load: { intervalMs: 50, timeoutMs: 2000, longLived: 0 },
      steps: [
        {
          kind: "fault",
          line: 12,
          fault: "netem",
          on: "real-server-1",
          parameters: { delayMs: 20, jitterMs: 0, lossPercent: 0, duplicatePercent: 0, reorderPercent: 0 },
        },
        { kind: "wait", line: 15, ms: 1500 },
        {
          kind: "repeat",
          line: 17,
          times: 2,
          steps: [
            { kind: "expect", line: 20, expectations: [{ kind: "served", ms: 2000 }], withinMs: 60_000, forMs: 0 },
          ],
        },
        { kind: "heal", line: 21, fault: "netem", on: null },
      ],
    });
  });

  it("is frozen through and through", () => {
    const scenario = parse(text);
    expect(Object.isFrozen(scenario)).toBe(true);
    expect(Object.isFrozen((scenario.steps[0] as Step & { kind: "fault" }).parameters)).toBe(true);
  });

  it("without load has none", () => {
    expect(parse("title: Still\ncontrol: keepalived\nsteps: [{ wait: 1s }]\n")).toMatchObject({
      load: null,
      description: "",
      controls: ["keepalived"],
    });
  });

  it("comes from a file", async () => {
    const directory = await mkdtemp(join(tmpdir(), "lvs-lab-scenario-"));
    const file = join(directory, "by-hand.yaml");
    await writeFile(file, text);
    expect(await readScenario(file, { faults })).toMatchObject({ name: "by-hand", file });
    await rm(directory, { recursive: true });
    await expect(readScenario(file, { faults })).rejects.toThrow(
      /expected a scenario file that can be read; found ENOENT/,
    );
  });
});

describe("an expectation", () => {
  it.each<[string, Expectation]>([
    ["{ served: 1m }", { kind: "served", ms: 60_000 }],
    ["{ vip: nobody }", { kind: "vip", holders: [] }],
    ["{ vip: both }", { kind: "vip", holders: ["master", "standby"] }],
    ["{ vip: server1 }", { kind: "vip", holders: ["server1"] }],
    ["{ arp: other }", { kind: "arp", owner: null }],
    ["{ arp: standby }", { kind: "arp", owner: "standby" }],
    ["{ table: { on: master } }", { kind: "table", on: "master", realServers: ["real-servers"], without: [] }],
    ["{ table: { on: master, realServers: none } }", { kind: "table", on: "master", realServers: [], without: [] }],
    [
      "{ table: { on: master, without: [real-server-1, web9] } }",
      { kind: "table", on: "master", realServers: ["real-servers"], without: ["real-server-1", "web9"] },
    ],
    ["{ balance: even }", { kind: "balance", share: "even" }],
    ["{ balance: sorry }", { kind: "balance", share: "sorry" }],
    ["{ balance: { only: real-server-2 } }", { kind: "balance", share: { only: "real-server-2" } }],
    ["{ balance: { without: real-server-2 } }", { kind: "balance", share: { without: "real-server-2" } }],
    ["{ mail: { on: master, about: DOWN } }", { kind: "mail", on: "master", about: "DOWN" }],
    [
      "{ log: { on: master, line: '(VI_1) Entering' } }",
      { kind: "log", on: "master", line: "(VI_1) Entering", pattern: "\\(VI_1\\) Entering" },
    ],
    [
      "{ log: { on: master, line: '/died.*ing/' } }",
      { kind: "log", on: "master", line: "/died.*ing/", pattern: "died.*ing" },
    ],
    ["{ vrrp: { on: standby, state: BACKUP } }", { kind: "vrrp", on: "standby", state: "BACKUP" }],
    ["{ diagnosis: split-brain }", { kind: "diagnosis", id: "split-brain" }],
    ["{ diagnosis: none }", { kind: "diagnosis", id: null }],
    ["{ outage: promised }", { kind: "outage", band: "promised" }],
    ["{ outage: none }", { kind: "outage", band: "none" }],
    ["{ outage: { atMost: 1s } }", { kind: "outage", band: { atLeastMs: 0, atMostMs: 1000 } }],
    ["{ outage: { atLeast: 3s } }", { kind: "outage", band: { atLeastMs: 3000, atMostMs: Number.MAX_SAFE_INTEGER } }],
    ["{ failed: none }", { kind: "failed", atMost: { count: 0 } }],
    [
      "{ failed: { atLeast: 40%, atMost: 60.5% } }",
      { kind: "failed", atLeast: { percent: 40 }, atMost: { percent: 60.5 } },
    ],
    ["{ delayed: { atMost: 3 } }", { kind: "delayed", atMost: { count: 3 } }],
    ["{ connections: survive }", { kind: "connections", fate: "survive" }],
  ])("%s", (text, expected) => {
    expect(expectations(text)).toEqual([expected]);
  });

  it("of a journal's line finds the line that it was written for", () => {
    const [log] = expectations("{ log: { on: master, line: '(VI_1) a.b [x]|{1}*+?^$\\\\ /' } }");
    const { pattern, line } = log as Extract<Expectation, { kind: "log" }>;
    expect(new RegExp(pattern).test(`keepalived: ${line} and more`)).toBe(true);
    expect(new RegExp(pattern).test("(VI_1) aXb")).toBe(false);
  });

  it("is a state, which is waited for, or a measure, which is matched once", () => {
    const within = (text: string) => {
      const { steps } = parse(`title: One\ncontrol: keepalived\nload: {}\nsteps:\n  - ${text}\n`);
      return (steps[0] as Step & { kind: "expect" }).withinMs;
    };
    expect(within("expect: { failed: none, outage: none, diagnosis: none }")).toBe(0);
    expect(within("expect: { failed: none, served: 2s }")).toBe(60_000);
    expect(within("expect: { diagnosis: preemption }")).toBe(60_000);
    expect(within("{ expect: { failed: none }, within: 3s }")).toBe(3000);
    expect(within("{ expect: { served: 2s }, within: 0s }")).toBe(0);
    expect(expectations("{ served: 2s, balance: even, delayed: none, connections: break }").map(isMeasure)).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });
});
