import { openHost, SEGMENT } from "../provision/host/reach.ts";
import type { ServerRef } from "../provision/ssh/index.ts";
import type { LiveLab } from "../verify/live/live-lab.ts";
import { endOf } from "./at-terminal.ts";
import { qualifiedName, writeSshFiles } from "./ssh-files.ts";

/** How a server is logged in to. */
export interface SshLogin {
  /** The command, as ssh(1) takes it; none opens a shell. */
  readonly words?: readonly string[];
  /** Additional ssh_config(5) settings. */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** Options of ssh(1). */
  readonly options?: readonly string[];
}

/** The command line of OpenSSH to a server, for the lab's segment. */
export async function sshCommand(
  live: LiveLab,
  { name, address }: ServerRef,
  { words = [], settings = {}, options = [] }: SshLogin = {},
): Promise<string[]> {
  const { path } = await writeSshFiles(live);
  const direct = { HostName: address, ProxyCommand: "none" };
  const set = Object.entries({ ...direct, ...settings }).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
  return ["ssh", ...options, "-F", path, ...set, qualifiedName(live.stack, name), ...words];
}

/**
 * Runs OpenSSH to a server at the user's terminal, on the lab's segment. OpenSSH, not the built-in client, handles terminal, signals and
 * escapes.
 * @param words the command, as ssh(1) takes it; none opens a shell
 * @param settings additional ssh_config(5) settings
 * @returns the command's exit status, or 255 without a connection
 */
export async function openSsh(
  live: LiveLab,
  server: ServerRef,
  words: readonly string[],
  settings: Readonly<Record<string, string | number>> = {},
): Promise<number> {
  const command = await sshCommand(live, server, { words, settings });
  return await endOf(openHost(live.host).spawn(SEGMENT, command, { stdio: "inherit" }));
}
