import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { backendDirectory } from "../../../cli/environment.ts";
import { lockFiles, releaseDeadLocks } from "../../../cli/pulumi-lock.ts";
import { cacheRoot } from "../../../provision/paths.ts";
import { aPulumi, NOBODY } from "./a-pulumi.ts";

/** The machine's, whatever a test makes of HOME: of a cache without the toolchain's `pulumi` its version is asked each time. */
const cache = cacheRoot();
let state: string;
let locks: string;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), "lvs-lab-locks-"));
  locks = join(state, "pulumi/.pulumi/locks/organization/lvs-lab/ha");
  await mkdir(locks, { recursive: true });
  vi.stubEnv("HOME", state);
  vi.stubEnv("LVS_LAB_CACHE", cache);
  vi.stubEnv("LVS_LAB_STATE", state);
  for (const name of ["PULUMI_BACKEND_URL", "PULUMI_HOME", "PULUMI_CREDENTIALS_PATH", "PULUMI_ACCESS_TOKEN"])
    vi.stubEnv(name, undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(state, { recursive: true });
});

/** A lock as Pulumi writes it, with the file beside it. */
async function lockBy(pid: number, { name = "a", host = hostname(), at = new Date() } = {}): Promise<void> {
  await writeFile(join(locks, `${name}.json.attrs`), "{}");
  const content = { pid, username: "root", hostname: host, timestamp: at.toISOString() };
  await writeFile(join(locks, `${name}.json`), JSON.stringify(content));
}

/** Releases what can be released, and gives what was said. */
async function release(hostnames = [hostname()]): Promise<string[]> {
  const said: string[] = [];
  await releaseDeadLocks({ stack: "ha", hostnames }, (message) => said.push(message));
  return said;
}

describe("Pulumi's lock on a stack", () => {
  it("is none where there never was one", async () => {
    await rm(join(state, "pulumi"), { recursive: true });
    expect(await lockFiles("ha")).toEqual([]);
    expect(await release()).toEqual([]);
  });

  it("of a process that is dead is taken away, with the file beside it", async () => {
    await lockBy(NOBODY);
    expect(await release()).toEqual([
      `An earlier pulumi (PID ${NOBODY}) was killed and left the stack locked; removing the lock.`,
    ]);
    expect(await readdir(locks)).toEqual([]);
  });

  it("of a process that lives stays, and so does everything else", async () => {
    const { pid } = await aPulumi();
    await lockBy(NOBODY, { name: "a" });
    await lockBy(pid, { name: "b" });
    await expect(release()).rejects.toMatchObject({
      status: 1,
      message: expect.stringMatching(
        new RegExp(
          `^the stack "ha" is in use: pulumi \\(PID ${pid}, user root\\) has held it since \\S+Z\\. Fix: wait for it, or end it\\.$`,
        ),
      ),
    });
    expect(await readdir(locks)).toHaveLength(4);
  });

  it("of a PID that belongs to another program by now is the dead's", async () => {
    await lockBy(process.pid);
    expect(await release()).toHaveLength(1);
    expect(await readdir(locks)).toEqual([]);
  });

  it("of a PID that another pulumi has by now is the dead's", async () => {
    await lockBy((await aPulumi()).pid, { at: new Date("2026-01-01T00:00:00Z") });
    expect(await release()).toHaveLength(1);
  });

  it.each(["", "{", '{"pid":4711,"usern', "\0\0\0"])("that was not written whole is the dead's: %j", async (text) => {
    await writeFile(join(locks, "a.json"), text);
    expect(await release()).toEqual([
      `An earlier pulumi was killed while writing its lock on the stack (${join(locks, "a.json")}); removing the lock.`,
    ]);
    expect(await readdir(locks)).toEqual([]);
  });

  it("that was begun under another name is taken away too: it keeps Pulumi out", async () => {
    await writeFile(join(locks, "fileblob123"), "");
    expect(await release()).toHaveLength(1);
    expect(await readdir(locks)).toEqual([]);
  });

  it("that is being written at this moment is read when it is whole", async () => {
    const { pid } = await aPulumi();
    await writeFile(join(locks, "a.json"), "");
    setTimeout(() => void lockBy(pid), 200);
    await expect(release()).rejects.toThrow(`pulumi (PID ${pid}, user root)`);
  });

  it("that is being written under another name is read under its own", async () => {
    const { pid } = await aPulumi();
    await writeFile(join(locks, "fileblob123"), "");
    await lockBy(pid, { name: "z" });
    setTimeout(() => void rename(join(locks, "fileblob123"), join(locks, "a.json")), 200);
    await expect(release()).rejects.toThrow(`pulumi (PID ${pid}, user root)`);
    expect(existsSync(join(locks, "z.json"))).toBe(true);
  });

  it("of a Pulumi that writes something else is left alone", async () => {
    await writeFile(join(locks, "a.json"), '{"lease":"1"}');
    await expect(release()).rejects.toThrow("is locked by a pulumi with another lock format");
    expect(await readdir(locks)).toEqual(["a.json"]);
  });

  it("of another machine is left alone, with the way out", async () => {
    await lockBy(NOBODY, { host: "elsewhere" });
    await expect(release()).rejects.toMatchObject({
      status: 1,
      message: expect.stringMatching(
        /^the stack "ha" is locked: by pulumi on the machine elsewhere .*Fix: wait for it; if it has ended, `pulumi cancel --yes --stack ha` removes/,
      ),
    });
    expect(await readdir(locks)).toHaveLength(2);
  });

  it("of a name that a run of ours had is one of this machine's, whatever its name is now", async () => {
    await lockBy(NOBODY, { host: "container-1" });
    expect(await release([hostname(), "container-1"])).toHaveLength(1);
    expect(await readdir(locks)).toEqual([]);

    const { pid } = await aPulumi();
    await lockBy(pid, { host: "container-1" });
    await expect(release([hostname(), "container-1"])).rejects.toThrow(`PID ${pid}`);
  });
});

describe("the directory of Pulumi's backend", () => {
  it("is ours by default", () => {
    expect(backendDirectory()).toBe(join(state, "pulumi/.pulumi"));
  });

  it.each([
    ["file:///srv/state", "/srv/state/.pulumi"],
    ["file:///srv/state?no_tmp_dir=true", "/srv/state/.pulumi"],
    ["file://~", "HOME/.pulumi"],
    ["file://~/state", "HOME/state/.pulumi"],
  ])("%s is that of PULUMI_BACKEND_URL", (url, directory) => {
    vi.stubEnv("PULUMI_BACKEND_URL", url);
    expect(backendDirectory()).toBe(directory.replace("HOME", state));
  });

  it("is that of a login", async () => {
    await mkdir(join(state, ".pulumi"));
    await writeFile(join(state, ".pulumi/credentials.json"), JSON.stringify({ current: "file:///srv/team" }));
    expect(backendDirectory()).toBe("/srv/team/.pulumi");
  });

  it("is none where the backend is no directory", () => {
    vi.stubEnv("PULUMI_BACKEND_URL", "s3://bucket");
    expect(backendDirectory()).toBeUndefined();
  });
});
