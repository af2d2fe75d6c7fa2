import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { readPage } from "../../../../verify/distribution/page.ts";

const head = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n";

/** What is read from pieces that come one after the other. */
async function read(pieces: readonly string[], { ends = false, seconds = 5 } = {}): Promise<string | undefined> {
  const stream = new PassThrough();
  const page = readPage(stream, seconds);
  for (const piece of pieces) {
    stream.write(piece);
    await new Promise(setImmediate);
  }
  if (ends) stream.end();
  return await page;
}

it.each<[string, string[]]>([
  ["at once", [`${head}server2\n`]],
  ["in pieces", [head.slice(0, 20), head.slice(20), "serv", "er2\n"]],
])("a page that comes %s, on a connection that stays open", async (_how, pieces) => {
  expect(await read(pieces)).toBe("server2\n");
});

it("counts bytes, not characters", async () => {
  expect(await read(["HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nsérver2\n"])).toBe("sérver2\n");
});

it("a page without a length, when it ends or nothing more comes", async () => {
  expect(await read(["HTTP/1.0 200 OK\r\n\r\nserv", "er2\n"], { ends: true })).toBe("server2\n");
  expect(await read(["HTTP/1.0 200 OK\r\n\r\nserv", "er2\n"])).toBe("server2\n");
});

it("nothing, when it ends without a page or in time", async () => {
  expect(await read([], { ends: true })).toBe(undefined);
  expect(await read(["HTTP/1.1 200"], { seconds: 0.05 })).toBe(undefined);
});

it("leaves the stream flowing, so that its end is seen", async () => {
  const stream = new PassThrough();
  const page = readPage(stream, 5);
  stream.write(`${head}server2\n`);
  expect(await page).toBe("server2\n");
  const ended = new Promise((resolve) => stream.once("end", resolve));
  stream.end("HTTP/1.1 408 Request Timeout\r\n\r\n");
  await ended;
});
