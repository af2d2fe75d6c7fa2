import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { writeSshFiles } from "../../../cli/ssh-files.ts";
import { LabHostDownError } from "../../../provision/host/reach.ts";
import { projectRoot } from "../../../provision/paths.ts";
import type { LiveLab } from "../../../verify/live/live-lab.ts";
import { aLiveLab } from "../verify/a-live-lab.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lvs-lab-ssh-files-"));
  vi.stubEnv("LVS_LAB_STATE", "/the state");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true });
});

async function liveIn(where: string): Promise<LiveLab> {
  const live = await aLiveLab("ha");
  const host = { kind: "private", directory: where } as const;
  const common = { host, privateKey: "the key\n", instance: "1", acceleration: "kvm" } as const;
  const servers = live.lab.servers.map(({ name, os, management }) => ({
    ...common,
    name,
    os,
    address: management,
    hostKey: `key-of-${name}`,
  }));
  return { ...live, host, servers };
}

describe("what is written for OpenSSH", () => {
  it("is the owner's alone, and the same however often it is written", async () => {
    const live = await liveIn(directory);
    const { path, text } = await writeSshFiles(live);
    expect(await writeSshFiles(live)).toEqual({ path, text });
    expect(path).toBe(join(directory, "ssh/config"));
    expect((await stat(join(directory, "ssh"))).mode & 0o777).toBe(0o700);
    const contents = {
      config: text,
      identity: "the key\n",
      known_hosts: ["server1", "server2", "server3", "server4"].map((name) => `${name} key-of-${name}\n`).join(""),
    };
    expect((await readdir(join(directory, "ssh"))).sort()).toEqual(Object.keys(contents));
    for (const [name, content] of Object.entries(contents)) {
      expect(await readFile(join(directory, "ssh", name), "utf8")).toBe(content);
      expect((await stat(join(directory, "ssh", name))).mode & 0o777, name).toBe(0o600);
    }
  });

  it("names each server by its stack, and leads there through the state directory of now", async () => {
    const { text } = await writeSshFiles(await liveIn(directory));
    expect([...text.matchAll(/^Host (.+)$/gm)].map(([, name]) => name)).toEqual([
      ...["server1.ha", "server2.ha", "server3.ha", "server4.ha"],
    ]);
    expect(text).toContain(
      `  ProxyCommand env 'LVS_LAB_STATE=/the state' ${projectRoot}/cli/lvs-lab connect --stack ha 172.25.254.14\n`,
    );
  });

  it("is not written where the lab's directory is missing, for that would make one that is no lab's", async () => {
    const gone = join(directory, "gone");
    await expect(writeSshFiles(await liveIn(gone))).rejects.toBeInstanceOf(LabHostDownError);
    expect(await readdir(directory)).toEqual([]);
  });

  it("is an error with a remedy where the lab's directory has a name that ssh_config cannot hold", async () => {
    await expect(writeSshFiles(await liveIn(join(directory, 'a"b')))).rejects.toThrow(
      /cannot name .*\. Fix: set LVS_LAB_STATE to another directory$/,
    );
  });
});
