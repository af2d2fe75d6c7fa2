import { createHash } from "node:crypto";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { command } from "../../provision/ssh/index.ts";
import type { View } from "./view.ts";

/** The pace until `finish`, in bytes a millisecond: a few megabytes last for a minute, and acknowledgements go out all the time. */
const PACE = 64;

/** How a download ended. */
export interface Downloaded {
  readonly bytes: number;
  /** SHA-256 of all that came, in hexadecimal. */
  readonly sha256: string;
  /** curl's error; undefined: it came to its end. */
  readonly error?: string;
}

/**
 * A download by the lab's client. It is read at 64 kB a second, and TCP's flow control holds the server to that, until `finish` reads the rest at once.
 * Always `stop` it.
 */
export class Download {
  readonly #view: View;
  readonly #url: string;
  readonly #words: readonly string[];
  readonly #child: ReturnType<View["startClient"]>;
  readonly #hash = createHash("sha256");
  readonly #closed: Promise<unknown>;
  readonly #read: Promise<void>;
  #paced = true;
  #bytes = 0;
  #over = false;
  #stderr = "";

  constructor(view: View, url: string) {
    this.#view = view;
    this.#url = url;
    this.#words = ["curl", "--silent", "--show-error", "--fail", "--insecure", url];
    this.#child = view.startClient(...this.#words);
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
    this.#closed = once(this.#child, "close");
    this.#closed.catch(() => {}); // awaited by `finish`
    this.#read = this.#readAll();
  }

  /**
   * How much its connection has received so far, in bytes, as the client's kernel counts it: what is read comes later, out of buffers of megabytes,
   * also when the connection is long gone. Undefined: there is no connection.
   */
  async received(): Promise<number | undefined> {
    const { hostname, port, protocol } = new URL(this.#url);
    const target = `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
    const { output } = await this.#view.client("ss", "--no-header", "--tcp", "--info", "--numeric", "dst", target);
    const counts = [...output.matchAll(/\bbytes_received:(\d+)/g)].map(([, count]) => Number(count));
    return counts.length === 0 ? undefined : Math.max(...counts); // the probe's connections are short
  }

  /** Whether all that came has been read, and nothing more will come. */
  get over(): boolean {
    return this.#over;
  }

  /** Reads the rest as fast as it comes. */
  async finish(): Promise<Downloaded> {
    this.#paced = false;
    await this.#read;
    await this.#closed;
    const { exitCode: status } = this.#child;
    this.#view.keep({ where: "client", command: command`${[...this.#words]}`, output: this.#stderr, status });
    return {
      bytes: this.#bytes,
      sha256: this.#hash.digest("hex"),
      ...(status === 0 ? {} : { error: this.#stderr.trim() || `curl ended with ${status}` }),
    };
  }

  stop(): void {
    this.#paced = false;
    this.#child.kill();
  }

  async #readAll(): Promise<void> {
    // A piece is asked for when the last one has been waited for.
    for await (const piece of this.#child.stdout ?? []) {
      this.#hash.update(piece as Buffer);
      this.#bytes += (piece as Buffer).length;
      if (this.#paced) await delay((piece as Buffer).length / PACE);
    }
    this.#over = true;
  }
}
