import { Duplex } from "node:stream";
import type { Member } from "../../../class/class.ts";
import { CLIENT_NAME } from "../../../class/door/accounts.ts";
import { keyOf } from "../../../class/stack-name.ts";
import {
  type ConfinedFile,
  type Confinement,
  confining,
  sendFiles,
} from "../../../provision/host/confined/confined.ts";
import { CLIENT, openHost } from "../../../provision/host/reach.ts";
import { lastWords } from "../../../provision/last-words.ts";
import {
  command,
  type Login,
  logIn,
  patience,
  type RemoteTerminal,
  type ServerRef,
  type TerminalOptions,
} from "../../../provision/ssh/index.ts";
import type { SshKeys } from "../../../provision/ssh/key-pair.ts";
import type { LiveLab } from "../../../verify/live/live-lab.ts";
import { CliError } from "../../exit-status.ts";
import { liveLab, serverOf } from "../../live-lab.ts";
import { hasLab } from "../stacks.ts";

/** How long what is known of a lab counts, in milliseconds: to ask Pulumi takes seconds of a processor. */
const KNOWN_MS = 60_000;

/** How long a login that is not used is kept, in milliseconds. */
const KEPT_MS = 300_000;

/** Root's keys in a guest, and the comment that marks the student's. */
const AUTHORIZED = "/root/.ssh/authorized_keys";
export const STUDENT_COMMENT = "lvs-lab-student";

/** The user of the client's shell. */
export const CLIENT_USER = "student";
const CLIENT_UID = 1000;

/** A login as root by the lab's key. */
const rootLogin = async (server: ServerRef): Promise<Login> => {
  const { host, address, hostKey, privateKey } = server;
  const socket = openHost(host).connect(address, 22);
  return await logIn({ socket, user: "root", privateKey, hostKey, loginMs: patience(server, 5) * 1000 });
};

/** The labs of a class, for those who come in by its door. */
export class DoorLabs {
  /** The door's own key, for shells on clients from the menu. */
  readonly #menuKey: SshKeys;
  readonly #clientKey: (id: string) => Promise<SshKeys>;
  readonly #log: (member: Pick<Member, "stack">, text: string) => void;
  readonly #logins = new Map<string, { readonly login: Promise<Login>; readonly timer: NodeJS.Timeout }>();
  readonly #known = new Map<string, { readonly at: number; readonly live: Promise<LiveLab> }>();

  /** @param clientKey the host key of a student's client */
  constructor(
    menuKey: SshKeys,
    clientKey: (id: string) => Promise<SshKeys>,
    log: (member: Pick<Member, "stack">, text: string) => void,
  ) {
    this.#menuKey = menuKey;
    this.#clientKey = clientKey;
    this.#log = log;
  }

  /** A student's lab. @throws CliError if it is not up */
  async live({ stack }: Pick<Member, "stack">): Promise<LiveLab> {
    if (!hasLab(stack)) throw new CliError("the lab is not up");
    const known = this.#known.get(stack);
    if (known && Date.now() - known.at < KNOWN_MS) return await known.live;
    const live = liveLab(stack);
    this.#known.set(stack, { at: Date.now(), live });
    live.catch(() => this.forget(stack));
    return await live;
  }

  /** The next one who asks for the lab looks again. */
  forget(stack: string): void {
    this.#known.delete(stack);
  }

  /**
   * A connection to port 22 of a machine of a student's lab. Root there, and the client, take the student's key from then on.
   * @throws Error if the lab is not up
   */
  async connect(member: Member, host: string): Promise<Duplex> {
    const live = await this.live(member);
    if (host === CLIENT_NAME) return await this.#client(member, live);
    const server = serverOf(live, host);
    // It may be there already, and the student may have locked the lab out: then the student's own login decides.
    await this.authorize(server, member.key).catch((error) =>
      this.#log(member, `the key is not placed: ${error.message}`),
    );
    return openHost(live.host).connect(server.address, 22);
  }

  /** Opens a shell on a machine of a student's lab, or runs a command there. @throws Error if it does not answer */
  async terminal(member: Member, host: string, options: TerminalOptions): Promise<RemoteTerminal> {
    const live = await this.live(member);
    const login = host === CLIENT_NAME ? await this.#clientLogin(member, live) : await rootLogin(serverOf(live, host));
    try {
      const terminal = await login.open(options);
      return { ...terminal, close: () => login.close() };
    } catch (error) {
      login.close();
      throw error;
    }
  }

  async #clientLogin(member: Member, live: LiveLab): Promise<Login> {
    const { publicKey: hostKey } = await this.#clientKey(keyOf(member.id));
    const { privateKey } = this.#menuKey;
    const socket = await this.#client(member, live);
    return await logIn({ socket, user: CLIENT_USER, privateKey, hostKey, loginMs: 20_000 });
  }

  /** Has root on a server take a student's key, and no earlier one of theirs; empty: none. */
  async authorize(server: ServerRef, key: string): Promise<void> {
    const [type = "", data = ""] = key.split(/\s+/);
    const line = `${type} ${data} ${STUDENT_COMMENT}`;
    const earlier = `/ ${STUDENT_COMMENT}$/d`;
    const script =
      key === ""
        ? command`[ ! -e ${AUTHORIZED} ] || sed -i ${earlier} ${AUTHORIZED}`
        : command`grep -qxF ${line} ${AUTHORIZED} 2>/dev/null || {
  mkdir -p -m 700 /root/.ssh && touch ${AUTHORIZED} && sed -i ${earlier} ${AUTHORIZED}
  # A last line without its end would swallow the next one.
  [ -z "$(tail -c 1 ${AUTHORIZED})" ] || echo >>${AUTHORIZED}
  printf '%s\n' ${line} >>${AUTHORIZED}
}`;
    const login = await this.#keptLogin(server);
    try {
      await runOn(login, server, script);
    } catch (error) {
      if (login.connected) throw error;
      // A server that was restored or booted anew since knows nothing of the login, which shows when it is used.
      await runOn(await this.#keptLogin(server), server, script);
    }
  }

  /** A login as root that is used again: a further one takes an emulated server half a second. It goes when it has not been used for a while. */
  async #keptLogin(server: ServerRef): Promise<Login> {
    const key = `${server.host.directory} ${server.name}`;
    const kept = this.#logins.get(key);
    const former = await kept?.login.catch(() => undefined);
    clearTimeout(kept?.timer);
    const login = former?.connected ? Promise.resolve(former) : rootLogin(server);
    const forget = (): void => {
      this.#logins.delete(key);
      void login.then((one) => one.close()).catch(() => {});
    };
    this.#logins.set(key, { login, timer: setTimeout(forget, KEPT_MS).unref() });
    return await login;
  }

  /** Takes a student's keys out of all servers of a lab that answer. */
  async revoke(stack: string): Promise<void> {
    if (!hasLab(stack)) return;
    const { servers } = await this.live({ stack });
    await Promise.all(servers.map((server) => this.authorize(server, "").catch(() => {})));
  }

  /** An SSH server in the client's network, confined, for one connection. */
  async #client(member: Member, live: LiveLab): Promise<Duplex> {
    const id = keyOf(member.id);
    const { privateKey } = await this.#clientKey(id);
    const keys = [member.key, this.#menuKey.publicKey].filter((key) => key !== "");
    const child = openHost(live.host).spawn(CLIENT, confining(clientConfinement, sshdOfClient));
    sendFiles(child, clientFiles(live, privateKey, keys));
    const said = lastWords(child.stderr);
    child.once("close", (code) => {
      if (code !== 0 && code !== 255)
        this.#log(member, `the client's SSH server ended with status ${code}: ${said().trim()}`);
    });
    const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
    stream.on("error", () => {});
    stream.once("close", () => child.kill("SIGKILL"));
    child.once("error", (error) => stream.destroy(error));
    return stream;
  }
}

/** @throws Error if the login is lost, or the command's status is not 0 */
async function runOn(login: Login, { name }: ServerRef, script: string): Promise<void> {
  const { ended, stream, stderr } = await login.open({ command: script });
  stream.resume();
  stream.end();
  const said = lastWords(stderr, 500);
  const status = await ended;
  if (status !== 0) throw new Error(`${name}: status ${status}: ${said().trim()}`);
}

/**
 * The client without what `lvs-lab client` has: no user of this machine's, no capability, no process or file of the lab host. Of the machine it has
 * the lab host's programs; of the lab the client's network.
 */
const clientConfinement: Confinement = {
  ping: true,
  user: CLIENT_UID,
  reads: ["/usr", "/etc/alternatives", "/etc/bash.bashrc", "/etc/ld.so.cache", "/etc/profile", "/etc/terminfo"],
  rooms: ["/tmp", `/home/${CLIENT_USER}`],
  // CPU is shared by the kernel; core files none, files 32 MiB, 128 processes, 256 open files, 1 GiB of address space.
  limits: { 4: 0, 1: 32 << 20, 6: 128, 7: 256, 9: 2 ** 30 },
  hostname: CLIENT_NAME,
};

const sshdOfClient = ["/usr/sbin/sshd", "-i", "-e", "-f", "/etc/ssh/sshd_config"];

/** Connections from the client lead to the lab alone, so it may forward them: a student sees the lab's pages in a browser of their own. */
const clientSshd = `HostKey /etc/ssh/host_key
AuthorizedKeysFile /etc/ssh/authorized_keys
AuthenticationMethods publickey
PasswordAuthentication no
KbdInteractiveAuthentication no
LoginGraceTime 30
ClientAliveInterval 30
ClientAliveCountMax 4
UseDNS no
PidFile none
PrintMotd no
PrintLastLog no
AllowTcpForwarding local
AllowStreamLocalForwarding no
AllowAgentForwarding no
X11Forwarding no
PermitTunnel no
SetEnv PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
Subsystem sftp internal-sftp
`;

function clientFiles({ lab }: LiveLab, hostKey: string, keys: readonly string[]): ConfinedFile[] {
  const open = (path: string, text: string): ConfinedFile => ({ path, mode: "0644", user: 0, text });
  const hosts = lab.servers.map(({ name, management }) => `${management} ${name}\n`).join("");
  return [
    open(
      "/etc/passwd",
      `root:*:0:0::/:/usr/sbin/nologin\n${CLIENT_USER}:*:${CLIENT_UID}:${CLIENT_UID}::/home/${CLIENT_USER}:/bin/bash\n`,
    ),
    open("/etc/group", `root:*:0:\ntty:*:5:\n${CLIENT_USER}:*:${CLIENT_UID}:\n`),
    open("/etc/hosts", `127.0.0.1 localhost ${CLIENT_NAME}\n${hosts}`),
    open("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"),
    open("/etc/ssh/sshd_config", clientSshd),
    open("/etc/ssh/authorized_keys", keys.map((key) => `${key.split(/\s+/).slice(0, 2).join(" ")}\n`).join("")),
    { path: "/etc/ssh/host_key", mode: "0600", user: CLIENT_UID, text: hostKey },
  ];
}
