import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { anInit } from "../unit/provision/host/private/an-init.ts";

/** A lab's directory with a process that is to it what a lab host's init is: it is found by its command line. */
export async function aLabHost(directory: string): Promise<{ pid: number }> {
  const { pid } = await anInit(directory);
  await mkdir(join(directory, "pool"), { recursive: true });
  await writeFile(join(directory, "pool/server1.qcow2"), "disk");
  await writeFile(join(directory, "lvs-lab"), ""); // the mark of a lab's directory
  await writeFile(join(directory, "init.pid"), `${pid}\n`);
  return { pid };
}
