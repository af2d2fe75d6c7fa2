import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { parseLab, readLab, serverOfPage, toIp } from "../../../lab/index.ts";
import { serviceOf } from "../verify/other-labs.ts";

const service = serviceOf(await readLab("labs/dr.yaml"));
const from = (page: string, of: Pick<typeof service, "realServers"> = service) => serverOfPage(of, page)?.server;

it.each<[string, string | undefined]>([
  ["server2\n", "server2"],
  ["server2", "server2"],
  ["\n\n  server3 \n", "server3"],
  ["<h1>server2</h1>", "server2"],
  [
    "<!DOCTYPE html>\n<html><head><title>server3</title></head>\n<body>\n<p>This is&nbsp;<b>server3</b>.</body></html>\n",
    "server3",
  ],
  ["<p>Hello from SERVER2, port 80</p>", "server2"],
  ["server2.example.org", "server2"],
  ["I am 172.25.254.12.", "server2"],
  ["172.25.254.12:80", "server2"],
  ["<!-- server3's page, once --><p>server2", "server2"],
  ["<style>.server3 { color: red }</style><p>server2", "server2"],
  ["", undefined],
  ["It works!", undefined],
  ["server1", undefined],
  ["server2 or server3", undefined],
  ["server22", undefined],
  ["my-server2", undefined],
  ["172.25.254.120", undefined],
  ["2.172.25.254.12", undefined],
])("%j is from %s", (page, server) => {
  expect(from(page)).toBe(server);
});

/** As Apache 2.4 of Debian makes it. */
const made = (title: string, host: string): string =>
  `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">\n<html><head>\n<title>${title}</title>\n</head><body>\n<h1>${title}</h1>\n<hr>\n<address>Apache/2.4.71 (Debian) Server at ${host} Port 80</address>\n</body></html>\n`;

it.each([
  ["Index of /", "172.25.254.12"],
  ["404 Not Found", "172.25.254.12"],
  ["403 Forbidden", "server2"],
  ["404 Not Found", '<a href="mailto:webmaster@localhost">172.25.254.12</a>'], // ServerSignature EMail
])("a page of Apache's own making is nobody's, whichever host it was asked for: %s, %s", (title, host) => {
  expect(from(made(title, host))).toBeUndefined();
  expect(from(made(`${title} of server2`, host))).toBe("server2");
});

it("a page that the lab file gives is told whole, or within another, with whatever it says", () => {
  const pages: Record<string, string> = { server2: "one of (server3)\n", server3: "<h1>hello + world</h1>\n" };
  const other = { realServers: service.realServers.map((one) => ({ ...one, page: pages[one.server] ?? one.page })) };
  expect(from("one of (server3)", other)).toBe("server2");
  expect(from("<p>Hello   + world!</p>", other)).toBe("server3");
  expect(from("<p>server2</p>", other)).toBe("server2");
});

it("a server whose name begins like another's is told from it", () => {
  const ten = { ...service.realServers[0], server: "server20", address: toIp("172.25.254.20"), page: "server20\n" };
  const other = { realServers: [...service.realServers, ten as (typeof service.realServers)[number]] };
  expect(from("<p>server20</p>", other)).toBe("server20");
  expect(from("<p>server2</p>", other)).toBe("server2");
});

it("a page without its lab's token is nobody's", async () => {
  const text = await readFile("labs/dr.yaml", "utf8");
  const lab = parseLab(`${text}\ntoken: k3f9x2\n`, "dr.yaml");
  const own = serviceOf(lab);
  expect(own.realServers.map(({ page, token }) => [page, token])).toEqual([
    ["server2 k3f9x2\n", "k3f9x2"],
    ["server3 k3f9x2\n", "k3f9x2"],
  ]);
  expect(from("server2 k3f9x2\n", own)).toBe("server2");
  expect(from("<h1>k3f9x2: this is server3</h1>", own)).toBe("server3");
  for (const page of ["server2", "server2 zzzz99", "server2 k3f9x25", "k3f9x2", "server2 server3 k3f9x2"])
    expect(from(page, own), page).toBeUndefined();
});

it("a page that the lab file gives gets the token, too, and so do the rules that look at pages", async () => {
  const text = (await readFile("labs/dr.yaml", "utf8")).replace("weight: 1 }", 'weight: 1, page: "hello\\n" }');
  expect(serviceOf(parseLab(`${text}\ntoken: k3f9x2\n`, "dr.yaml")).realServers[0]?.page).toBe("hello k3f9x2\n");
  const sorry = (await readFile("labs/sorry-server.yaml", "utf8")).replace(/^token.*/m, "");
  expect(() => parseLab(`${sorry}\ntoken: k3f9x2\n`, "sorry-server.yaml")).not.toThrow();
});
