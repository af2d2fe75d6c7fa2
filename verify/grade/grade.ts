import type { Control, Lab, Setup } from "../../lab/index.ts";
import { type Check, type CheckResult, labelOf, type Patience, runCheck } from "../checks/check.ts";
import type { Subject } from "../checks/subjects.ts";
import type { LiveLab } from "../live/live-lab.ts";
import { exercises, type TaskRow } from "./tasks.ts";

/** `wrong`: there is something, but not as it must be. */
export type TaskStatus = "done" | "wrong" | "not yet";

/** How far somebody has come who makes a lab by hand. A change that a reader could stumble over raises `version`. */
export interface Grade {
  readonly format: "lvs-lab grade";
  readonly version: 2;
  readonly stack: string;
  /** The lab's name. */
  readonly lab: string;
  readonly setup: Setup;
  /** Who is to be in control of the lab that the exercise is about. */
  readonly control: Control;
  /** ISO 8601, wall clock. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly score: Score;
  /** Whether every task is done. */
  readonly passed: boolean;
  /** In the article's order. */
  readonly tasks: readonly GradedTask[];
}

export interface Score {
  readonly points: number;
  readonly of: number;
  /** Rounded down: 100 is full marks and nothing else. */
  readonly percent: number;
}

export interface GradedTask {
  /** From 1. */
  readonly n: number;
  /** The check's id. */
  readonly id: string;
  readonly title: string;
  readonly role: Check["role"];
  /** Where: servers' names, or `client`. */
  readonly subjects: readonly string[];
  readonly status: TaskStatus;
  readonly points: number;
  /** What it is worth. */
  readonly of: number;
  readonly expected: string;
  readonly seen: string;
  /** What to do; there while it is not done. */
  readonly hint?: string;
  /** The checks behind it, with the commands that were run and what they printed; empty if it was not tried. */
  readonly results: readonly CheckResult[];
}

export interface GradeOptions {
  /** Also the tasks that break something for a moment; they are tried when all others are done. */
  readonly faults?: boolean;
  /** How a check is run; another one for tests. */
  readonly run?: typeof runCheck;
}

/**
 * Grades a lab by its exercise. What is on the servers is looked at first and then what the client sees, which is given time to settle only
 * when all on the servers is done: whoever has something left to do is told so at once. On the servers only keepalived settles by itself.
 */
export async function gradeLab(live: LiveLab, { faults = false, run = runCheck }: GradeOptions = {}): Promise<Grade> {
  const startedAt = new Date().toISOString();
  const begin = performance.now();
  const tasks = tasksOf(live.lab, faults);
  const results = new Map<Task, CheckResult[]>();
  const look = async (task: Task, patience: Patience["patience"]): Promise<void> => {
    const { check } = task.row;
    results.set(task, await Promise.all(task.subjects.map((subject) => run(live, check, subject, { patience }))));
  };
  const all = (some: readonly Task[]): boolean => some.every((task) => statusOf(results.get(task) ?? []) === "done");
  const steady = tasks.filter(({ row }) => !row.check.faulty);
  const onServers = steady.filter(({ row }) => row.check.role !== "client");
  await Promise.all(onServers.map((task) => look(task, live.lab.control === "keepalived" ? "started" : "none")));
  const patience = all(onServers) ? "settling" : "none";
  await Promise.all(steady.filter((task) => !onServers.includes(task)).map((task) => look(task, patience)));
  const tried = [...steady];
  for (const task of tasks.filter(({ row }) => row.check.faulty)) {
    if (!all(tried)) break; // a lab that is not whole says nothing about a fault
    await look(task, "settling");
    tried.push(task);
  }
  const graded = tasks.map((task, index) => gradedTask(live.lab, task, index + 1, results.get(task) ?? []));
  const score = scoreOf(graded);
  return {
    format: "lvs-lab grade",
    version: 2,
    stack: live.stack,
    lab: live.lab.name,
    setup: live.lab.setup,
    control: live.lab.control,
    startedAt,
    durationMs: Math.round(performance.now() - begin),
    score,
    passed: score.points === score.of,
    tasks: graded,
  };
}

interface Task {
  readonly row: TaskRow;
  readonly subjects: readonly Subject[];
}

const tasksOf = (lab: Lab, faults: boolean): Task[] =>
  exercises[lab.control]
    .filter(({ check }) => check.appliesTo(lab) && (faults || !check.faulty))
    .flatMap((row) => {
      const subjects = row.check.subjects(lab);
      return row.together ? [{ row, subjects }] : subjects.map((subject) => ({ row, subjects: [subject] }));
    });

/** Of one task's checks; without any it has not been tried. */
export function statusOf(results: readonly Pick<CheckResult, "passed" | "started">[]): TaskStatus {
  if (results.length > 0 && results.every(({ passed }) => passed)) return "done";
  return results.some(({ passed, started }) => !passed && started) ? "wrong" : "not yet";
}

/** The sum of points, and its share of what there is to have. */
export function scoreOf(tasks: readonly Pick<GradedTask, "points" | "of">[]): Score {
  const points = tasks.reduce((sum, task) => sum + task.points, 0);
  const of = tasks.reduce((sum, task) => sum + task.of, 0);
  return { points, of, percent: of === 0 ? 0 : Math.floor((100 * points) / of) };
}

function gradedTask(lab: Lab, { row, subjects }: Task, n: number, results: readonly CheckResult[]): GradedTask {
  const { check, points: of } = row;
  const status = statusOf(results);
  const failed = results.filter(({ passed }) => !passed);
  // What is wrong comes before what is only missing.
  const worst = failed.find(({ started }) => started) ?? failed[0];
  const [first = { host: "" }] = subjects;
  const say = (key: "expected" | "seen"): string =>
    results.map((result) => (results.length > 1 ? `${result.subject}: ${result[key]}` : result[key])).join("; ");
  return {
    n,
    id: check.id,
    title: check.title,
    role: check.role,
    subjects: subjects.map((subject) => labelOf(lab, check, subject)),
    status,
    points: status === "done" ? of : 0,
    of,
    expected: results.length === 0 ? check.expected(lab, first) : say("expected"),
    seen: results.length === 0 ? "not tried" : say("seen"),
    ...(status === "done" ? {} : { hint: worst?.hint ?? "It is tried when all tasks above are done." }),
    results,
  };
}
