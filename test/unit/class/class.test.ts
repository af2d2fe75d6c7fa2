import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { openClass } from "../../../class/class.ts";
import { ClassDirectory, ClassNameError } from "../../../class/directory.ts";
import { valueRows } from "../../../class/values.ts";
import { VaryError } from "../../../class/vary/part.ts";
import { FileError, parseLab } from "../../../lab/index.ts";
import { projectRoot } from "../../../provision/paths.ts";

let scratch: string;
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), "lvs-lab-class-"));
  vi.stubEnv("LVS_LAB_STATE", join(scratch, "state"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(scratch, { recursive: true });
});

/** Writes a class of these students, and returns its file. */
async function aClass(ids: readonly string[], more = "vary: [vip, port, token]\n", name = "net1"): Promise<string> {
  const folder = join(scratch, "teacher");
  await mkdir(folder, { recursive: true });
  const rows = ids.map((id) => `${id},Name of ${id}\n`);
  await writeFile(join(folder, "roster.csv"), ["id,name\n", ...rows].join(""));
  await writeFile(join(folder, "class.yaml"), `name: ${name}\nexercise: bare-ha\nroster: roster.csv\n${more}`);
  return join(folder, "class.yaml");
}

it("a class whose labs vary has a file for each, which nobody else can reach, and which stays the same", async () => {
  const { members, directory } = await openClass(await aClass(["alice", "Bob"]));
  expect(members.map(({ id, stack, labFile }) => [id, stack, labFile])).toEqual([
    ["alice", "net1.alice", join(scratch, "state/classes/net1/labs/net1.alice.yaml")],
    ["Bob", "net1.bob", join(scratch, "state/classes/net1/labs/net1.bob.yaml")],
  ]);
  for (const { labFile, lab } of members) expect(parseLab(await readFile(labFile, "utf8"), labFile)).toEqual(lab);
  for (const part of ["", "labs", "log", "stacks"])
    expect((await stat(join(directory.path, part))).mode & 0o777).toBe(0o700);
  expect((await stat(join(directory.path, "secret"))).mode & 0o777).toBe(0o600);

  const before = await Promise.all(members.map(async ({ labFile }) => (await stat(labFile)).mtimeMs));
  const again = await openClass(await aClass(["carol", "Bob", "alice"]));
  expect(again.members.map(({ lab }) => lab).slice(1)).toEqual([members[1]?.lab, members[0]?.lab]);
  expect(await Promise.all(members.map(async ({ labFile }) => (await stat(labFile)).mtimeMs))).toEqual(before);
});

it("a class whose labs are alike has the exercise itself for all, and no secret", async () => {
  const { members, directory } = await openClass(await aClass(["alice", "bob"], ""));
  const exercise = join(projectRoot, "labs/bare-ha.yaml");
  expect(members.map(({ labFile }) => labFile)).toEqual([exercise, exercise]);
  expect(members[0]?.lab).toEqual(members[1]?.lab);
  expect(await readdir(directory.path)).not.toContain("secret");
  expect(await readdir(join(directory.path, "labs"))).toEqual([]);
});

it("its secret is made once, also by two commands at once, and differs from class to class", async () => {
  const [one, other] = [new ClassDirectory("one"), new ClassDirectory("other")];
  for (const directory of [one, other]) await directory.open("/c.yaml");
  const read = await Promise.all(Array.from({ length: 8 }, () => new ClassDirectory("one").secret()));
  expect(new Set(read.map((secret) => Buffer.from(secret).toString("hex"))).size).toBe(1);
  expect(read[0]).toHaveLength(32);
  expect(await other.secret()).not.toEqual(read[0]);
  expect((await readdir(one.path)).filter((name) => name.startsWith("secret"))).toEqual(["secret"]);
});

it("a damaged secret is told, not replaced: all labs would get other values", async () => {
  const file = await aClass(["alice"]);
  const { directory } = await openClass(file);
  await writeFile(join(directory.path, "secret"), "half");
  await expect(openClass(file)).rejects.toThrow(/is no secret of a class.*Fix: restore it from a copy/);
  expect(await readFile(join(directory.path, "secret"), "utf8")).toBe("half");
});

it("two classes do not share a name while both have their files; a file that has moved is the class's own", async () => {
  const file = await aClass(["alice"], "");
  await openClass(file);
  const other = join(scratch, "other");
  await mkdir(other);
  for (const name of ["class.yaml", "roster.csv"])
    await writeFile(join(other, name), await readFile(join(scratch, "teacher", name)));
  await expect(openClass(join(other, "class.yaml"))).rejects.toThrow(ClassNameError);
  await expect(openClass(join(other, "class.yaml"))).rejects.toThrow(`is that of ${file}. Fix: `);
  await rm(file);
  expect((await openClass(join(other, "class.yaml"))).members).toHaveLength(1);
});

it("stacks are recorded with their students, also those who have left; what is not whole is passed over", async () => {
  const { directory } = await openClass(await aClass(["alice"], ""));
  await directory.record("net1.zoe", "Zoe");
  await directory.record("net1.alice", "alice");
  await writeFile(join(directory.path, "stacks/net1.x.json"), '{"vers');
  expect([...(await directory.recorded())]).toEqual([
    ["net1.alice", "alice"],
    ["net1.zoe", "Zoe"],
  ]);
});

it("what is wrong is told of the file that it is in, and nothing is made", async () => {
  const file = await aClass(["a/b"]);
  await expect(openClass(file)).rejects.toMatchObject({ file: join(scratch, "teacher/roster.csv") });
  await writeFile(file, "name: net1\nexercise: own.yaml\nroster: roster.csv\n");
  await writeFile(join(scratch, "teacher/own.yaml"), "control: none\n");
  await aRoster("alice");
  await expect(openClass(file)).rejects.toThrow(FileError);
  await expect(openClass(file)).rejects.toMatchObject({ file: join(scratch, "teacher/own.yaml") });
  expect(await readdir(scratch)).toEqual(["teacher"]);
});

const aRoster = (id: string) => writeFile(join(scratch, "teacher/roster.csv"), `id,name\n${id},A\n`);

it("an exercise that leaves a part no room is told before any lab comes up", async () => {
  const file = await aClass(["alice"]);
  await writeFile(
    join(scratch, "teacher/own.yaml"),
    `control: ipvsadm
networks: [{ subnets: [172.25.254.0/29] }]
client: { addresses: [172.25.254.6] }
services: [{ vip: 172.25.254.4 }]
servers:
  - { name: server1, addresses: [172.25.254.2], role: director }
  - { name: server2, addresses: [172.25.254.3], role: real-server }
  - { name: server3, addresses: [172.25.254.5], role: real-server }
`,
  );
  await writeFile(file, (await readFile(file, "utf8")).replace("bare-ha", "own.yaml"));
  await expect(openClass(file)).rejects.toThrow(VaryError);
});

it("the values of students are a table of what their labs have", async () => {
  const { members, vary } = await openClass(await aClass(["alice", "bob"]));
  expect(vary).not.toContain("weights");
  expect(valueRows(members, { vary })[0]).not.toContain("weights");
  expect(valueRows(members, { vary: [] })[0]).toEqual(["id", "address"]);
  const all = ["token", "virtualRouterId", "priorities", "weights"] as const;
  const [head, alice] = valueRows(members, { vary: all });
  expect(head).toEqual(["id", "address", "token", "virtual router", "priorities", "weights"]);
  expect(alice).toEqual([
    "alice",
    expect.stringMatching(/^172\.25\.254\.\d+:8\d{3}$/),
    expect.stringMatching(/^[a-z][a-z2-9]{12}$/),
    "51",
    "server1 100, server4 50",
    "server2 1, server3 1",
  ]);
});
