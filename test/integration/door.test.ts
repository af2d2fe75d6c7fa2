import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { accountOf } from "../../class/door/accounts.ts";
import { sshdConfig } from "../../class/door/door-files.ts";
import { labEnvironment } from "../../provision/host/machine/namespaces.ts";
import { cacheRoot, projectRoot } from "../../provision/paths.ts";
import { generateKeys } from "../../provision/ssh/key-pair.ts";
import { scratchDirectory } from "../scratch.ts";
import { sharedUserland } from "./hosts.ts";
import { type SmallLab, startSmallLab } from "./small-lab.ts";

const ids = ["alice", "bob"] as const;
type Id = (typeof ids)[number] | "mallory";

let state: string;
let port: number;
const labs: SmallLab[] = [];
let inUserland: Awaited<ReturnType<typeof sharedUserland>>;
let leaveUserland = () => {};
const publicKeys: Partial<Record<Id, string>> = {};
const at = (...path: string[]): string => join(state, ...path);

/** A program of this machine beside the door, which nobody may reach through it. */
let secretServer: Server;
let secretPort: number;

const program = join(projectRoot, "cli/lvs-lab");
const environment = () => {
  const given = Object.entries(process.env).filter(([name]) => !name.startsWith("PULUMI_"));
  return { ...Object.fromEntries(given), HOME: state, LVS_LAB_CACHE: cacheRoot(), LVS_LAB_STATE: state };
};

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function ended(child: ChildProcess, input: string | undefined): Promise<Ran> {
  child.stdin?.on("error", () => {});
  child.stdin?.end(input ?? "");
  const closed = once(child, "close");
  const [stdout, stderr] = await Promise.all([text(child.stdout as never), text(child.stderr as never)]);
  const [status] = (await closed) as [number | null];
  return { status, stdout, stderr };
}

const lvsLab = async (...args: string[]): Promise<Ran> =>
  await ended(spawn(program, args, { cwd: projectRoot, env: environment() }), "");
const door = async (action: string) => await lvsLab("class", "door", action, "--file", at("class.yaml"));

/** ssh_config(5) of a student: what a card has, and the keys of this test. */
const config = (who: Id): string => at(`config.${who}`);

async function sshConfigs(): Promise<void> {
  for (const who of [...ids, "mallory"] as const) {
    const lines = [
      "Host door",
      "  HostName 127.0.0.1",
      `  Port ${port}`,
      `  User ${who}`,
      "Host server1.* client.* server2.*",
      "  ProxyJump door",
      "Host server*.*",
      "  User root",
      "Host client.*",
      "  User student",
      "Host *",
      `  IdentityFile ${at(`key.${who}`)}`,
      ...[
        "IdentitiesOnly yes",
        "StrictHostKeyChecking no",
        "UserKnownHostsFile /dev/null",
        "LogLevel ERROR",
        "BatchMode yes",
      ],
      `  GlobalKnownHostsFile /dev/null`,
    ];
    await writeFile(config(who), `${lines.join("\n")}\n`);
  }
}

const baseOptions = [
  ...["-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"],
  ...["-o", "LogLevel=ERROR", "-o", "BatchMode=yes"],
];

async function start(who: Id, words: readonly string[], by = "ssh"): Promise<ChildProcess> {
  const [file = "", ...args] = inUserland(by, ...(words[0] === "-F" ? [] : ["-F", config(who)]), ...words);
  return spawn(file, args, { env: labEnvironment({ TERM: "xterm-256color" }) });
}
const ssh = async (who: Id, ...words: string[]): Promise<Ran> => await ended(await start(who, words), undefined);
const sshWith = async (input: string, who: Id, ...words: string[]): Promise<Ran> =>
  await ended(await start(who, words), input);

async function writeRoster(keys: Partial<Record<Id, string>>): Promise<void> {
  const rows = Object.entries(keys).map(([id, key]) => `${id},Name of ${id},${key}\n`);
  await writeFile(at("roster.csv"), `id,name,key\n${rows.join("")}`);
}

beforeAll(async () => {
  state = await scratchDirectory("lvs-door-");
  inUserland = await sharedUserland({ onFinished: (end) => (leaveUserland = end) });
  secretServer = createServer((socket) => socket.end("SECRET OF THE MACHINE\n"));
  const free = createServer();
  for (const server of [secretServer, free]) await once(server.listen(0, "127.0.0.1"), "listening");
  const portOf = (server: Server) => (server.address() as { port: number }).port;
  [secretPort, port] = [portOf(secretServer), portOf(free)];
  free.close();
  for (const id of [...ids, "mallory"] as const) {
    const { privateKey, publicKey } = await generateKeys(id);
    await writeFile(at(`key.${id}`), privateKey, { mode: 0o600 });
    publicKeys[id] = publicKey;
  }
  await sshConfigs();
  await writeRoster({ alice: publicKeys.alice ?? "", bob: publicKeys.bob ?? "" });
  await writeFile(
    at("class.yaml"),
    `name: net1\nexercise: bare\nroster: roster.csv\ndoor: {port: ${port}, record: true}\n`,
  );
  for (const id of ids) labs.push(await startSmallLab(state, `net1.${id}`, { openSsh: true }));
  const opened = await door("start");
  expect(opened, opened.stderr).toMatchObject({ status: 0 });
});
afterAll(async () => {
  await door("stop");
  leaveUserland();
  for (const lab of labs) await lab.end();
  secretServer?.close();
  await rm(state, { recursive: true });
});

/** Refusals in the words of OpenSSH's client. */
const forwardRefused = /administratively prohibited|open failed|stdio forwarding failed/i;
const loginRefused = /Permission denied \(publickey\)/;

describe("the right key", () => {
  it("leads to the menu, to a server and to the client", async () => {
    const [menu, server, client, input] = await Promise.all([
      sshWith("help\n1 echo one\nquit\n", "alice", "door"),
      ssh("alice", "door", "server1", "echo on $(hostname); exit 3"),
      ssh("alice", "door", "client", "id; exit 4"),
      sshWith("in and out", "alice", "door", "server1", "cat"),
    ]);
    expect(menu.stdout).toContain("The lab of Name of alice (alice)");
    expect(menu.stdout).toMatch(/\none\n$/);
    expect(menu).toMatchObject({ status: 0, stderr: "" });
    expect(server).toMatchObject({ status: 3, stderr: "" });
    expect(client).toEqual({
      status: 4,
      stdout: "uid=1000(student) gid=1000(student) groups=1000(student)\n",
      stderr: "",
    });
    expect(input).toEqual({ status: 0, stdout: "in and out", stderr: "" });
  });

  it("records what the menu's shells show, where the class file says so, and tells the student", async () => {
    const { stdout } = await sshWith("server1 echo 'grüß dich'; exit 7\n", "alice", "door");
    expect(stdout).toContain("What the menu's shells show is recorded for your teacher.");
    const sessions = at("classes/net1/sessions/net1.alice");
    const files = (await readdir(sessions)).sort();
    expect((await stat(join(sessions, files.at(-1) ?? ""))).mode & 0o777).toBe(0o600);
    const [header, ...events] = (await readFile(join(sessions, files.at(-1) ?? ""), "utf8"))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(header).toMatchObject({ version: 2, title: "server1", command: "echo 'grüß dich'; exit 7" });
    expect(header.timestamp).toBeGreaterThan(Date.now() / 1000 - 60);
    expect(events.map(([, kind, text]) => [kind, text])).toEqual([
      ["o", "grüß dich\n"],
      ["m", "status 7"],
    ]);
    expect(await readdir(at("classes/net1/sessions"))).not.toContain("net1.bob");
  });

  it("leads through the door to a server and the client, by their own names", async () => {
    expect(await ssh("alice", "server1.alice", "cat /root/whose; exit 5")).toEqual({
      status: 5,
      stdout: "net1.alice\n",
      stderr: "",
    });
    expect(await ssh("bob", "server1.bob", "cat /root/whose")).toEqual({ status: 0, stdout: "net1.bob\n", stderr: "" });
    expect(await ssh("alice", "client.alice", "hostname; exit 6")).toEqual({
      status: 6,
      stdout: "client\n",
      stderr: "",
    });
  });

  it("passes on a megabyte in each direction, byte for byte", async () => {
    const sum = "head -c 1000000 /dev/zero | tr '\\0' x | sha256sum | cut -c -16";
    const megabyte = "x".repeat(1_000_000);
    const [out, into, local] = await Promise.all([
      ssh("alice", "door", "server1", "head -c 1000000 /dev/zero | tr '\\0' x"),
      sshWith(megabyte, "alice", "door", "server1", "sha256sum | cut -c -16"),
      ssh("alice", "door", "server1", sum),
    ]);
    expect(out.stdout === megabyte).toBe(true);
    expect(into.stdout).toBe(local.stdout);
  });

  it("copies files to and from a server and the client, and none to the door or from it", async () => {
    await writeFile(at("file"), "a file");
    const scp = async (who: Id, ...words: string[]) => await ended(await start(who, words, "scp"), undefined);
    const [there, toClient, toDoor, oldToDoor, fromDoor, keys] = await Promise.all([
      scp("alice", at("file"), "server1.alice:/root/file"),
      scp("alice", at("file"), "client.alice:file"),
      scp("alice", at("file"), "door:/tmp/file"),
      scp("alice", "-O", at("file"), "door:file"),
      scp("alice", "door:/etc/passwd", at("stolen")),
      scp("alice", "-O", "door:/etc/ssh/host_key", at("stolen")),
    ]);
    expect(there, there.stderr).toMatchObject({ status: 0 });
    expect(toClient, toClient.stderr).toMatchObject({ status: 0 });
    expect((await scp("alice", "server1.alice:/root/file", at("back"))).status).toBe(0);
    expect(await readFile(at("back"), "utf8")).toBe("a file");
    for (const one of [toDoor, oldToDoor, fromDoor, keys]) expect(one.status).not.toBe(0);
    expect(await readdir(state)).not.toContain("stolen");
    const sftp = await ended(await start("alice", ["door"], "sftp"), "ls /\n");
    expect(sftp.status).not.toBe(0);
    expect(sftp.stdout).not.toContain("usr");
  });

  it("lets a student see the lab's pages in a browser, by a port that the client forwards", async () => {
    const web = await ssh("alice", "-W", "172.25.254.11:22", "client.alice");
    expect(web.stdout).toMatch(/^SSH-2\.0-/);
    const machine = await ssh("alice", "-W", `127.0.0.1:${secretPort}`, "client.alice");
    expect(machine.stdout).toBe("");
    expect(machine.stderr).toMatch(forwardRefused);
  });
});

describe("another key", () => {
  it.each([
    ["somebody else's", "alice", ["-i", "key.bob", "-o", "IdentityFile=none"]],
    ["one of nobody", "mallory", []],
  ] as const)("%s is refused, with sshd's own words", async (_, who, more) => {
    const own = more.map((word) => (word === "key.bob" ? at(word) : word));
    const ran = await ssh(
      who,
      "-F",
      "none",
      "-p",
      String(port),
      ...baseOptions,
      ...(own.length > 0 ? ["-i", at("key.bob")] : ["-i", at("key.mallory")]),
      `${who}@127.0.0.1`,
    );
    expect(ran.stderr).toMatch(loginRefused);
    expect(ran).toMatchObject({ status: 255, stdout: "" });
  });

  it("opens no account of the door's own", async () => {
    const users = ["root", "sshd", "nobody", "student"];
    const ran = await Promise.all(users.map((user) => ssh("alice", "-l", user, "door", "id")));
    for (const one of ran) expect(one).toMatchObject({ status: 255, stdout: "" });
  });
});

describe("other places", () => {
  it("of the class, of the lab and of the machine are refused", async () => {
    const places = {
      "another's server by -J": ["server1.bob", "id"],
      "another's client by -J": ["client.bob", "id"],
      "another's server by -W": ["-W", "server1.bob:22", "door"],
      "another's server by its address in the door": ["-W", "127.1.1.1:22", "door"],
      "one's own server by its address in the door": ["-W", "127.1.0.1:22", "door"],
      "another port of one's own server": ["-W", "server1.alice:80", "door"],
      "a server by its address in the lab": ["-W", "172.25.254.11:22", "door"],
      "the machine's ssh": ["-W", "127.0.0.1:22", "door"],
      "the door itself": ["-W", "localhost:22", "door"],
      "a program of the machine": ["-W", `127.0.0.1:${secretPort}`, "door"],
    };
    const tried = Object.entries(places).map(async ([place, words]) => ({ place, ran: await ssh("alice", ...words) }));
    for (const { place, ran } of await Promise.all(tried)) {
      expect(ran, place).toMatchObject({ status: 255, stdout: "" });
      expect(ran.stderr, place).toMatch(forwardRefused);
    }
  });

  /** What comes out of a port that ssh(1) forwards for the student. */
  async function through(forward: readonly string[], command: string): Promise<Ran> {
    const script = 'config=$1; command=$2; shift 2; ssh -F "$config" "$@" -f -N door && bash -c "$command"';
    const [file = "", ...args] = inUserland(
      ...["unshare", "--pid", "--fork", "--kill-child", "sh", "-c", script, "sh"], // so that the ssh behind it ends, too
      ...[config("alice"), command, ...forward],
    );
    return await ended(spawn(file, args, { env: labEnvironment() }), undefined);
  }

  it("are refused by -L and -D, which lead to a server of one's own", async () => {
    const [own, machine, socks] = await Promise.all([
      through(["-L", "127.0.0.1:7001:server1.alice:22"], "exec 3<>/dev/tcp/127.0.0.1/7001; timeout 60 head -1 <&3"),
      through(
        ["-L", `127.0.0.1:7002:127.0.0.1:${secretPort}`],
        "curl -sS --http0.9 --max-time 5 http://127.0.0.1:7002/",
      ),
      through(
        ["-D", "127.0.0.1:7003"],
        `curl -sS --http0.9 --max-time 5 --socks5 127.0.0.1:7003 http://127.0.0.1:${secretPort}/`,
      ),
    ]);
    expect(own.stdout).toMatch(/^SSH-2\.0-OpenSSH/);
    for (const one of [machine, socks]) {
      expect(one.stdout).toBe("");
      expect(one.status).not.toBe(0);
    }
    const sockets = ["/run/broker/socket", "/run/door/relays/127.1.1.1", at("classes/net1/door/control")];
    const tried = sockets.map((socket, index) =>
      through(
        ["-L", `127.0.0.1:${7010 + index}:${socket}`],
        `echo state | socat -t 5 - TCP:127.0.0.1:${7010 + index} 2>&1`,
      ),
    );
    for (const ran of await Promise.all(tried)) expect(ran.stdout).not.toMatch(/pid|SSH/);
  });

  it("cannot reach the student back", async () => {
    const options = ["7020:127.0.0.1:22", "/tmp/socket:127.0.0.1:22"];
    const tried = options.map((more) => ssh("alice", "-o", "ExitOnForwardFailure=yes", "-R", more, "door", "help"));
    for (const ran of await Promise.all(tried)) {
      expect(ran).toMatchObject({ status: 255, stdout: "" });
      expect(ran.stderr).toMatch(/remote port forwarding failed|Remote forwarding/i);
    }
  });

  it("sshd reads its file as it is meant: what it lets a student do, and somebody else", async () => {
    const accounts = ids.map((id, index) =>
      accountOf({ id, key: publicKeys[id] ?? "" }, ["server1", "server2"], index),
    );
    await writeFile(at("sshd_config"), sshdConfig(accounts).replace("/etc/ssh/host_key", at("key.mallory")));
    const settingsFor = async (user: string): Promise<Record<string, string>> => {
      const script = 'mkdir -p /run/sshd; exec /usr/sbin/sshd -T -f "$1" -C "user=$2"';
      const [file = "", ...args] = inUserland("sh", "-c", script, "sh", at("sshd_config"), user);
      const { stdout, stderr } = await ended(spawn(file, args, { env: labEnvironment() }), undefined);
      expect(stderr).toBe("");
      return Object.fromEntries(stdout.split("\n").map((line) => [line.split(" ")[0], line.replace(/^\S+ /, "")]));
    };
    const closed = {
      ...{ passwordauthentication: "no", kbdinteractiveauthentication: "no", permitrootlogin: "no" },
      ...{ x11forwarding: "no", allowagentforwarding: "no", allowstreamlocalforwarding: "no", permittunnel: "no" },
      ...{ permituserenvironment: "no", permituserrc: "no", permitlisten: "none", gatewayports: "no" },
      ...{ forcecommand: "/usr/local/bin/session", authenticationmethods: "publickey" },
    };
    const [alice, other] = await Promise.all([settingsFor("alice"), settingsFor("sshd")]);
    expect(alice).toMatchObject({
      ...closed,
      allowtcpforwarding: "local",
      permitopen: "server1.alice:22 server2.alice:22 client.alice:22",
    });
    expect(other).toMatchObject({ ...closed, allowtcpforwarding: "no", permitopen: "none" });
    for (const settings of [alice, other]) {
      expect(settings).not.toHaveProperty("acceptenv");
      expect(settings).not.toHaveProperty("subsystem");
    }
  });
});

describe("a shell on the machine", () => {
  it("is none by any command", async () => {
    const commands = [
      ...["sh -c id", "/bin/sh", "; id", "$(id)", "`id`", "!sh", "scp -t /tmp", "/usr/lib/openssh/sftp-server"],
      ...[
        "../../usr/bin/perl -e 'print 42'",
        "grade; id",
        "grade --stack net1.bob",
        "status -s net1.bob",
        "forget $(id)",
      ],
    ];
    const tried = commands.map(async (command) => ({ command, ran: await ssh("alice", "door", command) }));
    for (const { command, ran } of await Promise.all(tried)) {
      expect(ran, command).toMatchObject({ status: 2, stdout: "" });
      expect(ran.stderr, command).toMatch(/^There is no `|stands alone/);
    }
  });

  it("is none by what is written in the menu", async () => {
    const lines = [
      "; id",
      "$(id)",
      "`id`",
      "| sh",
      "!sh",
      "server1; id >&2 #",
      "\x1a",
      "\x03",
      "\x00",
      "~C",
      "0",
      "99",
      "-1",
      "../x",
    ];
    const ran = await sshWith(`${lines.join("\n")}\n`, "alice", "door");
    expect(ran.stdout).not.toMatch(/uid=/);
    expect(ran.stderr).not.toMatch(/uid=/);
    expect(ran.stderr.match(/There is no/g)?.length).toBeGreaterThan(8);
  });

  it("is none on a terminal: Ctrl-C, Ctrl-Z, Ctrl-\\, and escapes leave the menu as it is", async () => {
    const child = await start("alice", ["-tt", "door"]);
    let seen = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (seen += text));
    const typed = async (keys: string, answer: RegExp): Promise<void> => {
      seen = "";
      child.stdin?.write(keys);
      await expect.poll(() => seen, { timeout: 20_000 }).toMatch(answer);
    };
    await expect.poll(() => seen, { timeout: 20_000 }).toMatch(/alice> $/);
    await typed("\x03", /alice> $/);
    await typed("\x1a\x1c!sh\n", /There is no/);
    await typed("client\n", /\$ $/);
    await typed("tty; stty size\n", /\/dev\/pts\/0\r\n24 80\r\n/);
    await typed("sleep 60\n\x03", /\^C[\s\S]*\$ $/);
    await typed("exit 7\n", /alice> $/);
    await typed("help\n", /The lab of/);
    const closed = once(child, "close");
    child.stdin?.write("quit\n");
    expect((await closed)[0]).toBe(0);
  });

  it("gets nothing of what the student's ssh sends of its environment", async () => {
    const variables = ["PATH=/tmp", "ENV=/tmp/x", "LD_PRELOAD=/tmp/x.so", "PERL5OPT=-Mre=debug", "LC_ALL=x"];
    const ran = await ssh("alice", ...variables.flatMap((one) => ["-o", `SetEnv=${one}`]), "door", "client", "env");
    expect(ran.status).toBe(0);
    expect(ran.stdout).not.toMatch(/\/tmp|Mre|LC_ALL/);
  });
});

describe("the client", () => {
  const inClient = async (script: string): Promise<string> => {
    const { stdout, stderr } = await ssh("alice", "door", "client", script);
    return stdout + stderr;
  };

  it("has no privilege, and no way to one", async () => {
    const said = await inClient(`grep ^Cap /proc/self/status; grep NoNewPrivs /proc/self/status
      unshare --user id; unshare --mount id; mount -t tmpfs x /tmp; find / -xdev -perm /6000 -type f 2>/dev/null | head -1
      ip link add d0 type dummy; ip addr add 1.2.3.4 dev eth0; kill -9 1; echo end`);
    expect(said.match(/^Cap\w+:\t0{16}$/gm)).toHaveLength(5);
    expect(said).toContain("NoNewPrivs:\t1");
    expect(said).not.toMatch(/uid=/);
    expect(said).toMatch(/end\n/);
  });

  it("has so many processes and no more", async () => {
    const forks =
      "for (1..500) { defined(my $pid = fork) or print qq(stopped at $_\\n) and exit; $pid or exec qw(sleep 3) }";
    const said = await inClient(`perl -e '${forks}'`);
    expect(Number(/^stopped at (\d+)$/m.exec(said)?.[1])).toBeLessThan(130);
  });

  it("is no user who owns anything on the machine", async () => {
    const child = await start("alice", ["door", "client", "sleep 7654"]);
    const uidOf = async (): Promise<number | undefined> => {
      for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
        const read = async (name: string) => await readFile(`/proc/${pid}/${name}`, "utf8").catch(() => "");
        if ((await read("cmdline")) === "sleep\x007654\0")
          return Number(/^Uid:\s+(\d+)/m.exec(await read("status"))?.[1]);
      }
      return undefined;
    };
    await expect.poll(uidOf, { timeout: 20_000 }).toBeGreaterThan(65_535);
    expect(await uidOf()).not.toBe(process.getuid?.());
    child.kill("SIGKILL");
    await expect.poll(uidOf, { timeout: 20_000 }).toBeUndefined();
  });

  it("has no file of the machine, of the teacher, or of the lab host", async () => {
    const names = [
      "/home",
      "/root",
      "/tmp",
      "/var",
      "/run",
      "/etc/ssh",
      "/etc/shadow",
      state,
      labs[0]?.host.directory ?? "",
      projectRoot,
    ];
    const said =
      await inClient(`ls -A / | tr '\\n' ' '; for one in ${names.join(" ")}; do ls -dA $one/* 2>/dev/null; done
      cat /etc/ssh/host_key | head -1; cat /etc/passwd; touch /usr/x /etc/x /x 2>&1`);
    expect(said.split("\n")[0]?.split(" ").filter(Boolean)).toEqual(
      expect.arrayContaining(["bin", "dev", "etc", "home", "lib", "lib64", "proc", "sbin", "tmp", "usr"]),
    );
    expect(said).not.toMatch(/lvs-lab|libvirt|class|roster|net1/);
    expect(said).not.toContain(state);
    expect(said).toContain("student:*:1000");
    expect(said.match(/Read-only file system|Permission denied/g)?.length).toBeGreaterThanOrEqual(3);
  });

  it("sees its own processes alone, and the lab's network alone", async () => {
    const said = await inClient(`ps -e -o args= ; ip -o -4 address; ping -c 1 -W 5 172.25.254.11 | grep -o "1 received"
      curl -sS --max-time 3 http://127.0.0.1:${secretPort}/; arp -an; cat /proc/net/unix`);
    expect(said).not.toMatch(/libvirtd|nginx|\bnode\b|SECRET OF|\bdoor\b/);
    expect(said).toContain("1 received");
    expect(said).toMatch(/172\.25\.254\.250/);
    expect(said).toMatch(/\(172\.25\.254\.11\) at 52:54/);
    const forgotten = await ssh("alice", "door", "forget");
    expect(forgotten).toMatchObject({ status: 0, stdout: "The client's ARP cache is empty.\n" });
    expect(await inClient("arp -an")).not.toContain("172.25.254.11");
  });
});

describe("the door", () => {
  it("has two terminals of one student at once, and tells who is in", async () => {
    const two = await Promise.all([start("alice", ["-tt", "door"]), start("alice", ["-tt", "door"])]);
    const screens = two.map((child) => {
      const screen = { text: "" };
      child.stdout?.setEncoding("utf8").on("data", (text: string) => (screen.text += text));
      return screen;
    });
    for (const screen of screens) await expect.poll(() => screen.text, { timeout: 20_000 }).toMatch(/alice> $/);
    const { stdout } = await door("status");
    expect(stdout).toMatch(/^open at 127\.0\.0\.1 port \d+ since /);
    expect(stdout.match(/^ {2}alice {2}since \S+ {2}from 127\.0\.0\.1 port \d+$/gm)).toHaveLength(2);
    expect(stdout).toMatch(/[1-9]\d* refused/);
    for (const child of two) child.kill("SIGKILL");
    await Promise.all(two.map((child) => once(child, "close")));
  });

  it("logs each student's logins, and what was refused, without secrets", async () => {
    const own = await readFile(at("classes/net1/log/net1.alice.door.log"), "utf8");
    expect(own).toContain("Accepted publickey for alice from 127.0.0.1");
    const others = await readFile(at("classes/net1/log/door.log"), "utf8");
    expect(others).toMatch(/Invalid user mallory|invalid user mallory/);
    for (const log of [own, others]) expect(log).not.toMatch(/PRIVATE KEY|ssh-ed25519 AAAA/);
  });

  it("takes the roster as it changes: who leaves is out, who has another key gets in by that alone", async () => {
    const child = await start("bob", ["-tt", "door"]);
    let seen = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (seen += text));
    await expect.poll(() => seen, { timeout: 20_000 }).toMatch(/bob> $/);
    const through = await start("bob", ["server1.bob", "echo through; sleep 600"]);
    await once(through.stdout as Readable, "data");
    const closed = [child, through].map((one) => once(one, "close"));
    await writeRoster({ alice: publicKeys.mallory ?? "" });
    await Promise.all(closed);
    expect((await ssh("bob", "door", "help")).stderr).toMatch(loginRefused);
    expect((await ssh("alice", "door", "help")).stderr).toMatch(loginRefused);
    const ran = await ssh(
      "mallory",
      ...["-F", "none", "-p", String(port), ...baseOptions, "-i", at("key.mallory"), "alice@127.0.0.1"],
      "server1",
      "true",
    );
    expect(ran).toMatchObject({ status: 0 });
    await writeRoster({ alice: publicKeys.alice ?? "", bob: publicKeys.bob ?? "" });
    await expect.poll(async () => (await ssh("bob", "door", "help")).status, { timeout: 20_000 }).toBe(0);
  });

  it("a roster with a mistake leaves it as it is", async () => {
    await writeFile(at("roster.csv"), "id,name,key\nalice,Alice,no key\n");
    expect(await door("start")).toMatchObject({ status: 2 });
    await expect
      .poll(async () => await readFile(at("classes/net1/log/door.log"), "utf8"), { timeout: 20_000 })
      .toMatch(/not taken/);
    expect((await ssh("alice", "door", "help")).status).toBe(0);
    await writeRoster({ alice: publicKeys.alice ?? "", bob: publicKeys.bob ?? "" });
  });

  it("that was killed leaves nothing that keeps the next one from opening, with the same host key", async () => {
    const before = JSON.parse((await lvsLab("class", "door", "status", "--json", "--file", at("class.yaml"))).stdout);
    process.kill(before.door.pid, "SIGKILL");
    const again = await door("start");
    expect(again, again.stderr).toMatchObject({ status: 0 });
    const after = JSON.parse((await lvsLab("class", "door", "status", "--json", "--file", at("class.yaml"))).stdout);
    expect(after.door.pid).not.toBe(before.door.pid);
    expect(after.door.hostKey).toBe(before.door.hostKey);
    expect((await ssh("alice", "door", "server1", "true")).status).toBe(0);
    const card = await lvsLab("class", "access", "alice", "--file", at("class.yaml"));
    const [file = "", ...args] = inUserland("ssh-keyscan", "-p", String(port), "-t", "ed25519", "127.0.0.1");
    const scanned = await ended(spawn(file, args, { env: labEnvironment() }), undefined);
    expect(scanned.stdout).toContain(after.door.hostKey);
    expect(card.stdout).toContain(`ssh -p ${port} alice@127.0.0.1`);
  });

  it("closes, and nothing of it is left", async () => {
    expect(await door("stop")).toMatchObject({ status: 0 });
    expect((await door("status")).stdout).toBe("closed\n");
    expect(await readdir(at("classes/net1"))).not.toContain("door");
    expect((await ssh("alice", "door", "help")).stderr).toMatch(/refused/);
  });
});
