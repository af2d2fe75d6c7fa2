import { patience } from "../../provision/ssh/index.ts";
import { type LiveLab, onServer } from "../live/live-lab.ts";

/** Where a director's mailbox and journal ended when a window began. */
interface Mark {
  /** Bytes of root's mailbox. */
  readonly mailbox: number;
  /** A journal cursor: journalctl(1). Empty: the journal had no entry. */
  readonly cursor: string;
}

/** Marks in mailboxes and journals, so that matchers read only what came since the window began. */
export class Baselines {
  readonly #live: LiveLab;
  readonly #servers: readonly string[];
  readonly #marks = new Map<string, Mark>();

  /** @param servers the directors, by name */
  constructor(live: LiveLab, servers: readonly string[]) {
    this.#live = live;
    this.#servers = [...new Set(servers)];
  }

  /** Marks the current end of mailbox and journal. An unreachable server keeps its last mark: what it writes meanwhile counts. */
  async take(): Promise<void> {
    await Promise.all(
      this.#servers.map(async (name) => {
        const mark = await this.#look(name).catch(() => undefined);
        if (mark) this.#marks.set(name, mark);
      }),
    );
  }

  of(server: string): Mark {
    return this.#marks.get(server) ?? { mailbox: 0, cursor: "" };
  }

  async #look(name: string): Promise<Mark> {
    const server = await onServer(this.#live, name, { seconds: patience(this.#live, 1) });
    const seen = await server.look({
      mailbox: "stat --format %s /var/mail/root",
      cursor: "journalctl --lines 0 --show-cursor",
    });
    return {
      mailbox: Number(seen.mailbox.text.trim() || 0),
      cursor: /^-- cursor: (.+)$/m.exec(seen.cursor.text)?.[1] ?? "",
    };
  }
}
