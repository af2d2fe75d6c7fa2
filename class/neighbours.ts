import type { Lab } from "../lab/index.ts";
import type { Grade, GradedTask } from "../verify/grade/grade.ts";

/** Values of other students in a student's lab. */
export interface Foreign {
  /** The task's number in the grade, from 1. */
  readonly task: number;
  readonly kind: "token" | "VIP";
  readonly value: string;
  /** The students who have this value, by their ids; several may have one VIP. */
  readonly of: readonly string[];
}

/** A student with their lab. */
interface Owner {
  readonly id: string;
  readonly lab: Lab;
}

/**
 * Whose values stand in the tasks of a grade that are not done: in what was seen, and in what commands printed. For the teacher; the student is told
 * only that they are wrong. Weights, priorities and ids of virtual routers are small numbers that anybody may have written, and not looked for.
 */
export function foreignIn(grade: Grade, own: Owner, all: readonly Owner[]): Foreign[] {
  const others = all.filter(({ id }) => id !== own.id);
  const mine = new Set(valuesOf(own.lab).map(({ value }) => value));
  const owners = new Map<string, { kind: Foreign["kind"]; of: string[] }>();
  for (const { id, lab } of others)
    for (const { kind, value } of valuesOf(lab)) {
      if (mine.has(value)) continue;
      const known = owners.get(value);
      if (known) known.of.push(id);
      else owners.set(value, { kind, of: [id] });
    }
  return grade.tasks
    .filter(({ status }) => status !== "done")
    .flatMap((task) => {
      const text = textOf(task);
      return [...owners].flatMap(([value, { kind, of }]) =>
        mentions(text, value) ? [{ task: task.n, kind, value, of }] : [],
      );
    });
}

/** What a student's lab has and others seldom have. */
const valuesOf = ({ services }: Lab): { kind: Foreign["kind"]; value: string }[] => {
  const tokens = services.flatMap(({ realServers }) => realServers.flatMap(({ token }) => token ?? []));
  return [
    ...[...new Set(tokens)].map((value) => ({ kind: "token" as const, value })),
    ...[...new Set(services.map(({ vip }) => vip))].map((value) => ({ kind: "VIP" as const, value })),
  ];
};

/** What was seen of a task, and what its commands printed. */
const textOf = ({ seen, results }: GradedTask): string =>
  [seen, ...results.flatMap((result) => [result.seen, ...result.evidence.map(({ output }) => output)])].join("\n");

/** Whether a text has a value as a word of its own: `10.0.0.1` is neither in `10.0.0.12` nor in `10.10.0.0.1`, but in `10.0.0.1:80`. */
const mentions = (text: string, value: string): boolean =>
  new RegExp(`(?<![\\w.:])${value.replaceAll(".", "\\.")}(?!\\w|\\.\\d|:\\w*:)`, "i").test(text);

/** What a teacher is told of foreign values, in a line each. */
export const foreignInWords = (found: readonly Foreign[]): string[] => {
  const lines = found.map(({ kind, value, of }) => `${kind} ${value} is that of ${of.join(", ")}`);
  return [...new Set(lines)];
};
