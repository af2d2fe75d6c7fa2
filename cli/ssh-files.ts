import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LabHostDownError } from "../provision/host/reach.ts";
import { projectRoot, stateRoot } from "../provision/paths.ts";
import { type SshKeyFiles, sshConfig } from "../provision/ssh/index.ts";
import type { LiveLab } from "../verify/live/live-lab.ts";
import { CliError } from "./exit-status.ts";

/** A server's name that no other lab's server has: labs share names and addresses, so that a user's ControlPath could not tell them apart. */
export const qualifiedName = (stack: string, server: string): string => `${server}.${stack}`;

/** What `writeSshFiles` wrote: the path and the text of the ssh_config(5). */
export interface SshConfigFile {
  readonly path: string;
  readonly text: string;
}

/**
 * Writes what OpenSSH needs to get to a lab's servers: the lab's key, the servers' host keys, and an ssh_config(5) that names each server
 * SERVER.STACK, fit to be included in a user's own.
 * @throws LabHostDownError when the lab's directory is missing
 */
export async function writeSshFiles(live: LiveLab): Promise<SshConfigFile> {
  const { servers, host } = live;
  const directory = join(host.directory, "ssh");
  const file = (name: string) => join(directory, name);
  const [path, identity, knownHosts] = [file("config"), file("identity"), file("known_hosts")];
  const text = formatSshConfig(live, { identity, knownHosts });
  await mkdir(directory, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") throw new LabHostDownError(host.directory);
    if (error.code !== "EEXIST") throw error;
  });
  await writeWhole(identity, servers[0]?.privateKey ?? "");
  await writeWhole(knownHosts, servers.map(({ name, hostKey }) => `${name} ${hostKey}\n`).join(""));
  await writeWhole(path, text);
  return { path, text };
}

/** A connection is made by `lvs-lab connect`: the text stays right when the lab host starts anew. */
function formatSshConfig({ stack, servers }: LiveLab, files: SshKeyFiles): string {
  const program = ["env", `LVS_LAB_STATE=${stateRoot()}`, join(projectRoot, "cli/lvs-lab")];
  const hosts = servers.map(({ name, address }) => ({
    name: qualifiedName(stack, name),
    keyAlias: name,
    proxyCommand: [...program, "connect", "--stack", stack, address],
  }));
  try {
    return sshConfig(hosts, files);
  } catch (error) {
    throw new CliError(`${(error as Error).message}. Fix: set LVS_LAB_STATE to another directory`);
  }
}

/** For the owner alone; a reader finds the old content or the new, never half of it. */
async function writeWhole(file: string, content: string): Promise<void> {
  const made = `${file}.${process.pid}`;
  await writeFile(made, content, { mode: 0o600 });
  await rename(made, file);
}
