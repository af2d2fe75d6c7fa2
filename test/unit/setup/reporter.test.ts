import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createReporter, inWords } from "../../../setup/steps/reporter.mjs";
import type { Step } from "../../../setup/steps/run-steps.mjs";

const npm: Step = {
  name: "npm packages",
  needs: [],
  does: "npm ci",
  takes: "half a minute",
  isDone: () => false,
  run: async () => {},
};
const go: Step = { ...npm, name: "Pulumi toolchain", does: "builds it", takes: "minutes" };

let written: string;

beforeEach(() => {
  vi.useFakeTimers();
  written = "";
});

afterEach(() => vi.useRealTimers());

function reporter({ isTTY, columns = 80 }: { isTTY: boolean; columns?: number }) {
  const write = (text: string) => {
    written += text;
    return true;
  };
  return createReporter({ isTTY, columns, write } as unknown as NodeJS.WriteStream);
}

/** What a terminal shows: `ESC[nA` moves the cursor up, `ESC[J` clears what is below it. */
function screen(): string[] {
  const lines: string[] = [""];
  for (const part of written.replaceAll("\x1b", "ESC").split(/(ESC\[\d+AESC\[J|\n)/)) {
    const [, up] = /\[(\d+)A/.exec(part) ?? [];
    if (up) lines.splice(lines.length - 1 - Number(up), Number(up) + 1, "");
    else if (part === "\n") lines.push("");
    else lines[lines.length - 1] += part;
  }
  return lines.slice(0, -1);
}

test("on a terminal, each step has a line of its own that is redrawn", () => {
  const { started, progress, finished, close } = reporter({ isTTY: true });
  started(npm);
  started(go);
  vi.advanceTimersByTime(1000);
  progress(npm, "60 of 300 packages", 0.2);
  progress(go, "fetching");
  vi.advanceTimersByTime(1000);
  const starts = ["→ npm packages: npm ci (half a minute)", "→ Pulumi toolchain: builds it (minutes)"];
  expect(screen()).toEqual([
    ...starts,
    `npm packages 2 s [${"█".repeat(4)}${"░".repeat(16)}] 20 %: 60 of 300 packages`,
    "Pulumi toolchain 2 s: fetching",
  ]);
  finished(npm);
  vi.advanceTimersByTime(1000);
  expect(screen()).toEqual([...starts, "✓ npm packages in 2 s", "Pulumi toolchain 3 s: fetching"]);
  close();
  expect(screen()).toEqual([...starts, "✓ npm packages in 2 s"]);
});

test("a line is no longer than the terminal is wide", () => {
  const { started, close } = reporter({ isTTY: true, columns: 10 });
  started(npm);
  vi.advanceTimersByTime(250);
  expect(screen().at(-1)).toBe("npm packa");
  close();
});

test("elsewhere, a step has a plain line now and then", () => {
  const { started, progress, close } = reporter({ isTTY: false });
  started(npm);
  progress(npm, "0 of 300 packages", 0);
  vi.advanceTimersByTime(10_000);
  progress(npm, "60 of 300 packages", 0.2);
  vi.advanceTimersByTime(10_000);
  close();
  expect(written).not.toContain("\x1b");
  expect(screen().at(-1)).toBe(
    `… npm packages 20 s [${"█".repeat(4)}${"░".repeat(16)}] 20 %, 30 s left: 60 of 300 packages`,
  );
  expect(screen()).toHaveLength(2);
});

test("minutes and seconds are told in words", () => {
  expect([0, 59_400, 59_600, 185_000].map(inWords)).toEqual(["0 s", "59 s", "1 min 00 s", "3 min 05 s"]);
});
