import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { atLogout } from "../../../setup/steps/machine.mjs";

/**
 * Namespaces: all that a lab takes from the machine. Root creates them directly. An ordinary user first becomes root of a user namespace,
 * in which a range of subordinate IDs stands for the other users (user_namespaces(7), subuid(5)).
 */

const isRoot = (): boolean => process.getuid?.() === 0;

/** Path with the system's programs: an ordinary user's PATH lacks sbin. */
export const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * Environment of everything that runs in a lab: of the caller's, only the terminal type. SHLVL keeps bash from reading ~/.bashrc, as it does where no shell
 * has started it and its standard input is a socket, which Node's pipes are: bash(1).
 */
export const labEnvironment = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  PATH: SYSTEM_PATH,
  HOME: "/root",
  SHLVL: "1",
  LANG: "C.UTF-8",
  ...(process.env.TERM ? { TERM: process.env.TERM } : {}),
  ...more,
});

/** Options of unshare(1) that make the caller root. */
export const becomeRoot = (): string[] => (isRoot() ? [] : ["--user", "--map-root-user", "--map-auto"]);

/** Options of nsenter(1), in addition to `--target`, that make the caller root where `becomeRoot` was used. Without `keepsGroups` it has no other groups. */
export const joinRoot = ({ keepsGroups = false }: { keepsGroups?: boolean } = {}): string[] =>
  isRoot() ? [] : ["--user", ...(keepsGroups ? ["--preserve-credentials"] : [])];

/** Command line that runs `command` as root over the caller's own files and those of its subordinate IDs. */
export const asRoot = (command: readonly string[]): string[] =>
  isRoot() ? [...command] : ["unshare", ...becomeRoot(), "--", ...command];

/**
 * Starts a command that outlives this process, Ctrl-C, and the user's logout: it is in a scope of the user's systemd manager, which stays if lingering is
 * enabled (loginctl(1)). The set-up warns users without it.
 * @param unit the scope's name
 */
export async function startOutliving(
  command: readonly string[],
  unit: string,
  options: Pick<SpawnOptions, "cwd" | "env" | "stdio">,
): Promise<ChildProcess> {
  const scope =
    atLogout() === "linger" ? ["systemd-run", "--user", "--scope", "--quiet", "--collect", `--unit=${unit}`, "--"] : [];
  const [file = "", ...args] = [...scope, "env", "--unset=XDG_RUNTIME_DIR", ...command];
  const child = spawn(file, args, { ...options, detached: true });
  await once(child, "spawn");
  child.unref();
  return child;
}
