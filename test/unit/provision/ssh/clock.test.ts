import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { projectRoot } from "../../../../provision/paths.ts";

const WAITING = readFileSync(join(projectRoot, "provision/ssh/clock.pl"), "utf8");
const run = promisify(execFile);

/** Starts what waits for the time, as root of a user namespace, which cannot set the clock. @returns its port */
const waiting = async (token: string): Promise<number> => {
  const words = ["--user", "--map-root-user", "perl", "-e", WAITING, "127.0.0.1", token];
  return Number((await run("unshare", words)).stdout);
};

/** Says one line to it. @returns what it says */
const saying = async (port: number, line: string): Promise<string> => {
  const socket = connect(port, "127.0.0.1");
  socket.write(`${line}\n`);
  return await text(socket);
};

// That the clock is set is seen on a lab: test/e2e/shared/snapshots.ts.
it("waits for who knows the token, says nothing of a clock that it could not set, and ends", async () => {
  const port = await waiting("secret");
  expect(await saying(port, "another 1.000")).toBe("ready\n");
  expect(await saying(port, "secret 1.0; reboot")).toBe("ready\n");
  expect(await saying(port, "secret 1.000")).toBe("ready\n");
  await expect(saying(port, "secret 1.000")).rejects.toThrow("ECONNREFUSED");
});

it("waits on no address that the server does not have", async () => {
  const words = ["-e", WAITING, "192.0.2.1", "secret"];
  await expect(run("perl", words)).rejects.toThrow("cannot wait for the time on 192.0.2.1: Cannot assign requested");
});
