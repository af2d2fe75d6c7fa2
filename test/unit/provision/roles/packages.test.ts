import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { aptConf, debianAptConf, packages } from "../../../../provision/roles/packages.ts";
import { isProgram } from "../../../../setup/steps/machine.mjs";

/** What apt takes from a configuration. */
async function settings(conf: string): Promise<Record<string, string>> {
  const directory = await mkdtemp(join(tmpdir(), "lvs-lab-apt-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const file = join(directory, "apt.conf");
  await writeFile(file, conf);
  const { stdout } = await promisify(execFile)("apt-config", ["dump", "--format", "%F=%v%n"], {
    env: { ...process.env, APT_CONFIG: file },
  });
  return Object.fromEntries(
    stdout.split("\n").map((line) => {
      const [name = "", value = ""] = line.split("=", 2);
      return [name.toLowerCase(), value]; // apt does not tell cases apart
    }),
  );
}

it.skipIf(!isProgram("apt-config"))(
  "packages come from the lab's pool alone, or from all of Debian alone",
  async () => {
    const [pool, debian] = [await settings(aptConf), await settings(debianAptConf)];
    expect(pool).toMatchObject({
      "dir::etc::sourcelist": "/etc/apt/sources.list.d/lvs-lab.list",
      "dir::etc::sourceparts": "-",
      "apt::install-recommends": "false",
    });
    expect(debian).toEqual({
      ...pool,
      "dir::etc::sourcelist": "/etc/apt/sources.list",
      "acquire::languages::": "none",
    });
  },
);

it("packages of a server that an earlier version made come from the pool", () => {
  expect(packages.where.shape.from.parse(undefined)).toBe("pool");
});
