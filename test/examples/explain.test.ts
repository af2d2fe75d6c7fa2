/** What `lvs-lab explain` says, typed on bare servers, makes the lab that their file describes: every check without faults passes. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { $ } from "zx";
import type { Explanation } from "../../cli/explain/explanation.ts";
import { type Lab, readLab, type Server } from "../../lab/index.ts";
import { projectRoot } from "../../provision/paths.ts";
import { failures, type LabFile, TestStack } from "../e2e/stack.ts";

const MINUTES = 60_000;

/** Leaves a lab's servers without roles, and without the packages of roles. */
const bare = (lab: LabFile): void => {
  lab.setup = "manual";
  lab.image = { packages: "plain" };
};

const curedByNft = (lab: LabFile): void => {
  bare(lab);
  lab.arpCure = "nftables";
};

const explain = async (...args: string[]): Promise<string> =>
  (await $({ quiet: true, cwd: projectRoot })`cli/lvs-lab explain ${args}`).stdout;

/** Labs without roles, each with the lab whose explanation is typed; without one it is its own. */
const labs: readonly { base: string; told?: string; change?: (lab: LabFile) => void }[] = [
  { base: "bare", told: "dr" },
  { base: "bare-ha", told: "ha" },
  { base: "nat", change: bare },
  { base: "tunnel", change: bare },
  { base: "udp", change: bare },
  { base: "tracking", change: curedByNft },
];

describe.each(labs)("the lab $base", ({ base, told, change }) => {
  const stack = new TestStack(`explain-${base}`);
  let lab: Lab;
  const explained = (...args: string[]): Promise<string> => explain(told ?? stack.file, "--stack", stack.name, ...args);
  afterAll(() => stack.remove());

  beforeAll(async () => {
    await stack.lab(base, change);
    lab = await readLab(stack.file);
    const { status, stderr } = await stack.lvs("up");
    if (status !== 0) throw new Error(stderr);
  });

  /** Types the script of a server, by a pipe as `lvs-lab ssh SERVER -- bash` does: what reads standard input reads the script. */
  const type = async ({ name }: Server): Promise<string> =>
    await stack.on(name, `bash <<'END OF SCRIPT'\n${await explained(name, "--script")}END OF SCRIPT`);

  const typeAll = async (): Promise<void> => {
    for (const role of ["real-server", "director"])
      await Promise.all(lab.servers.filter((server) => server.role === role).map(type));
    const { steps } = JSON.parse(await explained("--json")) as Explanation;
    for (const command of steps.filter(({ ownMachine }) => ownMachine).flatMap(({ commands }) => commands))
      await $({ quiet: true, cwd: projectRoot })`bash -c ${command}`;
  };

  test("has nothing of it yet", async () => {
    expect(lab).toMatchObject({ setup: "manual", name: stack.name });
    const results = await stack.check();
    expect(results.length).toBeGreaterThan(5);
    const failing = new Set(results.filter(({ passed }) => !passed).map(({ id }) => id));
    expect([...failing]).toEqual(expect.arrayContaining(["balancing", "director-table"]));
  });

  test("passes every check once the scripts are typed", { timeout: 30 * MINUTES }, async () => {
    await typeAll();
    expect(failures(await stack.check("--wait", "60"))).toEqual([]);
  });

  test.skipIf(told === undefined)(
    "passes them still when the scripts are typed again",
    { timeout: 30 * MINUTES },
    async () => {
      await typeAll();
      expect(failures(await stack.check("--wait", "60"))).toEqual([]);
    },
  );
});
