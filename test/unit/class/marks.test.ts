import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { beforeAll, describe, expect, it } from "vitest";
import {
  type Mark,
  marksAsCsv,
  marksAsJson,
  marksAsJunit,
  marksAsTable,
  stuckIn,
  stuckInWords,
} from "../../../class/marks.ts";
import { foreignIn, foreignInWords } from "../../../class/neighbours.ts";
import { labOf } from "../../../class/vary/lab-of.ts";
import { type Lab, parseLab } from "../../../lab/index.ts";
import { projectRoot } from "../../../provision/paths.ts";
import type { Grade } from "../../../verify/grade/grade.ts";
import { addresses, refused } from "../verify/checks/seeing.ts";
import { gradeOf } from "./a-grade.ts";

interface Owner {
  readonly id: string;
  readonly lab: Lab;
}
let alice: Owner;
let bob: Owner;
let carol: Owner;
beforeAll(async () => {
  const file = join(projectRoot, "labs/bare.yaml");
  const text = await readFile(file, "utf8");
  const exercise = { file, text, lab: parseLab(text, file) };
  const own = (id: string): Owner => ({
    id,
    lab: labOf(exercise, { id }, { secret: Buffer.alloc(32, 7), parts: ["vip", "port", "token"] }).lab,
  });
  [alice, bob, carol] = [own("alice"), own("bob"), own("carol")];
});

const vipOf = ({ lab }: Owner): string => lab.services[0]?.vip ?? "";
const pageOf = ({ lab }: Owner, server: string): string =>
  lab.services[0]?.realServers.find((real) => real.server === server)?.page ?? "";

/** Servers on which somebody has typed these values. */
const withValuesOf = (page: Owner | undefined, vip: Owner | undefined) => (where: string, command: string) => {
  if (command.startsWith("curl")) return page ? pageOf(page, where) : refused;
  if (command.includes("address show"))
    return addresses(...(vip ? [`2: eth0    inet ${vipOf(vip)}/24 brd 172.25.254.255`] : []));
  return "";
};
const taskOf = ({ tasks }: Grade, id: string, subject: string) =>
  tasks.find((task) => task.id === id && task.subjects.includes(subject));

describe("a neighbour's values", () => {
  it("are wrong where the own ones are right", async () => {
    const right = await gradeOf(alice.lab, "net1.alice", withValuesOf(alice, alice));
    const wrong = await gradeOf(alice.lab, "net1.alice", withValuesOf(bob, bob));
    for (const server of ["server2", "server3"]) {
      expect(taskOf(right, "httpd-page", server)?.status).toBe("done");
      expect(taskOf(wrong, "httpd-page", server)?.status).toBe("wrong");
    }
    expect(taskOf(wrong, "director-vip", "server1")?.status).not.toBe("done");
  });

  it("are told with whose they are, to the teacher: the student's own grade names nobody", async () => {
    const grade = await gradeOf(alice.lab, "net1.alice", withValuesOf(bob, carol));
    const found = foreignIn(grade, alice, [alice, bob, carol]);
    const page = taskOf(grade, "httpd-page", "server2");
    expect(found).toContainEqual({
      task: page?.n,
      kind: "token",
      value: bob.lab.services[0]?.realServers[0]?.token,
      of: ["bob"],
    });
    expect(foreignInWords(found)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^token \w{13} is that of bob$/),
        `VIP ${vipOf(carol)} is that of carol`,
      ]),
    );
    expect(JSON.stringify(grade)).not.toMatch(/bob|carol/);
    expect(page?.hint).toMatch(/must name server2, and no other real server, and have the token \w{13}\.$/);
  });

  it("are not seen in a lab with the own ones, an empty one, or one with the textbook's", async () => {
    const all = [alice, bob, carol];
    const textbook = (where: string, command: string) =>
      command.startsWith("curl")
        ? `${where}\n`
        : command.includes("address show")
          ? addresses("2: eth0    inet 172.25.254.100/24")
          : "";
    for (const answer of [withValuesOf(alice, alice), withValuesOf(undefined, undefined), textbook])
      expect(foreignIn(await gradeOf(alice.lab, "net1.alice", answer), alice, all)).toEqual([]);
  });

  it("that several have are said to be of all of them, and the own VIP is nobody else's", async () => {
    const grade = await gradeOf(alice.lab, "net1.alice", withValuesOf(alice, bob));
    const twin = { id: "twin", lab: bob.lab };
    const sister = { id: "sister", lab: alice.lab };
    expect(foreignInWords(foreignIn(grade, alice, [alice, bob, twin, sister]))).toEqual([
      `VIP ${vipOf(bob)} is that of bob, twin`,
    ]);
  });

  it("are words of their own: an address that begins like one is another", async () => {
    const grade = await gradeOf(alice.lab, "net1.alice", withValuesOf(alice, undefined));
    const [first] = grade.tasks.filter(({ status }) => status !== "done");
    if (!first) throw new Error("all tasks are done");
    const seen = (text: string) =>
      foreignIn({ ...grade, tasks: [{ ...first, seen: text, results: [] }] }, alice, [alice, bob]).length;
    const vip = vipOf(bob);
    for (const text of [vip, `${vip}/24`, `${vip}:80`, `-> ${vip}:8080 Route`, `no ${vip}.`])
      expect([text, seen(text)]).toEqual([text, 1]);
    for (const text of [`${vip}1`, `1${vip}`, `1.${vip}`, `${vip}.1`]) expect([text, seen(text)]).toEqual([text, 0]);
  });
});

describe("marks", () => {
  let marks: Mark[];
  const deadline = new Date("2026-12-01T12:00:00Z");
  const student = (id: string, name: string) => ({ id, name, email: `${id}@example.org`, key: "", line: 2 });
  const all = () => ({ class: "net1", exercise: "/l/bare.yaml", deadline, marks });
  beforeAll(async () => {
    const full = await gradeOf(alice.lab, "net1.alice", withValuesOf(alice, alice));
    const part = await gradeOf(bob.lab, "net1.bob", withValuesOf(alice, bob));
    marks = [
      {
        student: student("alice", "Alice, A."),
        stack: "net1.alice",
        grade: { ...full, startedAt: "2026-12-01T11:59:00Z" },
        foreign: [],
      },
      {
        ...{ student: student("bob", "=HYPERLINK(1)"), stack: "net1.bob" },
        ...{ grade: { ...part, startedAt: "2026-12-01T12:00:01Z" }, foreign: foreignIn(part, bob, [alice, bob]) },
      },
      {
        student: student("eve", 'Eve "E"'),
        stack: "net1.eve",
        problem: "no lab",
        foreign: [],
        hints: { taken: 4, points: 3 },
      },
    ];
  });

  it("as CSV are a row for each student, read by any reader, and no formula", () => {
    const text = marksAsCsv(all());
    expect(text.split("\r\n")).toHaveLength(5);
    const rows: Record<string, string>[] = parse(text, { columns: true });
    const [first, second] = marks;
    expect(rows).toEqual([
      expect.objectContaining({
        id: "alice",
        name: "Alice, A.",
        points: String(first?.grade?.score.points),
        late: "no",
        note: "",
      }),
      expect.objectContaining({
        ...{
          id: "bob",
          name: "'=HYPERLINK(1)",
          percent: String(second?.grade?.score.percent),
          passed: "no",
          late: "yes",
        },
        note: expect.stringMatching(/^token \w{13} is that of alice$/),
      }),
      {
        id: "eve",
        name: 'Eve "E"',
        email: "eve@example.org",
        points: "",
        of: "",
        percent: "",
        passed: "",
        gradedAt: "",
        late: "",
        note: "no lab",
        hintPoints: "3",
      },
    ]);
  });

  it("as JUnit have a suite for each student, a case for each task, and a failure for a lab that could not be graded", () => {
    const xml = marksAsJunit(all(), new Date("2026-12-01T12:00:00Z"));
    expect(xml.match(/<testsuite /g)).toHaveLength(3);
    const tasks = marks.flatMap(({ grade }) => grade?.tasks ?? []);
    expect(xml.match(/<testcase /g)).toHaveLength(tasks.length + 1);
    expect(xml.match(/<failure/g)).toHaveLength(tasks.filter(({ status }) => status !== "done").length + 1);
    expect(xml).toContain('<failure message="no lab"');
    expect(xml).toMatch(/token \w{13} is that of alice/);
  });

  it("as JSON have each grade whole, and null where there is none", () => {
    const json = JSON.parse(JSON.stringify(marksAsJson(all())));
    expect(json).toMatchObject({
      format: "lvs-lab class grade",
      version: 1,
      class: "net1",
      deadline: "2026-12-01T12:00:00.000Z",
      students: [
        { id: "alice", stack: "net1.alice", late: false, foreign: [], grade: { format: "lvs-lab grade" } },
        { id: "bob", late: true, foreign: [{ kind: "token", of: ["alice"] }, {}] },
        { id: "eve", problem: "no lab", grade: null, hints: { taken: 4, points: 3 } },
      ],
    });
    expect("late" in json.students[2]).toBe(false);
    expect("hints" in json.students[0]).toBe(false);
    expect(json.stuck).toEqual(stuckIn(all()));
  });

  it("as a table have the same, and say in what most are stuck", () => {
    const [head, ...rows] = marksAsTable(all());
    expect(head).toEqual(["id", "name", "points", "percent", "done", "wrong", "not yet", "note"]);
    expect(rows.map((row) => row.length)).toEqual([8, 8, 8]);
    expect(rows[1]?.at(-1)).toMatch(/^after the deadline; token /);
    expect(rows[2]?.slice(2)).toEqual(["", "", "", "", "", "no lab; hints cost 3 points"]);
    const counts = stuckIn(all()).map(({ wrong, notYet }) => wrong + notYet);
    expect(counts).toEqual([...counts].sort((one, other) => other - one));
    expect(stuckInWords(all(), 2)).toHaveLength(2);
    expect(stuckInWords(all())[0]).toMatch(/^2 of 3 students: /);
  });
});
