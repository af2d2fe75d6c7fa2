import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { defaultAtOnce, membersOf } from "../../../../cli/class/each.ts";
import { lastLineOf, lvsLabBy } from "../../../../cli/class/lvs-lab.ts";
import {
  classDown,
  classExec,
  classGrade,
  classReset,
  classSnapshot,
  classStatus,
  classUp,
  standingRows,
  standingsAsJson,
} from "../../../../cli/class/verbs.ts";
import { CliError } from "../../../../cli/exit-status.ts";
import { until } from "../../../../provision/until.ts";
import type { LabStatus } from "../../../../verify/live/status.ts";
import { gradeOf } from "../../../unit/class/a-grade.ts";
import { Classroom } from "../../../unit/cli/class/a-lvs-lab.ts";

const ids = ["alice", "bob", "carol"];

/** Runs that have begun, in order. */
const begun = (runs: readonly string[]): string[] => runs.filter((run) => !run.includes(" ended ")).sort();

describe("class up", () => {
  it("brings up every lab, each by lvs-lab itself in a stack of its own, with a log", async () => {
    const room = await Classroom.make();
    const all = await room.with(ids);
    expect(await classUp(all, all.members, room.tools)).toBe(0);
    expect(begun(await room.runs())).toEqual([
      ...ids.map((id) => `configure net1.${id} private`),
      ...ids.map((id) => `up --stack net1.${id}`),
    ]);
    expect(await readFile(all.directory.logFile("net1.bob", "up"), "utf8")).toBe("up begins\n");
    expect(room.said.at(-1)).toBe("3 of 3 done");
    expect(room.said).toContainEqual(expect.stringMatching(/^alice: up \(\d+ s\)$/));
  });

  it("works on as many at once as the class says", async () => {
    const room = await Classroom.make(Object.fromEntries(ids.map((id) => [`net1.${id}`, { ms: 300 }])));
    const all = await room.with(ids);
    await classUp(all, all.members, room.tools);
    let [running, most] = [0, 0];
    for (const run of (await room.runs()).filter((one) => one.startsWith("up "))) {
      running += run.startsWith("up ended") ? -1 : 1;
      most = Math.max(most, running);
    }
    expect(most).toBe(2);
  });

  it("is stopped for nobody by one student's failure, which is told at the end with its reason and the command to see it", async () => {
    const room = await Classroom.make({
      "net1.alice": {
        status: 255,
        error:
          "  error: the lab needs 2.3 GiB of memory\n  error: update failed\nlvs-lab: `pulumi up` ended with status 255; its finished work stays",
      },
    });
    const all = await room.with(ids);
    expect(await classUp(all, all.members, room.tools)).toBe(1);
    expect(begun(await room.runs()).filter((run) => run.startsWith("up"))).toHaveLength(3);
    const log = all.directory.logFile("net1.alice", "up");
    expect(room.said.slice(-2)).toEqual([
      "2 of 3 done, 1 failed",
      `alice: the lab needs 2.3 GiB of memory. To see it: cat ${log}`,
    ]);
    expect(await readFile(log, "utf8")).toContain("update failed");
  });

  it("goes on where it was: a further one brings up who is new, and who failed", async () => {
    const room = await Classroom.make({ "net1.bob": { status: 1, error: "lvs-lab: no disk" } });
    const first = await room.with(["alice", "bob"]);
    expect(await classUp(first, first.members, room.tools)).toBe(1);
    await room.plan({});
    const second = await room.with(["alice", "bob", "dora"]);
    expect(await classUp(second, second.members, room.tools)).toBe(0);
    expect([...(await second.directory.recorded()).values()]).toEqual(["alice", "bob", "dora"]);
  });

  it("interrupted, sends SIGTERM once to what runs, begins nothing more, and says how to go on", async () => {
    const room = await Classroom.make(Object.fromEntries(ids.map((id) => [`net1.${id}`, { ms: 20_000 }])));
    const all = await room.with(ids);
    const up = classUp(all, all.members, room.tools);
    const runs: string[] = [];
    await until(
      async () => {
        runs.push(...(await room.runs()));
        if (runs.filter((run) => run.startsWith("up ")).length < 2) throw new Error("not yet");
      },
      { seconds: 10, everyMs: 20, failed: (last) => last as Error },
    );
    process.emit("SIGINT", "SIGINT");
    process.emit("SIGINT", "SIGINT");
    expect(await up).toBe(8);
    expect((await room.runs()).filter((run) => !run.startsWith("configure")).sort()).toEqual([
      "SIGTERM net1.alice",
      "SIGTERM net1.bob",
    ]);
    expect(room.said.at(-1)).toBe("Interrupted: 3 of 3 not done. The same command goes on.");
    expect(room.said.join("\n")).not.toContain("carol: ");
    // The runs of a further one are whole.
    await room.plan({});
    expect(await classUp(all, all.members, room.tools)).toBe(0);
  });

  it("refuses labs that memory has no room for, and brings up none of them", async () => {
    const room = await Classroom.make();
    const all = await room.with(ids);
    const free = () => 2 ** 30;
    expect(await classUp(all, all.members, { ...room.tools, free })).toBe(1);
    expect(await room.runs()).toEqual([]);
    expect(room.said.at(-1)).toMatch(
      /^carol: the lab needs \d\.\d GiB of memory, and 1\.0 GiB are free\. Fix: take labs down/,
    );
    vi.stubEnv("LVS_LAB_IGNORE_MEMORY", "1");
    expect(await classUp(all, all.members, { ...room.tools, free })).toBe(0);
  });

  it("places a new lab on the machine with the most free memory; an existing lab stays on its machine", async () => {
    const room = await Classroom.make();
    const all = await room.with(["alice", "bob", "carol"], "machines: [private, 'ssh://Box:0022', ssh://gone]\n");
    expect(all.machines).toEqual(["private", "ssh://Box:22", "ssh://gone"]);
    const free = (machine: string): number => {
      if (machine === "ssh://gone") throw new Error("it does not answer");
      return machine === "private" ? 2 ** 33 : 2 ** 34;
    };
    expect(await classUp(all, membersOf(all, ["bob"]), { ...room.tools, free })).toBe(0);
    expect(begun(await room.runs())).toContain("configure net1.bob ssh://Box:22");
    expect(room.said).toContain("ssh://gone gets no new lab: it does not answer");
    // The program in the place of lvs-lab makes a directory alone: a lab on this machine.
    expect(await classUp(all, all.members, { ...room.tools, free })).toBe(0);
    expect(begun(await room.runs()).filter((run) => run.startsWith("configure"))).toEqual([
      "configure net1.alice ssh://Box:22",
      "configure net1.bob private",
      "configure net1.carol ssh://Box:22",
    ]);
    const { standings } = await classStatus(all, all.members, room.tools);
    expect(standingRows(standings, all)[0]).toEqual(["id", "name", "lab", "machine", "address", "held by"]);
  });

  it("takes the snapshot of a new lab alone: an older one has a student's work in it", async () => {
    const room = await Classroom.make();
    const all = await room.with(["alice", "bob"]);
    await mkdir(join(room.state, "labs/net1.alice"));
    await classUp(all, all.members, room.tools, { snapshot: true });
    expect(begun(await room.runs())).toEqual(
      expect.arrayContaining(["up --stack net1.alice", "up --stack net1.bob --snapshot"]),
    );
  });
});

describe("class reset", () => {
  it("restores the snapshot where there is one, else makes the lab anew", async () => {
    const room = await Classroom.make();
    const all = await room.with(["alice", "bob"]);
    await classUp(all, membersOf(all, ["bob"]), room.tools, { snapshot: true });
    await classUp(all, membersOf(all, ["alice"]), room.tools);
    await room.runs();
    expect(await classReset(all, membersOf(all, ["BOB"]), room.tools)).toBe(0);
    expect(begun(await room.runs())).toEqual(["reset --stack net1.bob"]);
    expect(await classReset(all, membersOf(all, ["alice"]), room.tools)).toBe(0);
    expect((await room.runs()).filter((run) => !run.includes("ended"))).toEqual([
      "configure net1.alice private",
      "down --stack net1.alice",
      "up --stack net1.alice",
    ]);
  });

  it("does not bring up what could not be removed", async () => {
    const room = await Classroom.make({ "down net1.alice": { status: 1, error: "lvs-lab: busy" } });
    const all = await room.with(["alice"]);
    await classUp(all, all.members, room.tools);
    await room.runs();
    expect(await classReset(all, all.members, room.tools)).toBe(1);
    expect((await room.runs()).join()).not.toContain("up --stack");
    expect(room.said.at(-1)).toMatch(/^alice: busy\. To see it: cat .*net1\.alice\.down\.log$/);
  });
});

describe("class snapshot", () => {
  it("is of each lab, and says whose lab there is not", async () => {
    const room = await Classroom.make();
    const all = await room.with(["alice", "bob", "carol"]);
    await classUp(all, membersOf(all, ["alice", "bob"]), room.tools);
    await room.runs();
    expect(await classSnapshot(all, all.members, room.tools, "lesson-2")).toBe(1);
    expect(begun(await room.runs())).toEqual([
      "snapshot --stack net1.alice lesson-2",
      "snapshot --stack net1.bob lesson-2",
    ]);
    expect(room.said.at(-1)).toBe("carol: no lab. Fix: npx lvs-lab class up");
  });

  it("is restored by its name; a lab that lacks it stays as it is", async () => {
    const room = await Classroom.make();
    const all = await room.with(["alice", "bob"]);
    await classUp(all, all.members, room.tools);
    await classSnapshot(all, membersOf(all, ["alice"]), room.tools, "lesson-2");
    await room.runs();
    expect(await classReset(all, all.members, room.tools, { to: "lesson-2" })).toBe(1);
    expect(begun(await room.runs())).toEqual(["restore --stack net1.alice lesson-2"]);
    expect(room.said.at(-1)).toBe('bob: no snapshot "lesson-2"; there is none. Fix: npx lvs-lab class reset bob');
    expect(await classReset(all, membersOf(all, ["alice"]), room.tools, { to: "lesson-3" })).toBe(1);
    expect(room.said.at(-1)).toBe(
      'alice: no snapshot "lesson-3"; there is lesson-2. Fix: npx lvs-lab class reset --to lesson-2 alice',
    );
  });
});

describe("class down", () => {
  it("removes the labs of all, and of who has left the roster; no stack that is not the class's", async () => {
    const room = await Classroom.make();
    const before = await room.with(["alice", "gone"]);
    await classUp(before, before.members, room.tools);
    await mkdir(join(room.state, "labs/net1.teacher"));
    await room.runs();
    const all = await room.with(["alice", "teacher"]);
    expect(await classDown(all, all.members, room.tools, { gone: true })).toBe(0);
    expect(begun(await room.runs())).toEqual(["down --stack net1.alice", "down --stack net1.gone"]);
    expect(existsSync(join(room.state, "labs/net1.teacher"))).toBe(true);
    expect(room.said).toContainEqual(expect.stringMatching(/^teacher: no lab/));
  });

  it("of one student leaves the others, and passes --force on", async () => {
    const room = await Classroom.make();
    const all = await room.with(["alice", "bob"]);
    await classUp(all, all.members, room.tools);
    await room.runs();
    expect(await classDown(all, membersOf(all, ["bob"]), room.tools, { force: true })).toBe(0);
    expect(begun(await room.runs())).toEqual(["down --stack net1.bob --force"]);
  });
});

describe("class status", () => {
  const statusOf = (domains: readonly string[]): LabStatus =>
    ({
      virtualAddresses: [{ address: "172.25.254.100", network: "segment", holders: ["server1"] }],
      servers: domains.map((domain, index) => ({ name: `server${index}`, domain, reachable: domain === "running" })),
    }) as unknown as LabStatus;

  it("says whose lab is up, half up, not there, cannot be asked, or of somebody who has left", async () => {
    const up = statusOf(["running", "running"]);
    const room = await Classroom.make({
      "status net1.alice": { stdout: JSON.stringify(up) },
      "status net1.bob": { stdout: JSON.stringify(statusOf(["running", "shut off"])) },
      "status net1.dora": { status: 1, error: "lvs-lab: the lab host is down" },
    });
    const before = await room.with(["alice", "bob", "dora", "gone"]);
    await classUp(before, before.members, room.tools);
    const all = await room.with(["alice", "bob", "carol", "dora"]);
    const { standings, status } = await classStatus(all, all.members, room.tools);
    expect(status).toBe(1);
    expect(standingRows(standings)).toEqual([
      ["id", "name", "lab", "address", "held by"],
      ["alice", "ALICE", "up", "172.25.254.100:80", "server1"],
      ["bob", "BOB", "1 of 2 servers answer", "172.25.254.100:80", "server1"],
      ["carol", "CAROL", "no lab", "172.25.254.100:80", ""],
      ["dora", "DORA", "the lab host is down", "172.25.254.100:80", ""],
      ["gone", "", "not in the roster; `npx lvs-lab down -s net1.gone` removes the lab", "", ""],
    ]);
    expect(standingsAsJson(all, standings)).toMatchObject({
      format: "lvs-lab class status",
      students: [
        { id: "alice", inRoster: true, status: up },
        {},
        { lab: "no lab", status: null },
        { problem: "the lab host is down" },
        { inRoster: false },
      ],
    });
  });
});

describe("class grade", () => {
  it("collects what lvs-lab says of each: full marks, less, and labs that cannot be graded", async () => {
    const room = await Classroom.make();
    const all = await room.with(ids);
    const [lab] = all.members.map((member) => member.lab);
    if (!lab) throw new Error("no student");
    const none = await gradeOf(lab, "net1.alice", () => "");
    const full = { ...none, passed: true, score: { points: 3, of: 3, percent: 100 }, tasks: [] };
    await classUp(all, membersOf(all, ["alice", "bob"]), room.tools);
    await room.runs();
    await room.plan({
      "grade net1.alice": { stdout: JSON.stringify(full) },
      "grade net1.bob": { status: 1, stdout: JSON.stringify(none) },
    });
    const { marks, status } = await classGrade(all, all.members, room.tools, { faults: true, reboots: true });
    expect(status).toBe(1);
    expect(marks.marks.map(({ grade, problem }) => grade?.score ?? problem)).toEqual([
      full.score,
      none.score,
      "no lab",
    ]);
    expect(begun(await room.runs())).toEqual([
      "grade --json --stack net1.alice --faults --reboots",
      "grade --json --stack net1.bob --faults --reboots",
    ]);
    const alone = await classGrade(all, membersOf(all, ["alice"]), room.tools);
    expect(alone.status).toBe(0);
    await room.plan({ "grade net1.bob": { status: 1, error: "lvs-lab: the lab host is down" } });
    const down = await classGrade(all, membersOf(all, ["bob"]), room.tools);
    expect(down.marks.marks[0]).toMatchObject({ problem: "the lab host is down" });
    expect(room.said.at(-1)).toBe("bob: the lab host is down. To see it: npx lvs-lab grade -s net1.bob");
  });

  it("counts a grade that is not full as a mark, not as a failure", async () => {
    const room = await Classroom.make();
    const all = await room.with(["alice"]);
    const [member] = all.members;
    if (!member) throw new Error("no student");
    await classUp(all, all.members, room.tools);
    await room.plan({
      "net1.alice": { status: 1, stdout: JSON.stringify(await gradeOf(member.lab, member.stack, () => "")) },
    });
    expect((await classGrade(all, all.members, room.tools)).status).toBe(1);
    expect(room.said.at(-1)).toBe("1 of 1 done");
  });
});

describe("class exec", () => {
  it("runs a command on each server, prints lines with their origin, and fails where one fails", async () => {
    const room = await Classroom.make({
      "ssh net1.alice": { stdout: "up 5 min\n\u001b[2Jdone" },
      "ssh net1.bob": { status: 3, error: "no such file" },
    });
    const all = await room.with(["alice", "bob", "carol"]);
    await classUp(all, membersOf(all, ["alice", "bob"]), room.tools);
    await room.runs();
    const lines: string[] = [];
    const print = (line: string) => void lines.push(line);
    expect(await classExec(all, all.members, room.tools, { words: ["uptime", "-p"], on: ["server1"], print })).toBe(1);
    expect(lines).toEqual(["alice server1: up 5 min", "alice server1: done"]);
    expect(room.said.slice(-2)).toEqual([
      "bob: status 3 on server1: no such file. To see it: npx lvs-lab ssh -s net1.bob server1",
      "carol: no lab. Fix: npx lvs-lab class up",
    ]);
    expect(begun(await room.runs())).toEqual([
      "ssh --stack net1.alice server1 -- uptime -p",
      "ssh --stack net1.bob server1 -- uptime -p",
    ]);
    await classExec(all, membersOf(all, ["alice"]), room.tools, { words: ["ls"], on: ["client"], print });
    await classExec(all, membersOf(all, ["alice"]), room.tools, { words: ["ls"], on: [], print });
    expect((await room.runs()).filter((run) => !run.includes(" ended "))).toEqual([
      "client --stack net1.alice -- ls",
      ...["server1", "server2", "server3"].map((name) => `ssh --stack net1.alice ${name} -- ls`),
    ]);
  });
});

describe("a run of lvs-lab", () => {
  it("has the variable of no other stack", async () => {
    const room = await Classroom.make();
    const { signal } = new AbortController();
    expect(await room.tools.run(["status", "--stack", "x"], { signal })).toMatchObject({
      status: 0,
      lastLine: "status begins",
    });
    expect(await room.runs()).toEqual(["status --stack x", "status ended x"]);
  });

  it("does not begin after an interruption, and fails where the program is missing", async () => {
    const room = await Classroom.make();
    await expect(room.tools.run(["status"], { signal: AbortSignal.abort(new Error("over")) })).rejects.toThrow("over");
    expect(await room.runs()).toEqual([]);
    const missing = lvsLabBy(join(room.state, "gone"));
    await expect(missing(["status"], { signal: new AbortController().signal })).rejects.toThrow("ENOENT");
  });

  it.each([
    ["lvs-lab's own error", "up begins\nlvs-lab: no disk\n\n", "no disk"],
    [
      "pulumi's, where lvs-lab says only that it ended",
      "  error: too small\n error: update failed\nlvs-lab: `pulumi up` ended with status 255",
      "too small",
    ],
    [
      "lvs-lab's, if pulumi gives no reason",
      "lvs-lab: `pulumi up` ended with status 255",
      "`pulumi up` ended with status 255",
    ],
    [
      "the line after one that only begins to say it",
      "  error: the program failed:\n   no such file\nlvs-lab: `pulumi up` ended with status 255",
      "the program failed: no such file",
    ],
    ["the last line of another program", "bash: no: command not found\n", "bash: no: command not found"],
    ["nothing", "\n", ""],
  ])("has for its reason %s", (_what, text, reason) => {
    expect(lastLineOf(text)).toBe(reason);
  });
});

it("students are chosen by their ids in any case, in the roster's order; unknown ones are listed", async () => {
  const all = await (await Classroom.make()).with(ids);
  expect(membersOf(all).map(({ id }) => id)).toEqual(ids);
  expect(membersOf(all, ["CAROL", "alice"]).map(({ id }) => id)).toEqual(["alice", "carol"]);
  expect(() => membersOf(all, ["alice", "zoe"])).toThrow(CliError);
  expect(() => membersOf(all, ["alice", "zoe"])).toThrow(
    /no student zoe in .*roster\.csv\. Fix: choose one of alice, bob, carol$/,
  );
});

it("half of the processors is how many labs are worked on at once, and one at least", () => {
  expect([1, 2, 3, 8].map((processors) => defaultAtOnce(processors))).toEqual([1, 1, 1, 4]);
});
