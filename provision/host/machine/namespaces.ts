import { atLogout } from "../../../setup/steps/machine.mjs";

/**
 * What the machine gives to a lab without being changed: namespaces. Root makes them at once. An ordinary user first becomes root of a user
 * namespace, in which a range of subordinate IDs stands for the other users (user_namespaces(7), subuid(5)).
 */

const isRoot = (): boolean => process.getuid?.() === 0;

/** Where the system's programs are: an ordinary user's PATH has no sbin. */
const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The environment of everything that runs in a lab: nothing of the caller's but the terminal's kind. */
export const labEnvironment = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  PATH: SYSTEM_PATH,
  HOME: "/root",
  LANG: "C.UTF-8",
  ...(process.env.TERM ? { TERM: process.env.TERM } : {}),
  ...more,
});

/** Options of unshare(1) by which the caller is root in what follows. */
export const becomeRoot = (): string[] => (isRoot() ? [] : ["--user", "--map-root-user", "--map-auto"]);

/** Options of nsenter(1), beside `--target`, by which the caller is root where `becomeRoot` was used. */
export const joinRoot = (): string[] => (isRoot() ? [] : ["--user"]);

/** The command line that runs `command` as root over the caller's own files, and those of the subordinate IDs. */
export const asRoot = (command: readonly string[]): string[] =>
  isRoot() ? [...command] : ["unshare", ...becomeRoot(), "--", ...command];

/**
 * The command line that runs `command` so that it outlives its user's login, where systemd would end it: in a scope of the user's own manager,
 * which stays if the user lingers (loginctl(1)). The set-up warns a user who does not.
 * @param unit the scope's name
 */
export const outlivingLogin = (command: readonly string[], unit: string): string[] => [
  ...(atLogout() === "linger"
    ? ["systemd-run", "--user", "--scope", "--quiet", "--collect", `--unit=${unit}`, "--"]
    : []),
  ...["env", "--unset=XDG_RUNTIME_DIR", ...command],
];
