import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { assertOrder, runSteps, type Step } from "../../../setup/steps/run-steps.mjs";
import { steps, testSteps } from "../../../setup/steps/steps.mjs";

let scratch: string;
let told: string[];

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "lvs-lab-test-"));
  told = [];
});

afterEach(() => rmSync(scratch, { recursive: true }));

const step = (name: string, needs: string[], rest: Partial<Step> = {}): Step => ({
  name,
  needs,
  does: "",
  takes: "",
  isDone: () => false,
  run: async () => {},
  ...rest,
});

const run = (list: Step[], signal = new AbortController().signal) =>
  runSteps(list, {
    signal,
    logOf: ({ name }) => join(scratch, name),
    reporter: {
      started: ({ name }) => told.push(`${name} started`),
      progress: ({ name }, text) => told.push(`${name}: ${text}`),
      finished: ({ name }) => told.push(`${name} finished`),
      failed: ({ name }) => told.push(`${name} failed`),
    },
  });

test("the project's own steps are in order", () => {
  expect(() => assertOrder([...steps, ...testSteps])).not.toThrow();
});

test("a need that does not come before is refused by name", () => {
  expect(() => assertOrder([step("a", ["b"]), step("b", [])])).toThrow('step "a" needs "b"');
});

test("independent steps run side by side, and the one that needs both comes last", async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  // Each would wait for ever if the other did not start: a waits for b to let it go.
  const a = step("a", [], { run: () => held });
  const b = step("b", [], { run: async () => release() });
  const c = step("c", ["a", "b"]);
  expect(await run([a, b, c])).toEqual({ ran: 3, failed: 0 });
  expect(told.slice(0, 2)).toEqual(["a started", "b started"]);
  expect(told.slice(-2)).toEqual(["c started", "c finished"]);
});

test("a step that is done is neither run nor told of", async () => {
  expect(await run([step("a", [], { isDone: () => true }), step("b", ["a"])])).toEqual({ ran: 1, failed: 0 });
  expect(told).toEqual(["b started", "b finished"]);
});

test("whether a step is done is asked only after those it needs", async () => {
  const asked: string[] = [];
  const first = step("a", [], { run: async () => void asked.push("a ran") });
  await run([first, step("b", ["a"], { isDone: () => asked.push("b asked") > 0 })]);
  expect(asked).toEqual(["a ran", "b asked"]);
});

test("after a failure the steps that need it are left out and the others seen through", async () => {
  const bad = step("bad", [], { run: () => Promise.reject(new Error("no luck")) });
  expect(await run([bad, step("dependent", ["bad"]), step("other", [])])).toEqual({ ran: 2, failed: 1 });
  expect(told).toContain("other finished");
  expect(told.join()).not.toContain("dependent");
  expect(readFileSync(join(scratch, "bad"), "utf8")).toContain("no luck");
});

test("an interruption ends it, and starts nothing more", async () => {
  const interruption = new AbortController();
  const first = step("a", [], { run: async () => interruption.abort() });
  await expect(run([first, step("b", ["a"])], interruption.signal)).rejects.toThrow("abort");
  expect(told.join()).not.toContain("b started");
});
