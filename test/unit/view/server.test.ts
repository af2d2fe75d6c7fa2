import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Feed } from "../../../view/feed.ts";
import { serveView, type ViewServer } from "../../../view/server.ts";
import type { Tile, ViewEvent } from "../../../view/tile.ts";

const aTile = (key: string, more: Partial<Tile> = {}): Tile => ({
  key,
  student: { id: `id${key}`, name: `Name ${key}`, stack: `net1.id${key}` },
  ...{ state: "up", words: `up since ${key} typed`, vips: [{ address: "10.0.0.1", holders: ["server1"] }], faults: [] },
  tasks: [
    {
      id: "arp-cure",
      title: "It is quiet",
      where: "server2",
      status: "wrong",
      points: 0,
      of: 1,
      seen: "own",
      hint: "own",
      foreign: ["own"],
    },
  ],
  hand: { since: 1, text: "own" },
  ...more,
});

let feed: Feed;
let server: ViewServer;
let lowered: string[];
const page = { html: "<!doctype html>", script: "1", style: "a{}" };
beforeEach(async () => {
  feed = new Feed({ name: "net1", exercise: "bare" }, [aTile("1"), aTile("2")]);
  lowered = [];
  server = await serveView({
    ...{ listen: "127.0.0.1", port: 0, feed, page, beatMs: 50 },
    lower: async (key) => {
      lowered.push(key);
      return key === "1";
    },
  });
});
afterEach(() => server.close());

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A request as no browser would alter it. */
async function ask(
  path: string,
  headers: Record<string, string> = {},
  { method = "GET", body = "" } = {},
): Promise<Answer> {
  const asked = request(new URL(path, server.url), { method, headers, agent: false }).end(body);
  const [response] = await once(asked, "response");
  let text = "";
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, headers: response.headers, body: text };
}

const token = (): string => new URL(server.url).searchParams.get("token") ?? "";
const cookie = async (): Promise<Record<string, string>> => {
  const { headers } = await ask(server.url);
  return { cookie: headers["set-cookie"]?.[0]?.split(";")[0] ?? "" };
};
const origin = (): string => new URL(server.url).origin;

/** Reads a stream until it has as many messages; heartbeats count. */
async function messages(
  path: string,
  count: number,
  headers: Record<string, string>,
  during = () => {},
): Promise<string[]> {
  const asked = request(new URL(path, server.url), { headers, agent: false }).end();
  const [response] = await once(asked, "response");
  expect(response.headers["content-type"]).toBe("text/event-stream");
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) {
    if (text === "") during();
    text += chunk;
    if (text.split("\n\n").length > count) break;
  }
  asked.destroy();
  return text.split("\n\n").slice(0, count);
}
const dataOf = (message: string): ViewEvent => JSON.parse(/^data: (.*)$/m.exec(message)?.[1] ?? "");
const idOf = (message: string): string => /^id: (.*)$/m.exec(message)?.[1] ?? "";

describe("the server", () => {
  it("prints an address that opens the page, and gives a cookie for all that follows", async () => {
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}$/);
    const { status, headers, body } = await ask(server.url);
    expect([status, body]).toEqual([200, page.html]);
    expect(headers["set-cookie"]?.[0]).toMatch(/^lvs-lab-view-\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
    for (const [path, type] of [
      ["/", "text/html; charset=utf-8"],
      ["/page.js", "text/javascript; charset=utf-8"],
      ["/page.css", "text/css; charset=utf-8"],
    ] as const)
      expect((await ask(path, await cookie())).headers["content-type"]).toBe(type);
  });

  it("lets the page load nothing of others, and nobody frame, sniff or keep it", async () => {
    const { headers } = await ask(server.url);
    expect(headers).toMatchObject({
      "content-security-policy": expect.stringMatching(
        /^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';/,
      ),
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
    });
    expect(headers["content-security-policy"]).toContain("frame-ancestors 'none'");
    expect(headers["content-security-policy"]).not.toContain("unsafe");
  });

  it.each(["/", "/page.js", "/page.css", "/events", "/lower", "/nothing", `/?token=x`])(
    "answers %s with 403 and what to do, but no cookie, without the token",
    async (path) => {
      const { status, headers, body } = await ask(path);
      expect([status, headers["set-cookie"]]).toEqual([403, undefined]);
      expect(body).toContain("Fix: open the address that `lvs-lab class view` printed.");
    },
  );

  it("answers with 403 whoever comes by another name, or from another site's page", async () => {
    const known = await cookie();
    expect((await ask("/events", { ...known, host: "attacker.example" })).status).toBe(403);
    expect((await ask("/", { ...known, origin: "http://attacker.example" })).status).toBe(403);
    expect((await ask("/", { ...known, origin: origin() })).status).toBe(200);
  });

  it("takes GET alone, but to lower a hand, and knows no other page", async () => {
    const known = { ...(await cookie()), origin: origin() };
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"])
      expect((await ask("/", known, { method })).status, method).toBe(405);
    expect((await ask("/lower", known)).status).toBe(405);
    expect((await ask("/etc/passwd", known)).status).toBe(404);
    expect((await ask("/../package.json", known)).status).toBe(404);
    expect(await ask("/", known, { method: "HEAD" })).toMatchObject({ status: 200, body: "" });
  });

  it("lowers a hand by a request of its own page", async () => {
    const known = { ...(await cookie()), origin: origin(), "content-type": "application/json" };
    const lower = async (body: string, headers: Record<string, string> = {}) =>
      (await ask("/lower", { ...known, "content-length": String(body.length), ...headers }, { method: "POST", body }))
        .status;
    expect(await lower('{"key":"1"}')).toBe(204);
    expect(await lower('{"key":"3"}')).toBe(404);
    expect(lowered).toEqual(["1", "3"]);
    expect(await lower('{"key":1}')).toBe(404);
    expect(await lower("{")).toBe(400);
    expect(await lower('{"key":"1"}', { "content-type": "text/plain" })).toBe(415);
    expect(await lower(`{"key":"${"1".repeat(2000)}"}`)).toBe(413);
    expect(await lower('{"key":"1"}', { origin: "http://attacker.example" })).toBe(403);
    expect(lowered).toEqual(["1", "3"]);
  });

  it("stays up whatever is sent to it", async () => {
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    socket.on("error", () => {}).resume();
    socket.write(`GET /?token=${token()} HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n\u0000\u0001 nonsense\r\n\r\n`);
    await once(socket, "close");
    expect((await ask(`/%00%ff/?token=${token()}`)).status).toBe(404);
    expect((await ask(server.url)).status).toBe(200);
  });

  it("ends its streams and its port when it is closed", async () => {
    const known = await cookie();
    const stream = messages("/events", 1000, known).catch((error: Error) => error);
    await expect.poll(() => feed.listeners).toBe(1);
    await server.close();
    await stream;
    await expect.poll(() => feed.listeners).toBe(0);
    await expect(ask(server.url)).rejects.toThrow(/ECONNREFUSED/);
    server = await serveView({ listen: "127.0.0.1", port: 0, feed, page, lower: async () => false });
  });
});

describe("its events", () => {
  it("begin with all tiles, go on with each change at once, and beat", async () => {
    const known = await cookie();
    let changed = 0;
    const [retry = "", all = "", ...rest] = await messages("/events", 6, known, () => {
      setTimeout(() => {
        changed = performance.now();
        feed.put(aTile("2", { state: "down" }));
        feed.put(aTile("2", { state: "down" })); // nothing new
      }, 80);
    });
    expect(performance.now() - changed).toBeLessThan(1000);
    expect(retry).toBe("retry: 1000");
    expect(all).toMatch(/^id: \w+-0-teacher\nevent: all\ndata: \{.*\}$/);
    expect(dataOf(all).tiles).toEqual([aTile("1"), aTile("2")]);
    expect(dataOf(all).info).toEqual({ name: "net1", exercise: "bare" });
    expect(Math.abs(dataOf(all).now - Date.now())).toBeLessThan(10_000);
    const some = rest.filter((message) => message.includes("event: some"));
    expect(some.map(dataOf).map(({ tiles }) => tiles)).toEqual([[aTile("2", { state: "down" })]]);
    expect(rest).toContain(": alive");
  });

  it("go on after the last one that a page got, with what it missed alone", async () => {
    const known = await cookie();
    const [, all = ""] = await messages("/events", 2, known);
    feed.put(aTile("1", { state: "down" }));
    feed.put(aTile("1", { state: "silent" }));
    const [, missed = ""] = await messages("/events", 2, { ...known, "last-event-id": idOf(all) });
    expect(missed).toContain("event: some");
    expect(dataOf(missed).tiles).toEqual([aTile("1", { state: "silent" })]);
    const [, nothing = ""] = await messages("/events", 2, { ...known, "last-event-id": idOf(missed) });
    expect(nothing).toBe(": alive");
    feed.putInfo({ name: "net1", exercise: "bare", announcement: { text: "five minutes", at: 1 } });
    const [, told = ""] = await messages("/events", 2, { ...known, "last-event-id": idOf(missed) });
    expect(dataOf(told)).toMatchObject({ tiles: [], info: { announcement: { text: "five minutes" } } });
  });

  it.each(["another-0-teacher", "x", "", "0"])(
    "begin anew after the id %j, of another run or of nobody",
    async (id) => {
      const [, first = ""] = await messages("/events", 2, { ...(await cookie()), "last-event-id": id });
      expect(first).toContain("event: all");
    },
  );

  it("have nothing for a projector that says whose lab it is, also after the teacher's", async () => {
    const known = await cookie();
    const [, all = ""] = await messages("/events", 2, known);
    const [, shown = ""] = await messages("/events?projector", 2, { ...known, "last-event-id": idOf(all) }, () => {});
    expect(shown).toContain("event: all");
    expect(dataOf(shown).tiles).toHaveLength(2);
    for (const text of ["Name", "id1", "net1.", "own", "typed", "10.0.0.1"])
      expect(JSON.stringify(dataOf(shown).tiles), text).not.toContain(text);
    expect(dataOf(shown).tiles[0]).toMatchObject({ key: "1", hand: { since: 1 }, vips: [{ holders: ["server1"] }] });
    const [, later = ""] = await messages("/events?projector", 2, { ...known, "last-event-id": idOf(shown) }, () =>
      feed.put(aTile("1", { state: "partly" })),
    );
    expect(JSON.stringify(later)).not.toContain("Name");
  });

  it("end for a page that has gone", async () => {
    await messages("/events", 2, await cookie());
    await expect.poll(() => feed.listeners).toBe(0);
    await delay(60);
    feed.put(aTile("1", { state: "none" }));
  });
});
