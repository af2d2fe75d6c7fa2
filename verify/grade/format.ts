import type { Grade, GradedTask, TaskStatus } from "./grade.ts";

const marks: Readonly<Record<TaskStatus, string>> = { done: "✓", wrong: "✗", "not yet": "·" };

/** A grade as text: a line per task, below unfinished ones the observation and what to do, and the total. */
export function formatGrade({ stack, control, score, tasks }: Grade, columns = 100): string {
  const where = (task: GradedTask): string => task.subjects.join(", ");
  const width = Math.max(...tasks.map((task) => where(task).length));
  const ids = Math.max(...tasks.map(({ id }) => id.length));
  const lines = tasks.flatMap((task) => [
    `${marks[task.status]} ${task.points}/${task.of}  ${where(task).padEnd(width)}  ${task.id.padEnd(ids)}  ${task.title}`,
    ...(task.status === "wrong" ? indented(`seen: ${task.seen}`, columns) : []),
    ...(task.hint ? indented(`→ ${task.hint}`, columns) : []),
  ]);
  const count = (status: TaskStatus): number => tasks.filter((task) => task.status === status).length;
  return [
    `Exercise ${control}, stack ${stack}`,
    "",
    ...lines,
    "",
    `${score.points} of ${score.of} points, ${score.percent} %: ${count("done")} done, ${count("wrong")} wrong, ${count("not yet")} not yet`,
  ].join("\n");
}

const INDENT = "       ";

/** Indents text under its task, wrapped at so many columns. */
function indented(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && INDENT.length + line.length + 1 + word.length > columns) {
      lines.push(line);
      line = "";
    }
    line += `${line === "" ? "" : " "}${word}`;
  }
  return [...lines, line].map((one) => `${INDENT}${one}`);
}
