import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { hintOf } from "../../../../class/guide/hints.ts";
import { readServerLook } from "../../../../class/guide/look.ts";
import { type OwnStep, ownStepRules, parseOwnStep } from "../../../../class/guide/own-step.ts";
import { ownStepContext, stepsOf } from "../../../../class/guide/steps/index.ts";
import { type Lab, parseLab, readLab } from "../../../../lab/index.ts";
import { edit, type FileCase, problemsIn, unmarked } from "../../lab/file-cases.ts";
import { answers, looksOf } from "./looks.ts";

const lab = await readLab("labs/bare.yaml");
const context = ownStepContext(lab);
const read = (text: string): OwnStep => parseOwnStep(text, "/c/greeting.yaml", context);

const page = await readFile("docs/guide.md", "utf8");
const [, whole = ""] = /^```yaml\n(id: [\s\S]*?)^```$/m.exec(page) ?? [];

const cases: FileCase[] = [
  ["no id", "id: greeting\n", "‸", "missing", "id", /^a step's id/, "nothing", /^write an id/],
  ["an id in capitals", ": greeting", ": ‸Greeting", "value", "id", /lower-case/, "Greeting", /^write an id/],
  [
    "an id of the lab's steps",
    ": greeting",
    ": ‸balancing",
    "id-taken",
    "id",
    /^an id of its own/,
    "balancing",
    /another id/,
  ],
  [
    "a server that is not there",
    "on: server1",
    "on: ‸server7",
    "no-such-host",
    "on",
    /^a server of the lab/,
    "server7",
    /server1/,
  ],
  [
    "a place that is not there",
    "after: director-vip",
    "after: ‸director-ip",
    "no-such-step",
    "after",
    /id of a step/,
    "director-ip",
    /`director-vip`/,
  ],
  ["another kind", "kind: level", "kind: ‸state", "value", "kind", /^one of level, edge$/, "state", /^write `kind/],
  [
    "a broken expression",
    "expect: ",
    "expect: ‸'(' # ",
    "value",
    "expect",
    /^a regular expression/,
    "'('",
    /JavaScript/,
  ],
  [
    "no second hint",
    /^ {2}what: .*\n/m.exec(whole)?.[0] ?? "",
    "‸",
    "missing",
    "hints.what",
    /second hint/,
    "nothing",
    /^write/,
  ],
  [
    "the command as a hint",
    "  what:",
    "  ‸command: ls\n  what:",
    "unknown-key",
    "hints",
    /^one of/,
    "command",
    /`solution`/,
  ],
  [
    "what takes a level back",
    "solution:",
    '‸undo: ["true"]\nsolution:',
    "undo-of-level",
    "undo",
    /^nothing/,
    "commands that take it back",
    /kind: edge/,
  ],
  [
    "an unknown placeholder",
    "expect: balances {{vip}}",
    "expect: ‸balances {{ip}}",
    "unknown-placeholder",
    "expect",
    /vip, port/,
    "{{ip}}",
    /`vip`/,
  ],
  [
    "a placeholder without a value",
    "expect: balances {{vip}}",
    "expect: ‸balances {{token}}",
    "unknown-placeholder",
    "expect",
    /vip, port$/,
    "{{token}}",
    /^leave it out/,
  ],
].map(
  ([why, from, to, rule, path, expected, found, remedy]) =>
    ({ why, from, to, rule, path, expected, found, remedy }) as FileCase,
);

describe("a step of a teacher's own", () => {
  it("is the example of docs/guide.md", () => {
    expect(read(whole)).toMatchObject({ ...parse(whole), kind: "level" });
  });

  it.each(cases)("with $why is told wrong by place and fix", ({ from, to, rule, path, expected, found, remedy }) => {
    const marked = edit(whole, from, to);
    const place = marked.includes("‸") ? unmarked(marked) : undefined;
    const problems = problemsIn(() => read(place?.text ?? marked));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({
      ...{ rule, found, expected: expect.stringMatching(expected), remedy: expect.stringMatching(remedy) },
      ...(rule === "unknown-key" ? {} : { path }),
      ...(place && rule !== "missing" ? { line: place.line, column: place.column } : {}),
    });
  });

  it("has a case for each rule", () => {
    const tried = new Set(cases.map(({ rule }) => rule));
    expect(Object.keys(ownStepRules).filter((rule) => !tried.has(rule))).toEqual([]);
  });

  it("an empty file is told wrong", () => {
    expect(problemsIn(() => read("")).length).toBeGreaterThan(0);
  });

  const own = read(whole);
  const steps = (of: Lab) => stepsOf({ lab: of, stack: "net1.alice" }, [own]);

  it("comes where it says, with the lab's values", async () => {
    const ids = steps(lab).map(({ id }) => id);
    expect(ids.indexOf("greeting")).toBe(ids.indexOf("director-vip") + 1);
    const text = (await readFile("labs/bare.yaml", "utf8")).replace("vip: 172.25.254.100", "vip: 172.25.254.123");
    const other = parseLab(text, "labs/bare.yaml");
    const step = steps(other).find(({ id }) => id === "greeting");
    if (!step) throw new Error("no step");
    const said = [1, 2, 3]
      .flatMap((tier) => hintOf(step, tier, { state: "open", seen: "", wrong: ["x"] }).map(({ text }) => text))
      .join("\n");
    expect(said).toContain("server1 balances 172.25.254.123");
    expect(said).not.toContain("172.25.254.100");
    expect(said).not.toContain("{{");
  });

  it("is reached by what its command prints, and needs no other step; others do not need it", () => {
    const step = steps(lab).find(({ id }) => id === "greeting");
    if (step?.recognised.by !== "look") throw new Error("no look");
    const judge = (text: string) => {
      const looks = looksOf(lab, {});
      const look = readServerLook(answers({ "own greeting": text }));
      return step.recognised.by === "look"
        ? step.recognised.judge({ ...looks, servers: new Map([["server1", look]]) })
        : undefined;
    };
    expect(judge("server1 balances 172.25.254.100\n")).toMatchObject({ state: "reached", wrong: [] });
    expect(judge("hello\n")).toMatchObject({ state: "open", seen: 'it prints "hello"', wrong: [own.hints.what] });
    expect(judge("")).toMatchObject({ state: "open", seen: "it prints nothing" });
    expect(step.recognised.judge(looksOf(lab, { server1: undefined })).state).toBe("unseen");
    expect(step.needs).toEqual([]);
    for (const one of steps(lab)) expect(one.needs).not.toContain("greeting");
  });
});
