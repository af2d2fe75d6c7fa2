import { spawn } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { expect, it, onTestFinished } from "vitest";
import type { LabHost } from "../../../../provision/host/reach.ts";
import { Probe, type ProbedRequest } from "../../../../verify/probe/index.ts";

/** This machine in the place of a lab's client. */
const here: Pick<LabHost, "spawn"> = {
  spawn: (_where, [program = "", ...words], options) => spawn(program, words, { stdio: options?.stdio ?? "inherit" }),
};

async function bound(): Promise<Socket> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  return socket;
}

/** A UDP server. @returns its port */
async function serving(answer: (socket: Socket, port: number) => void): Promise<number> {
  const socket = await bound();
  onTestFinished(() => void socket.close());
  socket.on("message", (_, { port }) => answer(socket, port));
  return socket.address().port;
}

/** What came of a probe's first requests. */
async function asked(port: number, options: { intervalMs: number; timeoutMs?: number }): Promise<ProbedRequest[]> {
  const probe = await Probe.at(here, { address: "127.0.0.1", port, udp: true }, { ...options, longLived: 3 });
  const deadline = performance.now() + 10_000;
  while (probe.requests.length < 3 && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 20));
  const { requests, connections } = await probe.stop();
  expect(requests.length).toBeGreaterThanOrEqual(3);
  expect(connections).toEqual([]);
  return [...requests];
}

const outcomes = (requests: readonly ProbedRequest[]) =>
  new Set(requests.map(({ outcome, error }) => [outcome, error].filter(Boolean).join(" ")));

it("an answer names its server, and each datagram comes from a port of its own", async () => {
  const ports: number[] = [];
  const port = await serving((socket, from) => {
    ports.push(from);
    socket.send("server2\n", from, "127.0.0.1");
  });
  const requests = await asked(port, { intervalMs: 30 });
  expect(outcomes(requests)).toEqual(new Set(["answered"]));
  expect(new Set(requests.map(({ body }) => body))).toEqual(new Set(["server2"]));
  for (const { started, connected, ended } of requests)
    expect([connected === ended, ended >= started]).toEqual([true, true]);
  expect(new Set(ports).size).toBe(ports.length);
});

it("no answer is a timeout", async () => {
  const port = await serving(() => {});
  expect(outcomes(await asked(port, { intervalMs: 50, timeoutMs: 1001 }))).toEqual(new Set(["failed TIMEOUT"]));
});

it("a port where nobody listens refuses", async () => {
  const socket = await bound();
  const { port } = socket.address();
  socket.close();
  expect(outcomes(await asked(port, { intervalMs: 50 }))).toEqual(new Set(["failed ECONNREFUSED"]));
});

it("an answer after a second is delayed: somebody has held back the datagram", async () => {
  const port = await serving((socket, from) =>
    setTimeout(() => {
      try {
        socket.send("late\n", from, "127.0.0.1");
      } catch {} // the test is over
    }, 1000),
  );
  expect(outcomes(await asked(port, { intervalMs: 200, timeoutMs: 3000 }))).toEqual(new Set(["delayed"]));
});

it("an answer from another port or address is none", async () => {
  const other = await bound();
  onTestFinished(() => void other.close());
  const port = await serving((_, from) => other.send("somebody else\n", from, "127.0.0.1"));
  expect(outcomes(await asked(port, { intervalMs: 50, timeoutMs: 1001 }))).toEqual(new Set(["failed TIMEOUT"]));
});
