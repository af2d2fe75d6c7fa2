import { readFile } from "node:fs/promises";
import { hostPort, type Lab, readLab } from "../lab/index.ts";
import { ClassDirectory } from "./directory.ts";
import { refuseOwnUsers } from "./door/accounts.ts";
import { type ClassFile, readClass } from "./file.ts";
import { readOwnSteps } from "./guide/own-step.ts";
import { ownStepContext } from "./guide/steps/index.ts";
import { readRoster, type Student } from "./roster.ts";
import { stackOf } from "./stack-name.ts";
import { labOf } from "./vary/lab-of.ts";
import { VaryError } from "./vary/part.ts";

/** A student with what they have. */
export interface Member extends Student {
  readonly stack: string;
  /** The file of their lab: the exercise's own if nothing varies. */
  readonly labFile: string;
  readonly lab: Lab;
}

export interface Class extends ClassFile {
  readonly directory: ClassDirectory;
  /** In the roster's order. */
  readonly members: readonly Member[];
}

/**
 * Reads a class: its file, its roster, its exercise, and the lab of each student, whose file it writes.
 * @throws FileError of the first file with something wrong, with everything that is wrong with it; VaryError if the exercise leaves no choice;
 * ClassNameError if the name is another class's; DoorError if a student can have no account in its door
 */
export async function openClass(file: string): Promise<Class> {
  const own = await readClass(file);
  const students = await readRoster(own.roster);
  if (own.door) refuseOwnUsers(students, own.roster);
  const exercise = { file: own.exercise, text: await readFile(own.exercise, "utf8"), lab: await readLab(own.exercise) };
  const directory = new ClassDirectory(own.name);
  await directory.open(own.file);
  const { vary: parts } = own;
  const secret = parts.length > 0 ? await directory.secret() : new Uint8Array();
  const members = students.map((student) => {
    const stack = stackOf(own.name, student.id);
    if (parts.length === 0) return { ...student, stack, labFile: own.exercise, lab: exercise.lab, text: undefined };
    return { ...student, stack, labFile: directory.labFile(stack), ...labOf(exercise, student, { secret, parts }) };
  });
  for (const { lab } of members.slice(0, 1)) await readOwnSteps(own.guide.steps, ownStepContext(lab));
  if (parts.length > 0) refuseEqual(members);
  for (const { stack, text } of members) if (text !== undefined) await directory.writeLab(stack, text);
  return { ...own, directory, members: members.map(({ text: _, ...member }) => member) };
}

/** @throws VaryError if two students have the same VIP, port and token: by chance next to never, so something is wrong */
export function refuseEqual(members: readonly Pick<Member, "id" | "lab">[]): void {
  const first = new Map<string, string>();
  for (const { id, lab } of members) {
    const values = valuesIn(lab);
    const earlier = first.get(values);
    if (earlier !== undefined)
      throw new VaryError(`${earlier} and ${id} have the same values: ${values}. Fix: give one of them another id`);
    first.set(values, id);
  }
}

/** What a client sees of a lab: VIP and port of each service, and the token. */
const valuesIn = ({ services }: Lab): string =>
  services
    .map(({ vip, port, realServers: [real] }) => `${hostPort(vip, port)} ${real?.token ?? "without a token"}`)
    .join(", ");
