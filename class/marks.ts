import type { Grade, Score, TaskStatus } from "../verify/grade/grade.ts";
import { type JunitSuite, junit } from "../verify/report/junit.ts";
import { inPoints } from "./guide/state.ts";
import { type Foreign, foreignInWords } from "./neighbours.ts";
import type { Student } from "./roster.ts";

/** What came of grading one student. */
export interface Mark {
  readonly student: Student;
  readonly stack: string;
  /** Not there: the lab could not be graded. */
  readonly grade?: Grade;
  /** Why it could not be graded. */
  readonly problem?: string;
  readonly foreign: readonly Foreign[];
  /** The hints of `lvs-lab guide` that were taken, and what points they cost: for the teacher to take off. Not there: no guide was run. */
  readonly hints?: { readonly taken: number; readonly points: number };
}

/** The marks of a class. */
export interface Marks {
  readonly class: string;
  readonly exercise: string;
  readonly deadline?: Date;
  readonly marks: readonly Mark[];
}

/** The marks of a class's students. */
export const marksOf = (
  { name, exercise, deadline }: { readonly name: string; readonly exercise: string; readonly deadline?: Date },
  marks: readonly Mark[],
): Marks => ({ class: name, exercise, ...(deadline ? { deadline } : {}), marks });

/** A task, and how many students have it wrong or not yet. */
interface Stuck {
  readonly id: string;
  readonly subjects: readonly string[];
  readonly title: string;
  readonly wrong: number;
  readonly notYet: number;
}

/** Whether a lab was graded after the deadline; undefined without one, or without a grade. */
const isLate = ({ deadline }: Marks, { grade }: Mark): boolean | undefined =>
  deadline && grade ? new Date(grade.startedAt) > deadline : undefined;

/** The tasks in which students are stuck, those of the most students first. */
export function stuckIn({ marks }: Pick<Marks, "marks">): Stuck[] {
  const found = new Map<
    string,
    { id: string; subjects: readonly string[]; title: string; wrong: number; notYet: number }
  >();
  for (const { grade } of marks)
    for (const { id, subjects, title, status } of grade?.tasks ?? []) {
      const key = [id, ...subjects].join(" ");
      const row = found.get(key) ?? { id, subjects, title, wrong: 0, notYet: 0 };
      if (status === "wrong") row.wrong += 1;
      if (status === "not yet") row.notYet += 1;
      found.set(key, row);
    }
  return [...found.values()]
    .filter(({ wrong, notYet }) => wrong + notYet > 0)
    .sort((one, other) => other.wrong + other.notYet - (one.wrong + one.notYet));
}

/** The marks as data; `version` increases with changes that readers must know of. */
export const marksAsJson = (all: Marks): unknown => ({
  format: "lvs-lab class grade",
  version: 1,
  class: all.class,
  exercise: all.exercise,
  ...(all.deadline ? { deadline: all.deadline.toISOString() } : {}),
  students: all.marks.map((mark) => {
    const { student, stack, grade, problem, foreign, hints } = mark;
    const late = isLate(all, mark);
    return {
      ...{ id: student.id, name: student.name, email: student.email, stack },
      ...(late === undefined ? {} : { late }),
      ...(problem === undefined ? {} : { problem }),
      ...(hints === undefined ? {} : { hints }),
      foreign,
      grade: grade ?? null,
    };
  }),
  stuck: stuckIn(all),
});

/** The marks as CSV (RFC 4180), a row for each student. */
export function marksAsCsv(all: Marks): string {
  const head = ["id", "name", "email", "points", "of", "percent", "passed", "gradedAt", "late", "note", "hintPoints"];
  const rows = all.marks.map((mark) => {
    const { student, grade, problem, foreign, hints } = mark;
    const score: Partial<Score> = grade?.score ?? {};
    const late = isLate(all, mark);
    return [
      ...[student.id, student.name, student.email],
      ...[score.points, score.of, score.percent].map((value) => String(value ?? "")),
      grade ? yesOrNo(grade.passed) : "",
      grade?.startedAt ?? "",
      late === undefined ? "" : yesOrNo(late),
      [problem ?? [], foreignInWords(foreign)].flat().join("; "),
      String(hints?.points ?? ""),
    ];
  });
  return [head, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

const yesOrNo = (value: boolean): string => (value ? "yes" : "no");

/** A value as CSV has it. Spreadsheets run what begins like a formula, and a name may: an apostrophe before it makes it text. */
function cell(value: string): string {
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n;]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The marks as JUnit XML: a suite for each student, a case for each task. */
export const marksAsJunit = (all: Marks, now = new Date()): string =>
  junit(all.marks.map((mark) => suiteOf(mark, now)));

function suiteOf({ student, grade, problem = "not graded", foreign }: Mark, now: Date): JunitSuite {
  const name = `${student.id} (${student.name})`;
  const classname = `lvs-lab.class.${student.id}`;
  if (!grade) {
    const failure = { message: problem, detail: problem };
    return {
      name,
      timestamp: now.toISOString(),
      seconds: 0,
      cases: [{ name: "graded", classname, seconds: 0, failure }],
    };
  }
  return {
    name,
    timestamp: grade.startedAt,
    seconds: grade.durationMs / 1000,
    cases: grade.tasks.map(({ n, id, subjects, title, status, points, of, expected, seen, hint = "", results }) => {
      const whose = foreignInWords(foreign.filter(({ task }) => task === n));
      const detail = [`expected: ${expected}`, `seen: ${seen}`, ...whose, `Fix: ${hint}`].join("\n");
      return {
        name: `${id} ${subjects.join(", ")}: ${title}`,
        classname,
        seconds: results.reduce((sum, { ms }) => sum + ms, 0) / 1000,
        ...(status === "done" ? {} : { failure: { message: `${status}: ${points} of ${of} points`, detail } }),
      };
    }),
  };
}

/** The marks as a table, then what students are stuck in. */
export function marksAsTable(all: Marks): string[][] {
  const count = (grade: Grade, status: TaskStatus): string =>
    String(grade.tasks.filter((task) => task.status === status).length);
  return [
    ["id", "name", "points", "percent", "done", "wrong", "not yet", "note"],
    ...all.marks.map((mark) => {
      const { student, grade, problem, foreign, hints } = mark;
      const notes = [
        problem ?? [],
        isLate(all, mark) ? "after the deadline" : [],
        hints !== undefined && hints.points > 0 ? `hints cost ${inPoints(hints.points)}` : [],
        foreignInWords(foreign),
      ].flat();
      return [
        ...[student.id, student.name],
        ...(grade
          ? [
              `${grade.score.points}/${grade.score.of}`,
              `${grade.score.percent} %`,
              ...(["done", "wrong", "not yet"] as const).map((status) => count(grade, status)),
            ]
          : ["", "", "", "", ""]),
        notes.join("; "),
      ];
    }),
  ];
}

/** What students are stuck in, in a line each, at most so many. */
export const stuckInWords = (all: Marks, most = 5): string[] =>
  stuckIn(all)
    .slice(0, most)
    .map(
      ({ id, subjects, wrong, notYet }) =>
        `${wrong + notYet} of ${all.marks.length} students: ${id} ${subjects.join(", ")} (${wrong} wrong, ${notYet} not yet)`,
    );
