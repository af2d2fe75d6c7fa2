import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import type { LabHost } from "../../../../provision/host/reach.ts";
import { Probe } from "../../../../verify/probe/index.ts";

/** A key and a certificate of nobody's, as a real server makes them. */
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgNIywPtrWYuy11qH/
bbeo9wxOSZLdupeoyTJYBqO4puihRANCAATEjW5vmlaiVbrJL3y3s+SYR7qtERE8
f/5bSKq3gOexi4rKyFclCO/VY+atGxCeJjLVZZNz3tO+BTd5gGb6Wyw/
-----END PRIVATE KEY-----
`;
const cert = `-----BEGIN CERTIFICATE-----
MIIBezCCASGgAwIBAgIUJDdk4858MCkS833QmfQaqyMls9swCgYIKoZIzj0EAwIw
EjEQMA4GA1UEAwwHc2VydmVyMjAgFw0yNjExMjYyMjI5MTJaGA8yMTI2MTEwMjIy
MjkxMlowEjEQMA4GA1UEAwwHc2VydmVyMjBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABMSNbm+aVqJVuskvfLez5JhHuq0RETx//ltIqreA57GLisrIVyUI79Vj5q0b
EJ4mMtVlk3Pe074FN3mAZvpbLD+jUzBRMB0GA1UdDgQWBBS1IKZuZd3AWCaMbU2b
kHi8RGFZaTAfBgNVHSMEGDAWgBS1IKZuZd3AWCaMbU2bkHi8RGFZaTAPBgNVHRMB
Af8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIEoZWVsknNn1+6Y3LE2Wf2D6Eidr
3AuYuFLQhmxwuU+YAiEA6+9WFhjgkZr+C3iNrn3f6it9dbiPYFiluYTtGXs+Hhw=
-----END CERTIFICATE-----
`;

/** This machine in the place of a lab's client. */
const here: Pick<LabHost, "spawn"> = {
  spawn: (_where, [program = "", ...words], options) => spawn(program, words, { stdio: options?.stdio ?? "inherit" }),
};

it("a probe of a service with TLS sees its pages, and verifies no certificate", async () => {
  const server = createServer({ key, cert }, (_, response) => response.end("server2\n")).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const probe = await Probe.at(here, { address: "127.0.0.1", port, tls: true }, { intervalMs: 50, longLived: 1 });
  const deadline = performance.now() + 10_000;
  while ((probe.requests.length < 5 || !probe.held[0]?.answered) && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 20));
  const { requests, connections } = await probe.stop();
  server.closeAllConnections();
  server.close();
  expect(requests.length).toBeGreaterThanOrEqual(5);
  const answers = requests.map(({ outcome, body, error }) => error ?? `${outcome} ${body}`);
  expect(new Set(answers)).toEqual(new Set(["answered server2"]));
  for (const { connected, started } of requests) expect(connected).toBeGreaterThanOrEqual(started);
  expect(connections[0]?.server).toBe("server2");
});
