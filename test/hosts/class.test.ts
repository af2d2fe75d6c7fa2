import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stackOf } from "../../class/stack-name.ts";
import { type Lab, readLab, type VirtualService } from "../../lab/index.ts";
import { labDirectory, projectRoot, stateRoot } from "../../provision/paths.ts";
import type { Grade } from "../../verify/grade/grade.ts";
import { freePort, Students } from "../students.ts";
import { Host } from "./host.ts";
import { lvsLab, type Said, startLvsLab, working } from "./lvs-lab.ts";
import { SshWays } from "./ssh-way.ts";

/**
 * A class of four on two other machines. One student has it right, one makes mistakes, one types a neighbour's answers, one does nothing. The tests are
 * one story.
 */
const minutes = 60_000;
const CLASS = "halls";
const ids = ["ann", "bob", "carol", "dave"] as const;
type Id = (typeof ids)[number];

const boxes = ["box1", "box2"] as const;
type Box = (typeof boxes)[number];
const hosts = new Map<Box, Host>();

let scratch: string;
let ways: SshWays;
let students: Students<Id>;
const at = (name: string): string => join(scratch, name);
const inClass = (verb: string, ...words: string[]): string[] => ["class", verb, ...words, "--file", at("class.yaml")];

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "lc-"));
  ways = await SshWays.open(scratch);
  for (const box of boxes) {
    const host = await Host.boot(box, { suite: "trixie" });
    hosts.set(box, host);
    await ways.to(box, host);
  }
  students = await Students.enrol(scratch, ids);
  await writeFile(
    at("class.yaml"),
    `name: ${CLASS}
exercise: bare
roster: roster.csv
machines: [ssh://box1, ssh://box2]
labsAtOnce: 1
vary: [vip, port, token]
door: {port: ${await freePort()}}
`,
  );
});
afterAll(async () => {
  await lvsLab(inClass("down", "--force"));
  for (const id of ids) await rm(join(projectRoot, `Pulumi.${stackOf(CLASS, id)}.yaml`), { force: true });
  await rm(join(stateRoot(), "classes", CLASS), { recursive: true, force: true });
  ways?.close();
  await rm(scratch, { recursive: true });
  for (const host of hosts.values()) await host.end();
});

/** How many guests a machine has. */
const guestsOn = async (box: Box): Promise<number> =>
  Number((await hosts.get(box)?.asRoot("pgrep -cu bob qemu-system || true"))?.stdout);

interface Standing {
  readonly id: Id;
  readonly lab: string;
  readonly machine: string | null;
  readonly problem?: string;
}
async function standings(): Promise<Map<Id, Standing>> {
  const { stdout } = await lvsLab(inClass("status", "--json"));
  return new Map((JSON.parse(stdout).students as Standing[]).map((each) => [each.id, each]));
}

interface Marked {
  readonly id: Id;
  readonly problem?: string;
  readonly foreign: readonly { readonly task: number; readonly kind: string; readonly of: readonly string[] }[];
  readonly grade: Grade | null;
}
async function marks(): Promise<Map<Id, Marked>> {
  const { stdout } = await lvsLab(inClass("grade", "--json"));
  return new Map((JSON.parse(stdout).students as Marked[]).map((each) => [each.id, each]));
}
const pointsOf = ({ grade }: Marked): number | undefined => grade?.score.points;
const wrongIn = ({ grade }: Marked): string[] =>
  (grade?.tasks ?? []).flatMap(({ id, subjects, status }) => (status === "done" ? [] : [`${id}@${subjects[0]}`]));

const fileOf = (id: Id): string => join(stateRoot(), "classes", CLASS, "labs", `${stackOf(CLASS, id)}.yaml`);
const labOf = (id: Id): Promise<Lab> => readLab(fileOf(id));

async function serviceOf(id: Id): Promise<VirtualService> {
  const [service] = (await labOf(id)).services;
  if (!service) throw new Error(`the lab of ${id} has no service`);
  return service;
}

const onServer = (id: Id, server: string, script: string): Promise<Said> =>
  working(["ssh", "-s", stackOf(CLASS, id), server, "--", "bash"], script);

/** Types what `explain` says of `whose` lab on the servers of a student. */
async function typeAnswers(id: Id, whose: Id = id): Promise<void> {
  const { servers } = await labOf(id);
  for (const { name } of servers)
    await onServer(id, name, (await working(["explain", fileOf(whose), name, "--script"])).stdout);
}

describe("a class on two machines", () => {
  it("comes up in spite of a `class up` that was killed, on both machines", { timeout: 60 * minutes }, async () => {
    const { child, said } = startLvsLab(inClass("up", "--snapshot"));
    for (let done = false; !done && (await guestsOn("box1")) === 0; await sleep(500))
      void said.then(() => {
        done = true;
      });
    child.kill("SIGKILL");
    expect(await guestsOn("box1")).toBeGreaterThan(0);
    const again = await working(inClass("up", "--snapshot"));
    expect(again.output).toContain("4 of 4 done");
    const all = [...(await standings()).values()];
    expect(all.map(({ lab }) => lab)).toEqual(["up", "up", "up", "up"]);
    const machines = all.map(({ machine }) => machine);
    expect(new Set(machines)).toEqual(new Set(["ssh://box1", "ssh://box2"]));
    const { servers } = await labOf("ann");
    for (const box of boxes)
      expect(await guestsOn(box)).toBe(servers.length * machines.filter((one) => one === `ssh://${box}`).length);
  });

  it("has values of their own for each student", async () => {
    const { stdout } = await working(inClass("values"));
    for (const id of ids) {
      const { vip, port } = await serviceOf(id);
      expect(stdout).toMatch(new RegExp(`^${id} .*${vip.replaceAll(".", "\\.")}.*${port}`, "m"));
    }
  });

  it("hands out cards, by which students reach their servers and their client over there, and nobody else's", async () => {
    expect(await students.takeCards((await working(inClass("access", "--json"))).stdout)).toEqual(ids);
    for (const id of ["ann", "dave"] as const) {
      const door = `${CLASS}-door`;
      const other = id === "ann" ? "dave" : "ann";
      expect(await students.ssh(id, door, "server1", "hostname; exit 3")).toMatchObject({
        ...{ status: 3, stdout: "server1\n" },
      });
      expect(await students.ssh(id, `server2.${id}`, "hostname")).toMatchObject({ status: 0, stdout: "server2\n" });
      expect(await students.ssh(id, `server2.${other}`, "hostname")).toMatchObject({ status: 255, stdout: "" });
      const asked = await students.ssh(id, door, "client", "id -u; ping -c 2 -W 10 server1; arp -an");
      expect(asked, asked.stderr).toMatchObject({ status: 0, stdout: expect.stringMatching(/^1000\n/) });
      expect(asked.stdout).toMatch(/ 0% packet loss/);
      expect(asked.stdout).toMatch(/ at 52:54:00:fe:/);
      const copied = await students.run(id, "scp", [at("roster.csv"), `client.${id}:/tmp/`]);
      expect(copied, copied.stderr).toMatchObject({ status: 0 });
    }
  });

  it("is graded: who is right, who has mistakes, and whose answers somebody has", {
    timeout: 40 * minutes,
  }, async () => {
    await Promise.all([typeAnswers("ann"), typeAnswers("bob")]);
    await typeAnswers("carol", "ann");
    const { vip, port } = await serviceOf("bob");
    await onServer("bob", "server1", `ipvsadm -E -t ${vip}:${port} -s wlc`);
    await onServer("bob", "server3", "arptables -F");
    const all = await marks();
    const of = (id: Id): Marked => all.get(id) as Marked;
    expect(wrongIn(of("ann"))).toEqual([]);
    expect(wrongIn(of("bob"))).toEqual(expect.arrayContaining(["arp-cure@server3", "director-table@server1"]));
    expect(pointsOf(of("bob"))).toBeGreaterThan(0);
    expect(of("carol").foreign.map(({ kind, of: whose }) => [kind, ...whose])).toEqual(
      expect.arrayContaining([["VIP", "ann"]]),
    );
    expect(pointsOf(of("carol"))).toBeLessThan(pointsOf(of("ann")) ?? 0);
    expect(pointsOf(of("dave"))).toBeLessThan(pointsOf(of("bob")) ?? 0);
    expect(of("ann").foreign).toEqual([]);
  });

  it("leaves folders that nobody has changed, and gives a student their lab anew", {
    timeout: 20 * minutes,
  }, async () => {
    expect((await working(inClass("collect", "--into", at("collected")))).output).toContain("signed with the key");
    expect((await working(inClass("verify", at("collected")))).stdout.match(/^✓/gm)).toHaveLength(4);
    expect(await readFile(join(at("collected"), "bob/servers/server1/state.txt"), "utf8")).toMatch(/wlc/);
    await working(inClass("reset", "bob"));
    const all = await marks();
    expect(pointsOf(all.get("bob") as Marked)).toBe(pointsOf(all.get("dave") as Marked));
    expect(wrongIn(all.get("ann") as Marked)).toEqual([]);
  });

  it("loses a machine: that machine's students are told of, and the others' labs go on", {
    timeout: 20 * minutes,
  }, async () => {
    const before = await standings();
    await hosts.get("box2")?.end();
    const lost = ids.filter((id) => before.get(id)?.machine === "ssh://box2");
    const kept = ids.filter((id) => before.get(id)?.machine === "ssh://box1");
    expect(lost.length).toBeGreaterThan(0);
    const after = await standings();
    for (const id of lost) expect(after.get(id)?.problem).toMatch(/box2/);
    for (const id of kept) expect(after.get(id)).toMatchObject({ lab: "up" });
    const all = await marks();
    for (const id of lost) expect(all.get(id)).toMatchObject({ grade: null });
    for (const id of kept) expect(all.get(id)?.grade, id).not.toBeNull();
    const { status, output } = await lvsLab(inClass("up"));
    expect(status).not.toBe(0);
    for (const id of lost) expect(output).toMatch(new RegExp(`^${id}: .*box2`, "m"));
    for (const id of kept) expect(output).toMatch(new RegExp(`^${id}: up`, "m"));
  });

  it("is taken down: what is on the lost machine is forgotten", { timeout: 20 * minutes }, async () => {
    const { status, output } = await lvsLab(inClass("down"));
    expect(status, output).not.toBe(0);
    await working(inClass("down", "--force"));
    for (const id of ids) expect(existsSync(labDirectory(stackOf(CLASS, id))), id).toBe(false);
    const [box1] = boxes;
    expect(await readdir(join(hosts.get(box1)?.root ?? "", "home/bob/.local/state/lvs-lab/labs"))).toEqual([]);
    expect(await guestsOn(box1)).toBe(0);
  });
});
