import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  hintSum,
  isNews,
  noProgress,
  type Progress,
  tierOf,
  withHint,
  withLook,
} from "../../../../class/guide/progress.ts";
import { ProgressFile, progressOf } from "../../../../class/guide/progress-file.ts";
import type { Judgement } from "../../../../class/guide/step.ts";
import { projectRoot } from "../../../../provision/paths.ts";

const judged = (states: Readonly<Record<string, Judgement["state"]>>): Map<string, Judgement> =>
  new Map(Object.entries(states).map(([id, state]) => [id, { state, seen: "", wrong: [] }]));
const at = (second: number): Date => new Date(Date.UTC(2026, 0, 1, 0, 0, second));

describe("progress", () => {
  it("keeps when a step was reached first, and since when it is as it is", () => {
    let progress = noProgress("bare");
    progress = withLook(progress, judged({ web: "open", vip: "open" }), at(1));
    progress = withLook(progress, judged({ web: "reached", vip: "open" }), at(2));
    progress = withLook(progress, judged({ web: "open", vip: "open" }), at(3));
    progress = withLook(progress, judged({ web: "reached", vip: "unseen" }), at(4));
    expect(progress.steps).toEqual({
      web: { reachedAt: at(2).toISOString(), state: "reached", since: at(4).toISOString() },
      vip: { state: "unseen", since: at(4).toISOString() },
    });
  });

  it("the same look again is no news", () => {
    const progress = withLook(noProgress("bare"), judged({ web: "reached" }), at(1));
    expect(isNews(progress, judged({ web: "reached" }))).toBe(false);
    expect(isNews(progress, judged({ web: "open" }))).toBe(true);
    expect(withLook(progress, judged({ web: "reached" }), at(9)).steps).toEqual(progress.steps);
  });

  it("a hint is taken once, and costs once", () => {
    let progress = noProgress("bare");
    for (const second of [1, 2]) progress = withHint(progress, { step: "web", tier: 3, cost: 2 }, at(second));
    progress = withHint(progress, { step: "vip", tier: 1, cost: 0 }, at(3));
    expect(progress.hints.map((one) => one.at)).toEqual([at(1).toISOString(), at(3).toISOString()]);
    expect([tierOf(progress, "web"), tierOf(progress, "vip"), tierOf(progress, "x")]).toEqual([3, 1, 0]);
    expect(hintSum(progress)).toEqual({ taken: 2, points: 2 });
  });
});

const scratch = await mkdtemp(join(tmpdir(), "lvs-lab-progress-"));
afterAll(() => rm(scratch, { recursive: true }));

describe("the progress file", () => {
  let said: string[];
  beforeEach(async () => {
    said = [];
    vi.stubEnv("LVS_LAB_STATE", await mkdtemp(join(scratch, "state-")));
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });
  const fileOf = (stack = "bare", lab = "bare"): ProgressFile =>
    new ProgressFile(stack, lab, (line) => said.push(line));
  const reach = (file: ProgressFile, id: string): Promise<Progress> =>
    file.change((now) => withLook(now, judged({ [id]: "reached" }), at(1)));

  it("is read as it was written, and its owner's alone", async () => {
    const file = fileOf();
    expect(await file.read()).toEqual(noProgress("bare"));
    await reach(file, "web");
    expect((await fileOf().read()).steps.web?.reachedAt).toBe(at(1).toISOString());
    expect((await stat(file.path)).mode & 0o777).toBe(0o600);
    expect((await stat(dirname(file.path))).mode & 0o777).toBe(0o700);
    expect(await progressOf("bare")).toEqual(await file.read());
    expect(await progressOf("other")).toBeUndefined();
  });

  it("two guides lose nothing of each other", async () => {
    const ids = Array.from({ length: 8 }, (_, index) => `step-${index}`);
    await Promise.all(ids.map((id, index) => reach(index % 2 ? fileOf() : fileOf(), id)));
    expect(Object.keys((await fileOf().read()).steps).sort()).toEqual(ids);
  });

  it.each([
    ["no JSON", "{ not JSON"],
    ["an empty file", ""],
    [
      "another shape",
      JSON.stringify({ format: "lvs-lab guide progress", version: 1, lab: "bare", steps: [], hints: [] }),
    ],
  ])("%s is set aside and told, with what was in it", async (_what, text) => {
    const file = fileOf();
    await mkdir(dirname(file.path), { recursive: true });
    await writeFile(file.path, text);
    await reach(file, "web");
    expect(said).toEqual([expect.stringMatching(/cannot be read .*It is now .*\. Fix: /)]);
    const aside = (await readdir(dirname(file.path))).filter((name) => /^bare\..+T.+\.json$/.test(name));
    expect(aside).toHaveLength(1);
    expect(await readFile(join(dirname(file.path), aside[0] ?? ""), "utf8")).toBe(text);
    expect(Object.keys((await file.read()).steps)).toEqual(["web"]);
  });

  it("that of another lab of the stack is set aside", async () => {
    await reach(fileOf("net1.alice", "bare"), "web");
    const other = fileOf("net1.alice", "bare-ha");
    expect(await other.read()).toEqual(noProgress("bare-ha"));
    await reach(other, "mail");
    expect(said).toEqual([expect.stringContaining("another lab, bare.")]);
    expect(Object.keys((await other.read()).steps)).toEqual(["mail"]);
  });

  it("that of a later version is left alone", async () => {
    const file = fileOf();
    await mkdir(dirname(file.path), { recursive: true });
    const text = JSON.stringify({ ...noProgress("bare"), version: 2 });
    await writeFile(file.path, text);
    await expect(file.read()).rejects.toThrow(/later version of lvs-lab\. Fix: /);
    await expect(reach(file, "web")).rejects.toThrow(/later version/);
    expect(await readFile(file.path, "utf8")).toBe(text);
  });

  it("a process that is killed while it records leaves all that it had recorded", async () => {
    const script = `
      import { ProgressFile } from ${JSON.stringify(join(projectRoot, "class/guide/progress-file.ts"))};
      import { withLook } from ${JSON.stringify(join(projectRoot, "class/guide/progress.ts"))};
      const file = new ProgressFile("bare", "bare");
      for (let n = 0; ; n++) {
        await file.change((now) => withLook(now, new Map([["step-" + n, { state: "reached", seen: "", wrong: [] }]]), new Date()));
        console.log(n);
      }`;
    const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
      ...{ cwd: projectRoot, env: process.env, stdio: ["ignore", "pipe", "inherit"] },
    });
    let last = -1;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      last = Number(text.trim().split("\n").at(-1));
      if (last >= 5) child.kill("SIGKILL");
    });
    await once(child, "close");
    const { steps } = await fileOf().read();
    for (let n = 0; n <= last; n++) expect(steps[`step-${n}`]?.reachedAt).toBeDefined();
    await reach(fileOf(), "web");
    expect(said).toEqual([]);
  });
});
