import type { TerminalSize } from "../../../provision/ssh/index.ts";

/**
 * Messages between a student's session in the door (inside/session.pl) and the broker: a letter, the length in four bytes, the contents. From the
 * session: `H` who it is, `I` input, `Z` the end of input, `W` the terminal's size, `S` a signal. From the broker: `O` and `E` for standard output and
 * error, `R` each key is passed on, `C` the terminal edits lines, `X` the exit status.
 */
export type Kind = "H" | "I" | "Z" | "W" | "S" | "O" | "E" | "R" | "C" | "X";

export interface Message {
  readonly kind: string;
  readonly body: Buffer;
}

/** The longest message of a session: it reads 32 KiB at once, and a command line is shorter (execve(2), MAX_ARG_STRLEN). */
const LONGEST = 256 * 1024;

export function messageOf(kind: Kind, body: string | Buffer = ""): Buffer {
  const bytes = Buffer.from(body as string);
  const head = Buffer.alloc(5);
  head.write(kind, 0, "latin1");
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/** Cuts what comes over a socket into messages. */
export class MessageReader {
  #rest: Buffer = Buffer.alloc(0);

  /** @throws Error at a message that no session sends */
  read(chunk: Buffer): Message[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const messages: Message[] = [];
    while (this.#rest.length >= 5) {
      const length = this.#rest.readUInt32BE(1);
      if (length > LONGEST) throw new Error(`a message of ${length} bytes`);
      if (this.#rest.length < 5 + length) break;
      messages.push({ kind: this.#rest.toString("latin1", 0, 1), body: this.#rest.subarray(5, 5 + length) });
      this.#rest = this.#rest.subarray(5 + length);
    }
    return messages;
  }
}

/** What a session says of itself. */
export interface Hello {
  readonly token: string;
  /** Its terminal; not there: it has none. */
  readonly terminal?: TerminalSize & { readonly type: string };
  /** What the student gave to ssh(1); not there: nothing. */
  readonly command?: string;
}

/** @throws Error if it is none */
export function parseHello(body: Buffer): Hello {
  const [token = "", isTerminal, type = "", rows, columns, hasCommand, ...rest] = body.toString().split("\0");
  if (hasCommand === undefined) throw new Error("a greeting that is cut off");
  return {
    token,
    ...(isTerminal === "1"
      ? { terminal: { ...sizeOf(rows, columns), type: /^[\w.+-]{1,40}$/.test(type) ? type : "dumb" } }
      : {}),
    ...(hasCommand === "1" ? { command: rest.join("\0") } : {}),
  };
}

export const parseSize = (body: Buffer): TerminalSize => {
  const [rows, columns] = body.toString().split("\0");
  return sizeOf(rows, columns);
};

/** Numbers of a terminal, within what a terminal can be. */
const sizeOf = (rows: string | undefined, columns: string | undefined): TerminalSize => {
  const within = (text: string | undefined): number => Math.min(Math.max(Math.trunc(Number(text)) || 0, 0), 9999);
  return { rows: within(rows), columns: within(columns) };
};
