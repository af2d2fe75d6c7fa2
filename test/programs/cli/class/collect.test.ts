import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { manifestSchema } from "../../../../class/collection/manifest.ts";
import { classCollect, classVerify } from "../../../../cli/class/collect.ts";
import { gradeOf } from "../../../unit/class/a-grade.ts";
import { Classroom, type Course } from "../../../unit/cli/class/a-lvs-lab.ts";

/** A class whose labs are there, and how `lvs-lab` goes with those in which it fails. */
async function aClass(ids: readonly string[], failing: Readonly<Record<string, Course>> = {}) {
  const room = await Classroom.make();
  const all = await room.with(ids, "deadline: 2026-12-01T12:00:00Z\n");
  const plan: Record<string, Course> = {};
  for (const { stack, lab } of all.members) {
    await mkdir(join(room.state, "labs", stack, "transcripts"), { recursive: true });
    await writeFile(join(room.state, "labs", stack, "transcripts/server1.log"), `of ${stack}\n`);
    const grade = await gradeOf(lab, stack, () => ({ output: "", status: 1 }));
    plan[`grade ${stack}`] = { status: 1, stdout: JSON.stringify(grade) };
    plan[`ssh ${stack}`] = { stdout: Buffer.from("archive").toString("base64") };
  }
  await room.plan({ ...plan, ...failing });
  const into = join(room.state, "collected");
  const reports = join(room.state, "reports");
  const collect = (now = new Date("2026-12-01T13:00:00Z")) =>
    classCollect(all, all.members, room.tools, { into, reports, now: () => now });
  const verify = async (...folders: string[]) => {
    const lines: string[] = [];
    const key = { directory: all.directory.path };
    const status = await classVerify(folders, { key, print: (line) => lines.push(line) });
    return { status, lines };
  };
  return { room, all, into, reports, collect, verify };
}

it("writes a signed folder for each student, with the marks of all beside them", async () => {
  const { room, into, reports, collect, verify } = await aClass(["alice", "bob"]);
  for (const name of [
    "2026-01-01T00-00-00-net1.alice-director-down",
    "2026-01-01T00-00-00-net1.alicexx-director-down",
  ]) {
    await mkdir(join(reports, name), { recursive: true });
    await writeFile(join(reports, name, "result.json"), "{}");
  }
  await symlink("/etc/passwd", join(room.state, "labs/net1.alice/transcripts/link.log"));
  expect(await collect()).toBe(0);
  expect((await readdir(into)).sort()).toEqual(["alice", "bob", "marks.csv"]);
  const manifest = manifestSchema.parse(JSON.parse(await readFile(join(into, "alice/manifest.json"), "utf8")));
  expect(manifest).toMatchObject({
    ...{ class: "net1", student: { id: "alice", name: "ALICE" }, stack: "net1.alice", late: true, missing: [] },
  });
  expect(manifest.files.map(({ path }) => path)).toEqual([
    "grade.json",
    "lab.yaml",
    "reports/2026-01-01T00-00-00-net1.alice-director-down/result.json",
    ...["server1", "server2", "server3"].flatMap((name) => [
      `servers/${name}/files.tar.gz`,
      `servers/${name}/state.txt`,
    ]),
    "transcripts/server1.log",
  ]);
  expect(await readFile(join(into, "bob/transcripts/server1.log"), "utf8")).toBe("of net1.bob\n");
  expect(await readFile(join(into, "bob/servers/server1/files.tar.gz"), "utf8")).toBe("archive");
  expect((await readFile(join(into, "marks.csv"), "utf8")).split("\r\n").map((row) => row.split(",")[0])).toEqual([
    ...["id", "alice", "bob", ""],
  ]);
  expect(room.said.at(-1)).toMatch(/collected: signed with the key SHA256:\S+ of the class$/);
  expect(await verify(into)).toEqual({
    status: 0,
    lines: ["alice", "bob"].map((id) =>
      `✓ ${id} of net1, collected 2026-12-01T13:00:00.000Z: 9 files as they were`.replace(
        "9",
        id === "bob" ? "9" : "10",
      ),
    ),
  });
});

const FAIL = { status: 1, error: "lvs-lab: server1 does not answer" };

it("is stopped for nobody by one lab that cannot be graded or asked; the folder says what is missing", async () => {
  const { into, collect, verify } = await aClass(["alice", "bob"], {
    "grade net1.alice": FAIL,
    "ssh net1.alice": FAIL,
  });
  expect(await collect()).toBe(0);
  const { missing } = manifestSchema.parse(JSON.parse(await readFile(join(into, "alice/manifest.json"), "utf8")));
  expect(missing[0]).toContain("the lab could not be graded: server1 does not answer");
  expect(missing.slice(1)).toEqual(
    ["server1", "server2", "server3"].map((one) => `${one} could not be asked for everything`),
  );
  expect(existsSync(join(into, "alice/grade.json"))).toBe(false);
  expect((await verify(join(into, "alice"), join(into, "bob"))).status).toBe(0);
});

it("replaces an earlier folder once the new one is whole", async () => {
  const { room, all, into, collect, verify } = await aClass(["alice"]);
  await collect(new Date("2026-12-01T11:00:00Z"));
  await writeFile(join(into, "alice/note.txt"), "the teacher's\n");
  expect(await verify(into)).toMatchObject({ status: 1, lines: [expect.stringContaining("note.txt was added")] });
  await collect();
  expect(await verify(into)).toMatchObject({ status: 0, lines: [expect.stringContaining("T13:00")] });
  expect((await readdir(into)).sort()).toEqual(["alice", "marks.csv"]);
  await rm(join(room.state, "labs/net1.alice"), { recursive: true });
  const sessions = all.directory.sessions("net1.alice");
  await mkdir(sessions, { recursive: true });
  await writeFile(join(sessions, "one.cast"), "{}\n");
  await collect(new Date("2026-12-01T14:00:00Z"));
  const { missing, late } = manifestSchema.parse(JSON.parse(await readFile(join(into, "alice/manifest.json"), "utf8")));
  expect({ missing, late }).toEqual({ missing: ["the lab is not up"], late: true });
  // What was recorded outlives the lab.
  expect(await readFile(join(into, "alice/sessions/one.cast"), "utf8")).toBe("{}\n");
});

it("verify says where there is nothing to hold against the key, and which key it needs", async () => {
  const { room, verify } = await aClass(["alice"]);
  await expect(verify(room.state)).resolves.toMatchObject({ status: 1 });
  await expect(verify(join(room.state, "labs/net1.alice/transcripts"))).rejects.toThrow(
    "there is no folder of class collect in",
  );
  await expect(classVerify([room.state], { key: { file: room.program }, print: () => {} })).rejects.toThrow(
    "is no Ed25519 key in PEM",
  );
});
