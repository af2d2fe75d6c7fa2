import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { projectRoot } from "../../cli/pulumi.ts";
import { labEnvironment } from "../../provision/host/machine/namespaces.ts";
import { generateKeys } from "../../provision/ssh/key-pair.ts";
import { inUserland } from "../integration/hosts.ts";

/** Two students of a class with real labs, who come in by its door as they would from machines of their own: by OpenSSH and the lines of their card. */
const ids = ["alice", "bob"] as const;
type Id = (typeof ids)[number];

let folder: string;
let port: number;
const at = (name: string): string => join(folder, name);

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function ended(child: ChildProcess, input = ""): Promise<Ran> {
  child.stdin?.on("error", () => {});
  child.stdin?.end(input);
  const closed = once(child, "close");
  const [stdout, stderr] = await Promise.all([text(child.stdout as never), text(child.stderr as never)]);
  const [status] = (await closed) as [number | null];
  return { status, stdout, stderr };
}

async function lvsLab(...words: string[]): Promise<Ran> {
  const [verb = "", ...more] = words;
  const args = ["class", verb, ...more, "--file", at("class.yaml")];
  return await ended(spawn(join(projectRoot, "cli/lvs-lab"), args, { cwd: projectRoot }));
}

async function run(who: Id, program: "ssh" | "scp", words: readonly string[], input = ""): Promise<Ran> {
  const [file = "", ...args] = await inUserland(program, "-F", at(`config.${who}`), ...words);
  return await ended(spawn(file, args, { env: labEnvironment() }), input);
}
const ssh = async (who: Id, ...words: string[]): Promise<Ran> => await run(who, "ssh", words);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lvs-door-"));
  const free = createServer().listen(0, "127.0.0.1");
  await once(free, "listening");
  port = (free.address() as { port: number }).port;
  free.close();
  const rows: string[] = [];
  for (const id of ids) {
    const { privateKey, publicKey } = await generateKeys(id);
    await writeFile(at(`key.${id}`), privateKey, { mode: 0o600 });
    rows.push(`${id},Name of ${id},${publicKey}\n`);
  }
  await writeFile(at("roster.csv"), `id,name,key\n${rows.join("")}`);
  await writeFile(
    at("class.yaml"),
    `name: door-test\nexercise: bare\nroster: roster.csv\nvary: [vip, port, token]\ndoor: {port: ${port}}\n`,
  );
  const up = await lvsLab("up", "--snapshot");
  expect(up, up.stderr).toMatchObject({ status: 0 });
  const { students } = JSON.parse((await lvsLab("access", "--json")).stdout);
  for (const { id, sshConfig } of students as { id: Id; sshConfig: string }[]) {
    const own = `IdentityFile ${at(`key.${id}`)}\nIdentitiesOnly yes\nBatchMode yes\nStrictHostKeyChecking no\nUserKnownHostsFile /dev/null\n`;
    await writeFile(at(`config.${id}`), `${sshConfig}\nHost *\n${own}LogLevel ERROR\n`);
  }
});
afterAll(async () => {
  const down = await lvsLab("down", "--force");
  await rm(folder, { recursive: true });
  expect(down, down.stderr).toMatchObject({ status: 0 });
});

const door = "door-test-door";

test("each student's key leads to their own servers, by the menu and by their names", async () => {
  for (const id of ids) {
    expect(await ssh(id, door, "server1", "hostname; id -u; exit 3")).toMatchObject({
      status: 3,
      stdout: "server1\n0\n",
    });
    expect(await ssh(id, `server2.${id}`, "hostname; exit 4")).toMatchObject({ status: 4, stdout: "server2\n" });
  }
  expect(await ssh("alice", "server1.bob", "id")).toMatchObject({ status: 255, stdout: "" });
});

test("the client of the menu sees the lab's servers, and is root of nothing", async () => {
  const { stdout } = await ssh("alice", door, "client", "id -u; ping -c 2 -W 10 server1; arp -an");
  expect(stdout).toMatch(/^1000\n/);
  expect(stdout).toMatch(/ 0% packet loss/);
  expect(stdout).toMatch(/ at 52:54:00:fe:/);
});

test("scp leads to a server, and its file is there", async () => {
  await writeFile(at("file"), "from alice\n");
  expect(await run("alice", "scp", [at("file"), "server3.alice:/root/"])).toMatchObject({ status: 0 });
  expect(await ssh("alice", door, "server3", "cat /root/file")).toMatchObject({ status: 0, stdout: "from alice\n" });
});

test("grade and status are those of the student's own lab", async () => {
  const [grade, status] = [await ssh("alice", door, "grade"), await ssh("alice", door, "status")];
  expect(grade.status).toBe(1);
  expect(grade.stdout).toMatch(/not yet/);
  expect(status, status.stderr).toMatchObject({ status: 0 });
  expect(status.stdout).toContain("server1");
});

test("a lab that was reset lets the student in again, by the same key", async () => {
  expect(await ssh("bob", "server1.bob", "touch /root/mine && rm -f /root/.ssh/authorized_keys.x")).toMatchObject({
    status: 0,
  });
  const reset = await lvsLab("reset", "bob");
  expect(reset, reset.stderr).toMatchObject({ status: 0 });
  expect(await ssh("bob", "server1.bob", "test ! -e /root/mine && echo reset")).toMatchObject({
    status: 0,
    stdout: "reset\n",
  });
});

test("who leaves the roster is out, and their key leaves the servers", async () => {
  const roster = await readFile(at("roster.csv"), "utf8");
  await writeFile(at("roster.csv"), roster.replace(/^bob,.*\n/m, ""));
  await expect
    .poll(async () => (await ssh("bob", door, "help")).stderr, { timeout: 60_000 })
    .toMatch(/Permission denied/);
  const keys = async (): Promise<string> => {
    const program = [join(projectRoot, "cli/lvs-lab"), "ssh", "-s", "door-test.bob", "server1", "--"] as const;
    const [file, ...args] = [...program, "cat", "/root/.ssh/authorized_keys"];
    return (await ended(spawn(file, args, { cwd: projectRoot }))).stdout;
  };
  await expect.poll(keys, { timeout: 120_000, interval: 3000 }).not.toContain("lvs-lab-student");
  await writeFile(at("roster.csv"), roster);
});
