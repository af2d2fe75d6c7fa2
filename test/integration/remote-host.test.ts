import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LabHost } from "../../provision/host/access.ts";
import { runOnHost, tryOnHost } from "../../provision/host/command.ts";
import { confining, sendFiles } from "../../provision/host/confined/confined.ts";
import { hostOfKind, labHostIn, openHost, SEGMENT } from "../../provision/host/reach.ts";
import { describeUserland } from "../../provision/host/userland/userland.ts";
import { virsh } from "../../provision/host/virsh.ts";
import { projectRoot } from "../../provision/paths.ts";
import { scratchDirectory } from "../scratch.ts";
import { type AnotherMachine, anotherMachine } from "./another-machine.ts";

/** A lab host on another machine, which is an sshd of its own. The tests are one story: the lab host is started once. */
let scratch: string;
let machine: AnotherMachine;
let host: LabHost;
const finishers: (() => Promise<void>)[] = [];

beforeAll(async () => {
  scratch = await scratchDirectory("lr-");
  machine = await anotherMachine(scratch, { onFinished: (end) => void finishers.push(end) });
});
afterAll(async () => {
  for (const end of finishers) await end();
  await rm(scratch, { recursive: true });
});

const directory = () => join(scratch, "ha");
const on = (kind: string) => hostOfKind(kind, { stack: "ha", directory: directory(), servers: [] });
/** Over there. Of that machine a lab host sees its own directory and the cache's images. */
const packages = { "debian-12": "/root/.cache/lvs-lab/images/one/pool" };

/** How many processes of this machine, which sees those of the other one, have this very command line. */
const count = (...words: string[]): number =>
  readdirSync("/proc").filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, "utf8") === `${words.join("\0")}\0`;
    } catch {
      return false; // it has ended meanwhile
    }
  }).length;

describe("a machine that cannot be used", () => {
  it.each([
    ["is unknown to ssh", "ssh://stranger", /its host key is unknown .*Fix: `ssh stranger` once, compare/],
    ["takes no key of the user's", "ssh://locked-out", /it accepts none of your keys .*Fix: `ssh-copy-id locked-out`/],
    ["does not answer", "ssh://asleep", /it does not answer .*Fix: see that it is up and that `ssh asleep` works/],
    [
      "is no machine",
      "ssh://elsewhere/path",
      /unknown lab host kind "ssh:\/\/elsewhere\/path".*Fix: pulumi config set/s,
    ],
  ])("%s: nothing is left, and what is to be done is said", async (_what, kind, said) => {
    await expect(on(kind)).rejects.toThrow(said);
    expect(existsSync(directory())).toBe(false);
  });
});

describe("a lab host on another machine", () => {
  it("is started with what was sent there, and once more with nothing sent", { timeout: 120_000 }, async () => {
    const pool = join(machine.home, packages["debian-12"].slice("/root".length));
    await mkdir(pool, { recursive: true });
    await writeFile(join(pool, "Packages"), "Package: one\n");
    const ref = await on(machine.url);
    expect(ref).toEqual({
      ...{ kind: "remote", machine: machine.url, directory: directory() },
      place: expect.stringMatching(/^\/root\/\.local\/state\/lvs-lab\/labs\/ha-[0-9a-f]{8}$/),
    });
    expect(await on(machine.url)).toEqual(ref);
    expect(labHostIn(directory())).toEqual(ref);
    host = openHost(ref);
    const told: string[] = [];
    await host.start({ packages, onProgress: (message) => void told.push(message) });
    expect(told.join("\n")).toMatch(/sending the lab host's userland to ssh:\/\/elsewhere: \d+ of \d+ MiB/);
    const cache = join(machine.home, ".cache/lvs-lab");
    expect(await readdir(join(cache, "userland"))).toEqual([describeUserland().key]);
    expect(await readdir(join(cache, "node"))).toEqual([process.version]);

    told.length = 0;
    await host.start({ packages, onProgress: (message) => void told.push(message) });
    expect(told).toEqual([]);
  });

  it("is observed, and libvirt answers through its socket here", async () => {
    expect(await host.observe()).toEqual({ generation: expect.stringMatching(/^\d+-\d+$/), packages });
    expect(host.uri).toBe(`qemu+unix:///system?socket=${directory()}/run/libvirt-sock`);
    expect(await virsh(host, "list", "--all", "--name")).toBe("");
    expect(await host.guests()).toEqual([]);
  });

  it("gives a command its words, its input and its status, and nothing of the caller's environment", async () => {
    const words = ["sh", "-c", 'cat; printf "%s\\n" "$@"; env; exit 3', "sh", "two words", 'it\'s "$HOME" \\n', ""];
    process.env.LVS_TEST_TOKEN = "secret";
    const { stdout, status } = await tryOnHost(host, SEGMENT, words, { input: "hello\n", env: { MINE: "a b" } });
    delete process.env.LVS_TEST_TOKEN;
    expect(status).toBe(3);
    expect(stdout).toMatch(/^hello\ntwo words\nit's "\$HOME" \\n\n\n/);
    expect(stdout).toContain("MINE=a b\n");
    expect(stdout).not.toMatch(/secret|SSH_/);
  });

  it("runs a confined program, with files and input of its own", async () => {
    const confined = confining({ user: 1000, reads: ["/usr", "/etc/ld.so.cache"] }, [
      "sh",
      "-c",
      "id -u; cat /etc/one -",
    ]);
    const child = host.spawn(SEGMENT, confined);
    sendFiles(child, [{ path: "/etc/one", mode: "0644", user: 0, text: "a line\nwithout end" }]);
    child.stdin?.end("\nand what comes after\n");
    expect(await text(child.stdout as Readable)).toBe("1000\na line\nwithout end\nand what comes after\n");
  });

  it("attaches hosts, and leads to their ports", async () => {
    const bridge = "ip link add br0 type bridge && ip link set br0 up && ip address add 10.97.0.1/24 dev br0";
    await runOnHost(host, SEGMENT, ["sh", "-c", bridge]);
    await host.attach("guest", { bridge: "br0", address: "10.97.0.2/24" });
    expect(await runOnHost(host, SEGMENT, ["ping", "-c", "1", "-W", "5", "10.97.0.2"])).toContain(" 0% packet loss");
    const server = host.spawn("guest", ["socat", "TCP-LISTEN:80,fork", "EXEC:'tr a-z A-Z'"], {
      ...{ direct: true, stdio: "ignore" },
    });
    const listens = async () => (await runOnHost(host, "guest", ["ss", "-Hltn"])).includes(":80 ");
    await expect.poll(listens, { timeout: 5000 }).toBe(true);
    const stream = host.connect("10.97.0.2", 80);
    stream.end("over there");
    let answer = "";
    for await (const text of stream.setEncoding("utf8")) answer += text;
    expect(answer).toBe("OVER THERE");
    server.kill("SIGTERM");
    await once(server, "close");
    await host.detach("guest");
    expect(await runOnHost(host, SEGMENT, ["ip", "link"])).not.toContain("guest");
  });

  it("serves packages of that machine", async () => {
    const socket = join(host.files.place, "run/packages.sock");
    const ask = ["curl", "--silent", "--unix-socket", socket, "http://lab/pool/Packages"];
    expect(await runOnHost(host, SEGMENT, ask)).toBe("Package: one\n");
  });

  it("has its files there", async () => {
    const { files } = host;
    const path = join(files.place, "a folder/it's a file");
    await files.write(path, "Grüße\n");
    expect(await files.read(path)).toBe("Grüße\n");
    expect(await files.list(join(files.place, "a folder"))).toEqual([{ name: "it's a file", bytes: 8 }]);
    await files.remove(join(files.place, "a folder"));
    expect(await files.read(path)).toBeUndefined();
    expect(await files.list(join(files.place, "a folder"))).toEqual([]);
    expect(await files.free()).toBeGreaterThan(2 ** 20);
  });

  it("compares clocks to within its error: here both machines have the same ones", async () => {
    const { monotonic, wall } = await host.clocks();
    const size = (value: bigint) => (value < 0n ? -value : value);
    expect(monotonic.error).toBeGreaterThan(0n);
    expect(monotonic.error).toBeLessThan(50_000_000n);
    expect(size(monotonic.nanoseconds)).toBeLessThanOrEqual(monotonic.error);
    const now = BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint();
    expect(size(wall.nanoseconds - now)).toBeLessThan(wall.error + 2_000_000n);
  });

  it("passes signals on", async () => {
    const script = 'trap "echo bye; exit 0" INT; echo there; while :; do sleep 0.05; done';
    const child = host.spawn(SEGMENT, ["bash", "-c", script], { direct: true, stdio: ["ignore", "pipe", "ignore"] });
    const output = child.stdout as Readable;
    await once(output, "data");
    child.kill("SIGINT");
    const [said] = await once(output.setEncoding("utf8"), "data");
    expect(said).toBe("bye\n");
    expect((await once(child, "close"))[0]).toBe(0);
  });

  it("survives a connection that breaks: what ran over it ends, the lab host runs on, the next command connects anew", async () => {
    const before = await host.observe();
    const running = [
      tryOnHost(host, SEGMENT, ["sleep", "9871"]),
      tryOnHost(host, SEGMENT, ["sleep", "9872"], { direct: true }),
    ];
    const failed = Promise.allSettled(running);
    await expect.poll(() => [count("sleep", "9871"), count("sleep", "9872")], { timeout: 5000 }).toEqual([1, 1]);
    await machine.cut();
    await expect.poll(() => [count("sleep", "9871"), count("sleep", "9872")], { timeout: 5000 }).toEqual([0, 0]);
    for (const one of await failed)
      expect(one).toMatchObject({
        status: "rejected",
        reason: { message: expect.stringMatching(/^cannot use ssh:\/\/elsewhere: the connection broke.*Fix: /) },
      });
    // Nobody listens on the lab's loopback: the way there stands, and ends at once.
    const stream = host.connect("127.0.0.1", 80);
    stream.end("hello");
    let answer = "";
    for await (const text of stream.setEncoding("utf8")) answer += text;
    expect(answer).toBe("");
    expect(await host.observe()).toEqual(before);
    expect(await virsh(host, "list", "--all", "--name")).toBe("");
  });

  it.each([
    ["before the sockets are forwarded", ""],
    ["when one of them is", `ssh "\${words[@]}"`],
  ])("survives a process that makes the connection anew and is killed %s", async (_when, instead) => {
    const before = await host.observe();
    await machine.cut();
    await expect.poll(() => existsSync(join(directory(), "ssh.sock"))).toBe(false);
    const bin = join(scratch, "killing");
    await mkdir(bin, { recursive: true });
    const killing = `#!/bin/bash
PATH=\${PATH#*:}
[[ " $* " != *" forward "* ]] && exec ssh "$@"
words=("$@")
for place in "\${!words[@]}"; do [[ \${words[place]} == *relay.sock ]] && unset "words[place - 1]" "words[place]"; done
${instead}
kill -KILL $PPID`;
    await writeFile(join(bin, "ssh"), killing, { mode: 0o755 });
    const script = `
      import { machineOf } from "./provision/host/remote/remote-host.ts";
      await machineOf(JSON.parse(process.argv[1])).link.ensure();`;
    const at = await readFile(join(directory(), "machine.json"), "utf8");
    const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script, at], {
      cwd: projectRoot,
      env: { ...process.env, PATH: [bin, process.env.PATH].join(delimiter) },
      stdio: ["ignore", "inherit", "inherit"],
    });
    expect(await once(child, "close")).toEqual([null, "SIGKILL"]);
    expect(await host.observe()).toEqual(before);
    const stream = host.connect("127.0.0.1", 80);
    stream.end("hello");
    expect(await text(stream)).toBe("");
  });

  it("stays where it is", async () => {
    await expect(on("private")).rejects.toThrow(
      'the lab of the stack "ha" is on ssh://elsewhere, and a lab does not move.\nFix: `npm run down -- -s ha` removes it',
    );
  });

  it("is down, and says so, when its init has ended", async () => {
    await tryOnHost(host, SEGMENT, ["sh", "-c", "kill -TERM 1; sleep 5"]);
    await expect.poll(() => host.observe(), { timeout: 5000 }).toBeUndefined();
    await expect(runOnHost(host, SEGMENT, ["true"])).rejects.toThrow("is not running; `pulumi up` starts it");
    await host.start({ packages });
    expect(await host.observe()).toBeDefined();
  });

  it("leaves nothing of it on either machine", async () => {
    const masters = () => count("ssh", "-N", "-f");
    await host.destroy();
    expect(await readdir(join(machine.home, ".local/state/lvs-lab/labs"))).toEqual([]);
    expect(existsSync(directory())).toBe(false);
    expect(count("socat", `UNIX-LISTEN:${host.files.place}/run/relay.sock,fork,mode=0600,max-children=512`)).toBe(0);
    expect(masters()).toBe(0);
    await host.destroy();
    expect(existsSync(directory())).toBe(false);
  });
});
