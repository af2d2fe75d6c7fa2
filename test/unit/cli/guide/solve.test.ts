import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { noProgress, wasReached } from "../../../../class/guide/progress.ts";
import { ProgressFile } from "../../../../class/guide/progress-file.ts";
import type { Judgement, Step, Typed } from "../../../../class/guide/step.ts";
import { Pty } from "../../../../cli/guide/pty.ts";
import { solve } from "../../../../cli/guide/solve.ts";
import type { GuideRun } from "../../../../cli/guide/watch.ts";

const scratch = await mkdtemp(join(tmpdir(), "lvs-lab-solve-"));
afterAll(() => rm(scratch, { recursive: true }));

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(scratch, "host-"));
  vi.stubEnv("LVS_LAB_STATE", directory);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const on = (...commands: string[]): Typed => ({ on: "server1", commands });

/** A step that is reached while a file is there. */
const aStep = (given: Pick<Step, "id"> & Partial<Step>): Step => ({
  ...{ title: `${given.id} is there`, why: "It is for a test.", kind: "level", hosts: ["server1"], needs: [] },
  ...{ look: [], solution: [on(`touch ${given.id}`)], undo: [] },
  recognised: {
    by: "look",
    judge: () => ({
      state: existsSync(join(directory, given.id)) ? "reached" : "open",
      seen: "no file",
      wrong: ["It is missing."],
    }),
  },
  ...given,
});

function runOf(steps: readonly Step[]): GuideRun {
  const looks = { servers: new Map(), client: undefined };
  return {
    ...{ stack: "bare", lab: "bare", steps, hintCost: 0, file: new ProgressFile("bare", "bare") },
    look: async () =>
      new Map(
        steps.map(({ id, recognised }): [string, Judgement] => [
          id,
          (recognised as { judge(l: unknown): Judgement }).judge(looks),
        ]),
      ),
  };
}

async function solved(
  steps: readonly Step[],
  { only = undefined as string | undefined, mark = 5 } = {},
): Promise<{ said: string[]; run: GuideRun }> {
  const said: string[] = [];
  const run = runOf(steps);
  await solve(run, {
    open: async () =>
      await Pty.open(
        spawn("script", ["--quiet", "--return", "--command", "bash --norc", "/dev/null"], {
          ...{ cwd: directory, stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, TERM: "xterm" } },
        }),
        { seconds: 20 },
      ),
    deadlines: { prompt: 10, ownPrompt: 10, mark },
    say: (line) => said.push(line),
    signal: new AbortController().signal,
    only,
    everyMs: 50,
  });
  return { said, run };
}

describe("solve, by a real terminal", () => {
  it("types each step, waits for its mark, and takes edges back", async () => {
    const steps = [
      aStep({ id: "page", solution: [on("cat >page <<'END'\nserver1\nEND")] }),
      aStep({ id: "stopped", kind: "edge", solution: [on("mv page stopped")], undo: [on("mv stopped page")] }),
    ];
    const { said, run } = await solved(steps);
    expect(said.filter((line) => /^[>✓]/.test(line)).map((line) => line.replace(/ (after|\().*/, ""))).toEqual([
      "> page",
      "✓ page",
      "> stopped",
      "✓ stopped",
      "✓ all steps",
    ]);
    expect(said).toContain("  server1# cat >page <<'END'\n    server1\n    END");
    expect(await readFile(join(directory, "page"), "utf8")).toBe("server1\n");
    const progress = await run.file.read();
    expect([wasReached(progress, "page"), wasReached(progress, "stopped")]).toEqual([true, true]);
    expect((progress.steps.page?.reachedAt ?? "") < (progress.steps.stopped?.reachedAt ?? "")).toBe(true);
  });

  it("types again what chance decides", async () => {
    const luck = aStep({
      id: "luck",
      kind: "edge",
      again: true,
      solution: [{ ...on("echo >>tries; [ $(wc -l <tries) -lt 3 ] || touch luck"), looks: true }],
    });
    const { said } = await solved([luck]);
    expect(said.filter((line) => line.startsWith("  server1#"))).toHaveLength(3);
  });

  it("fails where a mark does not turn green in time, and says what is wrong", async () => {
    const idle = aStep({ id: "idle", solution: [on("true")] });
    await expect(solved([idle, aStep({ id: "later" })], { mark: 1 })).rejects.toThrow(
      /within 1 s .*idle.*It is missing\. Fix: /s,
    );
    expect(existsSync(join(directory, "later"))).toBe(false);
  });

  it("fails where a command does, but for one that only looks", async () => {
    await expect(solved([aStep({ id: "broken", solution: [on("echo why; false")] })])).rejects.toThrow(
      /broken: on server1, `echo why; false` ended with status 1:\nwhy\nFix: /,
    );
    const looking = aStep({ id: "looking", solution: [{ ...on("false"), looks: true }, on("touch looking")] });
    await expect(solved([looking])).resolves.toBeDefined();
  });

  it("types one step alone, and says if it was reached before", async () => {
    const steps = [aStep({ id: "one" }), aStep({ id: "two" })];
    await solved(steps, { only: "two" });
    expect(existsSync(join(directory, "one"))).toBe(false);
    const { said } = await solved(steps, { only: "two" });
    expect(said).toContain("  It is reached before anything is typed.");
    expect(await runOf(steps).file.read()).not.toEqual(noProgress("bare"));
  });

  it("says that a shell has ended", async () => {
    const step = aStep({ id: "one", solution: [on("echo bye; exit 3")] });
    await expect(solved([step])).rejects.toThrow(/one: on server1, the terminal ended before .*bye/s);
  });
});
