import { createWriteStream, mkdirSync, readdirSync, statSync, type WriteStream } from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { StringDecoder } from "node:string_decoder";
import type { TerminalSize } from "../../../provision/ssh/index.ts";

/** The longest recording, in bytes: hours at a prompt, or a minute of what a careless `cat` prints. */
const LONGEST = 4 << 20;

/** The most that all recordings of a student may take, in bytes. */
const MOST = 64 << 20;

/** What is recorded of a session, beside its output. */
export interface RecordedSession {
  /** The machine: a server's name, or `client`. */
  readonly host: string;
  /** Absent: a login shell. */
  readonly command?: string;
  /** Absent: the session has no terminal. */
  readonly terminal?: TerminalSize;
}

/**
 * The recording of one session at a machine of a student's lab: what its terminal showed, and when. In asciicast version 2, which asciinema plays
 * (docs.asciinema.org/manual/asciicast/v2): a header, then an event a line, with seconds since the start. Keys are not recorded: what a
 * shell echoes of them is.
 */
export class Recording {
  readonly #file: WriteStream;
  readonly #begun = performance.now();
  readonly #decoder = new StringDecoder("utf8");
  #left = LONGEST;

  private constructor(file: WriteStream) {
    this.#file = file;
    // A disk that is full must not end a student's session.
    file.on("error", () => {
      this.#left = 0;
    });
  }

  /**
   * Begins a recording in a student's directory.
   * @returns undefined if they have too many already
   */
  static begin(
    directory: string,
    { host, command, terminal }: RecordedSession,
    now = new Date(),
  ): Recording | undefined {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const taken = readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
    if (taken > MOST) return undefined;
    const time = now.toISOString().slice(0, 23).replaceAll(/[:.]/g, "-");
    const recording = new Recording(
      createWriteStream(join(directory, `${time}-${host}.cast`), { flags: "a", mode: 0o600 }),
    );
    const { columns = 80, rows = 24 } = terminal ?? {};
    recording.#line({
      ...{ version: 2, width: columns || 80, height: rows || 24 },
      ...{ timestamp: Math.floor(now.getTime() / 1000), title: host },
      ...(command === undefined ? {} : { command }),
    });
    return recording;
  }

  /** What the terminal was sent. */
  output(bytes: Buffer): void {
    const text = this.#decoder.write(bytes);
    if (text !== "") this.#event("o", text);
  }

  resize({ columns, rows }: TerminalSize): void {
    this.#event("r", `${columns}x${rows}`);
  }

  /** Ends the recording with the session's exit status. Resolves when all of it is in the file, or cannot be. */
  async end(status: number): Promise<void> {
    this.#event("m", `status ${status}`);
    this.#file.end();
    await finished(this.#file).catch(() => {}); // a full disk: see the constructor
  }

  #event(kind: "o" | "r" | "m", text: string): void {
    this.#line([Number(((performance.now() - this.#begun) / 1000).toFixed(3)), kind, text]);
  }

  #line(value: unknown): void {
    if (this.#left <= 0) return;
    const line = `${JSON.stringify(value)}\n`;
    this.#left -= line.length;
    this.#file.write(
      this.#left > 0 ? line : `${JSON.stringify([0, "m", "the recording is cut off: it is too long"])}\n`,
    );
  }
}
