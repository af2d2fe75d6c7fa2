import { describe, expect, it } from "vitest";
import { until } from "../../../provision/until.ts";

describe("until", () => {
  it("gives the first success, and tries no more", async () => {
    let tries = 0;
    const found = await until(
      async () => {
        tries++;
        if (tries < 3) throw new Error("not yet");
        return tries;
      },
      { seconds: 5, everyMs: 1, failed: (last) => last as Error },
    );
    expect(found).toBe(3);
    expect(tries).toBe(3);
  });

  it("makes the error at the deadline from the last attempt's", async () => {
    let tries = 0;
    const attempt = async () => {
      throw new Error(`try ${++tries}`);
    };
    const failed = (last: unknown) => new Error(`no answer: ${(last as Error).message}`, { cause: last });
    const began = performance.now();
    const error: Error = await until(attempt, { seconds: 0.1, everyMs: 10, failed }).catch((reason) => reason);
    expect(performance.now() - began).toBeLessThan(1000);
    expect(tries).toBeGreaterThan(2);
    expect(error.message).toBe(`no answer: try ${tries}`);
    expect((error.cause as Error).message).toBe(`try ${tries}`);
  });

  it("does not begin a pause that would outlast the deadline", async () => {
    const began = performance.now();
    const never = async () => {
      throw new Error("never");
    };
    await expect(until(never, { seconds: 0.05, everyMs: 5000, failed: () => new Error("over") })).rejects.toThrow(
      "over",
    );
    expect(performance.now() - began).toBeLessThan(1000);
  });

  it("tries once even where no time is left", async () => {
    expect(await until(async () => "there", { seconds: 0, everyMs: 1, failed: (last) => last as Error })).toBe("there");
  });

  it("ends as soon as there is no hope, with the reason", async () => {
    let tries = 0;
    const attempt = async () => {
      throw new Error(`try ${++tries}`);
    };
    const hopeless = async (last: unknown) =>
      (last as Error).message === "try 2" ? new Error("it is off") : undefined;
    const began = performance.now();
    await expect(
      until(attempt, { seconds: 60, everyMs: 1, failed: () => new Error("over"), hopeless }),
    ).rejects.toThrow("it is off");
    expect(tries).toBe(2);
    expect(performance.now() - began).toBeLessThan(5000);
  });
});
