import { openHost, SEGMENT } from "../provision/host/reach.ts";
import type { ServerRef } from "../provision/ssh/index.ts";
import type { LiveLab } from "../verify/live/live-lab.ts";
import { endOf } from "./at-terminal.ts";
import { qualifiedName, writeSshFiles } from "./ssh-files.ts";

/**
 * Runs OpenSSH to a server at the user's terminal, on the lab's segment. OpenSSH, not the built-in client, handles terminal, signals and
 * escapes.
 * @param words the command, as ssh(1) takes it; none opens a shell
 * @param settings additional ssh_config(5) settings
 * @returns the command's exit status, or 255 without a connection
 */
export async function openSsh(
  live: LiveLab,
  { name, address }: ServerRef,
  words: readonly string[],
  settings: Readonly<Record<string, string | number>> = {},
): Promise<number> {
  const { path } = await writeSshFiles(live);
  const direct = { HostName: address, ProxyCommand: "none" };
  const options = Object.entries({ ...direct, ...settings }).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
  const command = ["ssh", "-F", path, ...options, qualifiedName(live.stack, name), ...words];
  return await endOf(openHost(live.host).spawn(SEGMENT, command, { stdio: "inherit" }));
}
