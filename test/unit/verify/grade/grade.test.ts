import { beforeEach, describe, expect, it } from "vitest";
import { labelOf, type runCheck } from "../../../../verify/checks/check.ts";
import { checks } from "../../../../verify/checks/index.ts";
import { formatGrade } from "../../../../verify/grade/format.ts";
import { type Grade, gradeLab, scoreOf, statusOf } from "../../../../verify/grade/grade.ts";
import { exercises } from "../../../../verify/grade/tasks.ts";
import { aLiveLab } from "../a-live-lab.ts";
import { aResult } from "../a-result.ts";
import { withTwoServices } from "../other-labs.ts";

let asked: string[];
beforeEach(() => {
  asked = [];
});

/** Runs no check, but gives results: by `id subject`, `done` where nothing is said. */
const running =
  (
    given: Readonly<Record<string, "wrong" | "nothing">> = {},
    otherwise: "done" | "nothing" = "done",
  ): typeof runCheck =>
  async (live, check, subject, { patience } = {}) => {
    const where = labelOf(live.lab, check, subject);
    const key = `${check.id} ${where}`;
    asked.push(`${key} ${patience}`);
    const found = given[key] ?? otherwise;
    const passed = found === "done";
    return aResult({
      id: check.id,
      title: check.title,
      subject: where,
      host: subject.host,
      passed,
      started: found !== "nothing",
      seen: `${found} on ${where}`,
      expected: check.expected(live.lab, subject),
      byHand: check.byHand(live.lab, subject),
      ...(passed ? {} : { hint: `mend ${key}` }),
    });
  };

const tasksOf = ({ tasks }: Grade): string[] => tasks.map(({ id, subjects }) => `${id} ${subjects.join("+")}`);

describe("the exercises", () => {
  it.each(["ipvsadm", "keepalived"] as const)(
    "%s: every check that is graded is a task, once, and worth something",
    async (control) => {
      const rows = exercises[control];
      const ids = rows.map(({ check }) => check.id);
      expect([...ids].sort()).toEqual(
        checks
          .filter((check) => check.grading?.[control] !== undefined)
          .map(({ id }) => id)
          .sort(),
      );
      for (const { points } of rows) expect(points).toBeGreaterThan(0);
      // What breaks something comes last.
      const faulty = rows.map(({ check }) => check.faulty === true);
      expect(faulty).toEqual([...faulty].sort());
    },
  );
});

describe("gradeLab", () => {
  it("goes through dr in the article's order, a task for each server", async () => {
    const grade = await gradeLab(await aLiveLab("bare"), { run: running() });
    expect(tasksOf(grade)).toEqual([
      "director-table server1",
      "director-vip server1",
      "httpd-page server2",
      "httpd-page server3",
      "real-server-vip server2",
      "real-server-vip server3",
      "arp-cure server2",
      "arp-cure server3",
      "arp-owner client",
      "balancing client",
    ]);
    expect(grade).toMatchObject({
      format: "lvs-lab grade",
      version: 2,
      stack: "bare",
      lab: "bare",
      setup: "manual",
      control: "ipvsadm",
      passed: true,
      score: { points: 17, of: 17, percent: 100 },
    });
    expect(new Date(grade.startedAt).toISOString()).toBe(grade.startedAt);
  });

  it("goes through ha, who holds the VIP being one thing", async () => {
    const grade = await gradeLab(await aLiveLab("bare-ha"), { run: running() });
    expect(tasksOf(grade)).toEqual([
      "httpd-page server2",
      "httpd-page server3",
      "real-server-vip server2",
      "real-server-vip server3",
      "arp-cure server2",
      "arp-cure server3",
      "peer-ssh server1",
      "peer-ssh server4",
      "mail server1",
      "mail server4",
      "keepalived-config server1",
      "keepalived-config server4",
      "keepalived-log server1",
      "keepalived-log server4",
      "vip-holder server1+server4",
      "director-table server1",
      "director-table server4",
      "arp-owner client",
      "balancing client",
    ]);
  });

  it("has a task for each service on a server", async () => {
    const bare = await aLiveLab("bare");
    const live = { ...bare, lab: withTwoServices(bare.lab) };
    const grade = await gradeLab(live, { run: running({ "httpd-page server3 shop": "wrong" }) });
    expect(tasksOf(grade).filter((task) => /^(director-table|httpd-page|balancing)/.test(task))).toEqual([
      "director-table server1",
      "httpd-page server2 172.25.254.100:80",
      "httpd-page server2 shop",
      "httpd-page server3 172.25.254.100:80",
      "httpd-page server3 shop",
      "balancing client 172.25.254.100:80",
      "balancing client shop",
    ]);
    expect(grade.tasks.filter(({ status }) => status !== "done").map(({ subjects }) => subjects)).toEqual([
      ["server3 shop"],
    ]);
  });

  it("grades a lab that was built as one that was made by hand", async () => {
    for (const [name, control] of [
      ["dr", "ipvsadm"],
      ["ha", "keepalived"],
    ] as const) {
      const grade = await gradeLab(await aLiveLab(name), { run: running() });
      expect(grade).toMatchObject({ setup: "automatic", control, passed: true });
    }
  });

  it("gives nothing for nothing, although the standby does not hold the VIP, and waits for nothing", async () => {
    const run = running({}, "nothing");
    const grade = await gradeLab(await aLiveLab("bare-ha"), {
      // Of the standby it is no achievement: it passes from the beginning.
      run: async (live, check, subject, patience) => ({
        ...(await run(live, check, subject, patience)),
        ...(check.id === "vip-holder" && subject.host === "server4" ? { passed: true } : {}),
      }),
    });
    expect(grade.score).toEqual({ points: 0, of: 29, percent: 0 });
    expect(new Set(grade.tasks.map(({ status }) => status))).toEqual(new Set(["not yet"]));
    expect(asked.filter((one) => !/ client none$| server\d started$/.test(one))).toEqual([]);
  });

  it("tells what is wrong from what is not there, each with its hint and its evidence", async () => {
    const grade = await gradeLab(await aLiveLab("bare"), {
      run: running({ "httpd-page server2": "wrong", "arp-cure server3": "nothing", "balancing client": "wrong" }),
    });
    expect(grade.passed).toBe(false);
    expect(grade.score).toEqual({ points: 11, of: 17, percent: 64 });
    const open = grade.tasks.filter(({ status }) => status !== "done");
    expect(open.map(({ id, status, points, of, hint }) => [id, status, points, of, hint])).toEqual([
      ["httpd-page", "wrong", 0, 1, "mend httpd-page server2"],
      ["arp-cure", "not yet", 0, 2, "mend arp-cure server3"],
      ["balancing", "wrong", 0, 3, "mend balancing client"],
    ]);
    expect(open[0]).toMatchObject({ seen: "wrong on server2", results: [{ id: "httpd-page", subject: "server2" }] });
    for (const task of grade.tasks.filter(({ status }) => status === "done")) expect(task).not.toHaveProperty("hint");
  });

  it("gives the client's view time to settle only when all on the servers is done", async () => {
    await gradeLab(await aLiveLab("bare"), { run: running() });
    expect(asked.slice(-2)).toEqual(["arp-owner client settling", "balancing client settling"]);
    await gradeLab(await aLiveLab("bare"), { run: running({ "director-vip server1": "wrong" }) });
    expect(asked.slice(-2)).toEqual(["arp-owner client none", "balancing client none"]);
  });

  it("waits on servers for what settles by itself, which is keepalived alone", async () => {
    await gradeLab(await aLiveLab("bare"), { run: running() });
    expect(asked.filter((one) => / server\d /.test(one) && !one.endsWith(" none"))).toEqual([]);
    asked = [];
    await gradeLab(await aLiveLab("bare-ha"), { run: running() });
    expect(asked.filter((one) => / server\d /.test(one) && !one.endsWith(" started"))).toEqual([]);
  });

  it("breaks nothing unless asked to, nor while anything else is not done", async () => {
    const faulty = () => asked.filter((one) => /^(real-server-down|director-down)/.test(one));
    await gradeLab(await aLiveLab("bare-ha"), { run: running() });
    expect(faulty()).toEqual([]);
    const open = await gradeLab(await aLiveLab("bare-ha"), {
      faults: true,
      run: running({ "mail server4": "nothing" }),
    });
    expect(faulty()).toEqual([]);
    expect(open.tasks.at(-1)).toMatchObject({
      id: "director-down",
      status: "not yet",
      seen: "not tried",
      results: [],
      hint: expect.stringContaining("once all tasks above are done"),
    });
    const whole = await gradeLab(await aLiveLab("bare-ha"), { faults: true, run: running() });
    expect(faulty()).toEqual(["real-server-down client settling", "director-down client settling"]);
    expect(whole).toMatchObject({ passed: true, score: { points: 34, of: 34, percent: 100 } });
  });

  it("reboots each server when it is asked to, whatever the one before has lost; a task and a point for each", async () => {
    const lab = await aLiveLab("bare");
    const { tasks, score } = await gradeLab(lab, {
      reboots: true,
      run: running({ "director-reboot server1": "wrong", "real-server-reboot server2": "nothing" }),
    });
    expect(
      tasks.filter(({ id }) => id.endsWith("-reboot")).map(({ subjects, status }) => [...subjects, status]),
    ).toEqual([
      ["server1", "wrong"],
      ["server2", "not yet"],
      ["server3", "done"],
    ]);
    expect(score).toMatchObject({ points: score.of - 2 });
    const open = await gradeLab(lab, { reboots: true, run: running({ "httpd-page server2": "wrong" }) });
    expect(open.tasks.at(-1)).toMatchObject({ id: "real-server-reboot", seen: "not tried" });
  });

  it("is JSON that says the same when it is read again", async () => {
    const grade = await gradeLab(await aLiveLab("bare"), { run: running({}, "nothing") });
    expect(JSON.parse(JSON.stringify(grade))).toEqual(grade);
  });
});

describe("statusOf", () => {
  const [done, wrong, nothing] = [
    { passed: true, started: true },
    { passed: false, started: true },
    { passed: false, started: false },
  ];
  it.each([
    [[done, done], "done"],
    [[done, wrong], "wrong"],
    [[wrong, nothing], "wrong"],
    [[done, nothing], "not yet"],
    [[nothing], "not yet"],
    [[], "not yet"],
  ])("%j is %s", (results, status) => {
    expect(statusOf(results)).toBe(status);
  });
});

describe("scoreOf", () => {
  it("never rounds up to full marks", () => {
    expect(scoreOf([...Array.from({ length: 299 }, () => ({ points: 1, of: 1 })), { points: 0, of: 1 }])).toEqual({
      points: 299,
      of: 300,
      percent: 99,
    });
    expect(scoreOf([])).toEqual({ points: 0, of: 0, percent: 0 });
  });
});

describe("formatGrade", () => {
  it("has a line a task, what was seen where it is wrong, what to do where it is not done, and the total", async () => {
    const run = running({ "httpd-page server2": "wrong", "arp-cure server3": "nothing" });
    const text = formatGrade(await gradeLab(await aLiveLab("bare"), { run }));
    expect(text).toContain("Exercise ipvsadm, stack bare");
    expect(text).toMatch(/^✓ 3\/3 {2}server1 {2}director-table /m);
    expect(text).toMatch(
      /^✗ 0\/1 {2}server2 {2}httpd-page .*\n {7}seen: wrong on server2\n {7}→ mend httpd-page server2$/m,
    );
    expect(text).toMatch(/^· 0\/2 {2}server3 {2}arp-cure .*\n {7}→ mend arp-cure server3$/m);
    expect(text).toMatch(/\n\n14 of 17 points, 82 %: 8 done, 1 wrong, 1 not yet$/);
  });

  it("breaks long hints between words at the terminal's width", async () => {
    const live = await aLiveLab("bare");
    const run = running({}, "nothing");
    const grade = await gradeLab(live, {
      run: async (where, check, subject, patience) => ({
        ...(await run(where, check, subject, patience)),
        hint: check.hint(live.lab, subject),
      }),
    });
    const hints = formatGrade(grade, 72)
      .split("\n")
      .filter((line) => line.startsWith("       "));
    expect(hints.length).toBeGreaterThan(grade.tasks.length);
    expect(hints.filter((line) => line.length > 72)).toEqual([]);
  });
});
