/** `lvs-lab guide --solve` on bare labs: each step's solution, typed through a real terminal, turns its mark green, and no mark is green before. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { ProgressFile } from "../../class/guide/progress-file.ts";
import { stepsOf } from "../../class/guide/steps/index.ts";
import { type Lab, readLab } from "../../lab/index.ts";
import { projectRoot } from "../../provision/paths.ts";
import { until } from "../../provision/until.ts";
import { failures, TestStack } from "../e2e/stack.ts";

const MINUTES = 60_000;

/** What `guide --json` says of a step. */
interface Shown {
  readonly id: string;
  readonly kind: "edge" | "level";
  readonly mark: string;
  readonly reachedAt?: string;
}

describe.each(["bare", "bare-nat", "bare-tunnel", "bare-ha"])("the lab %s", (base) => {
  const stack = new TestStack(`guide-${base}`);
  let lab: Lab;
  let ids: string[];
  afterAll(() => stack.remove());

  beforeAll(async () => {
    await stack.lab(base);
    lab = await readLab(stack.file);
    ids = stepsOf({ lab, stack: stack.name }).map(({ id }) => id);
    const { status, stderr } = await stack.lvs("up");
    if (status !== 0) throw new Error(stderr);
  });

  const guide = async (): Promise<{ status: number | null; passed: boolean; steps: Shown[] }> => {
    const { status, stdout, stderr } = await stack.lvs("guide", "--json");
    if (stdout === "") throw new Error(stderr);
    return { status, ...(JSON.parse(stdout) as { passed: boolean; steps: Shown[] }) };
  };
  const greenIn = (steps: readonly Shown[]): string[] =>
    steps.filter(({ mark }) => mark === "reached").map(({ id }) => id);
  const progress = () => new ProgressFile(stack.name, lab.name).read();

  test("no mark is green before anything is typed", async () => {
    const { status, passed, steps } = await guide();
    expect(steps.map(({ id }) => id)).toEqual(ids);
    expect({ status, passed, green: greenIn(steps) }).toEqual({ status: 1, passed: false, green: [] });
  });

  test("each solution turns its step green, one after the other", { timeout: 60 * MINUTES }, async () => {
    const { status, stdout, stderr } = await stack.lvs("guide", "--solve");
    expect(status, stdout + stderr).toBe(0);
    const told = stdout.split("\n").filter((line) => /^[>✓]/.test(line));
    expect(told.map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual([
      ...ids.flatMap((id) => [`> ${id}`, `✓ ${id}`]),
      "✓ all",
    ]);
    const { steps } = await progress();
    const moments = ids.map((id) => steps[id]?.reachedAt ?? "");
    expect(moments).not.toContain("");
    expect(moments, JSON.stringify(steps, null, 2)).toEqual(moments.toSorted());
    // What has commands of its own was not reached before they were typed.
    const early = stdout
      .split("\n")
      .flatMap((line, index, all) =>
        line.includes("reached before anything") ? [all[index - 1]?.split(" ")[1] ?? ""] : [],
      );
    expect(early.filter((id) => !["vip-holder", "director-table", "arp-owner"].includes(id))).toEqual([]);
  });

  test("then all marks are green, and so are the checks", { timeout: 10 * MINUTES }, async () => {
    const { status, passed, steps } = await guide();
    expect({ status, passed, green: greenIn(steps) }).toEqual({ status: 0, passed: true, green: ids });
    expect(failures(await stack.check("--wait", "60"))).toEqual([]);
  });

  test("a level that is broken turns back, an edge stays, and a guide that is killed leaves what it saw", {
    timeout: 10 * MINUTES,
  }, async () => {
    const program = join(projectRoot, "cli/lvs-lab");
    const begin = async (): Promise<{ child: ChildProcess; shown: () => string }> => {
      const child = spawn(program, ["guide", "--stack", stack.name, "--every", "1"], {
        cwd: projectRoot,
        stdio: ["ignore", "pipe", "inherit"],
        detached: true,
      });
      const { pid } = child;
      onTestFinished(() => {
        if (child.exitCode === null && child.signalCode === null && pid) process.kill(-pid, "SIGKILL");
      });
      let text = "";
      child.stdout?.setEncoding("utf8").on("data", (part: string) => (text += part));
      return { child, shown: () => text };
    };
    const shows = async (shown: () => string, what: RegExp): Promise<void> =>
      await until(
        async () => {
          if (!what.test(shown())) throw new Error(`the guide shows:\n${shown()}`);
        },
        { seconds: 240, everyMs: 200, failed: (last) => last as Error },
      );
    const [one, other] = [await begin(), await begin()];
    await shows(one.shown, /✓ httpd-page/);
    await stack.on("server2", "mv /var/www/html/index.html /root/aside.html");
    await shows(one.shown, /✗ httpd-page .*no longer holds/);
    process.kill(-(one.child.pid ?? 0), "SIGKILL");
    if (one.child.exitCode === null && one.child.signalCode === null) await once(one.child, "close");
    const killed = await progress();
    expect(killed.steps["httpd-page"]).toMatchObject({ state: "open", reachedAt: expect.any(String) });
    await shows(other.shown, /✗ httpd-page/); // or it never looks while the page is away
    await stack.on("server2", "mv /root/aside.html /var/www/html/index.html");
    await shows(other.shown, /✗ httpd-page [\s\S]*✓ httpd-page/);
    other.child.kill("SIGINT");
    await once(other.child, "close");
    const after = await progress();
    for (const id of ids) expect(after.steps[id]?.reachedAt).toBe(killed.steps[id]?.reachedAt);
  });
});

test("a lab that is set up automatically has no guide, and is told what has", async () => {
  const stack = new TestStack("guide-automatic");
  try {
    await stack.lab("dr-baked");
    const up = await stack.lvs("up");
    expect(up.status, up.stderr).toBe(0);
    expect(await stack.lvs("guide", "--once")).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/set up automatically.*Fix: .*bare/),
    });
  } finally {
    await stack.remove();
  }
});
