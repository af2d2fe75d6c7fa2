import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Lab, readLab } from "../../lab/index.ts";
import { drByHand, haByHand } from "../e2e/by-hand.ts";
import { TestStack, type as typeSteps } from "../e2e/stack.ts";
import { exercises, type Typed } from "./ways.ts";

/** What a hint must not be: the command itself. */
const WHOLE_COMMAND =
  /\b(ipvsadm -[AaEeDd]|arptables -[AID]|ip addr(ess)? (add|del)|nft add|sysctl -w|systemctl (re)?start)\b/;

/** Three intervals of advertisements and the skew, the textbook's, and as much for an emulated guest. */
const electionSeconds = 8;

describe.each(exercises)("the exercise $lab", ({ lab: name, packages, ways, mistakes }) => {
  const stack = new TestStack(`ways-${name}`);
  let lab: Lab;
  afterAll(() => stack.remove());

  beforeAll(async () => {
    await stack.lab(name);
    const { status, stderr } = await stack.lvs("up");
    if (status !== 0) throw new Error(stderr);
    lab = await readLab(stack.file);
    await typeSteps(stack, lab.control === "keepalived" ? haByHand(lab) : drByHand(lab));
    for (const [server, wanted] of Object.entries(packages)) {
      // Installed and at rest: its script would start it, and port 80 is taken.
      await stack.on(
        server,
        `export DEBIAN_FRONTEND=noninteractive SYSTEMD_OFFLINE=1; apt-get -q update && apt-get -q -y install ${wanted}`,
      );
    }
    expect(await stack.grade()).toMatchObject({ passed: true });
    expect(await stack.lvs("snapshot", "done")).toMatchObject({ status: 0 });
  });

  const type = async ({ on }: Typed): Promise<void> => {
    expect(await stack.lvs("restore", "done")).toMatchObject({ status: 0 });
    for (const [server, command] of Object.entries(on)) await stack.on(server, command);
  };

  test.each(ways)("full marks for $what", async (way) => {
    await type(way);
    const { tasks, score } = await stack.grade();
    expect(tasks.filter(({ status }) => status !== "done")).toEqual([]);
    expect(score.percent).toBe(100);
  });

  test.each(mistakes)("$what: $task is not done, and the hint says why", async (mistake) => {
    await type(mistake);
    // Until then a director that hears no master any more is still a backup.
    if (lab.control === "keepalived") await delay(electionSeconds * 1000);
    const { tasks, passed } = await stack.grade();
    const task = tasks.find(({ id, subjects }) => `${id}@${subjects.join("+")}` === mistake.task);
    expect(task?.status, JSON.stringify(tasks, null, 2)).not.toBe("done");
    expect(passed).toBe(false);
    expect(task?.hint).toMatch(mistake.hint);
    expect(task?.hint).not.toMatch(WHOLE_COMMAND);
  });
});

test("there are twenty ways and twenty mistakes at least", () => {
  expect(exercises.flatMap(({ ways }) => ways).length).toBeGreaterThanOrEqual(20);
  expect(exercises.flatMap(({ mistakes }) => mistakes).length).toBeGreaterThanOrEqual(20);
});
