import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { $ } from "zx";
import { hostsCache } from "./host-image.ts";

/** Hosts' directories. Each is named after the process that made it, and a host's control groups after its directory. */
const runs = (): string => join(hostsCache(), "runs");

/** Makes a new host's directory. Removes the hosts of processes that were killed. */
export async function makeRun(name: string): Promise<string> {
  for (const other of existsSync(runs()) ? readdirSync(runs()) : [])
    if (!existsSync(`/proc/${Number.parseInt(other, 10)}`)) await removeRun(join(runs(), other));
  const directory = join(runs(), `${process.pid}-${name}`);
  await removeRun(directory);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  return directory;
}

/** Kills what still runs in a host and removes its directory. */
export async function removeRun(directory: string): Promise<void> {
  await removeCgroups(directory);
  await $({ quiet: true })`rm --recursive --force --one-file-system ${directory}`;
}

/**
 * Makes a host's control groups below those of this process, in the hierarchies that systemd uses: cgroup2, and name=systemd on a machine
 * with version 1. systemd-nspawn makes none of its own under --keep-unit, so two hosts would share a group.
 */
export async function makeCgroups(directory: string): Promise<string[]> {
  await removeCgroups(directory);
  const groups = ownCgroups().map((own) => join(own, `lvs-host-${basename(directory)}`));
  await writeFile(cgroupsFile(directory), groups.join("\n"));
  for (const group of groups) await mkdir(group);
  return groups;
}

/** Lists a host's control groups, so that another process can remove them. */
const cgroupsFile = (directory: string): string => join(directory, "cgroups");

/** Kills the processes in a host's control groups and removes the groups. */
async function removeCgroups(directory: string): Promise<void> {
  const text = existsSync(cgroupsFile(directory)) ? await readFile(cgroupsFile(directory), "utf8") : "";
  const groups = text.split("\n").filter(existsSync);
  for (const kill of groups.map((group) => join(group, "cgroup.kill")).filter(existsSync)) await writeFile(kill, "1");
  // A group cannot be removed before its last process has been reaped.
  for (const group of groups)
    for (let left = 100; existsSync(group); left--) {
      const { stderr } = await $({ quiet: true, nothrow: true })`find ${group} -depth -type d -exec rmdir ${"{}"} +`;
      if (left === 0) throw new Error(`cannot remove ${group}: ${stderr}`);
      await sleep(50);
    }
}

/** This process's control groups, as directories: in the cgroup2 hierarchy and in name=systemd. */
function ownCgroups(): string[] {
  const mounts = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" "));
  return readFileSync("/proc/self/cgroup", "utf8")
    .split("\n")
    .flatMap((line) => {
      const [, controllers, path] = /^\d+:(|name=systemd):(.*)$/.exec(line) ?? [];
      if (controllers === undefined || path === undefined) return [];
      const mount = mounts.find(([, , type, options]) =>
        controllers === "" ? type === "cgroup2" : type === "cgroup" && options?.split(",").includes(controllers),
      );
      return mount?.[1] ? [join(mount[1], path)] : [];
    });
}
