import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { answersLibvirt } from "../../../../../provision/host/private/libvirt-ping.ts";
import { PrivateHost } from "../../../../../provision/host/private/private-host.ts";
import { CLIENT, SEGMENT } from "../../../../../provision/host/reach.ts";
import { anInit } from "./an-init.ts";

let directory: string;
let host: PrivateHost;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lvs-lab-host-"));
  host = new PrivateHost(directory);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const mark = () => writeFile(join(directory, "lvs-lab"), "");
const recordPid = (pid: number | string) => writeFile(join(directory, "init.pid"), `${pid}\n`);

describe("the host's PID", () => {
  it("is that of its init", async () => {
    const { pid } = await anInit(directory);
    await recordPid(pid);
    expect(host.pid).toBe(pid);
  });

  it("is none where nothing was ever started", () => {
    expect(host.pid).toBeUndefined();
  });

  it.each([
    ["a process that has ended", 2 ** 22 + 1],
    ["another process", process.pid],
    ["nothing that is a number", "half-writ"],
    ["nothing", ""],
  ])("is none where the file names %s", async (_what, content) => {
    await recordPid(content);
    expect(host.pid).toBeUndefined();
  });

  it("is none where the file names another lab's init", async () => {
    await recordPid((await anInit(`${directory}-2`)).pid);
    expect(host.pid).toBeUndefined();
  });
});

describe("a host that does not run", () => {
  it("has no way in, and says what starts it", () => {
    for (const at of [SEGMENT, CLIENT])
      expect(() => host.spawn(at, ["true"])).toThrow(
        `the lab host in ${directory} is not running; \`pulumi up\` starts it`,
      );
    expect(() => host.connect("172.25.254.11", 22)).toThrow("is not running");
  });

  it("is not there, though a socket was left behind", async () => {
    await mkdir(join(directory, "run"));
    await writeFile(host.socket, "");
    expect(await host.observe()).toBeUndefined();
  });

  it("is destroyed with its directory, and once more without an error", async () => {
    await recordPid(process.pid);
    await mark();
    await host.destroy();
    expect(existsSync(directory)).toBe(false);
    await host.destroy();
  });

  it.skipIf(process.getuid?.() !== 0)(
    "leaves another user's process alone, whatever its command line says",
    async () => {
      const child = spawn("sh", ["-c", "echo started; read end", "/init.sh", directory], {
        ...{ uid: 12345, gid: 12345, cwd: "/", stdio: ["pipe", "pipe", "inherit"] },
      });
      onTestFinished(() => void child.kill("SIGKILL"));
      await once(child.stdout as Readable, "data");
      await mark();
      await host.destroy();
      expect(child.exitCode ?? child.signalCode).toBeNull();
      expect(existsSync(`/proc/${child.pid}`)).toBe(true);
    },
  );

  it("keeps a directory that is not a lab's, and says so", async () => {
    await writeFile(join(directory, "thesis.txt"), "two years");
    await expect(host.destroy()).rejects.toThrow(`${directory} is not a lab's directory`);
    expect(existsSync(join(directory, "thesis.txt"))).toBe(true);
  });
});

describe("a host that runs", () => {
  /** Something that listens at the host's socket. */
  const listenWith = async (answer: (socket: Socket) => void) => {
    await mkdir(join(directory, "run"));
    const libvirtd = createServer((socket) => socket.on("error", () => {}).once("data", () => answer(socket)));
    await once(libvirtd.listen(host.socket), "listening");
    onTestFinished(() => void libvirtd.close());
  };

  it("is there once its libvirtd answers, with a generation of its own", async () => {
    const { pid } = await anInit(directory);
    await recordPid(pid);
    expect(await host.observe()).toBeUndefined();
    await listenWith((socket) => socket.write("an answer"));
    const observed = await host.observe();
    expect(observed?.generation).toMatch(new RegExp(`^${pid}-[1-9]\\d*$`));
    expect(await host.observe()).toEqual(observed);
  });

  it("is not there while its libvirtd takes connections and says nothing", async () => {
    await recordPid((await anInit(directory)).pid);
    await listenWith(() => {});
    expect(await answersLibvirt(host.socket, 200)).toBe(false);
  });

  it("is ended before its directory goes", async () => {
    const init = await anInit(directory);
    await recordPid(init.pid);
    await mark();
    await host.destroy();
    expect(existsSync(`/proc/${init.pid}`)).toBe(false);
    expect(existsSync(directory)).toBe(false);
  });
});

describe("the socket", () => {
  it("is what the URI names", () => {
    expect(new PrivateHost("/state/labs/ha").uri).toBe("qemu+unix:///system?socket=/state/labs/ha/run/libvirt-sock");
  });

  it("of a directory that is too deep is refused before anything is made, with the remedy", async () => {
    const deep = join(directory, "d".repeat(107));
    await expect(new PrivateHost(deep).start({ packages: { "debian-12": "/nowhere" } })).rejects.toThrow(
      new RegExp(
        `${deep} is too deep: .* would have ${Buffer.byteLength(deep) + 17} bytes.* 107\\. Fix: set LVS_LAB_STATE`,
      ),
    );
    expect(existsSync(deep)).toBe(false);
  });

  it("is measured in bytes, not characters", async () => {
    const deep = join(directory, "ü".repeat(50));
    expect(join(deep, "run/libvirt-sock").length).toBeLessThan(107);
    await expect(new PrivateHost(deep).start({ packages: { "debian-12": "/nowhere" } })).rejects.toThrow("too deep");
  });
});
