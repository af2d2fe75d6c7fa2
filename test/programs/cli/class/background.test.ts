import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { $ } from "zx";
import { gradedInBackground, gradeInBackground } from "../../../../cli/class/background.ts";
import { lvsLabProgram } from "../../../../cli/class/lvs-lab.ts";
import { CliError } from "../../../../cli/exit-status.ts";
import { Classroom } from "../../../unit/cli/class/a-lvs-lab.ts";

describe("grading in the background", () => {
  it("goes on without who asked for it, one at a time, and its marks are there afterwards", async () => {
    const room = await Classroom.make({ "class class": { ms: 1500, stdout: "the marks", status: 1 } });
    const all = await room.with(["alice"]);
    await expect(gradedInBackground(all)).rejects.toThrow(/Fix: npx lvs-lab class grade --background$/);
    await gradeInBackground(all, ["--faults"], room.program);
    await expect(gradeInBackground(all, [], room.program)).rejects.toThrow(CliError);
    await expect.poll(async () => (await gradedInBackground(all)).progress).toBe("class begins\n");
    expect(await gradedInBackground(all)).toMatchObject({ goesOn: true, marks: "" });
    await expect.poll(async () => (await gradedInBackground(all)).goesOn).toBe(false);
    expect(await gradedInBackground(all)).toEqual({ goesOn: false, marks: "the marks\n", progress: "class begins\n" });
    expect((await room.runs())[0]).toBe(`class grade --file ${all.file} --faults`);
  });

  it("is told of by `class marks`: how far it is, the marks, or why there are none", async () => {
    const room = await Classroom.make();
    const all = await room.with(["alice", "bob"]);
    const lvsLab = (...words: string[]) =>
      $({ nothrow: true, quiet: true })`${lvsLabProgram} class ${words} --file ${all.file}`;
    const csv = join(room.state, "marks of all.csv");
    const begun = await lvsLab("grade", "--background", "--student", "bob", "--csv", csv);
    expect(begun, begun.stderr).toMatchObject({ exitCode: 0, stdout: "" });
    await expect.poll(async () => (await lvsLab("marks")).stdout, { interval: 300 }).toMatch(/^bob .*no lab/m);
    expect((await lvsLab("marks")).stdout).not.toContain("alice");
    expect(await readFile(csv, "utf8")).toMatch(/^bob,/m);

    await lvsLab("grade", "--background", "--csv", join(room.state, "missing", "marks.csv"));
    await expect.poll(async () => (await lvsLab("marks")).stderr, { interval: 300 }).toMatch(/ENOENT|no such file/i);
    expect(await lvsLab("marks")).toMatchObject({ exitCode: 1, stdout: "" });
  });
});
