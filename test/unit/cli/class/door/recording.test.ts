import { mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { Recording } from "../../../../../cli/class/door/recording.ts";

async function aDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "lvs-lab-casts-"));
  onTestFinished(async () => await rm(directory, { recursive: true }));
  return directory;
}

/** The lines of the only recording. */
async function linesIn(directory: string): Promise<unknown[]> {
  const [name = ""] = await readdir(directory);
  const text = await readFile(join(directory, name), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
}

it("is an asciicast: a header, output whose characters are whole, sizes, and the exit status", async () => {
  const directory = await aDirectory();
  const now = new Date("2026-12-01T12:00:00.250Z");
  const recording = Recording.begin(directory, { host: "server1", terminal: { columns: 100, rows: 30 } }, now);
  const bytes = Buffer.from("ä");
  recording?.output(bytes.subarray(0, 1));
  recording?.output(bytes.subarray(1));
  recording?.resize({ columns: 120, rows: 40 });
  await recording?.end(130);
  const [header, ...events] = await linesIn(directory);
  expect(await readdir(directory)).toEqual(["2026-12-01T12-00-00-250-server1.cast"]);
  expect(header).toEqual({ version: 2, width: 100, height: 30, timestamp: 1_796_126_400, title: "server1" });
  expect(events).toEqual([
    [expect.any(Number), "o", "ä"],
    [expect.any(Number), "r", "120x40"],
    [expect.any(Number), "m", "status 130"],
  ]);
});

it("is cut off where it is too long, and the session goes on", async () => {
  const directory = await aDirectory();
  const recording = Recording.begin(directory, { host: "client", command: "yes" });
  for (let n = 0; n < 100; n++) recording?.output(Buffer.alloc(1 << 16, "y"));
  await recording?.end(0);
  const lines = await linesIn(directory);
  expect(lines.at(-1)).toEqual([0, "m", "the recording is cut off: it is too long"]);
  expect(lines.length).toBeLessThan(70);
});

it("does not begin where a student has too many", async () => {
  const directory = await aDirectory();
  await writeFile(join(directory, "old.cast"), "");
  await truncate(join(directory, "old.cast"), (64 << 20) + 1);
  expect(Recording.begin(directory, { host: "server1" })).toBeUndefined();
  expect(await readdir(directory)).toEqual(["old.cast"]);
});

it("ends also where the disk is full", async () => {
  const directory = await aDirectory();
  const now = new Date("2026-12-01T12:00:00.250Z");
  await symlink("/dev/full", join(directory, "2026-12-01T12-00-00-250-server1.cast"));
  const recording = Recording.begin(directory, { host: "server1" }, now);
  recording?.output(Buffer.from("hello"));
  await recording?.end(0);
  recording?.output(Buffer.from("late"));
});
