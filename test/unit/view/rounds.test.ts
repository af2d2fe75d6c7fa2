import { setTimeout as delay } from "node:timers/promises";
import { expect, it } from "vitest";
import { Rounds, type RoundsOptions } from "../../../view/rounds.ts";

/** Runs rounds for a while, and tells what happened when, in milliseconds. */
async function roundsOf(
  keys: readonly string[],
  ms: number,
  options: Partial<RoundsOptions>,
  during: (rounds: Rounds) => Promise<void> = async () => {},
) {
  const controller = new AbortController();
  const begin = performance.now();
  const looks: { key: string; at: number }[] = [];
  let [running, most] = [0, 0];
  const rounds = new Rounds(keys, {
    ...{ atOnce: 2, everyMs: 50, longestMs: 10_000, signal: controller.signal, overrun: () => {} },
    ...options,
    look: async (key) => {
      looks.push({ key, at: performance.now() - begin });
      running += 1;
      most = Math.max(most, running);
      await options.look?.(key).finally(() => {
        running -= 1;
      });
    },
  });
  const run = rounds.run();
  await Promise.all([during(rounds), delay(ms)]);
  controller.abort();
  await run;
  return { looks, most, of: (key: string) => looks.filter((look) => look.key === key) };
}

it("every lab is looked at again and again, so many at once, whichever has waited longest", async () => {
  // The next look is due three times a look's duration after it: on a busy machine too, that has to be less than `everyMs`, or looks change their order.
  const options = { everyMs: 300, look: () => delay(20) };
  const { looks, most } = await roundsOf(["a", "b", "c", "d", "e"], 1500, options);
  expect(most).toBe(2);
  expect(new Set(looks.slice(0, 5).map(({ key }) => key)).size).toBe(5);
  expect(new Set(looks.slice(5, 10).map(({ key }) => key)).size).toBe(5);
});

it("the longer looks take the rarer they are: three times as long is between two, and a place rests as long as a look took", async () => {
  const { of } = await roundsOf(["slow"], 2200, { look: () => delay(300) });
  const gaps = of("slow")
    .slice(1)
    .map(({ at }, index) => at - (of("slow")[index]?.at ?? 0));
  expect(gaps.length).toBeGreaterThanOrEqual(1);
  for (const gap of gaps) expect(gap).toBeGreaterThan(1190);
});

it("a look that hangs gives its place to others, is told once, and its lab is not looked at again", async () => {
  const overruns: string[] = [];
  const { of } = await roundsOf(["hangs", "well"], 1500, {
    ...{ atOnce: 1, longestMs: 200 },
    look: (key) => (key === "hangs" ? new Promise(() => {}) : delay(1)),
    overrun: (key) => overruns.push(key),
  });
  expect(overruns).toEqual(["hangs"]);
  expect(of("hangs")).toHaveLength(1);
  expect(of("well").length).toBeGreaterThan(3);
});

it("a lab where something has happened is looked at soon, also if the look at it was begun before", async () => {
  const { of } = await roundsOf(["a"], 900, { everyMs: 60_000, look: () => delay(100) }, async (rounds) => {
    await delay(50);
    rounds.soon("a"); // during the first look
    await delay(450);
    rounds.soon("a");
  });
  expect(of("a")).toHaveLength(3);
});
