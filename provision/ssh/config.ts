import { posixQuote } from "../posix-quote.ts";

/** One `Host` block of an ssh_config(5). */
export interface SshHost {
  /** The name that users give to ssh(1). */
  readonly name: string;
  /** Its name in known_hosts. */
  readonly keyAlias: string;
  /** Command whose stdin and stdout are a connection to port 22, as words. */
  readonly proxyCommand: readonly string[];
}

export interface SshKeyFiles {
  readonly identity: string;
  readonly knownHosts: string;
}

/**
 * Writes an ssh_config(5) for hosts that log in as root. Each block is complete, so that users can include the file in their own. It
 * selects a cheaper key exchange: OpenSSH's preferred hybrid one costs an emulated guest most of a second.
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

/** Quotes a path for ssh_config(5) and escapes its tokens. */
function file(path: string): string {
  // OpenSSH before 8.7 cannot escape a quote, and no release can escape ${.
  if (/["\\\n]|\$\{/.test(path)) throw new Error(`ssh_config(5) cannot name ${JSON.stringify(path)}`);
  return `"${path.replaceAll("%", "%%")}"`;
}

/** A ProxyCommand on one line; ssh passes it to the user's shell. */
function commandLine(words: readonly string[]): string {
  const line = words.map(posixQuote).join(" ");
  if (line.includes("\n")) throw new Error(`ssh_config(5) cannot run ${JSON.stringify(words)}`);
  return line.replaceAll("%", "%%");
}
