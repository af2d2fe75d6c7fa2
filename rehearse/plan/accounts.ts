import { accountOf, type Command } from "../directors/command.ts";
import { type Director, isSet } from "../directors/director.ts";
import type { PlannedDirector } from "./plan.ts";

/** Whom keepalived looks for where nothing names a user: get_default_script_user() in its lib/notify.c. */
export const DEFAULT_USER = "keepalived_script";

/** The users and groups that every Debian has: its package base-passwd. */
const ofDebian = [
  ...["root", "daemon", "bin", "sys", "sync", "games", "man", "lp", "mail", "news", "uucp", "proxy", "www-data"],
  ...["backup", "list", "irc", "_apt", "nobody", "nogroup", "adm", "users", "staff", "sudo", "utmp", "shadow"],
];

/** Whether useradd(8) takes a name. */
export const isAccountName = (name: string): boolean => /^[a-z_][\w.-]{0,31}$/i.test(name);

/** Users and groups, each once. */
export interface Accounts {
  readonly users: string[];
  readonly groups: string[];
}

/** The users and groups as which keepalived runs the commands of directors, without those that every Debian has. */
export function accountsNamedBy(directors: readonly Pick<Director, "commands" | "settings">[]): Accounts {
  const named = directors.flatMap(({ commands, settings }) =>
    commands.flatMap((command) => accountOf(command, settings) ?? []),
  );
  const further = (names: readonly string[]) =>
    [...new Set(names)].filter((name) => isAccountName(name) && !ofDebian.includes(name));
  return {
    users: further(named.map(({ user }) => user)),
    groups: further(named.flatMap(({ group }) => group ?? [])),
  };
}

/**
 * The accounts that a director gets in a rehearsal.
 * @param configured it, as its configurations have it: two where one replaces the other
 */
export function accountsOf({ users }: Pick<PlannedDirector, "users">, configured: readonly Director[]): Accounts {
  const named = accountsNamedBy(configured);
  return { ...named, users: [...(users ?? named.users)] };
}

/**
 * Why a command has nobody who runs it in a rehearsal, in words without an end; undefined: it has. keepalived leaves it out then:
 * vrrp_vscript_end_handler() in its vrrp_parser.c, misc_end_handler() in check_misc.c, notify_script_init() in lib/notify.c.
 */
export function nobodyFor(
  command: Command,
  director: Pick<Director, "settings">,
  planned: Pick<PlannedDirector, "users" | "packages"> | undefined,
): string | undefined {
  const account = accountOf(command, director.settings);
  if (!account)
    return isSet(director, "enable_script_security") && !planned?.users?.includes(DEFAULT_USER)
      ? `nothing names a user for it, and there is no user ${DEFAULT_USER}`
      : undefined;
  const { user, group } = account;
  // A package may bring a user of its name, as haproxy does.
  const isThere = planned?.users ? [...planned.users, ...planned.packages].includes(user) : isAccountName(user);
  if (!isThere && !ofDebian.includes(user)) return `there is no user ${user}`;
  return group === undefined || isAccountName(group) ? undefined : `there is no group ${group}`;
}
