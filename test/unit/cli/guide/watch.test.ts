import { EventEmitter } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { hintSum } from "../../../../class/guide/progress.ts";
import { ProgressFile } from "../../../../class/guide/progress-file.ts";
import { screenOf } from "../../../../class/guide/screen.ts";
import { guideAsJson, isDone, markOf, presentStep } from "../../../../class/guide/state.ts";
import type { Judgement } from "../../../../class/guide/step.ts";
import { stepsOf } from "../../../../class/guide/steps/index.ts";
import { keysIn } from "../../../../cli/guide/keys.ts";
import { type GuideRun, lookOnce, watchGuide } from "../../../../cli/guide/watch.ts";
import { readLab } from "../../../../lab/index.ts";

const scratch = await mkdtemp(join(tmpdir(), "lvs-lab-watch-"));
afterAll(() => rm(scratch, { recursive: true }));
const lab = await readLab("labs/bare.yaml");
const steps = stepsOf({ lab, stack: "bare" });

let green: Set<string>;
let unseen: Set<string>;
beforeEach(async () => {
  green = new Set();
  unseen = new Set();
  vi.stubEnv("LVS_LAB_STATE", await mkdtemp(join(scratch, "state-")));
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const runOf = (hintCost = 0): GuideRun => ({
  ...{ stack: "bare", lab: "bare", steps, hintCost, file: new ProgressFile("bare", "bare") },
  look: async () =>
    new Map(
      steps.map(({ id }): [string, Judgement] => [
        id,
        {
          state: unseen.has(id) ? "unseen" : green.has(id) ? "reached" : "open",
          seen: "nothing yet",
          wrong: [`${id} is missing.`],
        },
      ]),
    ),
});

/** A terminal of which what is shown is kept, with keys. */
class Terminal extends EventEmitter {
  readonly isTTY: boolean;
  readonly columns = 100;
  readonly rows = 40;
  readonly raw: boolean[] = [];
  written = "";
  constructor(isTTY = true) {
    super();
    this.isTTY = isTTY;
  }
  write(text: string): void {
    this.written += text;
  }
  setRawMode(on: boolean): void {
    this.raw.push(on);
  }
  resume(): void {}
  pause(): void {}
  /** What the last redrawing shows. */
  get screen(): string {
    return stripVTControlCharacters(this.written.split("\u001b[H").at(-1) ?? "");
  }
}

async function watching(run: GuideRun, isTTY = true) {
  const terminal = new Terminal(isTTY);
  const controller = new AbortController();
  const ended = watchGuide(run, {
    signal: controller.signal,
    everyMs: 20,
    out: terminal,
    keyboard: isTTY ? terminal : undefined,
  });
  const shows = (what: string | RegExp) =>
    vi.waitFor(() => expect(isTTY ? terminal.screen : terminal.written).toMatch(what), { timeout: 5000, interval: 10 });
  return {
    terminal,
    ended,
    shows,
    press: (keys: string) => terminal.emit("data", Buffer.from(keys)),
    stop: () => controller.abort(),
  };
}

describe("at a terminal", () => {
  it("marks turn green by themselves, turn back and say so; edges stay", async () => {
    const { terminal, ended, shows, press } = await watching(runOf());
    await shows(/^bare: .*\)$[\s\S]*^> · director-table/m);
    green.add("director-table");
    await shows(/✓ director-table .*[\s\S]*director-table is reached\./);
    await shows(/^> · director-vip/m);
    green.add("arp-problem");
    await shows(/✓ arp-problem/);
    green.clear();
    await shows(/^> ✗ director-table[\s\S]*It was reached, and no longer holds: nothing yet/m);
    expect(terminal.screen).toMatch(/✓ arp-problem/);
    unseen.add("director-table");
    await shows(/\? director-table/);
    press("q");
    const state = await ended;
    expect(state && isDone(state)).toBe(false);
    expect(terminal.raw).toEqual([true, false]);
  });

  it("gives hints of the step that is chosen, tier by tier", async () => {
    const { shows, press, ended } = await watching(runOf());
    await shows(/^bare: .*\)$[\s\S]*^> · director-table/m);
    press("\u001b[Bj\u001bOA");
    await shows(/^> · director-vip/m);
    press("h");
    await shows(/Where to look:\n {2}On server1:\n {4}ip addr show/);
    press("h");
    await shows(/What is wrong:\n {2}director-vip is missing\./);
    press("h");
    await shows(/The command:[\s\S]*ip address replace 172\.25\.254\.100\/24 dev eth0/);
    press("h");
    await shows(/These are all hints of this step/);
    press("\u0003");
    expect(hintSum((await ended)?.progress as never)).toEqual({ taken: 3, points: 0 });
  });

  it("asks before a hint that costs points, and takes it by y alone", async () => {
    const run = runOf(2);
    const { shows, press, ended } = await watching(run);
    await shows(/^bare: .*\)$[\s\S]*^> · director-table/m);
    press("h");
    await shows(/Where to look/);
    press("h");
    await shows(/What is wrong/);
    press("h");
    await shows(/costs 2 points\. Take it\? y yes/);
    press("n");
    await shows(/h the command \(2 points\)/);
    expect((await run.file.read()).hints).toHaveLength(2);
    press("h");
    await shows(/Take it\?/);
    press("y");
    await shows(/The command:\n.*[\s\S]*ipvsadm -A -t 172\.25\.254\.100:80 -s rr/);
    press("q");
    await ended;
    expect(hintSum(await run.file.read())).toEqual({ taken: 3, points: 2 });
  });

  it("a guide that is begun again knows what was reached and taken", async () => {
    green.add("director-table").add("arp-problem");
    const first = await watching(runOf());
    await first.shows(/✓ arp-problem/);
    first.press("h");
    await first.shows(/Where to look/);
    first.stop();
    await first.ended;
    green.clear();
    const again = await watching(runOf());
    await again.shows(/\? director-table|✗ director-table/);
    await again.shows(/✗ director-table/);
    await again.shows(/✓ arp-problem/);
    again.press("q");
    expect((await again.ended)?.progress.hints).toHaveLength(1);
  });
});

describe("elsewhere", () => {
  it("prints a line for each step, then for each mark that changes", async () => {
    const { terminal, ended, shows, stop } = await watching(runOf(), false);
    await shows(/no-health-check/);
    expect(terminal.written.trim().split("\n")).toHaveLength(steps.length);
    green.add("director-vip");
    await shows(/✓ director-vip/);
    green.delete("director-vip");
    await shows(/✗ director-vip .*it no longer holds: nothing yet\n$/);
    stop();
    expect(await ended).toBeDefined();
    expect(terminal.written.trim().split("\n")).toHaveLength(steps.length + 2);
    expect(terminal.written).not.toContain("\u001b");
  });
});

describe("the state", () => {
  it("as data", async () => {
    green = new Set(["director-table"]);
    await lookOnce(runOf());
    green = new Set(["arp-problem"]);
    const state = await lookOnce(runOf(3));
    expect(JSON.parse(JSON.stringify(guideAsJson(state, new Date(0))))).toMatchObject({
      ...{
        format: "lvs-lab guide",
        version: 1,
        stack: "bare",
        lab: "bare",
        at: "1970-01-01T00:00:00.000Z",
        passed: false,
      },
      ...{ present: "director-table", hints: { taken: 0, points: 0, commandCosts: 3 } },
      steps: expect.arrayContaining([
        expect.objectContaining({
          id: "director-table",
          kind: "level",
          mark: "broken",
          reachedAt: expect.any(String),
          hints: [],
        }),
        expect.objectContaining({ id: "arp-problem", kind: "edge", mark: "reached" }),
      ]),
    });
  });

  it("is done when all marks are green", async () => {
    green = new Set(steps.map(({ id }) => id));
    const state = await lookOnce(runOf());
    expect([isDone(state), presentStep(state)]).toEqual([true, undefined]);
    expect(steps.map((step) => markOf(state, step))).toEqual(steps.map(() => "reached"));
  });

  it.each([
    [100, 40],
    [60, 24],
    [40, 12],
    [20, 5],
  ])("fits into %i columns and %i rows, and says what has no room", async (columns, rows) => {
    const { file } = runOf();
    const state = await lookOnce(runOf());
    const hints = [1, 2, 3].map((tier) => ({ step: "httpd-page", tier, at: new Date().toISOString(), cost: 0 }));
    const lines = screenOf(
      { ...state, progress: { ...(await file.read()), hints } },
      { columns, rows, colours: true, chosen: "httpd-page" },
    );
    expect(lines.length).toBeLessThan(rows);
    for (const line of lines) expect(stripVTControlCharacters(line).length, line).toBeLessThanOrEqual(columns);
    if (rows >= 12) expect(lines.join("\n")).toContain("httpd-page");
  });
});

it("keys are letters, and the sequences of arrows", () => {
  expect(keysIn("hjkyqX")).toEqual(["hint", "down", "up", "yes", "quit", "other"]);
  expect(keysIn("\u001b[A\u001bOB\u001b[5~\u001b[1;5C\u0003é")).toEqual([
    "up",
    "down",
    "other",
    "other",
    "quit",
    "other",
  ]);
});
