import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, isIPv6 } from "node:net";
import { text } from "node:stream/consumers";
import { cookieFor, newToken, queryOf, refusalOf } from "./access.ts";
import { type Audience, type Feed, RETRY } from "./feed.ts";
import type { ViewPage } from "./page-files.ts";

export interface ViewServerOptions {
  /** The address to listen at. */
  readonly listen: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly feed: Feed;
  readonly page: ViewPage;
  /** Lowers the hand of a tile. @returns whether there is such a tile */
  lower(key: string): Promise<boolean>;
  /** Milliseconds between comments that keep streams open; for tests. */
  readonly beatMs?: number;
}

export interface ViewServer {
  /** The address with its token, to open in a browser. */
  readonly url: string;
  /** Ends all streams and stops listening. */
  close(): Promise<void>;
}

/** How many pages may be open at once. */
const MOST_STREAMS = 64;

/** What a page may be behind, in bytes, before its stream is ended; it comes back and gets the state as it is. */
const MOST_BEHIND = 4 * 2 ** 20;

/** The longest body of a request, in bytes. */
const LONGEST_BODY = 1024;

/** The page loads its own script and style, and nothing else; nobody may frame it. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const headers: Readonly<Record<string, string>> = {
  "content-security-policy": POLICY,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};

/** Serves the page and its stream of events by HTTP, to those who have the token. @throws the system's error if it cannot listen */
export async function serveView(options: ViewServerOptions): Promise<ViewServer> {
  const { listen, feed, beatMs = 15_000 } = options;
  const token = newToken();
  const server = createServer((request, response) => {
    answer(request, response, { ...options, port: portOf(server), token }).catch(() => response.destroy());
  });
  server.listen(options.port, listen);
  await once(server, "listening");
  const beat = setInterval(() => feed.beat(), beatMs);
  const port = portOf(server);
  return {
    url: `http://${isIPv6(listen) ? `[${listen}]` : listen}:${port}/?token=${token}`,
    async close() {
      clearInterval(beat);
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

type Answering = ViewServerOptions & { readonly token: string };

async function answer(request: IncomingMessage, response: ServerResponse, options: Answering): Promise<void> {
  const { method = "", url = "" } = request;
  const say = (status: number, body: string, type = "text/plain", more: Record<string, string> = {}): void => {
    response.writeHead(status, { ...headers, "content-type": `${type}; charset=utf-8`, ...more });
    response.end(method === "HEAD" ? undefined : body);
  };
  const refusal = refusalOf(request, options);
  if (refusal !== undefined) return say(403, `${refusal}\n`);
  const [path = ""] = url.split("?");
  const { page, port, token } = options;
  const get = ["GET", "HEAD"].includes(method);
  if (path === "/lower" && method === "POST") return say(await lowered(request, options), "");
  const known = ["/", "/page.js", "/page.css", "/events", "/lower"].includes(path);
  if (!known) return say(404, "There is no such page.\n");
  if (!get || path === "/lower") return say(405, "", "text/plain", { allow: path === "/lower" ? "POST" : "GET, HEAD" });
  // Once the address had the token, the cookie has it, and the page takes it out of the address.
  if (path === "/") return say(200, page.html, "text/html", { "set-cookie": cookieFor(port, token) });
  if (path === "/page.js") return say(200, page.script, "text/javascript");
  if (path === "/page.css") return say(200, page.style, "text/css");
  if (options.feed.listeners >= MOST_STREAMS) return say(503, "Too many pages are open.\n");
  response.writeHead(200, { ...headers, "content-type": "text/event-stream" });
  if (method === "HEAD") return void response.end();
  stream(request, response, options);
}

function stream(request: IncomingMessage, response: ServerResponse, { feed }: Answering): void {
  const audience: Audience = queryOf(request.url ?? "").has("projector") ? "projector" : "teacher";
  const last = request.headers["last-event-id"];
  const write = (data: string): void => {
    response.write(data);
    if (response.writableLength > MOST_BEHIND) response.destroy();
  };
  write(RETRY);
  const end = feed.listen(audience, typeof last === "string" ? last : undefined, write);
  response.once("close", end);
}

/** Lowers the hand that a request's body names. @returns the status of the answer */
async function lowered(request: IncomingMessage, { lower }: Answering): Promise<number> {
  const { "content-type": type, "content-length": length } = request.headers;
  if (type !== "application/json") return 415;
  if (!(Number(length) <= LONGEST_BODY)) return 413;
  try {
    const { key } = JSON.parse(await text(request)) as { key?: unknown };
    return typeof key === "string" && (await lower(key)) ? 204 : 404;
  } catch {
    return 400;
  }
}
