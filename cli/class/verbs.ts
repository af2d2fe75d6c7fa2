import { stripVTControlCharacters } from "node:util";
import type { Class, Member } from "../../class/class.ts";
import { hintSum } from "../../class/guide/progress.ts";
import { progressOf } from "../../class/guide/progress-file.ts";
import { type Mark, type Marks, marksOf } from "../../class/marks.ts";
import { foreignIn } from "../../class/neighbours.ts";
import { entrancesOf } from "../../class/values.ts";
import type { Outcome } from "../../class/work.ts";
import { labMemory } from "../../provision/host/lab-memory.ts";
import { labHostIn } from "../../provision/host/reach.ts";
import { labDirectory } from "../../provision/paths.ts";
import { posixQuote } from "../../provision/posix-quote.ts";
import type { Asked } from "../../verify/checks/check.ts";
import type { Grade } from "../../verify/grade/grade.ts";
import type { LabStatus } from "../../verify/live/status.ts";
import { exitStatus } from "../exit-status.ts";
import { SERVED, snapshotNames } from "../snapshots.ts";
import { type ClassTools, demandOk, forEach, reasonOf, StudentError, type Task } from "./each.ts";
import type { RunLvsLab } from "./lvs-lab.ts";
import { hasLab, machineOfLab } from "./stacks.ts";

/** Brings up the labs of students; those that are up are repaired. @returns the exit status */
export async function classUp(
  all: Class,
  members: readonly Member[],
  tools: ClassTools,
  { snapshot = false }: { readonly snapshot?: boolean } = {},
): Promise<number> {
  const task: Task<void> = {
    doing: "brings up",
    done: () => "up",
    machines: ({ stack }) => machinesFor(all, stack),
    need,
    run: async (member, { signal, say, machine }) => {
      await tools.configure(all, member, { signal, say, machine });
      say("brings up");
      await bringUp(all, member, { signal, run: tools.run, snapshot });
    },
  };
  return (await forEach(all, members, task, tools)).status;
}

/** What a student's lab has yet to take, in bytes of memory of its machine. */
const need = async ({ stack, lab }: Pick<Member, "stack" | "lab">): Promise<number> =>
  (await labMemory(labHostIn(labDirectory(stack)), lab.servers)).need;

/** A lab stays where it is; a new one may be on any machine of the class. */
const machinesFor = ({ machines }: Pick<Class, "machines">, stack: string): readonly string[] => {
  const machine = machineOfLab(stack);
  return machine === undefined ? machines : [machine];
};

/** `lvs-lab up`. The snapshot is of a lab that nobody has worked on: of one that is there already none is taken. */
async function bringUp(
  all: Pick<Class, "directory">,
  { stack }: Pick<Member, "stack">,
  { signal, run, snapshot }: { readonly signal: AbortSignal; readonly run: RunLvsLab; readonly snapshot: boolean },
): Promise<void> {
  const more = snapshot && !hasLab(stack) ? ["--snapshot"] : [];
  await logged(all, stack, ["up", "--stack", stack, ...more], { signal, run });
}

/** A student's lab has not been brought up. */
export const noLab = (): StudentError => new StudentError("no lab", "Fix: npx lvs-lab class up");

/** A lab's state in words, and as `lvs-lab status --json` has it. */
export interface Standing {
  /** Without a lab: not in the roster any more. */
  readonly member: Pick<Member, "id" | "name" | "stack"> & Partial<Pick<Member, "lab">>;
  readonly words: string;
  /** The machine that has the lab, as class.yaml names it; undefined: there is no lab. */
  readonly machine?: string | undefined;
  readonly problem?: string;
  readonly status?: LabStatus;
}

/** Looks at the labs of students. */
export async function classStatus(
  all: Class,
  members: readonly Member[],
  tools: ClassTools,
): Promise<{ standings: Standing[]; status: number }> {
  const task: Task<Standing> = {
    doing: "looks",
    passing: true,
    done: ({ words }) => words,
    run: async (member, { signal }) => {
      const { stack } = member;
      if (!hasLab(stack)) return { member, words: "no lab" };
      const ran = await tools.run(["status", "--json", "--stack", stack], { signal });
      demandOk(ran, `npx lvs-lab status -s ${stack}`, signal);
      const status = JSON.parse(ran.stdout) as LabStatus;
      return { member, words: standingOf(status), status };
    },
  };
  const { outcomes, status } = await forEach(all, members, task, tools);
  const standings = outcomes.map((outcome, index): Standing => {
    const member = members[index] as Member;
    const machine = machineOfLab(member.stack);
    if (outcome.state === "done") return { ...outcome.value, machine };
    const problem = problemOf(outcome);
    return { member, machine, words: problem, problem };
  });
  return { standings: [...standings, ...(await goneStandings(all))], status };
}

/** `up`, or how many servers run. */
function standingOf({ servers }: LabStatus): string {
  const running = servers.filter(({ domain, reachable }) => domain === "running" && reachable).length;
  return running === servers.length ? "up" : `${running} of ${servers.length} servers answer`;
}

/** Labs that are there of students who have left the roster. */
async function goneStandings(all: Class): Promise<Standing[]> {
  return [...(await goneStacks(all))]
    .filter(([stack]) => hasLab(stack))
    .map(([stack, id]) => ({
      member: { id, name: "", stack },
      words: `not in the roster; \`npx lvs-lab down -s ${stack}\` removes the lab`,
    }));
}

/** The class's stacks of students who have left the roster. */
export async function goneStacks({
  directory,
  members,
}: Pick<Class, "directory" | "members">): Promise<Map<string, string>> {
  const present = new Set(members.map(({ stack }) => stack));
  return new Map([...(await directory.recorded())].filter(([stack]) => !present.has(stack)));
}

/** The states as rows of a table; with the machines where the class has several. */
export const standingRows = (
  standings: readonly Standing[],
  { machines = [] }: Partial<Pick<Class, "machines">> = {},
): string[][] => [
  ["id", "name", "lab", ...(machines.length > 1 ? ["machine"] : []), "address", "held by"],
  ...standings.map(({ member, words, machine, status }) => [
    member.id,
    stripVTControlCharacters(member.name),
    words,
    ...(machines.length > 1 ? [machine ?? ""] : []),
    member.lab ? entrancesOf(member.lab).join(" ") : "",
    status?.virtualAddresses.map(({ holders }) => holders.join("+") || "nobody").join(" ") ?? "",
  ]),
];

/** The states as data; `version` increases with changes that readers must know of. */
export const standingsAsJson = (all: Class, standings: readonly Standing[]): unknown => ({
  format: "lvs-lab class status",
  version: 1,
  class: all.name,
  exercise: all.exercise,
  students: standings.map(({ member, words, machine, problem, status }) => ({
    ...{ id: member.id, name: member.name, stack: member.stack, inRoster: member.lab !== undefined, lab: words },
    machine: machine ?? null,
    ...(problem === undefined ? {} : { problem }),
    status: status ?? null,
  })),
});

/** Grades the labs of students. @returns the marks, and the exit status: 1 if one is below full marks or could not be graded */
export async function classGrade(
  all: Class,
  members: readonly Member[],
  tools: ClassTools,
  asked: Asked = {},
): Promise<{ marks: Marks; status: number }> {
  const task: Task<Grade> = {
    doing: "grades",
    passing: true,
    done: ({ score }) => `${score.points} of ${score.of} points`,
    run: async (member, { signal }) => await gradeLab(member, tools, signal, asked),
  };
  const { outcomes, status } = await forEach(all, members, task, tools);
  const marks = await Promise.all(
    outcomes.map(async (outcome, index): Promise<Mark> => {
      const found = outcome.state === "done" ? { grade: outcome.value } : { problem: problemOf(outcome) };
      return await markOf(all, members[index] as Member, found);
    }),
  );
  const isFull = marks.every(({ grade }) => grade?.passed === true);
  return {
    marks: marksOf(all, marks),
    status: status === exitStatus.ok && !isFull ? exitStatus.failed : status,
  };
}

/** Grades a student's lab. @throws StudentError if it cannot be graded */
export async function gradeLab(
  { stack }: Pick<Member, "stack">,
  { run }: Pick<ClassTools, "run">,
  signal: AbortSignal,
  { faults = false, reboots = false }: Asked = {},
): Promise<Grade> {
  if (!hasLab(stack)) throw noLab();
  const more = [...(faults ? ["--faults"] : []), ...(reboots ? ["--reboots"] : [])];
  const ran = await run(["grade", "--json", "--stack", stack, ...more], { signal });
  // Status 1 with a document is a grade below full marks; without one it is an error.
  if (ran.status !== exitStatus.failed || ran.stdout.trim() === "")
    demandOk(ran, `npx lvs-lab grade -s ${stack}`, signal);
  return JSON.parse(ran.stdout) as Grade;
}

/** A student's mark: their grade with others' values in it, or why there is none; and what hints of the guide cost. */
export async function markOf(
  { members }: Pick<Class, "members">,
  member: Member,
  { grade, problem }: Pick<Mark, "grade" | "problem">,
): Promise<Mark> {
  const { stack } = member;
  const progress = await progressOf(stack);
  return {
    ...{ student: member, stack, ...(progress ? { hints: hintSum(progress) } : {}) },
    ...(grade
      ? { grade, foreign: foreignIn(grade, member, members) }
      : { problem: problem ?? "not graded", foreign: [] }),
  };
}

const problemOf = (outcome: Exclude<Outcome<unknown>, { state: "done" }>): string =>
  outcome.state === "left" ? "interrupted before" : reasonOf(outcome.error);

/** Takes a snapshot of students' labs. Each lab's servers stand still together, and no lab waits for another. */
export async function classSnapshot(
  all: Class,
  members: readonly Member[],
  tools: ClassTools,
  name: string,
): Promise<number> {
  const task: Task<void> = {
    doing: "takes a snapshot",
    done: () => name,
    run: async ({ stack }, { signal }) => {
      if (!hasLab(stack)) throw noLab();
      await logged(all, stack, ["snapshot", "--stack", stack, name], { signal, run: tools.run });
    },
  };
  return (await forEach(all, members, task, tools)).status;
}

/** Runs lvs-lab with a log of its own, named for the stack and the verb. @throws StudentError with the command that shows the log */
async function logged(
  { directory }: Pick<Class, "directory">,
  stack: string,
  words: readonly [verb: string, ...args: string[]],
  { signal, run }: { readonly signal: AbortSignal; readonly run: RunLvsLab },
): Promise<void> {
  const log = directory.logFile(stack, words[0]);
  demandOk(await run([...words], { log, signal }), `cat ${posixQuote(log)}`, signal);
}

/**
 * Restores students' labs to a snapshot. `to`: its name; by default the labs become what they were at first: by the snapshot that `class up
 * --snapshot` took, else by making them anew.
 */
export async function classReset(
  all: Class,
  members: readonly Member[],
  tools: ClassTools,
  { to }: { readonly to?: string | undefined } = {},
): Promise<number> {
  const task: Task<string> = {
    doing: "resets",
    done: (how) => how,
    machines: ({ stack }) => machinesFor(all, stack),
    need,
    run: async (member, { signal, say, machine }) => {
      const { stack } = member;
      const run = async (...words: [string, ...string[]]): Promise<void> =>
        await logged(all, stack, words, { signal, run: tools.run });
      const names = await snapshotNames(stack);
      if (to !== undefined) {
        if (!hasLab(stack)) throw noLab();
        if (!names.includes(to)) throw noSnapshot(member, to, names);
        await run("restore", "--stack", stack, to);
        return `restored to ${to}`;
      }
      if (names.includes(SERVED)) {
        await run("reset", "--stack", stack);
        return "restored";
      }
      await tools.configure(all, member, { signal, say, machine });
      say("removes");
      await run("down", "--stack", stack);
      say("brings up");
      await bringUp(all, member, { signal, run: tools.run, snapshot: false });
      return "made anew";
    },
  };
  return (await forEach(all, members, task, tools)).status;
}

const noSnapshot = ({ id }: Pick<Member, "id">, name: string, names: readonly string[]): StudentError =>
  new StudentError(
    `no snapshot "${name}"; there is ${names.join(", ") || "none"}`,
    names.length > 0 ? `Fix: npx lvs-lab class reset --to ${names[0]} ${id}` : `Fix: npx lvs-lab class reset ${id}`,
  );

/** Removes the labs of students, and those of students who have left the roster unless only some are asked for. */
export async function classDown(
  all: Class,
  members: readonly Member[],
  tools: ClassTools,
  { force = false, gone = false }: { readonly force?: boolean; readonly gone?: boolean } = {},
): Promise<number> {
  const recorded = await all.directory.recorded();
  const left = gone ? [...(await goneStacks(all))].filter(([stack]) => hasLab(stack)) : [];
  const others = left.map(([stack, id]) => ({ id, stack, name: "not in the roster" }));
  const task: Task<string, Pick<Member, "id" | "name" | "stack">> = {
    doing: "removes",
    done: (how) => how,
    run: async ({ stack }, { signal }) => {
      if (!recorded.has(stack)) return "no lab";
      const words = ["down", "--stack", stack, ...(force ? ["--force"] : [])] as const;
      await logged(all, stack, words, { signal, run: tools.run });
      return "removed";
    },
  };
  return (await forEach(all, [...members, ...others], task, tools)).status;
}

/**
 * Runs a command in the labs of students, on each server of theirs or on those that are named, and prints what it printed, each line behind the
 * student's id and the server's name.
 */
export async function classExec(
  all: Class,
  members: readonly Member[],
  tools: ClassTools,
  {
    words,
    on,
    print,
  }: { readonly words: readonly string[]; readonly on: readonly string[]; print(line: string): void },
): Promise<number> {
  const task: Task<void> = {
    doing: "runs",
    done: () => "status 0",
    run: async ({ id, stack, lab }, { signal, say }) => {
      if (!hasLab(stack)) throw noLab();
      const failed: string[] = [];
      for (const host of on.length > 0 ? on : lab.servers.map(({ name }) => name)) {
        say(`runs on ${host}`);
        const command = host === "client" ? ["client", "--stack", stack] : ["ssh", "--stack", stack, host];
        const { status, stdout, lastLine } = await tools.run([...command, "--", ...words], { signal });
        signal.throwIfAborted();
        for (const line of stdout.split("\n").filter((one, index, lines) => index < lines.length - 1 || one !== ""))
          print(`${id} ${host}: ${stripVTControlCharacters(line)}`);
        if (status !== 0) failed.push(`status ${status} on ${host}${lastLine === "" ? "" : `: ${lastLine}`}`);
      }
      if (failed.length > 0)
        throw new StudentError(
          failed.join("; "),
          `To see it: npx lvs-lab ssh -s ${stack} ${lab.servers[0]?.name ?? ""}`,
        );
    },
  };
  return (await forEach(all, members, task, tools)).status;
}
