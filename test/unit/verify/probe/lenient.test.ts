import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import type { LabHost } from "../../../../provision/host/reach.ts";
import { Probe } from "../../../../verify/probe/index.ts";

/** This machine in the place of a lab's client. */
const here: Pick<LabHost, "spawn"> = {
  spawn: (_where, [program = "", ...words], options) => spawn(program, words, { stdio: options?.stdio ?? "inherit" }),
};

it.each<[status: number, lenient: boolean, seen: string]>([
  [200, true, "answered"],
  [301, true, "answered"],
  [403, true, "answered"],
  [503, true, "failed HTTP 503"],
  [301, false, "failed HTTP 301"],
])("status %s, where other statuses than 200 are service (%s): %s", async (status, lenient, seen) => {
  const server = createServer((_, response) => response.writeHead(status).end("proxy\n")).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const target = { address: "127.0.0.1", port, ...(lenient ? { lenient } : {}) };
  const probe = await Probe.at(here, target, { intervalMs: 50 });
  const deadline = performance.now() + 10_000;
  while (probe.requests.length < 3 && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 20));
  const { requests } = await probe.stop();
  server.closeAllConnections();
  server.close();
  expect(requests.length).toBeGreaterThanOrEqual(3);
  expect(new Set(requests.map(({ outcome, error }) => [outcome, error].filter(Boolean).join(" ")))).toEqual(
    new Set([seen]),
  );
});
