import type { Socket } from "node:net";
import type { RemoteTerminal, TerminalSize } from "../../../provision/ssh/index.ts";
import { type Hello, type Kind, type Message, MessageReader, messageOf, parseHello, parseSize } from "./protocol.ts";

/** How much input waits for somebody who reads it, in bytes. */
const MOST_WAITING = 256 * 1024;

/** Who reads a terminal's input at the moment. */
interface Reader {
  /** Not there: it waits for the next one. */
  input?(bytes: Buffer): void;
  end?(): void;
  interrupt?(): void;
  resize?(size: TerminalSize): void;
}

/** Who is told what a terminal shows. */
interface TerminalWatcher {
  output(bytes: Buffer): void;
  resize(size: TerminalSize): void;
}

/** A student's terminal, or their pipes, at the other end of a session in the door. */
export class StudentTerminal {
  /** Aborted when the session has gone. */
  readonly gone: AbortSignal;
  readonly #socket: Socket;
  readonly #waiting: Buffer[] = [];
  #ended = false;
  /** Whether input may go on after its end, as a terminal's does after Ctrl-D. */
  #goesOn = false;
  #reader: Reader | undefined;

  /** @param greet gets what the session says of itself, once */
  constructor(socket: Socket, greet: (hello: Hello, terminal: StudentTerminal) => void) {
    const gone = new AbortController();
    this.gone = gone.signal;
    this.#socket = socket;
    const reader = new MessageReader();
    let isGreeted = false;
    socket.on("data", (chunk: Buffer) => {
      try {
        for (const message of reader.read(chunk)) {
          if (isGreeted) this.#take(message);
          else if (message.kind === "H") {
            isGreeted = true;
            const hello = parseHello(message.body);
            this.#goesOn = hello.terminal !== undefined;
            greet(hello, this);
          } else throw new Error("no greeting");
        }
      } catch {
        socket.destroy(); // nobody's session: it has nothing to be told
      }
    });
    socket.on("error", () => {});
    socket.once("end", () => socket.destroy()); // no session sends nothing and still listens
    socket.once("close", () => gone.abort());
  }

  /** @returns whether more may be written at once */
  write(text: string | Buffer): boolean {
    return this.#send("O", text);
  }

  writeError(text: string | Buffer): boolean {
    return this.#send("E", text);
  }

  /** Ends the session. */
  exit(status: number): void {
    if (this.#socket.writable) this.#socket.end(messageOf("X", String(status & 255)));
  }

  /** Ends the session as if the line were cut. */
  cut(): void {
    this.#socket.destroy();
  }

  /** A line of input without its end; undefined at the end of input, "" where it was interrupted. */
  async readLine(): Promise<string | undefined> {
    let text = "";
    return await new Promise((resolve) => {
      const finish = (line: string | undefined, rest?: Buffer): void => {
        this.#listen(undefined);
        if (rest && rest.length > 0) this.#waiting.unshift(rest);
        resolve(line);
      };
      this.gone.addEventListener("abort", () => resolve(undefined), { once: true });
      if (this.gone.aborted) return resolve(undefined);
      this.#listen({
        input: (bytes) => {
          const end = bytes.findIndex((byte) => byte === 10 || byte === 13);
          text += bytes.toString("latin1", 0, end < 0 ? bytes.length : end);
          if (end >= 0) finish(Buffer.from(text, "latin1").toString(), bytes.subarray(end + 1));
          else if (text.length > 4096) finish("");
        },
        end: () => finish(undefined),
        interrupt: () => finish(""),
      });
    });
  }

  /** Runs something that may be interrupted by Ctrl-C, without input, which waits. */
  async interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const interrupted = new AbortController();
    this.#listen({ interrupt: () => interrupted.abort() });
    try {
      return await work(AbortSignal.any([this.gone, interrupted.signal]));
    } finally {
      this.#listen(undefined);
    }
  }

  /** Connects the terminal to a remote one until that has ended. `watcher` is told what it shows. @returns its exit status */
  async attach(
    remote: RemoteTerminal,
    { raw, watcher }: { readonly raw: boolean; readonly watcher?: TerminalWatcher | undefined },
  ): Promise<number> {
    const { stream, stderr } = remote;
    const close = (): void => remote.close();
    this.gone.addEventListener("abort", close, { once: true });
    if (this.gone.aborted) close();
    if (raw) this.#send("R");
    for (const [from, kind] of [[stream, "O"] as const, [stderr, "E"] as const])
      from.on("data", (bytes: Buffer) => {
        watcher?.output(bytes);
        if (this.#send(kind, bytes)) return;
        from.pause();
        this.#socket.once("drain", () => from.resume());
      });
    this.#listen({
      input: (bytes) => {
        if (stream.write(bytes)) return;
        this.#socket.pause();
        stream.once("drain", () => this.#socket.resume());
      },
      end: () => void stream.end(),
      interrupt: () => void stream.write("\x03"),
      resize: (size) => {
        watcher?.resize(size);
        remote.resize(size);
      },
    });
    try {
      return await remote.ended;
    } finally {
      this.#listen(undefined);
      this.#socket.resume();
      this.gone.removeEventListener("abort", close);
      remote.close();
      if (raw) this.#send("C");
    }
  }

  #send(kind: Kind, body: string | Buffer = ""): boolean {
    return this.#socket.writable ? this.#socket.write(messageOf(kind, body)) : true;
  }

  #take({ kind, body }: Message): void {
    if (kind === "I") {
      this.#waiting.push(body);
      this.#deliver();
      if (this.#waiting.reduce((sum, { length }) => sum + length, 0) > MOST_WAITING) this.#socket.pause();
    } else if (kind === "Z") {
      this.#ended = true;
      this.#deliver();
    } else if (kind === "W") this.#reader?.resize?.(parseSize(body));
    else if (kind === "S") this.#reader?.interrupt?.();
  }

  #listen(reader: Reader | undefined): void {
    this.#reader = reader;
    if (reader) this.#socket.resume();
    this.#deliver();
  }

  #deliver(): void {
    while (this.#reader?.input && this.#waiting.length > 0) this.#reader.input(this.#waiting.shift() as Buffer);
    if (!this.#ended || !this.#reader?.end || this.#waiting.length > 0) return;
    this.#ended = !this.#goesOn;
    this.#reader.end();
  }
}
