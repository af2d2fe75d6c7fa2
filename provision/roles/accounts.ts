import { z } from "zod";
import { command, type Section } from "../ssh/index.ts";

/** Users and groups, by their names. */
interface Accounts {
  readonly users: readonly string[];
  readonly groups: readonly string[];
}

/** Accounts as wanted state. */
export const accountsState = {
  /** Users as whom it runs: made as system accounts where they are not there, and removed where they are no longer wanted. */
  users: z.array(z.string()).default([]),
  /** Groups as which it runs: made where they are not there. */
  groups: z.array(z.string()).default([]),
};

/** Commands that show accounts, for `ServerConnection.look`. */
export const accountQuestions = { users: "getent passwd", groups: "getent group" };

/** Those of the wanted accounts that are there, and users that were made here and are not wanted. */
export const accountAnswers = (seen: Record<"users" | "groups", Section>, { users, groups }: Accounts) => ({
  users: [...users.filter((user) => isListed(seen.users.text, user)), ...madeHere(seen.users.text, users)],
  groups: groups.filter((group) => isListed(seen.groups.text, group)),
});

/** Commands that make accounts, and remove those that are not wanted. */
export const makingAccounts = ({ users, groups }: Accounts, observed: Partial<Accounts> | undefined): string[] => [
  ...groups.map(groupThere),
  ...users.map(userThere),
  ...(observed?.users ?? []).filter((user) => !users.includes(user)).map((user) => command`userdel --force ${user}`),
];

/** The comment in passwd(5) of a user that was made here. */
const MARK = "lvs-lab";

/** Whether an account is among lines of passwd(5) or group(5). */
const isListed = (lines: string, account: string): boolean =>
  lines.split("\n").some((line) => line.startsWith(`${account}:`));

/** Users that were made here, but for the wanted ones. @param lines of passwd(5) */
const madeHere = (lines: string, wanted: readonly string[]): string[] =>
  lines
    .split("\n")
    .map((line) => line.split(":"))
    .flatMap(([user = "", , , , comment]) => (comment === MARK && !wanted.includes(user) ? [user] : []));

const groupThere = (group: string): string => command`getent group ${group} >/dev/null || groupadd --system ${group}`;

/** A user that may not log in, with a group of its name. */
const userThere = (user: string): string =>
  [
    command`getent passwd ${user} >/dev/null || {`,
    groupThere(user),
    command`useradd --system --gid ${user} --comment ${MARK} --no-create-home --shell /usr/sbin/nologin ${user}`,
    "}",
  ].join("\n");
