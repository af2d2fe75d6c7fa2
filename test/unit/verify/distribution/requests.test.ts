import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { createServer as createTcpServer, type Server as TcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { toIp } from "../../../../lab/index.ts";
import { clientOf } from "../../../../verify/distribution/requests.ts";
import type { Evidence, View } from "../../../../verify/live/view.ts";
import { nextPort } from "../../../../verify/probe/source-ports.mjs";
import { aLiveLab } from "../a-live-lab.ts";
import { serviceOf } from "../other-labs.ts";

/** The client's programs, which a lab host has in its userland. */
const programs = ["curl", "socat"].every((program) => spawnSync(program, ["-V"]).error === undefined);
const here = toIp("127.0.0.1");
const { lab } = await aLiveLab("dr");

async function listening<S extends TcpServer>(server: S): Promise<number> {
  server.listen(0, here);
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}

/** A client of this machine, and what it kept as evidence. */
function aClient(port: number) {
  const evidence: Evidence[] = [];
  const view = {
    startClient: (file: string, ...args: string[]) => spawn(file, args),
    async client(file: string, ...args: string[]) {
      const child = spawn(file, args);
      let output = "";
      child.stdout.on("data", (text) => {
        output += text;
      });
      const [status] = await once(child, "close");
      return { output, status };
    },
    keep: (one: Evidence) => evidence.push(one),
  };
  const service = { ...serviceOf(lab), vip: here, port };
  const client = clientOf(view as unknown as View, service, (page) => /^server\d/.exec(page)?.[0]);
  return { ...client, evidence };
}
const from = () => ({ address: here, port: nextPort() });

/** The source ports of the connections that are open. */
function openPorts(server: Server | TcpServer): Set<number> {
  const ports = new Set<number>();
  server.on("connection", (socket) => {
    const port = socket.remotePort ?? 0;
    ports.add(port);
    socket.on("error", () => {});
    socket.once("close", () => ports.delete(port));
  });
  return ports;
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 50));

describe.runIf(programs)("the client", () => {
  it("asks from the port that it is told, and closes", async () => {
    const server = createServer((_request, response) => void response.end("server2\n"));
    const seen: (number | undefined)[] = [];
    server.on("connection", ({ remotePort }) => seen.push(remotePort));
    const open = openPorts(server);
    const client = aClient(await listening(server));
    const source = from();
    expect(await client.ask(source)).toEqual({ server: "server2", text: "server2", outcome: "answered" });
    expect(seen).toEqual([source.port]);
    await settled();
    expect([...open]).toEqual([]);
  });

  it("holds a connection until it is released, and sees whose it is at once", async () => {
    const server = createServer((_request, response) => {
      response.setHeader("content-length", 8).end("server3\n");
    });
    const open = openPorts(server);
    const client = aClient(await listening(server));
    const [one, other] = [from(), from()];
    const held = await client.hold(one);
    const second = await client.hold(other);
    expect([held.server, second.server]).toEqual(["server3", "server3"]);
    await settled();
    expect([...open]).toEqual([one.port, other.port]);
    await held.release();
    await settled();
    expect([...open]).toEqual([other.port]);
    await second.release();
    await settled();
    expect([...open]).toEqual([]);
    expect(client.evidence.map(({ output, status }) => [output, status])).toEqual(Array(2).fill(["server3\n", 0]));
  });

  it("names an IPv6 VIP in brackets, or web servers refuse the request", async () => {
    const directory = await mkdtemp(join(tmpdir(), "lvs-lab-requests-"));
    onTestFinished(() => rm(directory, { recursive: true }));
    const file = join(directory, "request");
    const answer = "HTTP/1.0 200 OK\\r\\nContent-Length: 8\\r\\n\\r\\nserver2\\n";
    const view = {
      startClient: () => spawn("sh", ["-c", `printf '${answer}'; exec cat >"$0"`, file]),
      keep: (one: Evidence) => one,
    };
    const service = { ...serviceOf(lab), vip: toIp("fd00:254::100") };
    const client = clientOf(view as unknown as View, service, () => "server2");
    await (await client.hold({ address: toIp("fd00:254::250"), port: 1 })).release();
    expect(await readFile(file, "utf8")).toContain("\r\nHost: [fd00:254::100]\r\n");
  });

  it("holds its side although the web server ends each connection with its answer", async () => {
    const ended: number[] = [];
    const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
      socket.once("data", () => socket.end("HTTP/1.0 200 OK\r\n\r\nserver2\n"));
      const port = socket.remotePort ?? 0;
      socket.once("end", () => ended.push(port));
      socket.on("error", () => {});
    });
    const client = aClient(await listening(server));
    const source = from();
    const held = await client.hold(source);
    expect(held.server).toBe("server2");
    await settled();
    expect(ended).toEqual([]);
    await held.release();
    await settled();
    expect(ended).toEqual([source.port]);
  });

  it("tells a refusal from other failures", async () => {
    const gone = createTcpServer();
    const port = await listening(gone);
    gone.close();
    await once(gone, "close");
    const client = aClient(port);
    expect(await client.ask(from())).toEqual({ server: undefined, text: "failed (curl 7)", outcome: "refused" });
    expect(await client.hold(from())).toMatchObject({
      server: undefined,
      text: "failed (socat 1)",
      outcome: "refused",
    });
    const hasty = createTcpServer((socket) => socket.destroy());
    const other = aClient(await listening(hasty));
    expect((await other.ask(from())).outcome).toBe("failed");
    expect((await other.hold(from())).outcome).toBe("failed");
  });

  it("shows a page that is nobody's", async () => {
    const server = createServer((_request, response) => void response.end(`It works!${"!".repeat(100)}`));
    const client = aClient(await listening(server));
    expect(await client.ask(from())).toEqual({
      server: undefined,
      text: `unknown page "It works!${"!".repeat(31)}"`,
      outcome: "answered",
    });
  });
});
