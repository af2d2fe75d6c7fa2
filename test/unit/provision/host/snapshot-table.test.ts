import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { labEnvironment } from "../../../../provision/host/machine/namespaces.ts";
import { SNAPSHOTS_AT, savedInQcow2 } from "../../../../provision/host/snapshot-table.ts";
import { commandIn, describeUserland } from "../../../../provision/host/userland/userland.ts";

const place = describeUserland();

describe.skipIf(!existsSync(place.root))("the snapshot table of a qcow2 file", () => {
  it("has the moments that qemu-img put there, and none after they are gone", async () => {
    const directory = await mkdtemp(join(tmpdir(), "lvs-lab-qcow2-"));
    const disk = join(directory, "disk");
    const qemuImg = async (...words: string[]): Promise<void> => {
      const [file = "", ...args] = commandIn(place, ["qemu-img", ...words], [{ from: directory, write: true }]);
      const [status] = await once(spawn(file, args, { stdio: "ignore", env: labEnvironment() }), "exit");
      expect(status).toBe(0);
    };
    const saved = async () => {
      const file = await readFile(disk);
      const { count, offset } = SNAPSHOTS_AT.of(file.subarray(0, SNAPSHOTS_AT.headerBytes));
      return savedInQcow2(file.subarray(offset, offset + 65_536), count);
    };
    try {
      await qemuImg("create", "-q", "-f", "qcow2", disk, "1M");
      expect(await saved()).toEqual([]);
      for (const tag of ["served-mabc", "a", "before-the-upgrade"]) await qemuImg("snapshot", "-c", tag, disk);
      expect(await saved()).toEqual(["served-mabc", "a", "before-the-upgrade"].map((tag) => ({ tag, bytes: 0 })));
      await qemuImg("snapshot", "-d", "a", disk);
      expect((await saved()).map(({ tag }) => tag)).toEqual(["served-mabc", "before-the-upgrade"]);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

it("sizes of memory are the 64-bit ones where there are some; a table that is cut off gives what is whole", () => {
  const entry = (tag: string, extra: number, bytes: number): Buffer => {
    const length = Math.ceil((40 + extra + 1 + tag.length) / 8) * 8;
    const made = Buffer.alloc(length);
    made.writeUInt16BE(1, 12);
    made.writeUInt16BE(tag.length, 14);
    made.writeUInt32BE(extra >= 8 ? 1 : bytes, 32);
    made.writeUInt32BE(extra, 36);
    if (extra >= 8) made.writeBigUInt64BE(BigInt(bytes), 40);
    made.write(`1${tag}`, 40 + extra);
    return made;
  };
  const table = Buffer.concat([entry("one", 16, 5 * 2 ** 32), entry("two", 0, 77)]);
  expect(savedInQcow2(table, 2)).toEqual([
    { tag: "one", bytes: 5 * 2 ** 32 },
    { tag: "two", bytes: 77 },
  ]);
  expect(savedInQcow2(table.subarray(0, table.length - 8), 2)).toEqual([{ tag: "one", bytes: 5 * 2 ** 32 }]);
  expect(SNAPSHOTS_AT.of(Buffer.alloc(72))).toEqual({ count: 0, offset: 0 });
});
