import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { LabHostDownError } from "../provision/host/reach.ts";
import { projectRoot, stateRoot } from "../provision/paths.ts";
import { type SshKeyFiles, sshConfig } from "../provision/ssh/index.ts";
import type { LiveLab } from "../verify/live/live-lab.ts";
import { writeWhole } from "../verify/report/whole-file.ts";
import { CliError } from "./exit-status.ts";

/** A server's name that is unique across labs: labs share names and addresses, which would mix up a user's ControlPath. */
export const qualifiedName = (stack: string, server: string): string => `${server}.${stack}`;

/** Result of `writeSshFiles`: path and text of the ssh_config(5). */
export interface SshConfigFile {
  readonly path: string;
  readonly text: string;
}

/**
 * Writes OpenSSH's files for a lab's servers: the lab's key, the host keys, and an ssh_config(5) with hosts named SERVER.STACK, which users
 * can include in their own.
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
  const ofOwner = { mode: 0o600 };
  await writeWhole(identity, servers[0]?.privateKey ?? "", ofOwner);
  await writeWhole(knownHosts, servers.map(({ name, hostKey }) => `${name} ${hostKey}\n`).join(""), ofOwner);
  await writeWhole(path, text, ofOwner);
  return { path, text };
}

/** Connects by `lvs-lab connect`, so that the text stays valid when the lab host restarts. */
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
