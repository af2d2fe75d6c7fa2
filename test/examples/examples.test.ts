/** One running lab is turned into each lab of labs/ in turn: it serves, its checks pass, `refresh` sees what a hand breaks, `up` mends it. */
import { readdirSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { liveLab } from "../../cli/live-lab.ts";
import { type Lab, readLab, type Server } from "../../lab/index.ts";
import { projectRoot } from "../../provision/paths.ts";
import { downloadSurvives } from "../../verify/checks/download-survives.ts";
import { clientOfEachService } from "../../verify/checks/subjects.ts";
import { faults } from "../../verify/faults/index.ts";
import { View } from "../../verify/live/view.ts";
import { eachFault, healed } from "../e2e/each-fault.ts";
import { changed, failures, TestStack } from "../e2e/stack.ts";
import { walk } from "./walk.ts";

/** Labs that are not served, or another file's twin with plain guests. */
const left = ["bare", "bare-ha", "bare-nat", "bare-tunnel", "arp-problem", "dr", "ha"];

const stack = new TestStack("examples");
afterAll(() => stack.remove());

test("every lab of labs/ is walked through, or is known not to be", () => {
  const all = readdirSync(`${projectRoot}/labs`).map((file) => file.replace(".yaml", ""));
  expect([...walk.map(({ lab }) => lab), ...left].sort()).toEqual(all.sort());
});

const up = async (): Promise<string> => {
  const { status, stdout, stderr } = await stack.pulumi("up", "--yes", "--skip-preview");
  expect(status, stdout + stderr).toBe(0);
  return stdout;
};

const boots = async (lab: Lab): Promise<Map<string, string>> =>
  new Map(
    await Promise.all(
      lab.servers.map(
        async ({ name }): Promise<[string, string]> => [
          name,
          await stack.on(name, "cat /proc/sys/kernel/random/boot_id"),
        ],
      ),
    ),
  );

/** Whether a server of one lab can serve in another as it is: nothing of its machine differs. */
const isSameMachine = (one: Server, other: Server | undefined): boolean =>
  other !== undefined &&
  one.os === other.os &&
  one.memory === other.memory &&
  isDeepStrictEqual(one.interfaces, other.interfaces);

/** Faults that were tried in a lab before, or are in an end-to-end test on the lab `ha-baked`. */
const tried = new Set<string>();
beforeAll(async () => {
  const ha = await readLab(`${projectRoot}/labs/ha-baked.yaml`);
  for (const fault of faults) if (fault.targets(ha).length > 0) tried.add(fault.id);
});

let before: { lab: Lab; boots: Map<string, string> } | undefined;

describe.each(walk)("the lab $lab", ({ lab: name, hurt = {}, seen = [], fails = [], faulty = [] }) => {
  let lab: Lab;
  beforeAll(async () => {
    await stack.lab(name);
    lab = await readLab(stack.file);
  });

  test("comes out of the lab before, whose servers stay where they can", async () => {
    if (before) await up();
    else expect((await stack.lvs("up")).status).toBe(0); // creates the stack, too
    const now = await boots(lab);
    const earlier = before;
    const stayed = lab.servers
      .filter((server) =>
        isSameMachine(
          server,
          earlier?.lab.servers.find((one) => one.name === server.name),
        ),
      )
      .map((server) => server.name);
    expect(stayed.filter((server) => now.get(server) !== earlier?.boots.get(server))).toEqual([]);
    before = { lab, boots: now };
  });

  test("passes every check, and a second `up` has nothing to do", async () => {
    const results = await stack.check();
    expect(failures(results)).toEqual([]);
    expect(results.length).toBeGreaterThan(5);
    expect(changed(await up())).toEqual([]);
  });

  test.skipIf(faulty.length === 0)("passes the checks that break what it alone has", async () => {
    const results = await stack.check("--only", ...faulty);
    const after = failures(await stack.check("--wait", "120"));
    before = { lab, boots: await boots(lab) }; // a director's power may have been off
    expect(failures(results)).toEqual([]);
    expect(results.map(({ id }) => id)).toEqual(expect.arrayContaining([...faulty]));
    expect(after).toEqual([]);
  });

  test.skipIf(seen.length === 0)(
    "checks fail and `refresh` sees it where a hand broke something, and `up` mends it",
    async () => {
      for (const [server, command] of Object.entries(hurt)) await stack.on(server, command);
      const ids = fails.map((check) => check.split("@")[0] ?? "");
      const found = ids.length > 0 ? failures(await stack.check("--wait", "0", "--only", ...ids)) : [];
      expect(found.map((label) => label.split(" ")[0])).toEqual(expect.arrayContaining([...fails]));
      const refreshed = await stack.pulumi("refresh", "--yes", "--skip-preview");
      expect(changed(refreshed.stdout)).toEqual(expect.arrayContaining([...seen]));
      expect(changed(await up())).toEqual(expect.arrayContaining([...seen]));
      expect(failures(await stack.check())).toEqual([]);
    },
  );

  test.skipIf(name !== "ha-baked")("a download breaks with its director: the other one does not know it", async () => {
    const view = new View(await liveLab(stack.name));
    const [subject] = clientOfEachService(lab);
    if (!subject) throw new Error("the lab has no service");
    const { passed, seen } = await downloadSurvives.look(view, subject);
    expect(passed).toBe(false);
    expect(seen).toContain("broken: ");
    expect(seen).not.toContain("without server1");
    expect(failures(await stack.check("--wait", "120"))).toEqual([]);
    before = { lab, boots: await boots(lab) }; // the director's power was off
  });

  test("faults that no lab before could have are there while injected, and gone when healed", async () => {
    const here = faults.filter(({ id, targets }) => !tried.has(id) && targets(lab).length > 0);
    for (const { id } of here) tried.add(id);
    if (here.length === 0) return;
    expect(await eachFault(stack.name, here)).toEqual(healed(here));
    expect(failures(await stack.check("--wait", "60"))).toEqual([]);
  });
});
