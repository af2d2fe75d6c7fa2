import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { beforeAll, expect, test } from "vitest";
import type { Effect } from "./effects.ts";
import { runDirectors, staysSo } from "./running-directors.ts";

const cases = join(import.meta.dirname, "../unit/rehearse/lint");

/** A master is there 3 s and a bit after its start, or after the last advertisement. What is seen must stay so for twice as long. */
const seconds = { within: 30, until: 8 };

/** So many rows run side by side, each with two folders. They wait more than they compute. */
const atOnce = 12;

/** A test for each row: `found` shows the effect, `fine` does not. */
export function proveEffects(effects: readonly Effect[]): void {
  const results = new Map<Effect, Promise<void>>();
  beforeAll(() => {
    const waiting = effects.map((effect) => {
      const { promise, resolve, reject } = deferred();
      promise.catch(() => undefined);
      results.set(effect, promise);
      return async () => await prove(effect).then(resolve, reject);
    });
    for (let worker = 0; worker < atOnce; worker++)
      void (async () => {
        for (let next = waiting.shift(); next; next = waiting.shift()) await next();
      })();
  });
  for (const effect of effects)
    test(`${effect.rule}: ${effect.title}`, { timeout: 300_000 }, async () => await results.get(effect));
}

async function prove(effect: Effect): Promise<void> {
  expect(effect.found, "found and fine").not.toEqual(effect.fine);
  await Promise.all([seenIn("found", effect), seenIn("fine", effect)]);
}

async function seenIn(folder: "found" | "fine", effect: Effect): Promise<void> {
  const { rule, options, before, act, look } = effect;
  const endings: (() => unknown)[] = [];
  try {
    const finish = { onTestFinished: (ending: () => unknown) => endings.unshift(ending) };
    const directors = await runDirectors(join(cases, rule, folder), finish, options);
    const expectSeen = async (wanted: unknown, until: number) => {
      const seen = await staysSo(
        () => look(directors),
        (one) => isDeepStrictEqual(one, wanted),
        { ...seconds, until },
      );
      const logs = directors.names.map((name) => [`${rule}/${folder}, ${name}:`, ...directors.log(name)].join("\n"));
      expect(seen, logs.join("\n")).toEqual(wanted);
    };
    if (act) {
      await expectSeen(before, 0);
      await act(directors);
    }
    await expectSeen(effect[folder], seconds.until);
  } finally {
    for (const ending of endings) await ending();
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void; reject: (error: unknown) => void } {
  let [resolve, reject] = [() => {}, (_error: unknown) => {}];
  const promise = new Promise<void>((one, other) => {
    [resolve, reject] = [one, other];
  });
  return { promise, resolve, reject };
}
