import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { run } from "../../../setup/steps/command.mjs";
import { SetupError } from "../../../setup/steps/setup-error.mjs";

let scratch: string;
let log: string;
const { signal } = new AbortController();

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "lvs-lab-test-"));
  log = join(scratch, "log");
});

afterEach(() => rmSync(scratch, { recursive: true }));

test("the output goes line by line to the caller, and whole to the log after the command", async () => {
  const lines: string[] = [];
  await run(["sh", "-c", "echo one; echo two >&2"], { log, signal, onLine: (line) => lines.push(line) });
  expect(lines.sort()).toEqual(["one", "two"]);
  expect(readFileSync(log, "utf8")).toMatch(/^\$ sh -c .*\n(one\ntwo|two\none)\n$/);
});

test("standard output can go to a file of its own", async () => {
  const stdout = join(scratch, "out");
  await run(["sh", "-c", "echo data; echo note >&2"], { log, signal, stdout });
  expect(readFileSync(stdout, "utf8")).toBe("data\n");
  expect(readFileSync(log, "utf8")).not.toContain("\ndata\n");
});

test("a failure shows status, last lines, log and remedy", async () => {
  const failing = run(["sh", "-c", "seq 100; exit 3"], { log, signal, remedy: "Do this." });
  await expect(failing).rejects.toThrow(SetupError);
  const message = await failing.catch((error: Error) => error.message);
  expect(message).toContain("ended with 3");
  expect(message).toContain(log);
  expect(message).toContain("    81\n");
  expect(message).not.toContain("    80\n");
  expect(message).toMatch(/ {4}100\nDo this\.$/);
});

test("what a failure shows is not pushed out by lines of progress", async () => {
  const failing = run(["sh", "-c", "echo broken; seq 100; exit 1"], {
    log,
    signal,
    isProgress: (line) => /^\d+$/.test(line),
  });
  await expect(failing).rejects.toThrow(/:\n {4}broken$/);
  expect(readFileSync(log, "utf8")).toContain("\n100\n");
});

test("a program that is not there is named", async () => {
  await expect(run(["lvs-lab-no-such-program"], { log, signal })).rejects.toThrow(
    "lvs-lab-no-such-program cannot be started",
  );
});

test("an interruption ends the program with what it has started", async () => {
  const interruption = new AbortController();
  const pidFile = join(scratch, "pid");
  const running = run(["sh", "-c", `sleep 60 & echo $! > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; wait`], {
    log,
    signal: interruption.signal,
  });
  await vi.waitUntil(() => existsSync(pidFile), { timeout: 5000 });
  interruption.abort();
  await expect(running).rejects.toThrow("abort");
  const sleeper = `/proc/${readFileSync(pidFile, "utf8").trim()}/status`;
  await vi.waitUntil(() => !existsSync(sleeper) || /^State:\s+Z/m.test(readFileSync(sleeper, "utf8")), {
    timeout: 5000,
  });
});
