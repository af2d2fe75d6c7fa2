import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { withScheduler } from "../../../bench/harness/bench-lab.ts";
import type { Spent } from "../../../bench/harness/machine.ts";
import { qemuCommand } from "../../../bench/harness/qemu.ts";
import { firstCommandAt } from "../../../bench/parts/boot.ts";
import { labOf } from "../../../bench/parts/growth.ts";
import { firstPromised, haWith } from "../../../bench/parts/outage.ts";
import { PhaseWatch } from "../../../bench/parts/phases.ts";
import { StepWatch } from "../../../bench/parts/setup.ts";
import { loadCommand, rateIn } from "../../../bench/parts/throughput.ts";
import { parseLab, readLab } from "../../../lab/index.ts";

describe("labs of the benchmark's own", () => {
  it.each([1, 2, 4, 8])("with %i real servers are labs", (count) => {
    const lab = parseLab(JSON.stringify(labOf(count)), "bench-grow-8.yaml");
    expect(lab.servers.filter(({ role }) => role === "real-server")).toHaveLength(count);
    expect(lab.image.packages).toBe("baked");
  });

  it.each([
    [[100, 50], { advertInterval: 1 }],
    [[254, 253], { version: 3, advertInterval: 0.1 }],
  ] as const)("with directors of the priorities %j and timers %j are labs", (priorities, timers) => {
    const lab = parseLab(JSON.stringify(haWith(priorities, timers)), "bench-article.yaml");
    const [instance] = lab.vrrp;
    expect(instance?.members.map(({ priority, state }) => [priority, state])).toEqual([
      [priorities[0], "MASTER"],
      [priorities[1], "BACKUP"],
    ]);
    expect(instance).toMatchObject(timers);
  });

  it("are the textbook's but for the scheduler", async () => {
    const { readFile } = await import("node:fs/promises");
    const text = await readFile("labs/bare-ha.yaml", "utf8");
    const before = await readLab("labs/bare-ha.yaml");
    const after = parseLab(withScheduler(text, "wrr"), "bare-ha.yaml");
    expect(after).toEqual({
      ...before,
      services: before.services.map((service) => ({ ...service, scheduler: "wrr" })),
    });
    expect(() => withScheduler("control: ipvsadm\n", "wrr")).toThrow("no line `scheduler:`");
  });
});

describe("steps of a set-up", () => {
  it("take from the line that one starts to the line that it ends, side by side or not", () => {
    let wall = 0;
    const watch = new StepWatch(() => ({ wall, cpu: 2 * wall }));
    const says = (at: number, line: string) => {
      wall = at;
      watch.line(line);
    };
    says(1, "→ @pulumi/libvirt: generates the SDK from the libvirt provider and compiles it (ten seconds)");
    says(2, "→ guest image: makes the servers' disk (three to five minutes)");
    says(3, "… guest image 1 s: making the disk");
    says(11, "✓ @pulumi/libvirt in 10 s");
    says(30, "✓ guest image in 28 s");
    expect([...watch.spent().steps]).toEqual([
      ["@pulumi/libvirt", 10],
      ["guest image", 28],
    ]);
    expect(watch.spent().whole).toEqual({ wall: 30, cpu: 60 });
  });
});

describe("phases", () => {
  it("end with the last line of theirs; one that was over before the one before it took nothing", () => {
    let at: Spent = { wall: 0, cpu: 0 };
    const watch = new PhaseWatch(() => at);
    const says = (wall: number, line: string) => {
      at = { wall, cpu: 2 * wall };
      watch.line(line);
    };
    says(1, " +  lvs:index:LabHost host created (0.5s)");
    says(4, " +  libvirt:index:Domain server1 created (0.3s)");
    says(5, " +  libvirt:index:Domain server4 created (0.3s)");
    says(30, " +  lvs:index:BaseSystem server1-base created (25s)");
    says(90, " +  lvs:index:Packages server1-packages created (60s)");
    says(80, " +  lvs:index:Httpd server2-httpd created (2s)");
    at = { wall: 92, cpu: 184 };
    const spent = Object.fromEntries(watch.spent());
    expect(spent["host and image"]).toEqual({ wall: 1, cpu: 2 });
    expect(spent.machines?.wall).toBe(4);
    expect(spent["boot to SSH"]?.wall).toBe(25);
    expect(spent.packages).toEqual({ wall: 60, cpu: 120 });
    expect(spent.configuration?.wall).toBe(0);
    expect(spent["waiting to serve"]?.wall).toBe(0);
    expect(spent["Pulumi's end"]?.wall).toBe(2);
  });
});

describe("outages", () => {
  const promise = { minimumMs: 2805, maximumMs: 3805, toleranceMs: 500, arithmetic: "3 × 1000 ms" };

  it("are those of the window for which something is promised", () => {
    const output = JSON.stringify({
      runs: [],
      repeated: [
        { passed: 2, windows: [{ outagesMs: [0, 0] }, { outagesMs: [3700, 3800], promise }, { outagesMs: [5, 6] }] },
      ],
    });
    expect(firstPromised(output)).toEqual({ outagesMs: [3700, 3800], promise, passed: 2 });
  });

  it("of a single run are the run's own", () => {
    const windows = [{ outage: { longest: null } }, { outage: { longest: { ms: 3700 } }, promise }];
    const output = JSON.stringify({ runs: [{ passed: false, windows }], repeated: [] });
    expect(firstPromised(output)).toEqual({ outagesMs: [3700], promise, passed: 0 });
  });

  it("are not made up", () => {
    expect(() => firstPromised(JSON.stringify({ runs: [], repeated: [] }))).toThrow("no window");
  });
});

describe("throughput", () => {
  it("is read from what wrk and ab print", () => {
    expect(rateIn("  2 threads\nRequests/sec:   1234.56\nTransfer/sec: 1MB\n")).toBe(1234.56);
    expect(rateIn("Failed requests:        0\nRequests per second:    321.50 [#/sec] (mean)\n")).toBe(321.5);
  });

  it("is none when requests failed", () => {
    expect(() => rateIn("Socket errors: connect 0, read 3, write 0, timeout 0\nRequests/sec: 9\n")).toThrow("read 3");
    expect(() => rateIn("  Non-2xx or 3xx responses: 5\nRequests/sec: 9\n")).toThrow("Non-2xx");
    expect(() => rateIn("Failed requests:        2\nRequests per second: 9\n")).toThrow("Failed requests");
    expect(() => rateIn("")).toThrow("no rate");
  });

  it("is asked for over as many connections as are named", () => {
    expect(loadCommand("wrk", "http://172.25.254.100:80/", 8).join(" ")).toContain(
      "--connections 8 --duration 10s http",
    );
    expect(loadCommand("ab", "http://172.25.254.100:80/", 8).join(" ")).toContain("-c 8 -t 10");
  });
});

it("the first command of a server is the first time in its transcript", async () => {
  const directory = await mkdtemp(join(tmpdir(), "lvs-bench-test-"));
  try {
    const file = join(directory, "server1.log");
    await writeFile(file, "# 2026-11-24T15:00:01.250Z\n$ hostname\n  server1\n# 2026-11-24T15:00:09.000Z\n$ true\n");
    expect(await firstCommandAt(file)).toBe(Date.UTC(2026, 10, 24, 15, 0, 1, 250));
    await writeFile(file, "$ hostname\n");
    await expect(firstCommandAt(file)).rejects.toThrow("does not begin with a time");
  } finally {
    await rm(directory, { recursive: true });
  }
});

it("a guest by QEMU alone has a lab guest's kernel, memory, disks and network card", () => {
  const guest = {
    image: { kernel: "/vmlinuz", initrd: "/initrd" },
    memory: 512,
    mac: "52:54:00:FE:FE:0B",
    tap: "tap0",
    disk: "/d",
    seed: "/s",
    console: "/c",
  };
  const emulated = qemuCommand({ ...guest, acceleration: "qemu" }).join(" ");
  expect(emulated).toContain("-m 512 -kernel /vmlinuz -initrd /initrd -append root=/dev/vda rw");
  expect(emulated).toContain("-accel tcg,tb-size=256"); // stacks/domain.xsl
  expect(emulated).toContain("mac=52:54:00:FE:FE:0B");
  expect(qemuCommand({ ...guest, acceleration: "kvm" }).join(" ")).toContain("-accel kvm -cpu host");
});
