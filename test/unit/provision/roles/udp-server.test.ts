import { spawn, spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { Resolver } from "node:dns/promises";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseLab, serverNamed } from "../../../../lab/index.ts";
import { roleInputs } from "../../../../provision/roles/index.ts";
import { udpScript } from "../../../../provision/roles/udp-script.ts";
import { udpServer } from "../../../../provision/roles/udp-server.ts";
import { UDP_QUESTION } from "../../../../verify/live/udp-question.ts";

/** Guests have Perl; the machine may not. */
const withPerl = it.skipIf(spawnSync("perl", ["-e", "1"]).error !== undefined);

/** Runs the server with a page on 127.0.0.2 and on an address that no machine has (RFC 5737), while a test asks it. */
async function serving(
  { dns, page: text }: { dns: boolean; page: string },
  work: (server: { port: number; page: string; said: () => string }) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "lvs-lab-udp-"));
  const [program, page] = [join(directory, "udp-server.pl"), join(directory, "page")];
  writeFileSync(program, udpScript({ addresses: ["127.0.0.2", "198.51.100.1"], dns }));
  writeFileSync(page, text);
  const port = await freePort();
  const server = spawn("perl", [program, page, `127.0.0.2:${port}`, `198.51.100.1:${port}`], { stdio: "pipe" });
  let said = "";
  server.stderr.on("data", (data) => (said += data));
  try {
    // It is asked until it answers.
    await ask("127.0.0.2", port);
    await work({ port, page, said: () => said });
    expect(server.exitCode, said).toBeNull();
    expect(said).toBe("");
  } finally {
    server.kill();
    rmSync(directory, { recursive: true });
  }
}

withPerl(
  "answers every datagram with the page, from the address that was asked, also where there is no such address yet",
  async () => {
    await serving({ dns: false, page: "server2\n" }, async ({ port, page, said }) => {
      expect(await ask("127.0.0.2", port), said()).toEqual({ text: "server2\n", from: "127.0.0.2" });
      writeFileSync(page, "another page");
      expect((await ask("127.0.0.2", port)).text).toBe("another page");
      // A DNS query is a datagram like any other.
      expect((await ask("127.0.0.2", port, query("www.example.org", 1))).text).toBe("another page");
    });
  },
);

describe("where a health check asks by DNS", () => {
  withPerl("answers queries of a resolver, about any name", async () => {
    await serving({ dns: true, page: "server2\n" }, async ({ port }) => {
      const resolver = new Resolver({ timeout: 2000, tries: 2 });
      resolver.setServers([`127.0.0.2:${port}`]);
      expect(await resolver.resolveTxt("www.example.org")).toEqual([["server2\n"]]);
      expect(await resolver.resolve4("WWW.example.org")).toEqual(["127.0.0.2"]);
      expect(await resolver.resolveNs("example.org")).toEqual([hostname()]);
      expect(await resolver.resolveSoa("org")).toMatchObject({ nsname: hostname(), hostmaster: `root.${hostname()}` });
      await expect(resolver.resolveMx("example.org")).rejects.toMatchObject({ code: "ENODATA" });
    });
  });

  withPerl("answers each query as the RFCs have it, and all else with the page", async () => {
    const long = "a page of some length\n".repeat(30);
    await serving({ dns: true, page: long }, async ({ port }) => {
      const answer = async (message: Buffer) => Buffer.from((await ask("127.0.0.2", port, message)).text, "latin1");
      const head = async (message: Buffer) => {
        const bytes = await answer(message);
        const flags = bytes.readUInt16BE(2);
        const counts = [4, 6, 8, 10].map((at) => bytes.readUInt16BE(at)).join(" ");
        return {
          id: bytes.readUInt16BE(0),
          flags: flags.toString(16),
          counts,
          question: bytes.subarray(12, message.length).equals(message.subarray(12)),
        };
      };
      const edns = (version: number, size: number) =>
        Buffer.from([0, 0, 41, size >> 8, size & 255, 0, version, 0, 0, 0, 0]);
      const echoed = { id: 0x1234, question: true };
      // The root's SOA is keepalived's own question. RD comes back.
      expect(await head(query(".", 6))).toEqual({ ...echoed, flags: "8500", counts: "1 1 0 0" });
      expect(await head(query("a.example.org", 1, { flags: 0 }))).toEqual({
        ...echoed,
        flags: "8400",
        counts: "1 1 0 0",
      });
      // No data of a type: the SOA in its place (RFC 2308).
      expect(await head(query("example.org", 28))).toEqual({ ...echoed, flags: "8500", counts: "1 0 1 0" });
      // More than 512 bytes: truncated, but for who takes more (RFC 6891).
      expect(await head(query("example.org", 16))).toEqual({ ...echoed, flags: "8700", counts: "1 0 0 0" });
      const opt = query("example.org", 16, { more: edns(0, 1232) });
      expect(await head(opt)).toMatchObject({ flags: "8500", counts: "1 1 0 1" });
      expect((await answer(opt)).toString("latin1").replace(/[^a-z \n]/g, "")).toContain("a page of some length\n");
      const bad = query("example.org", 1, { more: edns(1, 1232) });
      expect(await head(bad)).toMatchObject({ flags: "8500", counts: "1 0 0 1" });
      expect((await answer(bad)).at(-6)).toBe(1); // BADVERS is 16
      expect(await head(query("example.org", 1, { flags: 0x2800 }))).toMatchObject({ flags: "ac04" }); // an UPDATE
      expect(await head(query("version.bind", 16, { class: 3 }))).toMatchObject({ flags: "8505" });
      expect((await answer(query("id.server", 16, { class: 3 }))).toString("latin1")).toMatch(
        new RegExp(`${hostname()}$`),
      );
      const whole = query("www.example.org", 1);
      for (const other of [
        "?",
        "",
        whole.subarray(0, -1),
        whole.subarray(0, 20),
        query("a.b", 1, { flags: 0x8100 }),
        query("a.b", 1, { questions: 2 }),
        query("a.b", 1, { more: Buffer.from([0, 0]) }),
      ])
        expect((await answer(Buffer.from(other))).toString(), JSON.stringify(other)).toBe(long);
    });
  });
});

/** A DNS query (RFC 1035, section 4.1). `more`: a record in its additional section. */
function query(
  name: string,
  type: number,
  {
    flags = 0x0100,
    class: of = 1,
    questions = 1,
    more,
  }: { flags?: number; class?: number; questions?: number; more?: Buffer } = {},
): Buffer {
  const words = (...all: number[]) => Buffer.from(all.flatMap((word) => [word >> 8, word & 255]));
  const labels = name
    .split(".")
    .filter(Boolean)
    .map((label) => Buffer.from([label.length, ...Buffer.from(label)]));
  return Buffer.concat([
    words(0x1234, flags, questions, 0, 0, more ? 1 : 0),
    ...labels,
    Buffer.from([0]),
    words(type, of),
    more ?? Buffer.alloc(0),
  ]);
}

withPerl("answers in both families, and the question of the checks is one in both", async () => {
  const directory = mkdtempSync(join(tmpdir(), "lvs-lab-udp-"));
  const [program, page] = [join(directory, "udp-server.pl"), join(directory, "page")];
  writeFileSync(program, udpScript({ addresses: ["127.0.0.2", "::1"], dns: false }));
  writeFileSync(page, "server2\n");
  const port = await freePort();
  // 2001:db8::1 is no address of any machine (RFC 3849).
  const places = [`127.0.0.2:${port}`, `[::1]:${port}`, `[2001:db8::1]:${port}`];
  const server = spawn("perl", [program, page, ...places], { stdio: "pipe" });
  let said = "";
  server.stderr.on("data", (data) => (said += data));
  const asked = (address: string) =>
    spawnSync("bash", [
      "-c",
      `for try in $(seq 50); do answer=$(bash -c "$1" ask "$2" "$3" 0.1 2>/dev/null) && break; sleep 0.05; done; echo "$answer"`,
      "ask",
      UDP_QUESTION,
      address,
      `${port}`,
    ]);
  try {
    for (const address of ["127.0.0.2", "::1"])
      expect(asked(address).stdout.toString(), `${address}: ${said}`).toBe("server2\n");
    expect(server.exitCode, said).toBeNull();
  } finally {
    server.kill();
    rmSync(directory, { recursive: true });
  }
});

it("is on the real server's addresses of both families, and on an IPv6 VIP", () => {
  const lab = parseLab(
    `control: ipvsadm
networks: [{ subnets: [172.25.254.0/24, "fd00:254::/64"] }]
services: [{ vip: "fd00:254::100", port: 5353, protocol: udp }]
servers:
  - { name: server1, addresses: [172.25.254.11, "fd00:254::11"], role: director }
  - { name: server2, addresses: [172.25.254.12, "fd00:254::12"], role: real-server }
`,
    "lab.yaml",
  );
  const inputs = roleInputs(lab, serverNamed(lab, "server2")).udpServer;
  expect(inputs?.addresses).toEqual(["172.25.254.12", "fd00:254::12", "fd00:254::100"]);
  expect(udpServer.want.safeParse(inputs).error).toBeUndefined();
});

async function freePort(): Promise<number> {
  const socket = createSocket("udp4").bind(0, "127.0.0.2");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  return port;
}

/** The answer to a datagram, which is sent again until there is one. */
async function ask(
  address: string,
  port: number,
  question: Buffer | string = "?",
): Promise<{ text: string; from: string }> {
  const socket = createSocket("udp4");
  const send = () => socket.send(question, port, address);
  send();
  const timer = setInterval(send, 250);
  try {
    const [data, { address: from }] = (await once(socket, "message")) as [Buffer, { address: string }];
    return { text: data.toString("latin1"), from };
  } finally {
    clearInterval(timer);
    socket.close();
  }
}
