import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { PrivateHost } from "../../provision/host/private/private-host.ts";

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "lvs-hosts-"));
});
afterAll(() => rm(scratch, { recursive: true }));

/** Runs a lab host for as long as its libvirtd takes to say what QEMU can do; gives when that was written down, in nanoseconds. */
async function askOfQemu(name: string): Promise<Record<string, bigint>> {
  const host = new PrivateHost(join(scratch, name));
  const cache = join(scratch, "cache");
  try {
    await host.start(cache);
    const asked = ["domcapabilities", "--virttype", "qemu", "--machine", "q35"];
    const { stdout } = await promisify(execFile)("virsh", ["--connect", host.uri, ...asked]);
    expect(stdout).toContain("<domain>qemu</domain>");
    const known = join(cache, "qemu-capabilities");
    const files = (await readdir(known)).map(async (file) => {
      const { mtimeNs } = await stat(join(known, file), { bigint: true });
      return [file, mtimeNs] as const;
    });
    return Object.fromEntries(await Promise.all(files));
  } finally {
    await host.destroy();
  }
}

it("what libvirt found out of QEMU in one lab, it knows in the next", async () => {
  const first = await askOfQemu("first");
  expect(Object.keys(first)).toHaveLength(1);
  expect(await askOfQemu("second")).toEqual(first);
});
