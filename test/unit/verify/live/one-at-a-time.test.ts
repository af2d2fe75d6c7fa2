import { expect, it } from "vitest";
import { onceForAll, oneAtATime } from "../../../../verify/live/one-at-a-time.ts";

/** Works that note when they begin and end. */
function works() {
  const log: string[] = [];
  const work =
    (name: string, fails = false) =>
    async () => {
      log.push(`${name} begins`);
      await new Promise(setImmediate);
      log.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    };
  return { log, work };
}

it("runs works of one key in order, though one fails", async () => {
  const { log, work } = works();
  const all = [work("one"), work("two", true), work("three")].map((one) => oneAtATime("service", one));
  expect((await Promise.allSettled(all)).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(log).toEqual(["one begins", "one ends", "two begins", "two ends", "three begins", "three ends"]);
  await expect(all[1]).rejects.toThrow("two");
  expect(await oneAtATime("service", work("four"))).toBe("four");
});

it("lets works of different keys run side by side", async () => {
  const { log, work } = works();
  await Promise.all([oneAtATime("shop", work("one")), oneAtATime("web", work("two"))]);
  expect(log.slice(0, 2)).toEqual(["one begins", "two begins"]);
});

it("runs a work once for all who want it meanwhile, and anew for who comes later", async () => {
  const { log, work } = works();
  expect(await Promise.all(["one", "two"].map((name) => onceForAll("VIP", work(name))))).toEqual(["one", "one"]);
  expect(await onceForAll("VIP", work("three"))).toBe("three");
  expect(log).toEqual(["one begins", "one ends", "three begins", "three ends"]);
  const failing = [work("four", true), work("five")].map((one) => onceForAll("VIP", one));
  expect((await Promise.allSettled(failing)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await onceForAll("VIP", work("six"))).toBe("six");
});
