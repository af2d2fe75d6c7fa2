import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { run } from "../../../bench/harness/run.ts";
import { codeOf, commandTime, memoryOf, processorTime, pssOf, usageOf } from "../../../bench/harness/usage.ts";

describe("memory", () => {
  it("is the proportional set size", () => {
    expect(pssOf("55d-7ff ---p [rollup]\nRss:    700 kB\nPss:             512 kB\nPss_Anon: 3 kB\n")).toBe(512);
  });

  it("of translated code is that of mappings without a file that may be executed", () => {
    const mapping = (head: string, kib: number): string => `${head}\nSize: 9 kB\nPss:   ${kib} kB\nPss_Dirty: 1 kB\n`;
    const smaps = [
      mapping("55a7105c4000-55a7107c4000 r-xp 00100000 08:01 1234   /usr/bin/qemu-system-x86_64", 1000),
      mapping("7f7fdbe00000-7f7ffbe00000 rw-p 00000000 00:00 0 ", 2000),
      mapping("7f7ffc000000-7f800bfff000 rwxp 00000000 00:00 0 ", 300),
      mapping("7f800c000000-7f800c100000 r-xp 00000000 00:00 0", 40),
      mapping("7ffe303ab000-7ffe303ad000 r-xp 00000000 00:00 0                          [vdso]", 5),
    ].join("");
    expect(codeOf(smaps)).toBe(340);
  });

  it("of guests that are not there is none", () => {
    expect(() => memoryOf(["/nowhere/bench"])).toThrow("no QEMU has a file in /nowhere/bench");
    expect(() => usageOf(["/nowhere/bench"])).toThrow("no QEMU has a file in /nowhere/bench");
  });
});

describe("what labs take", () => {
  it("is that of all processes beside a guest in its PID namespace, read from /proc", async () => {
    const directory = await mkdtemp(join(tmpdir(), "lvs-bench-test-"));
    // A process that is called as QEMU is, beside one that works: both in this test's own namespace.
    const script = "const end = Date.now() + 3000; while (Date.now() < end); setInterval(() => {}, 1000)";
    const guest = spawn(process.execPath, ["-e", script, "--", `${directory}/disk`], { argv0: "qemu-system-x86_64" });
    try {
      await expect.poll(() => memoryOf([directory]), { timeout: 20_000 }).toBeGreaterThan(5);
      const first = usageOf([directory]);
      expect(first.memory.guests).toBeGreaterThan(5);
      expect(first.memory.rest).toBeGreaterThan(5); // this test, at least
      await expect.poll(() => usageOf([directory]).cpu - first.cpu, { timeout: 20_000 }).toBeGreaterThan(0.3);
    } finally {
      guest.kill();
      await rm(directory, { recursive: true });
    }
  });

  it("has the processor time of a process and its ended children", () => {
    const fields = Array.from({ length: 50 }, (_, index) => index);
    // state is field 3 of proc(5), utime 14, cstime 17.
    const stat = `12 (a name) with) S ${fields.slice(4).join(" ")}`;
    expect(processorTime(stat)).toEqual({ own: (14 + 15) / 100, children: (16 + 17) / 100 });
  });

  it("has beside it that of commands, and of what they ran, once they have ended", async () => {
    const busy = "while (process.cpuUsage().user < 300_000);"; // of a processor: on a busy machine less than it waits
    const before = commandTime();
    await run(["bash", "-c", `${process.execPath} -e '${busy}'; true`]);
    expect(commandTime() - before).toBeGreaterThan(0.2);
  });
});
