import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { likelyAcceleration } from "../../../../provision/host/image/acceleration.ts";
import { labMemory } from "../../../../provision/host/lab-memory.ts";
import { CODE_CACHE_MIB, freeMemory, memoryOf } from "../../../../provision/host/machine/memory.ts";
import { openHost } from "../../../../provision/host/reach.ts";
import { projectRoot } from "../../../../provision/paths.ts";
import { aLabHost } from "./a-lab-host.ts";

const MIB = 2 ** 20;

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "lvs-lab-memory-"));
});
afterEach(() => rm(root, { recursive: true }));

/** A file system that looks like Linux's: these files. */
async function lay(files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

const meminfo = (mib: number) => `MemTotal:       99999999 kB\nMemFree:  1 kB\nMemAvailable:   ${mib * 1024} kB\n`;
const v2 = "31 23 0:28 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
const v1 =
  "35 31 0:32 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n36 31 0:33 / /sys/fs/cgroup/memory rw shared:7 - cgroup cgroup rw,memory\n";

describe("free memory", () => {
  it("is this machine's, some of it", () => {
    expect(freeMemory()).toBeGreaterThan(0);
    expect(freeMemory()).toBeLessThan(2 ** 50);
  });

  it("is the kernel's estimate where no cgroup limits it", async () => {
    await lay({
      "proc/meminfo": meminfo(1000),
      "proc/self/cgroup": "0::/user.slice/a.scope\n",
      "proc/self/mountinfo": v2,
      "sys/fs/cgroup/user.slice/a.scope/memory.max": "max\n",
      "sys/fs/cgroup/user.slice/a.scope/memory.current": "12345\n",
    });
    expect(freeMemory(root)).toBe(1000 * MIB);
  });

  it("is what the tightest cgroup of the way up leaves; cached files do not count as taken", async () => {
    await lay({
      "proc/meminfo": meminfo(10_000),
      "proc/self/cgroup": "0::/user.slice/a.scope\n",
      "proc/self/mountinfo": v2,
      "sys/fs/cgroup/user.slice/a.scope/memory.max": `${900 * MIB}\n`,
      "sys/fs/cgroup/user.slice/a.scope/memory.current": `${300 * MIB}\n`,
      "sys/fs/cgroup/user.slice/memory.max": `${800 * MIB}\n`,
      "sys/fs/cgroup/user.slice/memory.current": `${700 * MIB}\n`,
      "sys/fs/cgroup/user.slice/memory.stat": `anon 1\ninactive_file ${200 * MIB}\nactive_file ${100 * MIB}\n`,
    });
    expect(freeMemory(root)).toBe(400 * MIB);
  });

  it("is that of a container, whose mount begins below the machine's root", async () => {
    await lay({
      "proc/meminfo": meminfo(10_000),
      "proc/self/cgroup": "0::/docker/abc/init\n",
      "proc/self/mountinfo": v2.replace(" / ", " /docker/abc "),
      "sys/fs/cgroup/memory.max": `${2000 * MIB}\n`,
      "sys/fs/cgroup/memory.current": `${500 * MIB}\n`,
      "sys/fs/cgroup/init/memory.max": `${1000 * MIB}\n`,
      "sys/fs/cgroup/init/memory.current": "0\n",
    });
    expect(freeMemory(root)).toBe(1000 * MIB);
    await rm(join(root, "sys/fs/cgroup/init"), { recursive: true });
    expect(freeMemory(root)).toBe(1500 * MIB);
  });

  it("is that of a container of which /proc says that its cgroup is outside of its namespace", async () => {
    await lay({
      "proc/meminfo": meminfo(10_000),
      "proc/self/cgroup": "0::/../other\n",
      "proc/self/mountinfo": v2,
      "sys/fs/cgroup/memory.max": `${100 * MIB}\n`,
      "sys/fs/cgroup/memory.current": "0\n",
    });
    expect(freeMemory(root)).toBe(100 * MIB);
  });

  it("is what version 1 says, where a limit of none is a large number", async () => {
    await lay({
      "proc/meminfo": meminfo(10_000),
      "proc/self/cgroup": "4:memory:/a/b\n3:cpu:/x\n0::/\n",
      "proc/self/mountinfo": v1,
      "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
      "sys/fs/cgroup/memory/memory.usage_in_bytes": `${9000 * MIB}\n`,
      "sys/fs/cgroup/memory/a/memory.limit_in_bytes": `${3000 * MIB}\n`,
      "sys/fs/cgroup/memory/a/memory.usage_in_bytes": `${2500 * MIB}\n`,
      "sys/fs/cgroup/memory/a/memory.stat": `inactive_file 1\ntotal_inactive_file ${50 * MIB}\ntotal_active_file 0\n`,
    });
    expect(freeMemory(root)).toBe(550 * MIB);
  });

  it("is none where a cgroup holds more than it may", async () => {
    await lay({
      "proc/meminfo": meminfo(10_000),
      "proc/self/cgroup": "0::/\n",
      "proc/self/mountinfo": v2,
      "sys/fs/cgroup/memory.max": "1000\n",
      "sys/fs/cgroup/memory.current": "2000\n",
    });
    expect(freeMemory(root)).toBe(0);
  });

  it("holds up nobody where /proc tells nothing", () => {
    expect(freeMemory(root)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("what guests come to take", () => {
  it("is their memory, and translated code where they are emulated", () => {
    const four = Array.from({ length: 4 }, () => ({ memory: 512 }));
    expect(memoryOf(four, "qemu")).toBe(3072 * MIB);
    expect(memoryOf(four, "kvm")).toBe(2048 * MIB);
    expect(memoryOf([], "qemu")).toBe(0);
  });

  it("counts as much translated code as QEMU is told to keep", async () => {
    const xslt = await readFile(join(projectRoot, "stacks/domain.xsl"), "utf8");
    expect(xslt).toContain(`<tb-cache unit="MiB">${CODE_CACHE_MIB}</tb-cache>`);
  });
});

describe("the likely acceleration", () => {
  afterEach(() => vi.unstubAllEnvs());
  const answer = async (name: string, text: string, at: Date) => {
    await lay({ [`acceleration/${name}`]: text });
    await utimes(join(root, "acceleration", name), at, at);
  };
  const ago = (seconds: number) => new Date(Date.now() - seconds * 1000);

  it("is the newest answer since the machine was booted", async () => {
    vi.stubEnv("LVS_LAB_CACHE", root);
    await lay({ kvm: "" });
    const likely = () => likelyAcceleration(join(root, "kvm"));
    expect(likely()).toBe("kvm");
    await answer("a", "qemu", new Date(0));
    expect(likely()).toBe("kvm");
    await answer("b", "qemu", ago(1));
    expect(likely()).toBe("qemu");
    await answer("c", "kvm", ago(0));
    expect(likely()).toBe("kvm");
  });

  it("is emulation where /dev/kvm cannot be opened, whatever was answered before", async () => {
    vi.stubEnv("LVS_LAB_CACHE", root);
    await answer("a", "kvm", ago(0));
    expect(likelyAcceleration(join(root, "none"))).toBe("qemu");
  });
});

describe("a lab's memory", () => {
  const servers = ["server1", "server2", "server3"].map((name) => ({ name, memory: 512 }));

  it("is that of all servers while none runs", async () => {
    const { need, free, running } = await labMemory({ kind: "private", directory: join(root, "ha") }, servers);
    expect([3 * 512 * MIB, 3 * (512 + CODE_CACHE_MIB) * MIB]).toContain(need);
    expect(free).toBeGreaterThan(0);
    expect(running).toEqual([]);
  });

  it("leaves out what runs in this lab, and nothing that runs in another", async () => {
    const [lab, other] = [join(root, "ha"), join(root, "dr")];
    await aLabHost(lab, { guests: ["server1", "server2"] });
    await aLabHost(other, { guests: ["server3"] });
    await expect
      .poll(async () => (await openHost({ kind: "private", directory: lab }).guests()).sort())
      .toEqual(["server1", "server2"]);
    expect(await openHost({ kind: "private", directory: other }).guests()).toEqual(["server3"]);
    const { need } = await labMemory({ kind: "private", directory: lab }, servers);
    expect([512 * MIB, (512 + CODE_CACHE_MIB) * MIB]).toContain(need);
    expect((await labMemory({ kind: "private", directory: lab }, servers.slice(0, 2))).need).toBe(0);
  });
});
