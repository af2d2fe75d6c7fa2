import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { LabHostRef } from "../../../provision/host/reach.ts";
import { logOperation, type Operation, operationsSince } from "../../../provision/operation-log.ts";

let host: LabHostRef;
beforeEach(async () => {
  host = { kind: "private", directory: await mkdtemp(join(tmpdir(), "lvs-lab-operations-")) };
  await mkdir(join(host.directory, "transcripts"));
});
afterEach(() => rm(host.directory, { recursive: true, force: true }));

const operation: Operation = {
  begun: new Date("2026-01-02T03:04:05.678Z"),
  ms: 1234,
  verb: "create",
  type: "Httpd",
  name: "server2-httpd",
  failed: false,
};

it("is logged in the lab of its host, or of its server's, one a line, and read again", async () => {
  const later: Operation = { ...operation, begun: new Date("2026-01-02T04:00:00Z"), verb: "delete", failed: true };
  await logOperation({ host, url: "http://172.25.254.100/" }, operation);
  await logOperation({ server: { host, name: "server2" }, page: "server2\n" }, later);
  expect(await readFile(join(host.directory, "transcripts/resources.log"), "utf8")).toBe(
    "2026-01-02T03:04:05.678Z create Httpd server2-httpd 1234 ms\n" +
      "2026-01-02T04:00:00.000Z delete Httpd server2-httpd 1234 ms failed\n",
  );
  expect(await operationsSince(host, operation.begun)).toEqual([operation, later]);
  expect(await operationsSince(host, new Date("2026-01-02T03:30:00Z"))).toEqual([later]);
});

it("on a resource of no lab, or of one that is gone, leaves nothing behind", async () => {
  await logOperation({ packages: "plain" }, operation);
  await rm(host.directory, { recursive: true });
  await logOperation({ host }, operation);
  expect(await operationsSince(host, operation.begun)).toEqual([]);
});
