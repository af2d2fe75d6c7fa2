import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import type { Packed, PackedFile } from "./packed.ts";

/** Writes files below a directory. */
export function writeTree(directory: string, files: ReadonlyMap<string, PackedFile>): void {
  mkdirSync(directory, { recursive: true });
  for (const [name, { content, executable }] of files) {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    chmodSync(path, executable ? 0o755 : 0o644);
  }
}

/** The largest archive, in bytes. */
const LARGEST = 1024 ** 3;

/** A gzipped tar archive, reproducible: the same files give the same bytes. */
export async function archiveOf({ name, files }: Packed): Promise<Buffer> {
  const scratch = mkdtempSync(join(tmpdir(), "lvs-lab-pack-"));
  try {
    writeTree(join(scratch, name), files);
    const { stdout } = await promisify(execFile)(
      "tar",
      [
        ...["--create", "--file=-", "--directory", scratch, "--format=gnu", "--sort=name", "--mtime=@0"],
        ...["--owner=0", "--group=0", "--numeric-owner", "--mode=u+rw,go+r,go-w", name],
      ],
      { encoding: "buffer", maxBuffer: LARGEST, env: { ...process.env, LC_ALL: "C", TAR_OPTIONS: "" } },
    );
    return gzipSync(stdout, { level: 9 });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
