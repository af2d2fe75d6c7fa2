import { keyOf } from "../stack-name.ts";

/** The name of the lab's client, beside its servers'. */
export const CLIENT_NAME = "client";

/** A machine of a student's lab as the door knows it. */
export interface DoorHost {
  /** As in the lab file: `server1`, `client`. */
  readonly name: string;
  /** Its name in the door, for `ssh -J`: `server1.alice`. */
  readonly qualified: string;
  /** The loopback address in the door that leads to it. */
  readonly address: string;
}

/** A student's account in the door. */
export interface Account {
  /** The id in lower case, as in the stack's name. */
  readonly id: string;
  /** The names that it logs in by: the id in lower case, and as the roster has it. */
  readonly names: readonly string[];
  /** Its user in the door. */
  readonly uid: number;
  /** Type and base64 of the public key; empty: nobody gets in. */
  readonly key: string;
  readonly hosts: readonly DoorHost[];
}

/** The first user of a student, and how many there may be: the door has 4096 users. */
const FIRST_UID = 1000;
const MOST_STUDENTS = 3000;

/** Names of users that the door has itself. */
const ownUsers = ["root", "sshd"];

/** A student cannot have an account in the door. */
export class DoorError extends Error {
  override readonly name = "DoorError";
}

/** @throws DoorError if a student's id is the name of a user that the door has itself */
export function refuseOwnUsers(
  students: readonly { readonly id: string; readonly line: number }[],
  roster: string,
): void {
  const one = students.find(({ id }) => ownUsers.includes(keyOf(id)));
  if (one)
    throw new DoorError(
      `${roster}, line ${one.line}: the class's door has a user \`${keyOf(one.id)}\` of its own. Fix: give the student another id`,
    );
}

/** The name of a lab's machine in the door. */
export const qualifiedHost = (host: string, id: string): string => `${host}.${keyOf(id)}`;

/**
 * A student's account.
 * @param number of the student, from 0; as long as the door is open, no other student has it: processes and connections outlive a row of the roster
 * @param servers names, in the lab file's order
 */
export function accountOf(
  { id, key }: { readonly id: string; readonly key: string },
  servers: readonly string[],
  number: number,
): Account {
  if (number >= MOST_STUDENTS) throw new Error(`a door has room for ${MOST_STUDENTS} students. Fix: make two classes`);
  const [type = "", data = ""] = key.split(/\s+/);
  return {
    id: keyOf(id),
    names: [...new Set([keyOf(id), id])],
    uid: FIRST_UID + number,
    key: key === "" ? "" : `${type} ${data}`,
    hosts: [...servers, CLIENT_NAME].map((name, index) => ({
      name,
      qualified: qualifiedHost(name, id),
      address: `127.${1 + (number >> 8)}.${number & 255}.${index + 1}`,
    })),
  };
}
