import { type Accounts, accountOf, type Command } from "../directors/command.ts";
import { type Director, isSet } from "../directors/director.ts";
import type { Folder } from "../folder.ts";
import type { PlannedDirector } from "./plan.ts";
import { type ProxyConfig, proxiesOn } from "./proxies/index.ts";

/** Whom keepalived looks for where nothing names a user: get_default_script_user() in its lib/notify.c. */
export const DEFAULT_USER = "keepalived_script";

/** The users that every Debian has: its package base-passwd. */
const usersOfDebian = [
  ...["root", "daemon", "bin", "sys", "sync", "games", "man", "lp", "mail", "news", "uucp", "proxy", "www-data"],
  ...["backup", "list", "irc", "_apt", "nobody"],
];

/** Whether useradd(8) takes a name. */
export const isAccountName = (name: string): boolean => /^[a-z_][\w.-]{0,31}$/i.test(name);

/**
 * The users and groups that configurations name, as whom keepalived and proxies run: without users of Debian, and of packages, which bring one of their own
 * name as haproxy does.
 */
export function accountsNamedBy(
  { directors, proxies }: { readonly directors: readonly Director[]; readonly proxies: readonly ProxyConfig[] },
  packages: readonly string[],
): Accounts {
  const named = directors.flatMap(({ commands, settings }) =>
    commands.flatMap((command) => accountOf(command, settings) ?? []),
  );
  const users = [...named.map(({ user }) => user), ...proxies.flatMap(({ accounts }) => accounts.users)];
  const groups = [...named.flatMap(({ group }) => group ?? []), ...proxies.flatMap(({ accounts }) => accounts.groups)];
  const valid = (names: readonly string[]) => [...new Set(names)].filter(isAccountName);
  return {
    users: valid(users).filter((name) => ![...usersOfDebian, ...packages].includes(name)),
    groups: valid(groups),
  };
}

/**
 * The accounts that a director gets in a rehearsal.
 * @param configured it, as its configurations have it: two where one replaces the other
 */
export function accountsOf(planned: PlannedDirector, folder: Folder, configured: readonly Director[]): Accounts {
  const proxies = proxiesOn(planned, folder).map(({ proxy }) => proxy);
  const named = accountsNamedBy({ directors: configured, proxies }, planned.packages);
  return { ...named, users: planned.users ?? named.users };
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
  const isThere = planned?.users ? [...planned.users, ...planned.packages].includes(user) : isAccountName(user);
  if (!isThere && !usersOfDebian.includes(user)) return `there is no user ${user}`;
  return group === undefined || isAccountName(group) ? undefined : `there is no group ${group}`;
}
