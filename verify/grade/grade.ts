import type { Control, Lab, Setup } from "../../lab/index.ts";
import {
  type Asked,
  type Check,
  type CheckResult,
  isAskedFor,
  labelOf,
  type Patience,
  runCheck,
} from "../checks/check.ts";
import type { Subject } from "../checks/subjects.ts";
import type { LiveLab } from "../live/live-lab.ts";
import { exercises, type TaskRow } from "./tasks.ts";

/** `wrong`: there is something, but not as required. */
export type TaskStatus = "done" | "wrong" | "not yet";

/** Progress of a student who sets a lab up by hand. `version` increases with changes that readers must know of. */
export interface Grade {
  readonly format: "lvs-lab grade";
  readonly version: 2;
  readonly stack: string;
  /** The lab's name. */
  readonly lab: string;
  readonly setup: Setup;
  /** The control mode that the exercise leads to. */
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
  /** Rounded down, so that only full marks give 100. */
  readonly percent: number;
}

export interface GradedTask {
  /** From 1. */
  readonly n: number;
  /** The check's id. */
  readonly id: string;
  readonly title: string;
  readonly role: Check["role"];
  /** Servers' names, or `client`. */
  readonly subjects: readonly string[];
  readonly status: TaskStatus;
  readonly points: number;
  /** Maximum points. */
  readonly of: number;
  readonly expected: string;
  readonly seen: string;
  /** What to do; absent once the task is done. */
  readonly hint?: string;
  /** The results of its checks, with the commands and their output; empty if the task was not tried. */
  readonly results: readonly CheckResult[];
}

export interface GradeOptions extends Asked {
  /** How to run a check; replaced in tests. */
  readonly run?: typeof runCheck;
}

/**
 * Grades a lab by its exercise. Checks the servers first, then the client, which gets time to settle only once everything on the servers is
 * done: students with work left get their answer at once. On the servers only keepalived settles by itself.
 */
export async function gradeLab(live: LiveLab, { run = runCheck, ...asked }: GradeOptions = {}): Promise<Grade> {
  const startedAt = new Date().toISOString();
  const begin = performance.now();
  const tasks = tasksOf(live.lab, asked);
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
    // In a lab with other problems, a fault proves nothing. What a reboot has cost one server is no reason not to reboot the next.
    if (!all(tried.filter(({ row }) => !row.check.reboots))) break;
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

const tasksOf = (lab: Lab, asked: Asked): Task[] =>
  exercises[lab.control]
    .filter(({ check }) => check.appliesTo(lab) && isAskedFor(check, asked))
    .flatMap((row) => {
      const subjects = row.check.subjects(lab);
      return row.together ? [{ row, subjects }] : subjects.map((subject) => ({ row, subjects: [subject] }));
    });

/** The status of a task from its checks; without any it has not been tried. */
export function statusOf(results: readonly Pick<CheckResult, "passed" | "started">[]): TaskStatus {
  if (results.length > 0 && results.every(({ passed }) => passed)) return "done";
  return results.some(({ passed, started }) => !passed && started) ? "wrong" : "not yet";
}

/** Sum of the points, and their share of the maximum. */
export function scoreOf(tasks: readonly Pick<GradedTask, "points" | "of">[]): Score {
  const points = tasks.reduce((sum, task) => sum + task.points, 0);
  const of = tasks.reduce((sum, task) => sum + task.of, 0);
  return { points, of, percent: of === 0 ? 0 : Math.floor((100 * points) / of) };
}

function gradedTask(lab: Lab, { row, subjects }: Task, n: number, results: readonly CheckResult[]): GradedTask {
  const { check, points: of } = row;
  const status = statusOf(results);
  const failed = results.filter(({ passed }) => !passed);
  // Mistakes come before missing steps.
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
    ...(status === "done" ? {} : { hint: worst?.hint ?? "It is tried once all tasks above are done." }),
    results,
  };
}
