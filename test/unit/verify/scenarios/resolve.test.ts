import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Lab, type Problem, parseLab } from "../../../../lab/index.ts";
import { projectRoot } from "../../../../provision/paths.ts";
import { parseScenario, resolve } from "../../../../verify/scenarios/index.ts";
import { namesOf, rolesOf, selectorsOf, serviceOf } from "../../../../verify/scenarios/selectors.ts";
import { edit, problemsIn, unmarked } from "../../lab/file-cases.ts";
import { faults } from "./some-faults.ts";

const labText = (name: string): string => readFileSync(join(projectRoot, `labs/${name}.yaml`), "utf8");
const ha = parseLab(labText("ha"), "ha.yaml");
const dr = parseLab(labText("dr"), "dr.yaml");
const bareHa = parseLab(labText("bare-ha"), "bare-ha.yaml");

/** Three directors and three real servers, one of which gets no requests. */
const large = parseLab(
  `${edit(
    edit(
      labText("ha"),
      "      - { server: server4, priority: 50 } # starts as BACKUP\n",
      "      - { server: server4, priority: 50 }\n      - { server: server5, priority: 70 }\n",
    ),
    "    scheduler: rr ",
    "    realServers: [{ server: server2 }, { server: server3 }, { server: server6, weight: 0 }]\n    scheduler: rr ",
  )}
  - { name: server5, addresses: [172.25.254.15], role: director }
  - { name: server6, addresses: [172.25.254.16], role: real-server }
`,
  "large.yaml",
);

const parse = (steps: string, head = "control: keepalived\nload: { longLived: 1 }") =>
  parseScenario(`title: One\n${head}\nsteps:\n${steps}`, "mine.yaml", { faults });

/** The steps for a lab whose VIP is with `master`. */
const stepsFor = (steps: string, lab: Lab = ha, master = "server1") =>
  resolve(parse(steps), lab, { master, faults }).steps;

describe("selectors become names", () => {
  const who =
    "  - fault: pause\n    on: master\n  - fault: pause\n    on: standby\n  - fault: pause\n    on: real-server-1\n";
  const targets = (lab: Lab, master: string) =>
    stepsFor(who, lab, master).map((step) => (step.kind === "fault" ? step.places.map(({ target }) => target) : []));

  it.each([
    ["the standby is the other director", ha, "server1", ["server1", "server4", "server2"]],
    ["master is who holds the VIP, whatever the priorities", ha, "server4", ["server4", "server1", "server2"]],
    ["of several the standby is the best", large, "server1", ["server1", "server5", "server2"]],
    ["in a manual lab they are the same", bareHa, "server1", ["server1", "server4", "server2"]],
    ["in a manual lab master is who holds the VIP, too", bareHa, "server4", ["server4", "server1", "server2"]],
  ])("%s", (_, lab, master, names) => {
    expect(targets(lab, master).flat()).toEqual(names);
  });

  it("under ipvsadm the director is master, and nobody is standby", () => {
    const scenario = parse("  - expect: { vip: director, arp: master }\n", "control: ipvsadm");
    expect(resolve(scenario, dr, { master: "server1", faults })).toMatchObject({
      master: "server1",
      standby: null,
      steps: [{ expectations: [{ holders: ["server1"] }, { owner: "server1" }] }],
    });
  });

  it("they are the same in a manual lab as in the one that it is to become", () => {
    const bare = parseLab(labText("bare"), "bare.yaml");
    for (const [manual, built] of [
      [bareHa, ha],
      [bare, dr],
    ] as const) {
      const roles = rolesOf(built, serviceOf(built), "server1");
      expect(rolesOf(manual, serviceOf(manual), "server1")).toEqual(roles);
      expect(selectorsOf(manual)).toEqual(selectorsOf(built));
      for (const selector of [...selectorsOf(built), "director", "standby", "segment"])
        expect(namesOf(selector, manual, roles), selector).toEqual(namesOf(selector, built, roles));
    }
    expect(namesOf("director", bareHa, rolesOf(bareHa, serviceOf(bareHa), "server1"))).toBeUndefined();
    expect(namesOf("director", bare, rolesOf(bare, serviceOf(bare), "server1"))).toEqual(["server1"]);
  });

  it("real-servers are all of them for a fault, and those with a weight in a table", () => {
    const steps = `  - fault: httpd-stop
    on: real-servers
  - expect: { table: { on: master }, balance: { only: real-server-3 } }
  - expect: { table: { on: server5, without: real-server-2 } }
  - expect: { table: { on: standby, realServers: [real-server-1, server6, real-server-3] } }
  - expect: { mail: { on: master, about: x }, log: { on: standby, line: x }, vrrp: { on: server5, state: MASTER } }
  - expect: { balance: { without: server2 }, vip: both }
`;
    expect(stepsFor(steps, large)).toMatchObject([
      { places: [{ target: "server2" }, { target: "server3" }, { target: "server6" }] },
      {
        expectations: [
          { kind: "table", on: "server1", realServers: ["server2", "server3"], without: [] },
          { kind: "balance", share: { only: "server6" } },
        ],
      },
      { expectations: [{ on: "server5", realServers: ["server2"], without: [] }] },
      { expectations: [{ on: "server5", realServers: ["server2", "server6"] }] },
      {
        expectations: [
          { kind: "mail", on: "server1" },
          { kind: "log", on: "server5" },
          { kind: "vrrp", on: "server5" },
        ],
      },
      { expectations: [{ kind: "vip", holders: ["server1", "server5"] }, { share: { without: "server2" } }] },
    ]);
  });

  it("a foreign host is put on the network", () => {
    const steps = "  - fault: rogue-router\n    on: segment\n    with: { password: secret }\n";
    expect(stepsFor(steps)).toMatchObject([
      { places: [{ target: "segment", parameters: { priority: 254, password: "secret" } }] },
    ]);
  });
});

describe("steps", () => {
  it("that are repeated are written out, and counted as they are taken", () => {
    const steps = `  - wait: 1s
  - repeat:
      times: 2
      steps:
        - fault: pause
          on: master
        - heal: pause
  - wait: 2s
`;
    const place = { target: "server1", parameters: {} };
    expect(stepsFor(steps)).toEqual([
      { n: 1, line: 5, kind: "wait", ms: 1000 },
      { n: 2, line: 9, kind: "fault", fault: "pause", places: [place], round: { n: 1, of: 2 } },
      { n: 3, line: 11, kind: "heal", fault: "pause", places: [place], round: { n: 1, of: 2 } },
      { n: 4, line: 9, kind: "fault", fault: "pause", places: [place], round: { n: 2, of: 2 } },
      { n: 5, line: 11, kind: "heal", fault: "pause", places: [place], round: { n: 2, of: 2 } },
      { n: 6, line: 12, kind: "wait", ms: 2000 },
    ]);
  });

  it("that heal do so where the fault is, with the parameters that it was put there with", () => {
    const steps = `  - fault: netem
    on: real-servers
    with: { lossPercent: 5 }
  - fault: netem
    on: master
  - heal: netem
    on: server3
  - heal: netem
  - fault: netem
    on: server3
`;
    const healed = stepsFor(steps).flatMap((step) => (step.kind === "heal" ? [step.places] : []));
    expect(healed).toMatchObject([
      [{ target: "server3", parameters: { lossPercent: 5 } }],
      [
        { target: "server2", parameters: { lossPercent: 5 } },
        { target: "server1", parameters: { lossPercent: 0 } },
      ],
    ]);
  });

  it("are frozen", () => {
    expect(Object.isFrozen(stepsFor("  - wait: 1s\n")[0])).toBe(true);
  });
});

describe("a scenario that does not fit the lab", () => {
  const head = "title: One\ncontrol: keepalived\nrequires: { preempt: true }\nload: {}\nsteps:\n";
  const mine = `${head}  - fault: pause
    on: master
  - expect: { vip: standby }
  - heal: pause
`;
  const withLab = (change: (text: string) => string) => parseLab(change(labText("ha")), "lab.yaml");
  const nopreempt = withLab((text) => edit(text, "preempt: true", "preempt: false"));
  const weighted = withLab((text) =>
    edit(
      edit(text, "scheduler: rr", "scheduler: wrr"),
      "    forwarding: dr ",
      "    realServers: [{ server: server2, weight: 3 }, { server: server3 }]\n    forwarding: dr ",
    ),
  );
  const persistent = withLab((text) => edit(text, "# persistenceTimeout: 50", "persistenceTimeout: 50"));

  it.each<[string, Lab, [from: string, to: string], Partial<Problem> & { expectedLike: RegExp; remedyLike: RegExp }]>([
    [
      "of another control",
      dr,
      ["control: keepalived", "control: ‸keepalived"],
      {
        rule: "control-of-lab",
        path: "control",
        found: "keepalived",
        expectedLike: /^what is in control of the lab dr, which is ipvsadm$/,
        remedyLike: /--stack/,
      },
    ],
    [
      "without preemption",
      nopreempt,
      ["preempt: true", "preempt: ‸true"],
      {
        rule: "requirement-of-lab",
        path: "requires.preempt",
        found: "true",
        expectedLike: /^`preempt` of the lab \S+, which is false$/,
        remedyLike: /^write `preempt: true` in `vrrp`/,
      },
    ],
    [
      "of another forwarding method",
      ha,
      ["requires: { preempt: true }", "requires: { preempt: true, forwarding: ‸nat }"],
      {
        rule: "requirement-of-lab",
        path: "requires.forwarding",
        found: "nat",
        expectedLike: /^`forwarding` of the service 172\.25\.254\.100:80, which is dr$/,
        remedyLike: /--stack/,
      },
    ],
    [
      "without such a server",
      ha,
      ["on: master", "on: ‸mastr"],
      {
        rule: "unknown-server",
        path: "steps[0].on",
        found: "mastr",
        expectedLike:
          /^a server of the lab ha: one of master, standby, real-server-1, real-server-2, real-servers, server1, server2, server3, server4, segment$/,
        remedyLike: /^did you mean `master`\?$/,
      },
    ],
    [
      "without so many real servers",
      ha,
      ["{ vip: standby }", "{ balance: { without: ‸real-server-9 } }"],
      {
        rule: "unknown-server",
        path: "steps[1].expect.balance.without",
        found: "real-server-9",
        expectedLike: /^a server of/,
        remedyLike: /real-server-/,
      },
    ],
    [
      "where a name is no director's",
      ha,
      ["vip: standby", "vip: ‸server2"],
      {
        rule: "wrong-selector",
        path: "steps[1].expect.vip",
        found: "server2",
        expectedLike: /^a director, such as master, standby$/,
        remedyLike: /^choose/,
      },
    ],
    [
      "where a fault cannot be put",
      ha,
      [
        "pause\n    on: master\n  - expect: { vip: standby }\n  - heal: pause",
        "partition\n    on: ‸server2\n  - expect: { vip: standby }\n  - heal: partition",
      ],
      {
        rule: "wrong-place",
        path: "steps[0].on",
        found: "server2",
        expectedLike: /^a target for partition, with keepalived in control one of master, standby$/,
        remedyLike: /^choose/,
      },
    ],
    [
      "where a name is a part that has the fault already",
      ha,
      ["  - heal: pause\n", "  - fault: ‸pause\n    on: server1\n  - heal: pause\n"],
      {
        rule: "standing-faults",
        path: "steps[2].fault",
        found: "pause, which is on master already",
        expectedLike: /^a fault that is not active yet$/,
        remedyLike: /^heal it before/,
      },
    ],
    [
      "where a promise is for another director's fault",
      ha,
      ["on: master\n  - expect: { vip: standby }", "on: server4\n  - expect: { outage: ‸promised }"],
      {
        rule: "promise-without-fault",
        path: "steps[1].expect.outage",
        found: "promised after one on server4",
        expectedLike: /^promised after a fault on the master, server1$/,
        remedyLike: /^put the fault on `master`/,
      },
    ],
    [
      "without a sorry server, for its page",
      ha,
      ["vip: standby", "balance: ‸sorry"],
      {
        rule: "sorry-without-server",
        path: "steps[1].expect.balance",
        found: "none",
        expectedLike: /^a sorry server of the service/,
        remedyLike: /`sorryServer`, and write `requires: \{ sorryServer: true \}`$/,
      },
    ],
    [
      "with weights, for even shares",
      weighted,
      ["vip: standby", "balance: ‸even"],
      {
        rule: "uneven-lab",
        path: "steps[1].expect.balance",
        found: "scheduler wrr, unequal weights",
        expectedLike: /equally among real servers$/,
        remedyLike: /`scheduler: rr`/,
      },
    ],
    [
      "with persistence, for even shares",
      persistent,
      ["vip: standby", "balance: ‸even"],
      {
        rule: "uneven-lab",
        path: "steps[1].expect.balance",
        found: "scheduler rr with persistenceTimeout 50",
        expectedLike: /equally among real servers$/,
        remedyLike: /without `persistenceTimeout`$/,
      },
    ],
  ])("%s", (_, lab, [from, to], { expectedLike, remedyLike, ...problem }) => {
    const { text, line, column } = unmarked(edit(mine, from, to));
    const scenario = parseScenario(text, "mine.yaml", { faults });
    const problems = problemsIn(() => resolve(scenario, lab, { master: "server1", faults }));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ ...problem, line, column });
    expect(problems[0]?.expected).toMatch(expectedLike);
    expect(problems[0]?.remedy).toMatch(remedyLike);
  });

  it("says all at once", () => {
    const text = edit(edit(mine, "on: master", "on: mastr"), "vip: standby", "vip: server9");
    const problems = problemsIn(() =>
      resolve(parseScenario(text, "m.yaml", { faults }), nopreempt, { master: "server1", faults }),
    );
    expect(problems.map(({ rule }) => rule)).toEqual(["requirement-of-lab", "unknown-server", "unknown-server"]);
  });

  it("is not resolved for a master that is none", () => {
    expect(() => resolve(parseScenario(mine, "m.yaml", { faults }), ha, { master: "server2", faults })).toThrow(
      "server2, which is to be master, is no director of the lab ha",
    );
  });
});
