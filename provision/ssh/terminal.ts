import type { Duplex, Readable } from "node:stream";
import type { Client, ClientChannel } from "ssh2";

/** Who logs in where, over a connection that is there already. */
export interface LoginTarget {
  /** The connection to the SSH server. */
  readonly socket: Duplex;
  readonly user: string;
  /** OpenSSH form. */
  readonly privateKey: string;
  /** The server's public host key, `ssh-ed25519 AAAA…`. */
  readonly hostKey: string;
  /** How long the login may take, in milliseconds. */
  readonly loginMs: number;
}

/** The size of a terminal. */
export interface TerminalSize {
  readonly rows: number;
  readonly columns: number;
}

export interface TerminalOptions {
  /** For the login shell there; not there: a login shell. */
  readonly command?: string;
  /** Not there: no terminal. */
  readonly terminal?: TerminalSize & { readonly type: string };
}

/** A command or shell on a server for somebody's own terminal: bytes are passed on as they are. */
export interface RemoteTerminal {
  /** Its standard input and output. */
  readonly stream: Duplex;
  readonly stderr: Readable;
  resize(size: TerminalSize): void;
  /** Its exit status, 128 plus the signal's number if one ended it, 255 if the connection was lost. */
  readonly ended: Promise<number>;
  close(): void;
}

/** Numbers of signals that end programs: signal(7). */
const signals: Readonly<Record<string, number>> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ABRT: 6,
  KILL: 9,
  SEGV: 11,
  PIPE: 13,
  TERM: 15,
};

/** A login on a server. */
export interface Login {
  readonly connected: boolean;
  /** Opens a shell, or runs a command. @throws Error if the server does not let it */
  open(options: TerminalOptions): Promise<RemoteTerminal>;
  close(): void;
}

/**
 * Logs in without a process on this machine: there is no ssh(1) whose escape characters could be typed.
 * @throws Error if the login fails or takes too long, or the server is another one
 */
export async function logIn(target: LoginTarget): Promise<Login> {
  const { NodeSSH } = await import("node-ssh");
  const login = new NodeSSH();
  const expected = target.hostKey.split(" ")[1];
  const close = (): void => {
    login.dispose();
    target.socket.destroy();
  };
  try {
    await login.connect({
      sock: target.socket as never,
      username: target.user,
      privateKey: target.privateKey,
      readyTimeout: target.loginMs,
      keepaliveInterval: 15_000,
      hostVerifier: (key: Buffer) => key.toString("base64") === expected,
      algorithms: { kex: ["curve25519-sha256"], serverHostKey: ["ssh-ed25519"] },
    });
    const client = login.connection;
    if (!client) throw new Error("the connection was closed");
    client.on("error", () => {}); // its channels close with it
    return {
      get connected() {
        return login.isConnected();
      },
      open: async (options) => await openOn(client, options),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

async function openOn(client: Client, { command, terminal }: TerminalOptions): Promise<RemoteTerminal> {
  const pty = terminal && { term: terminal.type, rows: terminal.rows || 24, cols: terminal.columns || 80 };
  return await new Promise((resolve, reject) => {
    // A short command's status may be in the same packet as what opens the channel: whoever waits for a promise first misses it.
    const opened = (error: Error | undefined, channel: ClientChannel): void =>
      error ? reject(error) : resolve(remoteTerminal(client, channel));
    if (command !== undefined) client.exec(command, pty ? { pty } : {}, opened);
    else client.shell(pty || false, opened);
  });
}

function remoteTerminal(client: Client, channel: ClientChannel): RemoteTerminal {
  channel.on("error", () => {});
  const ended = new Promise<number>((resolve) => {
    let status = 255;
    channel.on("exit", (code: number | null, signal?: string) => {
      status = code ?? 128 + (signals[(signal ?? "").replace(/^SIG/, "")] ?? 127);
    });
    for (const one of [channel, client]) one.once("close", () => resolve(status));
  });
  return {
    stream: channel,
    stderr: channel.stderr,
    resize: ({ rows, columns }) => channel.setWindow(rows, columns, 0, 0),
    ended,
    close: () => channel.close(),
  };
}
