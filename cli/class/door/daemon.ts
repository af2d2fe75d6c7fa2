import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdirSync, rmSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { type Class, type Member, openClass } from "../../../class/class.ts";
import { type Account, accountOf } from "../../../class/door/accounts.ts";
import { fingerprintOf } from "../../../class/door/card.ts";
import { rosterFiles } from "../../../class/door/door-files.ts";
import type { DoorFile } from "../../../class/file.ts";
import { keyOf } from "../../../class/stack-name.ts";
import type { ConfinedFile } from "../../../provision/host/confined/confined.ts";
import { SOCKET_PATH_BYTES } from "../../../provision/paths.ts";
import { generateKeys } from "../../../provision/ssh/key-pair.ts";
import { CliError, exitStatus } from "../../exit-status.ts";
import { reasonOf } from "../each.ts";
import { lvsLabBy, lvsLabProgram } from "../lvs-lab.ts";
import { goneStacks } from "../verbs.ts";
import { keptKey } from "./keys.ts";
import { DoorLabs } from "./labs.ts";
import { logTo } from "./log.ts";
import { serve } from "./menu.ts";
import { DoorNamespace } from "./namespace.ts";
import type { Hello } from "./protocol.ts";
import { StudentTerminal } from "./student-terminal.ts";

/** How many connections there may be: that have not logged in, as sshd's MaxStartups; of one student; to machines and menus, of one student. */
const limits = { startups: 30, logins: 16, relays: 32 } as const;

/** How often the class's files are looked at, in milliseconds. */
const LOOK_MS = 2000;

/** Somebody who is in, as `class door status` shows it. */
export interface DoorLogin {
  readonly id: string;
  /** Address and port. */
  readonly from: string;
  readonly since: string;
}

/** What a door says of itself. */
export interface DoorState {
  readonly pid: number;
  readonly since: string;
  readonly address: string;
  readonly port: number;
  readonly hostKey: string;
  readonly logins: readonly DoorLogin[];
  /** Logins that were refused since then. */
  readonly refused: number;
}

/** A connection with the sshd that has it. */
interface Connection {
  readonly from: string;
  readonly since: Date;
  readonly child: ChildProcess;
  /** Whose it is, once that is known. */
  id?: string;
  /** Whether a login was refused. */
  refused?: boolean;
}

/** A student whom the door knows. */
interface Known {
  readonly account: Account;
  readonly member: Member;
  readonly token: string;
  /** Sockets that lead to their machines. */
  readonly relays: Map<string, Server>;
  /** What is open of theirs. */
  readonly open: Set<{ destroy(): void }>;
}

/** The door of a class: see docs/classroom.md. */
export class Door {
  readonly #file: string;
  readonly #since = new Date();
  readonly #connections = new Set<Connection>();
  readonly #known = new Map<string, Known>();
  /** Each student's number. Former students keep theirs: a process that they left running must not pass to another student. */
  readonly #numbers = new Map<string, number>();
  readonly #running = new Set<string>();
  #files = new Map<string, string>();
  #all: Class;
  #refused = 0;
  /** By which its directory is known as its own: nobody could tell it to stop without that. */
  #ownControl = "";
  #seen = "";
  readonly #namespace: DoorNamespace;
  readonly #labs: DoorLabs;
  readonly #hostKey: string;
  #listener: Server | undefined;
  readonly #servers: Server[] = [];

  private constructor(all: Class, namespace: DoorNamespace, labs: DoorLabs, hostKey: string) {
    this.#all = all;
    this.#file = all.file;
    this.#namespace = namespace;
    this.#labs = labs;
    this.#hostKey = hostKey;
  }

  /** Opens a class's door. @throws CliError if its port is taken */
  static async open(file: string): Promise<Door> {
    const all = await openClass(file);
    const { directory } = all;
    const at = (name: string): string => join(directory.door, name);
    rmSync(directory.door, { recursive: true, force: true });
    for (const name of ["", "broker", "relays"]) mkdirSync(at(name), { recursive: true, mode: 0o700 });
    // Users in the door are others. Nobody else on this machine gets through the directory above.
    for (const name of ["broker", "relays"]) chmodSync(at(name), 0o711);
    if (Buffer.byteLength(at("relays/127.255.255.255")) > SOCKET_PATH_BYTES)
      throw new CliError(
        `${directory.path} is too deep for Unix sockets. Fix: set LVS_LAB_STATE to a shorter directory`,
      );
    const [host, menu] = await Promise.all([
      keptKey(directory.keyFile("door"), `${all.name}-door`),
      generateKeys("menu"),
    ]);
    const clientKey = async (id: string) => await keptKey(directory.keyFile(`client.${id}`), `client.${id}`);
    const labs = new DoorLabs(menu, clientKey, ({ stack }, text) => logTo(directory.logFile(stack, "door"), text));
    const namespace = await DoorNamespace.open({ broker: at("broker"), relays: at("relays") }, host.privateKey);
    const door = new Door(all, namespace, labs, host.publicKey.split(" ").slice(0, 2).join(" "));
    try {
      door.#servers.push(await listening(at("broker/socket"), (socket) => door.#session(socket)));
      await door.#take(all);
      door.#servers.push(await listening(at("control"), (socket) => door.#control(socket), { private: true }));
      door.#ownControl = stampOf(at("control"));
    } catch (error) {
      await door.close();
      throw error;
    }
    return door;
  }

  /** Runs until it is told to stop, or `signal`. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = AbortSignal.any([signal, this.#stopped.signal]);
    void this.#namespace.ended.then(() => this.#stopped.abort());
    this.#log(`open at ${addressOf(this.#all)}`);
    while (!stop.aborted) {
      await delay(LOOK_MS, undefined, { signal: stop }).catch(() => {});
      if (!stop.aborted) await this.#look();
    }
    this.#log("closes");
    await this.close();
  }

  readonly #stopped = new AbortController();

  async close(): Promise<void> {
    this.#listener?.close();
    for (const server of this.#servers) server.close();
    for (const { child } of this.#connections) child.kill("SIGKILL");
    for (const id of [...this.#known.keys()]) this.#dismiss(id);
    await this.#namespace.close();
    await rm(this.#all.directory.door, { recursive: true, force: true });
  }

  get state(): DoorState {
    const { address = "", port = 0 } = this.#all.door ?? {};
    return {
      ...{ pid: process.pid, since: this.#since.toISOString(), address, port, hostKey: this.#hostKey },
      logins: [...this.#connections].flatMap(({ id, from, since }) =>
        id === undefined ? [] : [{ id, from, since: since.toISOString() }],
      ),
      refused: this.#refused,
    };
  }

  #log(text: string): void {
    logTo(join(this.#all.directory.path, "log", "door.log"), text);
  }

  #logOf(stack: string, text: string): void {
    logTo(this.#all.directory.logFile(stack, "door"), text);
  }

  /** Takes the class's files again if they have changed. What is wrong with them is told in the log, and the door stays as it is. */
  async #look(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#lookOnce());
    await this.#looking;
  }

  #looking = Promise.resolve();

  async #lookOnce(): Promise<void> {
    if (stampOf(join(this.#all.directory.door, "control")) !== this.#ownControl) {
      this.#log("its directory is gone");
      this.#stopped.abort();
      return;
    }
    const seen = [this.#file, this.#all.roster].map(stampOf).join(" ");
    if (seen === this.#seen) return;
    this.#seen = seen;
    try {
      await this.#take(await openClass(this.#file));
    } catch (error) {
      this.#log(`the class's files are not taken: ${reasonOf(error)}`);
    }
  }

  async #take(all: Class): Promise<void> {
    this.#seen = [all.file, all.roster].map(stampOf).join(" ");
    const former = this.#all;
    if (all.door === undefined) {
      this.#log("the class has no door any more");
      this.#stopped.abort();
      return;
    }
    if (this.#listener === undefined || addressOf(all) !== addressOf(former)) await this.#listenAt(all.door);
    this.#all = all;
    const present = new Set(all.members.map(({ id }) => keyOf(id)));
    for (const id of [...this.#known.keys()]) if (!present.has(id)) this.#dismiss(id);
    for (const member of all.members) await this.#admit(member);
    const files = rosterFiles(
      [...this.#known.values()].map(({ account }) => account),
      (id) => this.#known.get(id)?.token ?? "",
    );
    const isNew = ({ path, text }: ConfinedFile): boolean => this.#files.get(path) !== text;
    const paths = new Set(files.map(({ path }) => path));
    const gone = [...this.#files.keys()].filter((path) => !paths.has(path));
    await this.#namespace.change(files.filter(isNew), gone);
    this.#files = new Map(files.map(({ path, text }) => [path, text]));
    void this.#revoke(all).catch((error) => this.#log(`keys stay: ${reasonOf(error)}`));
  }

  /** Keys that lead nowhere any more leave the servers that still have them. */
  async #revoke(all: Class): Promise<void> {
    const without = all.members.filter(({ key }) => key === "").map(({ stack }) => stack);
    for (const stack of [...without, ...(await goneStacks(all)).keys()])
      await this.#labs.revoke(stack).catch((error) => this.#logOf(stack, `the key stays: ${reasonOf(error)}`));
  }

  async #admit(member: Member): Promise<void> {
    const id = keyOf(member.id);
    const number = this.#numbers.get(id) ?? this.#numbers.size;
    this.#numbers.set(id, number);
    const servers = member.lab.servers.map(({ name }) => name);
    const account = accountOf(member, servers, number);
    const former = this.#known.get(id);
    if (former && JSON.stringify(former.account) === JSON.stringify(account)) {
      this.#known.set(id, { ...former, member });
      return;
    }
    // Another key is another person: what the former one opened is closed.
    if (former) this.#dismiss(id);
    const known: Known = {
      account,
      member,
      token: randomBytes(24).toString("hex"),
      relays: new Map(),
      open: new Set(),
    };
    this.#known.set(id, known);
    for (const { name, address } of account.hosts)
      known.relays.set(
        name,
        await listening(
          join(this.#all.directory.door, "relays", address),
          (socket) => void this.#relay(id, name, socket),
        ),
      );
  }

  /** Closes all that a student has open, and lets nobody in for them. */
  #dismiss(id: string): void {
    const known = this.#known.get(id);
    if (!known) return;
    this.#known.delete(id);
    for (const server of known.relays.values()) server.close();
    for (const one of known.open) one.destroy();
    for (const connection of this.#connections)
      if (connection.id === id) {
        this.#logOf(known.member.stack, `${connection.from}: closed, the roster has changed`);
        connection.child.kill("SIGKILL");
      }
  }

  async #listenAt({ address, port }: DoorFile): Promise<void> {
    // What comes is for sshd: nothing of it may be read here.
    const server = createServer({ pauseOnConnect: true }, (socket) => this.#connected(socket));
    server.listen(port, address);
    await once(server, "listening").catch((error: NodeJS.ErrnoException) => {
      const reason = error.code === "EADDRINUSE" ? "another program listens there" : error.message;
      throw new CliError(
        `the door cannot listen at ${address} port ${port}: ${reason}. Fix: set another \`door.port\` or \`door.address\``,
      );
    });
    server.on("error", (error) => this.#log(error.message));
    this.#listener?.close();
    this.#listener = server;
  }

  #connected(socket: Socket): void {
    socket.on("error", () => {});
    const from = `${socket.remoteAddress ?? "?"} port ${socket.remotePort ?? "?"}`;
    const starting = [...this.#connections].filter(({ id }) => id === undefined).length;
    if (starting >= limits.startups) {
      this.#refused++;
      this.#log(`${from}: refused, ${starting} others are logging in`);
      socket.destroy();
      return;
    }
    const child = this.#namespace.serve(socket);
    socket.destroy(); // this process's own end
    const connection: Connection = { from, since: new Date(), child };
    this.#connections.add(connection);
    child.once("error", (error) => this.#log(error.message));
    child.once("close", () => {
      this.#connections.delete(connection);
      if (connection.id === undefined && connection.refused) this.#refused++;
      const known = this.#known.get(connection.id ?? "");
      if (known) this.#logOf(known.member.stack, `${from}: gone`);
    });
    createInterface({ input: child.stderr as Readable }).on("line", (line) => this.#sshdSaid(connection, line));
  }

  /** A line that a connection's sshd logs. It writes what it was sent in octal where that is no plain text, so a line is its own. */
  #sshdSaid(connection: Connection, line: string): void {
    const [, name, fingerprint] = /^Accepted publickey for (\S+) from .* (SHA256:\S+)$/.exec(line) ?? [];
    if (/^(Failed|Invalid user|User \S+ from \S+ not allowed)/.test(line)) connection.refused = true;
    const id = connection.id ?? (name === undefined ? undefined : keyOf(name));
    const known = id === undefined ? undefined : this.#known.get(id);
    if (known) this.#logOf(known.member.stack, line);
    else this.#log(`${connection.from}: ${line}`);
    if (name === undefined || connection.id !== undefined) return;
    connection.id = keyOf(name);
    const theirs = [...this.#connections].filter((one) => one.id === connection.id).length;
    // It may have read a former key while the roster changed.
    const isTheirs = known !== undefined && fingerprintOf(known.account.key) === fingerprint;
    if (isTheirs && theirs <= limits.logins) return;
    const why = isTheirs ? `${keyOf(name)} has ${limits.logins} logins already` : "the roster has no such key";
    this.#log(`${connection.from}: closed, ${why}`);
    connection.child.kill("SIGKILL");
  }

  /** A connection inside the door to the address of a student's machine. */
  async #relay(id: string, host: string, socket: Socket): Promise<void> {
    socket.on("error", () => {});
    const known = this.#known.get(id);
    if (!known || known.open.size >= limits.relays) return void socket.destroy();
    known.open.add(socket);
    socket.once("close", () => known.open.delete(socket));
    try {
      const far = await this.#labs.connect(known.member, host);
      this.#logOf(known.member.stack, `${host}: passes a connection`);
      far.on("error", () => socket.destroy());
      far.once("close", () => socket.destroy());
      socket.once("close", () => far.destroy());
      if (socket.destroyed) return void far.destroy();
      socket.pipe(far).pipe(socket);
    } catch (error) {
      this.#labs.forget(known.member.stack);
      this.#logOf(known.member.stack, `${host}: ${reasonOf(error)}`);
      socket.destroy();
    }
  }

  /** A session of somebody who has logged in: its token says of whom. */
  #session(socket: Socket): void {
    new StudentTerminal(socket, (hello, terminal) => void this.#serve(socket, hello, terminal));
  }

  async #serve(socket: Socket, hello: Hello, terminal: StudentTerminal): Promise<void> {
    const known = [...this.#known.values()].find(({ token }) => token === hello.token);
    if (!known || known.open.size >= limits.relays) return terminal.cut();
    known.open.add(socket);
    socket.once("close", () => known.open.delete(socket));
    const { member } = known;
    try {
      const status = await serve({
        ...{ member, terminal, hello, labs: this.#labs, running: this.#running, run: lvsLabBy(lvsLabProgram) },
        recordings: this.#all.door?.record ? this.#all.directory.sessions(member.stack) : undefined,
        log: (text) => this.#logOf(member.stack, text),
      });
      terminal.exit(status);
    } catch (error) {
      this.#logOf(member.stack, `a session failed: ${reasonOf(error)}`);
      terminal.exit(exitStatus.internal);
    }
  }

  /** The teacher's commands, a word each. */
  #control(socket: Socket): void {
    socket.on("error", () => {});
    createInterface({ input: socket }).once("line", async (word) => {
      if (word === "look") {
        this.#seen = "";
        await this.#look();
      }
      socket.end(`${JSON.stringify(this.state)}\n`);
      if (word === "stop") this.#stopped.abort();
    });
  }
}

/** When a file was changed, and how long it is. */
const stampOf = (file: string): string => {
  const seen = statSync(file, { throwIfNoEntry: false });
  return `${seen?.mtimeMs}:${seen?.size}:${seen?.ino}`;
};

const addressOf = ({ door }: Pick<Class, "door">): string => `${door?.address} port ${door?.port}`;

/** A Unix socket that is served. `private`: by this user alone; otherwise by users in the door, too. */
async function listening(
  path: string,
  serveOne: (socket: Socket) => void,
  { private: isPrivate = false } = {},
): Promise<Server> {
  rmSync(path, { force: true });
  const server = createServer({ allowHalfOpen: true }, serveOne);
  server.on("error", () => {});
  server.listen({ path, readableAll: !isPrivate, writableAll: !isPrivate });
  await once(server, "listening");
  return server;
}
