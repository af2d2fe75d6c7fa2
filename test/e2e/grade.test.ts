import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Lab, readLab } from "../../lab/index.ts";
import type { Grade, TaskStatus } from "../../verify/grade/grade.ts";
import type { LabStatus } from "../../verify/live/status.ts";
import { drByHand, haByHand, undoDrByHand } from "./by-hand.ts";
import { failures, TestStack, type } from "./stack.ts";

const MINUTES = 60_000;

/** The tasks of a status, as `id@where`. */
const withStatus = ({ tasks }: Grade, status: TaskStatus): string[] =>
  tasks.filter((task) => task.status === status).map(({ id, subjects }) => `${id}@${subjects.join("+")}`);

const stack = new TestStack("e2e-bare");
afterAll(() => stack.remove());

describe("the dr exercise on bare guests", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await readLab("labs/bare.yaml");
  });

  test("a bare lab comes up, can be looked at, and has nothing of the exercise yet", async () => {
    await stack.lab("bare");
    const up = await stack.lvs("up");
    expect(up.status, up.stderr).toBe(0);
    expect(up.stderr).toContain("npx lvs-lab grade -s e2e-bare");

    const before = await stack.grade();
    expect(withStatus(before, "not yet"), JSON.stringify(before.tasks, null, 2)).toHaveLength(before.tasks.length);
    expect(before).toMatchObject({ status: 1, passed: false, control: "ipvsadm", score: { points: 0, percent: 0 } });

    const status = JSON.parse((await stack.lvs("status", "--json")).stdout) as LabStatus;
    expect(status).toMatchObject({ setup: "manual", control: "ipvsadm", virtualAddresses: [{ holders: [] }] });
    expect(status.servers.map(({ name, domain, reachable }) => [name, domain, reachable])).toEqual(
      lab.servers.map(({ name }) => [name, "running", true]),
    );
    expect(await stack.on("server2", "command -v apache2 ipvsadm arptables || echo none")).toBe("none\n");
    for (const list of (await stack.on("server1", "cat /etc/apt/sources.list")).matchAll(/^deb (\S+) (\S+) /gm))
      await stack.on(
        "server1",
        `/usr/lib/apt/apt-helper download-file ${list[1]}/dists/${list[2]}/InRelease /tmp/InRelease`,
      );
    const check = await stack.lvs("check", "--json", "--role", "director");
    expect(check.status).toBe(1);
    expect(JSON.parse(check.stdout)).toMatchObject({ format: "lvs-lab check", version: 2, setup: "manual" });
  });

  test("the article's steps, typed by hand, get full marks", { timeout: 30 * MINUTES }, async () => {
    await type(stack, drByHand(lab));
    const after = await stack.grade();
    expect(
      [...withStatus(after, "wrong"), ...withStatus(after, "not yet")],
      JSON.stringify(after.tasks, null, 2),
    ).toEqual([]);
    expect(after).toMatchObject({ status: 0, passed: true, score: { percent: 100 } });
    expect(failures(await stack.check())).toEqual([]);
  });

  test("another `up` leaves the student's work alone", async () => {
    const up = await stack.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
    expect(up.status, up.stdout + up.stderr).toBe(0);
    expect(await stack.grade()).toMatchObject({ status: 0 });
  });

  test("what is broken is wrong, with a hint that says how to mend it", async () => {
    await stack.on("server2", "systemctl stop apache2");
    const broken = await stack.grade();
    expect(broken.status).toBe(1);
    expect(withStatus(broken, "wrong")).toEqual(["httpd-page@server2", "balancing@client"]);
    expect(withStatus(broken, "not yet")).toEqual([]);
    expect(broken.tasks.find(({ status }) => status === "wrong")?.hint).toContain("Nobody listens on port 80");
    const text = await stack.lvs("grade");
    expect(text.status).toBe(1);
    expect(text.stdout).toMatch(/^✗ 0\/1 {2}server2 +httpd-page /m);

    const file = join(stack.directory, "check.xml");
    const tap = await stack.lvs("check", "--tap", "--junit", file, "--server", "server2");
    expect(tap.status).toBe(1);
    expect(tap.stdout).toMatch(/^TAP version 14\n1\.\.3\n/);
    expect(tap.stdout).toMatch(/^not ok \d - httpd-page server2/m);
    expect(await readFile(file, "utf8")).toMatch(/<testsuite .*tests="3".*failures="1"/);

    await stack.on("server2", "systemctl start apache2");
    expect(await stack.grade()).toMatchObject({ status: 0 });
  });

  test("a mistake is told from a step that has not been taken", async () => {
    const [{ vip, port } = { vip: "", port: 0 }] = lab.services;
    await stack.on("server1", `ipvsadm -E -t ${vip}:${port} -s wrr`);
    await stack.on("server3", `ip addr del ${vip}/32 dev eth0`);
    // Apache's list of files in its place is no page, although it names the server's address.
    await stack.on("server2", "mv /var/www/html/index.html /root/aside.html");
    const open = await stack.grade();
    expect(withStatus(open, "wrong")).toEqual(expect.arrayContaining(["director-table@server1", "httpd-page@server2"]));
    expect(withStatus(open, "not yet")).toEqual(["real-server-vip@server3", "arp-cure@server3"]);
    await stack.on("server1", `ipvsadm -E -t ${vip}:${port} -s rr`);
    await stack.on("server3", `ip addr add ${vip}/32 dev eth0`);
    await stack.on("server2", "mv /root/aside.html /var/www/html/index.html");
  });

  test("`--faults` shows that the table is blind, and mends what it broke", async () => {
    const whole = await stack.grade("--faults");
    expect(whole.tasks.at(-1)).toMatchObject({ id: "no-health-check", status: "done" });
    expect(whole.status).toBe(0);
  });
});

describe("the ha exercise, on guests from which the dr exercise was taken away", () => {
  test("the article's steps, typed by hand, get full marks", { timeout: 40 * MINUTES }, async () => {
    for (const { server, command } of undoDrByHand(await readLab("labs/bare.yaml"))) await stack.on(server, command);
    await stack.lab("bare-ha");
    const up = await stack.lvs("up");
    expect(up.status, up.stderr).toBe(0);
    expect(await stack.grade()).toMatchObject({ status: 1, control: "keepalived", score: { points: 0 } });
    await type(stack, haByHand(await readLab("labs/bare-ha.yaml")));
    const after = await stack.grade();
    expect(
      [...withStatus(after, "wrong"), ...withStatus(after, "not yet")],
      JSON.stringify(after.tasks, null, 2),
    ).toEqual([]);
    expect(after).toMatchObject({ status: 0, score: { percent: 100 } });
  });
});
