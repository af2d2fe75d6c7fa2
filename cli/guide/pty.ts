import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { stripVTControlCharacters } from "node:util";

/** What a command typed at a terminal came to. */
export interface TypedEnd {
  /** What the terminal showed after the line that was typed, without the next prompt. */
  readonly shown: string;
  readonly status: number;
}

/** The shell at a terminal did not come back with a prompt. */
export class NoPromptError extends Error {
  override readonly name = "NoPromptError";
}

/**
 * The prompts. `?` is the status of the last command; what is typed to set them does not match what they look like.
 * The columns keep the shell from breaking lines, and packages from asking at a terminal.
 */
const SET_UP = "stty columns 500; export DEBIAN_FRONTEND=noninteractive; PS2='lvs-lab+ '; PS1='lvs-lab:$?$ '";
const PROMPT = /lvs-lab:(\d+)\$ $/;
const CONTINUATION = /lvs-lab\+ $/;

export interface PtyOptions {
  /** For the first prompt. */
  readonly seconds: number;
  /** Ends each wait. */
  readonly signal?: AbortSignal;
}

/**
 * A shell at a pseudo-terminal that is typed into as by a person: a line, and the next one once the shell prompts for it. The terminal is that of the
 * program that was started: of OpenSSH's server (`ssh -tt`), or of script(1).
 */
export class Pty {
  readonly #child: ChildProcess;
  readonly #signal: AbortSignal | undefined;
  /** What was shown since a line was typed. */
  #shown = "";
  #ended = false;

  private constructor(child: ChildProcess, signal?: AbortSignal) {
    this.#child = child;
    this.#signal = signal;
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#shown += text;
      });
    child.stdin?.on("error", () => {}); // it has ended, which is told below
    child.once("error", () => {
      this.#ended = true;
    });
    child.once("close", () => {
      this.#ended = true;
    });
  }

  /**
   * Waits for the shell of a program that was started with pipes.
   * @throws NoPromptError
   */
  static async open(child: ChildProcess, { seconds, signal }: PtyOptions): Promise<Pty> {
    const pty = new Pty(child, signal);
    try {
      // A first prompt of any kind: what is typed before it may be lost.
      await pty.#until(() => /[$#%>] ?$/.test(pty.#plain()), seconds, "a shell");
      await pty.type(SET_UP, seconds);
    } catch (error) {
      await pty.close();
      throw error;
    }
    return pty;
  }

  /**
   * Types a command, line by line.
   * @param seconds for each prompt
   * @throws NoPromptError if there is none in time, or the shell has ended
   */
  async type(command: string, seconds: number): Promise<TypedEnd> {
    let status: number | undefined;
    let shown = "";
    for (const line of command.split("\n")) {
      this.#shown = "";
      // A tab would complete: ^V takes the next character as it is.
      this.#child.stdin?.write(`${line.replaceAll("\t", "\u0016\t")}\n`);
      await this.#until(() => this.#prompted(), seconds, `the prompt after \`${line}\``);
      const text = this.#plain();
      status = PROMPT.exec(text)?.[1] === undefined ? undefined : Number(PROMPT.exec(text)?.[1]);
      shown += text.replace(/^[^\n]*\n/, "").replace(status === undefined ? CONTINUATION : PROMPT, "");
    }
    if (status === undefined) throw new NoPromptError(`the shell waits for the rest of \`${command}\``);
    return { shown, status };
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Ends the shell. */
  async close(): Promise<void> {
    if (this.#ended) return;
    const closed = once(this.#child, "close");
    this.#child.stdin?.end("exit\n");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 2000);
    await closed;
    clearTimeout(timer);
  }

  /** Whether there is a prompt after the echo of the line. */
  #prompted(): boolean {
    const text = this.#plain();
    return text.includes("\n") && (PROMPT.test(text) || CONTINUATION.test(text));
  }

  /** What was shown, as text. */
  #plain(): string {
    return stripVTControlCharacters(this.#shown).replaceAll("\r", "");
  }

  async #until(there: () => boolean, seconds: number, what: string): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    while (!there()) {
      const last = this.#plain().trimEnd().split("\n").slice(-12).join("\n");
      if (this.#ended) throw new NoPromptError(`the terminal ended before ${what}. It showed:\n${last}`);
      this.#signal?.throwIfAborted();
      if (Date.now() > deadline)
        throw new NoPromptError(`within ${seconds} s there was not ${what}. The terminal shows:\n${last}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
