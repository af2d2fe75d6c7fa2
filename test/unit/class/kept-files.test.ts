import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { madeOnce } from "../../../class/kept-files.ts";

const turns = async (count: number): Promise<void> => {
  for (let done = 0; done < count; done++) await turn();
};

test("callers in one process, each at another point, all read what one of them has made", async () => {
  const room = await mkdtemp(join(tmpdir(), "lvs-lab-kept-"));
  onTestFinished(() => rm(room, { recursive: true }));
  // Two that shared a temporary file met in every second of these.
  for (let round = 0; round < 30; round++) {
    const file = join(room, `${round}`);
    const texts = await Promise.all(
      Array.from({ length: 8 }, async (_, caller) => {
        await turns(caller % 3);
        return await madeOnce(file, async () => {
          await turns(caller % 4);
          return `${caller}`;
        });
      }),
    );
    expect(new Set(texts)).toEqual(new Set([await readFile(file, "utf8")]));
  }
  expect((await readdir(room)).length).toBe(30);
});
