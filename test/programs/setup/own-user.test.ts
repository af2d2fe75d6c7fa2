import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { listenForOwnUser } from "../../../setup/own-user.mjs";
import { projectRoot } from "../../../setup/paths.mjs";
import { grpc } from "../../../setup/toolchain/language-nodejs/sdk.mjs";
import { asOtherUser, becomeOther, call, callAndLeave, noOtherUser, refused } from "../users.ts";

const method = "/test.Service/Call";
const pass = (bytes: Buffer) => bytes;
const service = {
  call: {
    path: method,
    requestStream: false,
    responseStream: false,
    requestSerialize: pass,
    requestDeserialize: pass,
    responseSerialize: pass,
    responseDeserialize: pass,
  },
};

let server: InstanceType<typeof grpc.Server>;
let address: string;
const served = vi.fn((_call: unknown, done: (error: null, response: Buffer) => void) => done(null, Buffer.alloc(0)));
const warned = vi.spyOn(console, "error").mockImplementation(() => {});

beforeEach(async () => {
  vi.clearAllMocks();
  server = new grpc.Server();
  server.addService(service, { call: served });
  const port = await listenForOwnUser(server, grpc.ServerCredentials.createInsecure());
  address = `127.0.0.1:${port}`;
});
afterEach(() => server.forceShutdown());

test("its own user is served", async () => {
  expect(await call(address, method, "own")).toBe("served");
  expect(served).toHaveBeenCalledTimes(1);
  expect(warned).not.toHaveBeenCalled();
});

test.skipIf(!existsSync("/proc/net/tcp6"))("its own user is served over an IPv6 socket too", async () => {
  expect(await call(address.replace("127.0.0.1", "[::ffff:127.0.0.1]"), method, "own")).toBe("served");
});

describe(`another user${noOtherUser ? ` (${noOtherUser})` : ""}`, () => {
  test.skipIf(noOtherUser)("is refused, with one message for many attempts", async () => {
    expect(await call(address, method, "other")).toBe(refused);
    expect(await call(address, method, "other")).toBe(refused);
    expect(served).not.toHaveBeenCalled();
    expect(warned.mock.calls).toEqual([
      [
        expect.stringMatching(
          `^refused a connection from uid \\d+: this process serves uid ${process.getuid?.()} only$`,
        ),
      ],
    ]);
  });

  // A closed socket's row says uid 0: its user must not count as root.
  test.skipIf(noOtherUser)(
    "is refused when it sends a request and closes before the connection is accepted",
    async () => {
      expect(callAndLeave(address, method)).toBe("left");
      expect(await call(address, method, "own")).toBe("served"); // accepted later
      expect(served).toHaveBeenCalledTimes(1);
      expect(warned).toHaveBeenCalledWith(expect.stringContaining("from an unknown user: /proc/net/tcp"));
    },
  );

  test.skipIf(noOtherUser)("runs a server that serves it and refuses root", async () => {
    const at = (path: string) => JSON.stringify(join(projectRoot, path));
    const script = `
      import { grpc } from ${at("setup/toolchain/language-nodejs/sdk.mjs")};
      import { listenForOwnUser } from ${at("setup/own-user.mjs")};
      ${becomeOther};
      const server = new grpc.Server();
      const pass = (bytes) => bytes;
      const { call } = ${JSON.stringify(service)};
      server.addService(
        { call: { ...call, requestDeserialize: pass, responseSerialize: pass } },
        { call: (_, done) => done(null, Buffer.alloc(0)) },
      );
      console.log(await listenForOwnUser(server, grpc.ServerCredentials.createInsecure()));`;
    const [file = "", ...args] = asOtherUser("--input-type=module", "-e", script);
    const child = spawn(file, args, { stdio: ["ignore", "pipe", "ignore"] });
    try {
      const [port] = await once(createInterface(child.stdout), "line");
      expect(await call(`127.0.0.1:${port}`, method, "other")).toBe("served");
      expect(await call(`127.0.0.1:${port}`, method, "own")).toBe(refused);
    } finally {
      child.kill();
      await once(child, "exit");
    }
  });
});
