import type { ConfinedFile } from "../../provision/host/confined/confined.ts";
import type { Account } from "./accounts.ts";

/** Students' login shell, which runs nothing: inside/session.pl. */
export const SESSION = "/usr/local/bin/session";

const GROUP = "students";

/**
 * sshd's configuration. Everything is off for everybody; a student's own block opens port 22 of the machines of their lab, by their names: PermitOpen
 * compares names as they were asked for, before they are looked up (sshd_config(5)).
 */
export const sshdConfig = (accounts: readonly Account[]): string => `# Written by lvs-lab.
HostKey /etc/ssh/host_key
AuthorizedKeysFile /etc/ssh/keys/%u
AuthenticationMethods publickey
PubkeyAuthentication yes
PasswordAuthentication no
KbdInteractiveAuthentication no
HostbasedAuthentication no
PermitEmptyPasswords no
PermitRootLogin no
AllowGroups ${GROUP}
StrictModes yes
LoginGraceTime 30
MaxAuthTries 6
MaxSessions 10
ClientAliveInterval 30
ClientAliveCountMax 4
LogLevel VERBOSE
UseDNS no
PidFile none
PrintMotd no
PrintLastLog no
VersionAddendum none
PermitUserEnvironment no
PermitUserRC no
ForceCommand ${SESSION}
AllowTcpForwarding no
AllowStreamLocalForwarding no
AllowAgentForwarding no
X11Forwarding no
PermitTunnel no
GatewayPorts no
PermitListen none
PermitOpen none
${accounts
  .map(
    ({ names, hosts }) => `
Match User ${names.join(",")}
  AllowTcpForwarding local
  PermitOpen ${hosts.map(({ qualified }) => `${qualified}:22`).join(" ")}
`,
  )
  .join("")}`;

/** Users that are the same in every door. sshd looks for its own when it starts. */
const passwd = (accounts: readonly Account[]): string =>
  [
    "root:*:0:0::/:/usr/sbin/nologin",
    "sshd:*:999:999::/run/sshd:/usr/sbin/nologin",
    ...accounts.flatMap(({ names, uid }) => names.map((name) => `${name}:*:${uid}:${uid}::/:${SESSION}`)),
    "",
  ].join("\n");

const group = (accounts: readonly Account[]): string =>
  [
    "root:*:0:",
    "tty:*:5:",
    "sshd:*:999:",
    `${GROUP}:*:998:${accounts.flatMap(({ names }) => names).join(",")}`,
    ...accounts.map(({ uid }) => `student${uid}:*:${uid}:`),
    "",
  ].join("\n");

const hosts = (accounts: readonly Account[]): string =>
  [
    "127.0.0.1 localhost",
    ...accounts.flatMap((account) => account.hosts.map(({ address, qualified }) => `${address} ${qualified}`)),
    "",
  ].join("\n");

/** A student's public key. sshd reads it as that user, and no other one can. */
const keyFile = (name: string): string => `/etc/ssh/keys/${name}`;

/** The file by which a student's session proves whose it is. */
export const tokenFile = (uid: number): string => `/run/tokens/${uid}`;

/**
 * All files of the door that depend on the roster.
 * @param tokenOf a student's secret of this door, by id
 */
export function rosterFiles(accounts: readonly Account[], tokenOf: (id: string) => string): ConfinedFile[] {
  const open = (path: string, text: string): ConfinedFile => ({ path, mode: "0644", user: 0, text });
  return [
    open("/etc/passwd", passwd(accounts)),
    open("/etc/group", group(accounts)),
    open("/etc/hosts", hosts(accounts)),
    { path: "/etc/ssh/sshd_config", mode: "0600", user: 0, text: sshdConfig(accounts) },
    ...accounts
      .filter(({ key }) => key !== "")
      .flatMap(({ id, names, uid, key }): ConfinedFile[] => [
        ...names.map((name) => ({
          path: keyFile(name),
          mode: "0400",
          user: uid,
          text: `restrict,pty,port-forwarding ${key}\n`,
        })),
        { path: tokenFile(uid), mode: "0400", user: uid, text: tokenOf(id) },
      ]),
  ];
}

/** Files of a door that do not depend on the roster. */
export const fixedFiles = (
  scripts: { readonly session: string; readonly init: string },
  hostKey: string,
): ConfinedFile[] => [
  { path: "/etc/nsswitch.conf", mode: "0644", user: 0, text: "passwd: files\ngroup: files\nhosts: files\n" },
  { path: "/etc/ssh/host_key", mode: "0600", user: 0, text: hostKey },
  { path: SESSION, mode: "0755", user: 0, text: scripts.session },
  { path: "/usr/local/sbin/init", mode: "0755", user: 0, text: scripts.init },
];

/** Directories of a door. */
export const doorDirectories = [
  { path: "/run/door", mode: "0700", user: 0 },
  { path: "/run/sshd", mode: "0755", user: 0 },
  { path: "/run/tokens", mode: "0711", user: 0 },
  { path: "/etc/ssh", mode: "0755", user: 0 },
  { path: "/etc/ssh/keys", mode: "0711", user: 0 },
] as const;
