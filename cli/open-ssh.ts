import { openHost, SEGMENT } from "../provision/host/reach.ts";
import type { ServerRef } from "../provision/ssh/index.ts";
import type { LiveLab } from "../verify/live/live-lab.ts";
import { endOf } from "./at-terminal.ts";
import { qualifiedName, writeSshFiles } from "./ssh-files.ts";

/**
 * OpenSSH to a server at the user's terminal, run on the lab's segment. Not our own client: terminal, signals and escapes are OpenSSH's business.
 * @param words the command, as ssh(1) takes it; none is a shell
 * @param settings further ones of ssh_config(5)
 * @returns its exit status: the command's, or 255 when there is no connection
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
