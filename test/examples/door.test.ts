import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { projectRoot } from "../../provision/paths.ts";
import { lvsLab, working } from "../hosts/lvs-lab.ts";
import { freePort, Students } from "../students.ts";

/** Two students of a class with real labs. */
const ids = ["alice", "bob"] as const;
type Id = (typeof ids)[number];

let folder: string;
let students: Students<Id>;
const at = (name: string): string => join(folder, name);
const inClass = (verb: string, ...words: string[]): string[] => ["class", verb, ...words, "--file", at("class.yaml")];
const ssh = (who: Id, ...words: string[]) => students.ssh(who, ...words);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lvs-door-"));
  students = await Students.enrol(folder, ids);
  await writeFile(
    at("class.yaml"),
    `name: door-test\nexercise: bare\nroster: roster.csv\nvary: [vip, port, token]\ndoor: {port: ${await freePort()}}\n`,
  );
  await working(inClass("up", "--snapshot"));
  expect(await students.takeCards((await working(inClass("access", "--json"))).stdout)).toEqual(ids);
});
afterAll(async () => {
  const down = await lvsLab(inClass("down", "--force"));
  await rm(folder, { recursive: true });
  for (const id of ids) await rm(join(projectRoot, `Pulumi.door-test.${id}.yaml`), { force: true });
  expect(down.status, down.output).toBe(0);
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
  expect(await students.run("alice", "scp", [at("file"), "server3.alice:/root/"])).toMatchObject({ status: 0 });
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
  await working(inClass("reset", "bob"));
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
  const keys = async (): Promise<string> =>
    (await lvsLab(["ssh", "-s", "door-test.bob", "server1", "--", "cat", "/root/.ssh/authorized_keys"])).stdout;
  await expect.poll(keys, { timeout: 120_000, interval: 3000 }).not.toContain("lvs-lab-student");
  await writeFile(at("roster.csv"), roster);
});
