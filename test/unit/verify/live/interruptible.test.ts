import { setTimeout as delay } from "node:timers/promises";
import { expect, it } from "vitest";
import { InterruptedError, interruptible, untilAborted } from "../../../../verify/live/interruptible.ts";

const forAMinute = { seconds: 60, everyMs: 1000, failed: (last: unknown) => last as Error };

const never = async () => {
  throw new Error("not yet");
};

it("gives the work's result and leaves no listener", async () => {
  const before = process.listenerCount("SIGINT");
  expect(await interruptible(async () => 42)).toBe(42);
  expect(process.listenerCount("SIGINT")).toBe(before);
});

it("ends a wait at once when a signal comes, and lets the work heal first", async () => {
  let healed = false;
  const started = performance.now();
  const run = interruptible(async (signal) => {
    try {
      await untilAborted(signal, never, forAMinute);
    } finally {
      await delay(20);
      process.emit("SIGINT", "SIGINT"); // an impatient second one changes nothing
      healed = true;
    }
  });
  await delay(10);
  process.emit("SIGINT", "SIGINT");
  await expect(run).rejects.toThrow(InterruptedError);
  expect(healed).toBe(true);
  expect(performance.now() - started).toBeLessThan(900);
});

it("does not wait for an attempt that hangs", async () => {
  const run = interruptible((signal) => untilAborted(signal, () => new Promise<never>(() => {}), forAMinute));
  await delay(10);
  process.emit("SIGTERM", "SIGTERM");
  await expect(run).rejects.toThrow("interrupted by SIGTERM");
});

it("gives what the attempt gives, and its error at the deadline", async () => {
  const { signal } = new AbortController();
  expect(await untilAborted(signal, async () => "there", forAMinute)).toBe("there");
  await expect(untilAborted(signal, never, { ...forAMinute, seconds: 0 })).rejects.toThrow("not yet");
});

it("does not begin a wait after an abort", async () => {
  const aborted = AbortSignal.abort(new InterruptedError("SIGINT"));
  await expect(untilAborted(aborted, async () => "there", forAMinute)).rejects.toThrow("interrupted by SIGINT");
});
