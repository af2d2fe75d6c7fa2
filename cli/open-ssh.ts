import { type ChildProcess, spawn } from "node:child_process";
import type { LabSpawnOptions } from "../provision/host/access.ts";
import { openHost, SEGMENT } from "../provision/host/reach.ts";
import { posixQuote } from "../provision/posix-quote.ts";
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
async function sshCommand(
  live: LiveLab,
  { name, address }: ServerRef,
  { words = [], settings = {}, options = [] }: SshLogin = {},
): Promise<string[]> {
  const { path } = await writeSshFiles(live);
  const direct = { HostName: address, ProxyCommand: "none" };
  const set = Object.entries({ ...direct, ...settings }).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
  return ["ssh", ...options, "-F", path, ...set, qualifiedName(live.stack, name), ...words];
}

/** Starts OpenSSH to a server: the lab host's, on its segment, or this machine's where the lab host is on another one, which has none of the files. */
export async function startSsh(
  live: LiveLab,
  server: ServerRef,
  login: SshLogin,
  options: Pick<LabSpawnOptions, "stdio" | "env">,
): Promise<ChildProcess> {
  const host = openHost(live.host);
  if (host.isHere) return host.spawn(SEGMENT, await sshCommand(live, server, login), options);
  const way = (await host.connectCommand(server.address, 22)).map(posixQuote).join(" ").replaceAll("%", "%%");
  const settings = { ...login.settings, ProxyCommand: way };
  const [file = "", ...args] = await sshCommand(live, server, { ...login, settings });
  return spawn(file, args, { ...options, env: { ...process.env, ...options.env } });
}

/** The status of ssh(1) when it could not connect, or lost the connection; a command may end with it, too. */
export const NO_CONNECTION = 255;

/** A server whose network somebody has cut keeps nobody's terminal for longer than a minute: ssh_config(5). */
const aMinute = { ServerAliveInterval: 15, ServerAliveCountMax: 4 };

/**
 * Runs OpenSSH to a server at the user's terminal, as from the lab's segment. OpenSSH, not the built-in client, handles terminal, signals and
 * escapes.
 * @param words the command, as ssh(1) takes it; none opens a shell
 * @param settings additional ssh_config(5) settings
 * @returns the command's exit status, or NO_CONNECTION
 */
export async function openSsh(
  live: LiveLab,
  server: ServerRef,
  words: readonly string[],
  settings: Readonly<Record<string, string | number>> = {},
): Promise<number> {
  return await endOf(
    await startSsh(live, server, { words, settings: { ...aMinute, ...settings } }, { stdio: "inherit" }),
  );
}
