import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { hostPort, type Ip, inUrl, type VirtualService } from "../../lab/index.ts";
import { command } from "../../provision/ssh/index.ts";
import type { View } from "../live/view.ts";
import { readPage } from "./page.ts";

/** Where a connection comes from. */
export interface Source {
  readonly address: Ip;
  readonly port: number;
}

/** How a connection to the service ended, or began. */
export interface Answer {
  /** The real server by its page; undefined: no page, or nobody's. */
  readonly server: string | undefined;
  /** For people: the server, or what came instead. */
  readonly text: string;
  /** `refused` by the director, which has no real server for it; `failed` otherwise. */
  readonly outcome: "answered" | "refused" | "failed";
}

/** A connection that stays open. */
export interface Held extends Answer {
  release(): Promise<void>;
}

/** Opens connections to a virtual service. */
export interface Client {
  /** One request, on a connection that is closed with the answer. */
  ask(from: Source): Promise<Answer>;
  /**
   * One request, on a connection that stays open.
   * @property reset whether its end is a reset: IPVS remembers such a connection for 10 s, rather than for two minutes
   */
  hold(from: Source, options?: { readonly reset?: boolean }): Promise<Held>;
}

/** Seconds for an answer, and for a released connection to end. */
const ANSWER_SECONDS = 5;
const END_SECONDS = 2;

/** curl(1): could not connect, because of an RST or an ICMP message. */
const COULD_NOT_CONNECT = 7;

/** How much of an unknown page is shown. */
const PAGE_CHARACTERS = 40;

/** A page of no real server, for people. */
export const unknownPage = (page: string): string => `unknown page ${JSON.stringify(page.slice(0, PAGE_CHARACTERS))}`;

/**
 * The lab's client. It asks with curl; it holds with socat, because curl closes with its last answer.
 * @param serverOf the name of the real server with a page
 */
export function clientOf(
  view: View,
  { vip, port }: VirtualService,
  serverOf: (page: string) => string | undefined,
): Client {
  const target = hostPort(vip, port);
  const answered = (page: string): Answer => {
    const server = serverOf(page);
    const text = server ?? unknownPage(page);
    return { server, text, outcome: "answered" };
  };
  const unanswered = (text: string, outcome: Answer["outcome"]): Answer => ({ server: undefined, text, outcome });
  return {
    async ask(from) {
      const source = ["--interface", from.address, "--local-port", String(from.port)];
      const limits = ["--silent", "--show-error", "--max-time", String(ANSWER_SECONDS)];
      const { output, status } = await view.client("curl", ...limits, ...source, `http://${target}/`);
      if (status === 0) return answered(output);
      return unanswered(`failed (curl ${status})`, status === COULD_NOT_CONNECT ? "refused" : "failed");
    },

    async hold(from, { reset = false } = {}) {
      // -t: it stays when the web server ends its side of the connection.
      const words = [
        "socat",
        "-t60",
        "-",
        `TCP:${target},bind=${hostPort(from.address, from.port)},connect-timeout=5${reset ? ",linger=0" : ""}`,
      ];
      const child = view.startClient(...words);
      const ended = once(child, "close").then(([status]) => status as number | null);
      ended.catch(() => {}); // awaited where it matters
      child.stdin?.on("error", () => {}); // it has ended; its exit tells
      let stderr = "";
      child.stderr?.setEncoding("utf8").on("data", (text: string) => {
        stderr += text;
      });
      const release = async (): Promise<void> => {
        if (reset)
          child.kill(); // its socket is closed, which resets
        else child.stdin?.end(); // socat sends FIN
        const late = delay(END_SECONDS * 1000, "late", { ref: false });
        if ((await Promise.race([ended, late])) === "late") child.kill();
      };
      // HTTP/1.0: no server answers it in chunks.
      child.stdin?.write(`GET / HTTP/1.0\r\nHost: ${inUrl(vip)}\r\nConnection: keep-alive\r\n\r\n`);
      const page = await readPage(child.stdout, ANSWER_SECONDS);
      if (page === undefined) {
        await release();
        const status = await ended;
        view.keep({ where: "client", command: command`${words}`, output: stderr, status });
        const said = /Connection refused/.test(stderr) ? "refused" : "failed";
        return { ...unanswered(`failed (socat ${status})`, said), release: async () => {} };
      }
      // The beginning of another request: otherwise the web server would close the idle connection.
      child.stdin?.write("GET / HTTP/1.0\r\n");
      view.keep({ where: "client", command: command`${words}`, output: page, status: 0 });
      return { ...answered(page), release };
    },
  };
}
