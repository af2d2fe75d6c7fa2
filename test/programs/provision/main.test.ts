import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, it } from "vitest";
import { projectRoot } from "../../../provision/paths.ts";
import { call, noOtherUser, refused } from "../users.ts";

let provider: ChildProcess;
let line: string;

beforeEach(async () => {
  // Nothing listens at port 9: the engine's address is only used for messages.
  provider = spawn(join(projectRoot, "provision/pulumi-resource-lvs"), ["127.0.0.1:9"], {
    cwd: projectRoot,
    stdio: ["ignore", "pipe", "inherit"],
  });
  [line] = await once(createInterface(provider.stdout as NodeJS.ReadableStream), "line");
});

afterEach(async () => {
  provider.kill();
  await once(provider, "exit");
});

const getPluginInfo = "/pulumirpc.ResourceProvider/GetPluginInfo";

it("the launcher serves, and the first and only thing that it prints is its port", async () => {
  expect(line).toMatch(/^\d{4,5}$/);
  expect(await call(`127.0.0.1:${line}`, getPluginInfo, "own")).toBe("served");
});

it.skipIf(noOtherUser)(`another user is refused${noOtherUser ? ` (${noOtherUser})` : ""}`, async () => {
  expect(await call(`127.0.0.1:${line}`, getPluginInfo, "other")).toBe(refused);
});
