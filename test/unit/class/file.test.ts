import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { classRules, parseClass } from "../../../class/file.ts";
import { className } from "../../../class/schema.ts";
import { stackOf, studentId } from "../../../class/stack-name.ts";
import { labNames } from "../../../lab/index.ts";
import { isStackName, projectRoot } from "../../../provision/paths.ts";
import { edit, type FileCase, problemsIn, unmarked } from "../lab/file-cases.ts";

const whole = `name: net1
exercise: bare
roster: roster.csv
labsAtOnce: 2
deadline: 2026-12-01T12:00:00+01:00
vary: [vip, token]
guide:
  hintCost: 2
  steps: [greeting.yaml]
door: {port: 2222, address: 192.0.2.1}
`;
const files = [
  join(projectRoot, "labs/bare.yaml"),
  "/c/roster.csv",
  "/c/own/lab.yaml",
  "/c/labs.yaml",
  "/c/greeting.yaml",
];
const read = (text: string) => parseClass(text, "/c/class.yaml", (path) => files.includes(path));

const cases: FileCase[] = [
  ["a name with a capital", "net1", "‸Net1", "value", "name", /^a class's name: /, "Net1", /^write a name such as/],
  ["a name of 16 characters", "net1", "‸abcdefghijklmnop", "value", "name", /up to 14/, "abcdefghijklmnop", /^write/],
  ["a name with a dot", "net1", "‸net.1", "value", "name", /^a class's name: /, "net.1", /^write a name such as/],
  ["a name that is a path", "net1", "‸../net1", "value", "name", /^a class's name: /, "../net1", /^write a name/],
  ["no name", "name: net1\n", "‸", "missing", "name", /^a class's name: /, "nothing", /^write a name such as/],
  [
    "an exercise with a typing error",
    ": bare",
    ": ‸baer",
    "no-such-exercise",
    "exercise",
    /^a lab file that is/,
    "baer",
    /^did you mean `bare`/,
  ],
  [
    "a lab file that is not there",
    ": bare",
    ": ‸own/x.yaml",
    "no-such-exercise",
    "exercise",
    /^a lab file that/,
    "own/x.yaml",
    /^choose one of .*bare-ha/,
  ],
  [
    "a roster that is not there",
    ": roster.csv",
    ": ‸class.csv",
    "no-such-roster",
    "roster",
    /^a file that is there$/,
    "class.csv",
    /starts at \/c/,
  ],
  [
    "a negative cost",
    "Cost: 2",
    "Cost: ‸-1",
    "value",
    "guide.hintCost",
    /from 0 to 100$/,
    "-1",
    /^write `hintCost: 1`/,
  ],
  [
    "a step that is not there",
    "[greeting",
    "[‸greet",
    "no-such-step-file",
    "guide.steps[0]",
    /^a file that/,
    "greet.yaml",
    /^correct the path, which starts at \/c/,
  ],
  [
    "a step that is no path",
    "[greeting.yaml",
    "[‸7",
    "value",
    "guide.steps[0]",
    /^the path of a step/,
    "7",
    /^put it in quotes/,
  ],
  ["no labs at once", "Once: 2\n", "Once: ‸0\n", "value", "labsAtOnce", /a whole number from 1 to 64$/, "0", /^write/],
  [
    "labs in quotes",
    "Once: 2\n",
    'Once: ‸"2"\n',
    "value",
    "labsAtOnce",
    /a whole number/,
    '"2"',
    /^take the quotes off/,
  ],
  [
    "a deadline without an offset",
    "+01:00",
    "",
    "value",
    "deadline",
    /with its offset$/,
    "2026-12-01T12:00:00",
    /^write/,
  ],
  [
    "a deadline on no day",
    "2026-12-01",
    "‸2026-02-30",
    "value",
    "deadline",
    /^a date and time/,
    "2026-02-30T12:00:00+01:00",
    /^write/,
  ],
  [
    "a deadline at no hour",
    "T12:",
    "T25:",
    "value",
    "deadline",
    /^a date and time/,
    "2026-12-01T25:00:00+01:00",
    /^write/,
  ],
  [
    "a part with a typing error",
    "[vip",
    "[‸vips",
    "value",
    "vary[0]",
    /^one of vip, port, /,
    "vips",
    /^did you mean `vip`/,
  ],
  ["a part twice", "[vip,", "[vip, ‸vip,", "vary-twice", "vary[1]", /^each part once$/, "vip", /^remove one/],
  [
    "parts without a token",
    "vary: [vip, token]",
    "‸vary: [vip, port]",
    "vary-without-token",
    "vary",
    /^token among them/,
    "none",
    /^add `token`$/,
  ],
  ["a door without a port", "port: 2222, ", "", "missing", "door.port", /^the TCP port of/, "nothing", /^write `port/],
  ["a port that is none", "2222", "‸70000", "value", "door.port", /from 1 to 65535$/, "70000", /^write `port: 2222`/],
  [
    "a name as the door's address",
    "192.0.2.1",
    "‸lab.example",
    "value",
    "door.address",
    /^an IP address/,
    "lab.example",
    /^write `address: 0/,
  ],
  [
    "a host that is no name",
    "192.0.2.1}",
    '192.0.2.1, host: ‸"a b"}',
    "value",
    "door.host",
    /^the name or address by/,
    '"a b"',
    /^write `host: /,
  ],
  [
    "a key of the door that is none",
    "port: 2222",
    "port: 2222, ‸password: x",
    "unknown-key",
    "door.password",
    /^one of port, address, host/,
    "password",
    /^remove it$/,
  ],
  [
    "a key twice",
    "roster: ",
    "exercise: bare\nroster: ",
    "duplicate-key",
    "exercise",
    /^each key once/,
    "exercise a second time",
    /^keep one/,
  ],
  [
    "a lab",
    "exercise: bare",
    "exercise: bare\n‸lab: bare",
    "unknown-key",
    "lab",
    /^one of name, exercise/,
    "lab",
    /^write `exercise`$/,
  ],
  [
    "machine",
    "exercise: bare",
    "exercise: bare\n‸machine: box1",
    "unknown-key",
    "machine",
    /^one of name/,
    "machine",
    /^did you mean `machines`/,
  ],
  [
    "no machine at all",
    "exercise: bare",
    "exercise: bare\n‸machines: []",
    "value",
    "machines",
    /^a list of the machines/,
    "a list",
    /^write `machines: \[private/,
  ],
  [
    "a machine that ssh would not take",
    "exercise: bare",
    "exercise: bare\nmachines: [private, ‸box1]",
    "value",
    "machines[1]",
    /^`private`, which is this machine .*or ssh:/,
    "box1",
    /^write `private`, or a URL/,
  ],
  [
    "this machine's libvirt as a machine",
    "exercise: bare",
    "exercise: bare\nmachines: [‸system]",
    "value",
    "machines[0]",
    /^`private`, .*\(not `system`\)/,
    "system",
    /^write `private`, or a URL/,
  ],
].map(
  ([why, from, to, rule, path, expected, found, remedy]) =>
    ({ why, from, to, rule, path, expected, found, remedy }) as FileCase,
);

describe("a class file", () => {
  it("is read whole, its paths from its own directory", () => {
    expect(read(whole)).toEqual({
      file: "/c/class.yaml",
      name: "net1",
      exercise: join(projectRoot, "labs/bare.yaml"),
      roster: "/c/roster.csv",
      labsAtOnce: 2,
      deadline: new Date("2026-12-01T11:00:00Z"),
      vary: ["vip", "token"],
      guide: { hintCost: 2, steps: ["/c/greeting.yaml"] },
      machines: ["private"],
      door: { port: 2222, address: "192.0.2.1", host: "192.0.2.1", record: false },
    });
    expect(read("name: n\nexercise: own/lab.yaml\nroster: ../c/roster.csv\n")).toEqual({
      file: "/c/class.yaml",
      name: "n",
      exercise: "/c/own/lab.yaml",
      roster: "/c/roster.csv",
      machines: ["private"],
      vary: [],
      guide: { hintCost: 0, steps: [] },
    });
  });

  it("names the machine by its own name where the door listens at all addresses", () => {
    const hostOf = (door: string) => read(`name: n\nexercise: bare\nroster: roster.csv\ndoor: ${door}\n`).door?.host;
    expect(hostOf("{port: 22}")).toBe("127.0.0.1");
    for (const all of ["0.0.0.0", '"::"']) expect(hostOf(`{port: 22, address: ${all}}`)).toBe(hostname());
    expect(hostOf("{port: 22, address: 0.0.0.0, host: lab.example.org}")).toBe("lab.example.org");
  });

  it.each(cases)("with $why is told wrong by place and fix", ({ from, to, rule, path, expected, found, remedy }) => {
    const marked = edit(whole, from, to);
    const place = marked.includes("‸") ? unmarked(marked) : undefined;
    const problems = problemsIn(() => read(place?.text ?? marked));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({
      ...{ rule, path, found, expected: expect.stringMatching(expected), remedy: expect.stringMatching(remedy) },
      ...(place ? { line: place.line, column: place.column } : {}),
    });
  });

  it("has a case for each rule", () => {
    const tried = new Set(cases.map(({ rule }) => rule));
    expect(Object.keys(classRules).filter((rule) => !tried.has(rule))).toEqual([]);
  });

  it("has all problems at once", () => {
    const text = "name: N\nexercise: x\nroster: y\nlabsAtOnce: 0\ndeadline: soon\nvary: [vip, vip]\nclass: z\n";
    expect(problemsIn(() => read(text)).map(({ line, rule }) => `${line} ${rule}`)).toEqual([
      "1 value",
      "2 no-such-exercise",
      "3 no-such-roster",
      "4 value",
      "5 value",
      "6 vary-without-token",
      "6 vary-twice",
      "7 unknown-key",
    ]);
  });
});

describe("a stack's name", () => {
  it("is one that stacks may have, at its longest too, and no shipped lab's", () => {
    const [name, id] = ["abcdefghijklmno", "abcdefghijklmnopqrstuvwx"];
    expect(className.test(name) && studentId.test(id)).toBe(true);
    expect(stackOf(name, id)).toHaveLength(40);
    expect(isStackName(stackOf(name, id))).toBe(true);
    expect(labNames().filter((lab) => lab.includes("."))).toEqual([]);
  });

  it("tells classes and students apart whose names could run together", () => {
    const names = ["a", "a-b", "ab"].flatMap((one) =>
      ["b.c", "b-c", "c", "bc", "b_c", "b..c"].map((id) => stackOf(one, id)),
    );
    expect(new Set(names).size).toBe(18);
    expect(stackOf("a", "BOB")).toBe("a.bob");
  });
});
