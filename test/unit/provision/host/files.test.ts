import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { localFiles } from "../../../../provision/host/files.ts";

it("files that are written at once get each their own text, and leave nothing beside them", async () => {
  const place = await mkdtemp(join(tmpdir(), "lvs-lab-files-"));
  onTestFinished(async () => await rm(place, { recursive: true }));
  const files = localFiles(place);
  const names = Array.from({ length: 40 }, (_, n) => `stand-in-${n}`);
  await Promise.all(names.map((name) => files.write(join(place, "run", name), name)));
  for (const name of names) expect(await files.read(join(place, "run", name))).toBe(name);
  expect((await readdir(join(place, "run"))).sort()).toEqual(names.toSorted());
});
