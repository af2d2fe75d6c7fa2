import { posixQuote } from "../posix-quote.ts";

/** One `Host` block of an ssh_config(5). */
export interface SshHost {
  /** The name that ssh(1) takes for it. */
  readonly name: string;
  /** Its name in the file of known hosts. */
  readonly keyAlias: string;
  /** The command whose standard input and output are a connection to its port 22, word by word. */
  readonly proxyCommand: readonly string[];
}

export interface SshKeyFiles {
  readonly identity: string;
  readonly knownHosts: string;
}

/**
 * An ssh_config(5) for hosts that log in as root. Each block is whole by itself, so that the file can be included in a user's own.
 * The hybrid key exchange that OpenSSH prefers costs an emulated guest most of a second: another one is asked for.
 * @throws Error when a path cannot be written in that format
 */
export function sshConfig(hosts: readonly SshHost[], { identity, knownHosts }: SshKeyFiles): string {
  return hosts
    .map(
      ({ name, keyAlias, proxyCommand }) => `Host ${name}
  HostKeyAlias ${keyAlias}
  User root
  ProxyCommand ${commandLine(proxyCommand)}
  UserKnownHostsFile ${file(knownHosts)}
  GlobalKnownHostsFile /dev/null
  IdentityFile ${file(identity)}
  IdentitiesOnly yes
  StrictHostKeyChecking yes
  KexAlgorithms curve25519-sha256
  LogLevel ERROR
`,
    )
    .join("\n");
}

/** A path as ssh_config(5) reads it: in quotes, with its tokens escaped. */
function file(path: string): string {
  // Before OpenSSH 8.7 nothing escapes a quote, and no release escapes ${.
  if (/["\\\n]|\$\{/.test(path)) throw new Error(`ssh_config(5) cannot name ${JSON.stringify(path)}`);
  return `"${path.replaceAll("%", "%%")}"`;
}

/** A command as ProxyCommand hands it to the user's shell, in one line. */
function commandLine(words: readonly string[]): string {
  const line = words.map(posixQuote).join(" ");
  if (line.includes("\n")) throw new Error(`ssh_config(5) cannot run ${JSON.stringify(words)}`);
  return line.replaceAll("%", "%%");
}
