import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import {
  command,
  patience,
  RemoteCommandError,
  ServerConnection,
  UnreachableError,
} from "../../../../provision/ssh/index.ts";
import { anotherKey, type SshServer, startSshServer } from "./ssh-server.ts";

let scratch: string;
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), "lvs-lab-files-"));
});
afterEach(() => rm(scratch, { recursive: true }));

async function connected(): Promise<ServerConnection> {
  const { ref } = await startSshServer();
  return await connectedTo(ref);
}

async function connectedTo(ref: SshServer["ref"]): Promise<ServerConnection> {
  const server = await ServerConnection.connect(ref, 5);
  onTestFinished(() => server.close());
  return server;
}

describe("connect", () => {
  it("comes about with the host key that was known beforehand", async () => {
    expect((await connected()).connected).toBe(true);
  });

  it("refuses a server with another host key", async () => {
    const { ref } = await startSshServer();
    const error = await ServerConnection.connect({ ...ref, hostKey: anotherKey.publicKey }, 0).catch(
      (reason) => reason,
    );
    expect(error).toBeInstanceOf(UnreachableError);
    expect(error.message).toMatch(/^server1 \(172\.25\.254\.11\) did not accept .* host denied/i);
  });

  it("is refused with another private key", async () => {
    const { ref } = await startSshServer();
    await expect(ServerConnection.connect({ ...ref, privateKey: anotherKey.privateKey }, 0)).rejects.toThrow(
      "All configured authentication methods failed",
    );
  });

  it("tries again until the deadline", async () => {
    const sshServer = await startSshServer();
    sshServer.refuse(2);
    expect((await connectedTo(sshServer.ref)).connected).toBe(true);
    expect(sshServer.connections).toBe(3);
  });

  it("is seen to have ended when the server is gone", async () => {
    const sshServer = await startSshServer();
    const server = await connectedTo(sshServer.ref);
    sshServer.cut();
    await expect.poll(() => server.connected).toBe(false);
  });
});

describe("a command", () => {
  it("gives its output, untrimmed, and a value is never read as syntax", async () => {
    const server = await connected();
    expect(await server.run`echo ${"  $(id) 'x' "}`).toBe("  $(id) 'x' \n");
  });

  it("runs beside many others, without a warning of Node's", async () => {
    const server = await connected();
    const warnings: string[] = [];
    const warned = ({ message }: Error) => void warnings.push(message);
    process.on("warning", warned);
    onTestFinished(() => void process.off("warning", warned));
    const all = await Promise.all(Array.from({ length: 20 }, (_, index) => server.run`sleep 0.3; echo ${index}`));
    expect(all).toEqual(Array.from({ length: 20 }, (_, index) => `${index}\n`));
    await setImmediate();
    expect(warnings).toEqual([]);
  });

  it("that fails is an error with its result; for `try` it is an answer", async () => {
    const server = await connected();
    const error = await server.run`echo out; echo err >&2; exit ${3}`.catch((reason) => reason);
    expect(error).toBeInstanceOf(RemoteCommandError);
    expect(error.result).toEqual({ stdout: "out\n", stderr: "err\n", code: 3, signal: null, ms: expect.any(Number) });
    expect(error.message).toContain(server.transcript);
    expect(await server.try`exit ${42}`).toMatchObject({ code: 42, signal: null });
  });

  it("that a signal ended says which", async () => {
    const server = await connected();
    const error = await server.run`kill -TERM $$`.catch((reason) => reason);
    expect(error.result).toMatchObject({ code: null, signal: "SIGTERM" });
    expect(error.message).toContain("was ended by signal SIGTERM");
  });

  it("reads its standard input to the end, also where there is none", async () => {
    const server = await connected();
    expect(await server.script("cat", { stdin: "one\ntwo" })).toBe("one\ntwo");
    expect(await server.script("cat")).toBe("");
  });

  it("whose output is long and not ASCII comes whole", async () => {
    const server = await connected();
    const text = `x${"é€😀".repeat(40_000)}`;
    const path = join(scratch, "long");
    await writeFile(path, text);
    expect((await server.run`cat ${path}`) === text).toBe(true);
    expect((await server.look({ long: command`cat ${path}` })).long.text === text).toBe(true);
  });

  it("runs beside others on the one connection, each with its own output", async () => {
    const server = await connected();
    const numbers = Array.from({ length: 8 }, (_, index) => index);
    const outputs = await Promise.all(numbers.map((number) => server.run`sleep 0.0${9 - number}; echo ${number}`));
    expect(outputs).toEqual(numbers.map((number) => `${number}\n`));
  });

  it("that the server's end cuts off does not pass for one that ended well", async () => {
    const sshServer = await startSshServer();
    const server = await connectedTo(sshServer.ref);
    const started = join(scratch, "started");
    const running = server.run`touch ${started}; exec sleep 60`.catch((reason) => reason);
    await expect.poll(() => stat(started).catch(() => undefined)).toBeDefined();
    sshServer.cut();
    const error = await running;
    expect(error).toBeInstanceOf(RemoteCommandError);
    expect(error.message).toContain("server1: command was cut off: the connection closed");
  });
});

describe("look", () => {
  it("gives each command's output and status, by name, however the others end", async () => {
    const server = await connected();
    expect(
      await server.look({
        fine: "echo fine",
        missing: command`cat ${join(scratch, "nosuch")}`,
        silent: "true",
        loose: "printf 'no newline'",
      }),
    ).toEqual({
      fine: { text: "fine\n", code: 0 },
      missing: { text: "", code: 1 },
      silent: { text: "", code: 0 },
      loose: { text: "no newline", code: 0 },
    });
  });

  it("shares a round trip with those asked for at the same moment, each with its own answers", async () => {
    const server = await connected();
    const same = { shell: "echo $$" };
    const [one, other, third] = await Promise.all([
      server.look({ ...same, number: "echo 1; exit 3" }),
      server.look({ number: "echo 2", ...same }),
      server.look(same, { confidential: true }),
    ]);
    expect(one.number).toEqual({ text: "1\n", code: 3 });
    expect(other.number).toEqual({ text: "2\n", code: 0 });
    expect(other.shell).toEqual(one.shell);
    expect(third.shell).not.toEqual(one.shell);
    expect((await server.look(same)).shell).not.toEqual(one.shell);
  });

  it("that is confidential is in no other's error", async () => {
    const sshServer = await startSshServer();
    const server = await connectedTo(sshServer.ref);
    const started = join(scratch, "started");
    const secret = server.look({ key: "echo PRIVATE-KEY" }, { confidential: true });
    const looking = server.look({ slow: command`touch ${started}; exec sleep 60` }).catch((reason) => reason);
    await secret;
    await expect.poll(() => stat(started).catch(() => undefined)).toBeDefined();
    sshServer.cut();
    const { message } = await looking;
    expect(message).toContain("server1: command was cut off");
    expect(message).not.toContain("PRIVATE-KEY");
  });

  it("is refused where the connection ends in the middle", async () => {
    const sshServer = await startSshServer();
    const server = await connectedTo(sshServer.ref);
    const started = join(scratch, "started");
    const looking = server.look({ first: "echo fine", second: command`touch ${started}; exec sleep 60` });
    const refused = expect(looking).rejects.toThrow(/^server1: command was cut off: .*\n {4}echo fine\n/);
    await expect.poll(() => stat(started).catch(() => undefined)).toBeDefined();
    sshServer.cut();
    await refused;
  });
});

describe("write", () => {
  it.each([
    ["text", "first\nsecond\n"],
    ["nothing", ""],
    ["no newline at the end", "line"],
    ["what a shell would read", "$(id) `id` ${HOME} 'single' \"double\" \\ !\n%s\n"],
    ["other alphabets", "ünïcödé 服务器 😀\n"],
    ["much", `${"x".repeat(79)}\n`.repeat(4000)],
  ])("brings %s over as it is", async (_what, content) => {
    const server = await connected();
    const path = join(scratch, "a folder's", "$file name");
    await server.write({ path, content });
    expect(await readFile(path, "utf8")).toBe(content);
    expect((await stat(path)).mode & 0o777).toBe(0o644);
  });

  it("puts the mode on before the file has its name, and leaves nothing beside it", async () => {
    const server = await connected();
    const path = join(scratch, "key");
    await server.write({ path, content: "secret", mode: "0600" });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await server.run`ls -A ${scratch}`).toBe("key\n");
  });

  it("leaves the old file where the new one cannot be put in place", async () => {
    const server = await connected();
    const path = join(scratch, "file");
    await writeFile(path, "old");
    await expect(server.write({ path, content: "new", mode: "nonsense" })).rejects.toThrow(RemoteCommandError);
    expect(await readFile(path, "utf8")).toBe("old");
  });
});

describe("the transcript", () => {
  it("has the command, when and how long, its input and both its outputs marked, and a status that is not 0", async () => {
    const server = await connected();
    await server.execute("cat; echo problem >&2\nexit 3", { stdin: "given\n" });
    const text = await readFile(server.transcript, "utf8");
    expect(text).toMatch(/^# \d{4}-\d\d-\d\dT[\d:.]+Z, \d+ ms\n/);
    expect(text.split("\n").slice(1)).toEqual([
      "$ cat; echo problem >&2",
      "$ exit 3",
      "< given",
      "  given",
      "! problem",
      "(status 3)",
      "",
    ]);
  });

  it("has each thing that was looked at as a command to repeat by hand", async () => {
    const server = await connected();
    await server.look({ one: "echo one", two: "exit 4" });
    const text = (await readFile(server.transcript, "utf8")).replace(/^# .*\n/gm, "");
    expect(text).toBe("$ echo one\n  one\n$ exit 4\n(status 4)\n");
  });

  it("goes on where an earlier run ended", async () => {
    const { ref } = await startSshServer();
    await (await connectedTo(ref)).run`echo earlier`;
    const later = await connectedTo(ref);
    await later.run`echo later`;
    expect(await readFile(later.transcript, "utf8")).toMatch(/\$ echo earlier\n.*\$ echo later\n/s);
  });

  it("has nothing of a look that repeats all day", async () => {
    const { ref } = await startSshServer();
    const server = await connectedTo({ ...ref, transcribed: false });
    await server.look({ one: "echo one" });
    expect(await server.run`echo two`).toBe("two\n");
    await expect(readFile(server.transcript)).rejects.toThrow("ENOENT");
  });

  it("has nothing of what is confidential, and says that something was done", async () => {
    const server = await connected();
    const secret = "PRIVATE-KEY";
    const path = join(scratch, "identity");
    await server.write({ path, content: secret, confidential: true });
    await server.look({ identity: command`cat ${path}` }, { confidential: true });
    await server.execute(command`echo ${secret}; echo ${secret} >&2`, { confidential: true });
    const failure = await server
      .script(command`test ${secret} = other`, { confidential: true })
      .catch((reason) => reason);
    expect(failure.message).toContain("server1: command ended with status 1:\n    (confidential)\n");
    expect(failure.message).not.toContain(secret);
    const text = await readFile(server.transcript, "utf8");
    expect(text).not.toContain(secret);
    expect(text).toContain("$ (confidential)\n(status 1)\n");
  });
});

it("waits ten times as long for an emulated machine", () => {
  expect(patience({ acceleration: "kvm" }, 3)).toBe(3);
  expect(patience({ acceleration: "qemu" }, 3)).toBe(30);
});
