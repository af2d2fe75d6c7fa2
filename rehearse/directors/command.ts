import { commandWordsOf } from "../conf/text.ts";
import { last, type Statement } from "../conf/tree.ts";

/** A program that keepalived runs, without a shell: system_call_script() of keepalived's lib/notify.c. */
export interface Command {
  readonly at: Statement;
  /** What runs it, for messages: `vrrp_script chk`, `notify_master of vrrp_instance VI_1`. */
  readonly owner: string;
  /** Whose state its exit status decides; undefined: nothing's. */
  readonly decides?: "instance" | "real server";
  /** The program and its arguments, as keepalived 2.2 reads them. */
  readonly words: readonly string[];
  /** The same as keepalived 2.3.2 and later read them: they take backslashes away once, where earlier ones do so twice. */
  readonly newerWords: readonly string[];
  /** Whom the line `user` beside it names. A notification's is behind the command. */
  readonly account?: Account;
  /**
   * What stands behind the command on its line. keepalived takes one word for a command, in quotes if it has arguments; the words behind a
   * notification's are its user and group, and those behind a script's or a misc_path's are ignored: set_script_params_array() and
   * notify_script_init() in lib/notify.c.
   */
  readonly behind: readonly string[];
}

/** Users and groups, by their names. */
export interface Accounts {
  readonly users: readonly string[];
  readonly groups: readonly string[];
}

/** As whom keepalived runs a command. */
export interface Account {
  readonly user: string;
  /** Not there: the user's own. */
  readonly group?: string;
}

const decides = { script: "instance", misc_path: "real server" } as const;

/** The keywords that name a command: keepalived's vrrp_parser.c, check_parser.c, check_misc.c and global_parser.c. */
const keywords = [
  ...["script", "misc_path"],
  ...["notify", "notify_master", "notify_backup", "notify_fault", "notify_stop", "notify_deleted"],
  ...["notify_master_rx_lower_pri", "notify_up", "notify_down", "quorum_up", "quorum_down"],
  ...["notify_fifo_script", "vrrp_notify_fifo_script", "lvs_notify_fifo_script", "startup_script", "shutdown_script"],
];

/** The command of a statement in the block of `owner`. `beside`: the statements that it stands among. */
export function commandAt(at: Statement, owner: Statement, beside: readonly Statement[] = []): Command {
  const [keyword = "", command = "", ...behind] = commandWordsOf(at.text);
  const name = [owner.keyword, ...owner.words].join(" ");
  const account = accountIn(last(beside, "user")?.words ?? []);
  return {
    ...{ at, behind, words: commandWordsOf(command) },
    newerWords: commandWordsOf(commandWordsOf(at.text, { keepBackslashes: true })[1] ?? ""),
    ...(account === undefined ? {} : { account }),
    owner: keyword === "script" ? name : `${keyword} of ${name}`,
    ...(keyword in decides ? { decides: decides[keyword as keyof typeof decides] } : {}),
  };
}

/**
 * The folder of a command that is a link on Debian, Ubuntu, Fedora and Enterprise Linux, such as `/bin`; undefined: it is in none. From keepalived 2.3.0 on
 * root runs no such command: check_security() in lib/notify.c.
 */
export const linkIn = ([program = ""]: readonly string[]): string | undefined =>
  /^(\/s?bin|\/lib\w*)\//.exec(program)?.[1];

/** USER [GROUP] */
const accountIn = ([user, group]: readonly string[]): Account | undefined =>
  user === undefined ? undefined : { user, ...(group === undefined ? {} : { group }) };

/**
 * As whom keepalived runs a command: set_script_uid_gid() and set_default_script_user() in its lib/notify.c.
 * @param settings the statements of global_defs
 * @returns undefined if nothing names a user: keepalived_script where there is one, else root, but with enable_script_security nobody
 */
export function accountOf({ behind, account, decides }: Command, settings: readonly Statement[]): Account | undefined {
  return account ?? accountIn(decides ? [] : behind) ?? accountIn(last(settings, "script_user")?.words ?? []);
}

/** Whether root runs a command, or whom keepalived chooses. @param settings the statements of global_defs */
export const isByRoot = (command: Command, settings: readonly Statement[]): boolean =>
  (accountOf(command, settings)?.user ?? "root") === "root";

/** All commands of a configuration, in its order. */
export const commandsIn = (statements: readonly Statement[], owner?: Statement): Command[] =>
  statements.flatMap((statement) => [
    ...(owner && !statement.block && keywords.includes(statement.keyword)
      ? [commandAt(statement, owner, statements)]
      : []),
    ...commandsIn(statement.block ?? [], namesItself(statement) ? statement : owner),
  ]);

/** Whether a block has a name of its own that tells where it is: a check has none, its real server has. */
const namesItself = ({ keyword, words }: Statement): boolean => words.length > 0 || keyword === "global_defs";
