import { readdirSync, readFileSync } from "node:fs";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runOnHost, tryOnHost } from "../../provision/host/command.ts";
import { PrivateHost } from "../../provision/host/private/private-host.ts";
import { SEGMENT } from "../../provision/host/reach.ts";
import { virsh } from "../../provision/host/virsh.ts";
import { cacheRoot } from "../../provision/paths.ts";
import { scratchDirectory } from "../scratch.ts";

const packages = { "debian-12": "/nowhere/pool" };

/** Tests that run side by side: each has a directory and a lab host of its own, if it asks for them. */
const it = test
  .extend("scratch", async ({ onTestFinished }) => {
    const scratch = await scratchDirectory("lvs-hosts-");
    onTestFinished(() => rm(scratch, { recursive: true }));
    return scratch;
  })
  .extend("host", async ({ onTestFinished, scratch }) => {
    const host = new PrivateHost(join(scratch, "lab"));
    onTestFinished(() => host.destroy());
    await host.start({ packages });
    return host;
  });

describe.concurrent("a private lab host", () => {
  it("runs in the userland, and sees the lab's directory at the machine's path and nothing of the machine's besides", async ({
    host,
  }) => {
    const look = `cat /etc/os-release; ls -d ${host.directory}/run; ls /home /srv 2>&1; cut -d " " -f 5 /proc/self/mountinfo`;
    const { stdout: see } = await tryOnHost(host, SEGMENT, ["sh", "-c", look]);
    expect(see).toContain("VERSION_CODENAME=bookworm");
    expect(see).toContain(join(host.directory, "run"));
    expect(see).toMatch(/cannot access '\/home'/);
  });

  it("gets nothing of the caller's environment", async ({ host }) => {
    process.env.LVS_TEST_TOKEN = "secret";
    try {
      expect(await runOnHost(host, SEGMENT, ["env"])).not.toContain("LVS_TEST_TOKEN");
      const init = readFileSync(`/proc/${host.pid}/environ`, "utf8");
      expect(init.split("\0").map((line) => line.split("=")[0])).not.toContain("LVS_TEST_TOKEN");
      expect(init).toContain("PATH=/usr/local/sbin:");
    } finally {
      delete process.env.LVS_TEST_TOKEN;
    }
  });

  it("attaches a host to a bridge, and detaches it", async ({ host }) => {
    await runOnHost(host, SEGMENT, [
      "sh",
      "-c",
      // As libvirt makes it: with STP.
      "ip link add br0 type bridge stp_state 1 forward_delay 200 && ip link set br0 up && ip address add 10.97.0.1/24 dev br0",
    ]);
    await host.attach("guest", { bridge: "br0", address: "10.97.0.2/24" });
    const ping = ["ping", "-c", "1", "-W", "1", "10.97.0.1"];
    expect(await runOnHost(host, "guest", ping), "at once").toContain(" 0% packet loss");
    expect(await runOnHost(host, "guest", ["arp", "-an"])).toContain("(10.97.0.1) at ");
    const mac = () => runOnHost(host, "guest", ["cat", "/sys/class/net/eth0/address"]);
    const before = await mac();
    await host.detach("guest");
    await host.attach("guest", { bridge: "br0", address: "10.97.0.2/24" });
    expect(await mac(), "guests that know the one before find it").toBe(before);
    await host.detach("guest");
    await host.detach("guest");
    expect(await runOnHost(host, SEGMENT, ["ip", "link"])).not.toContain("guest");
  });

  it("gives a command its status and its input, and ends it with the child that stands for it", async ({
    expect,
    host,
  }) => {
    expect(await tryOnHost(host, SEGMENT, ["sh", "-c", "cat; exit 3"], { input: "hello" })).toEqual({
      ...{ stdout: "hello", stderr: "", status: 3 },
    });
    const child = host.spawn(SEGMENT, ["sleep", "987"], { stdio: "ignore" });
    const count = () => commandsOf("sleep\u0000987\u0000");
    await expect.poll(count, { timeout: 5000 }).toBe(1);
    child.kill("SIGKILL");
    await expect.poll(count, { timeout: 5000 }).toBe(0);
  });

  it("ends at once when the machine shuts down: init heeds SIGTERM", async ({ expect, host }) => {
    const pid = host.pid as number;
    const begun = performance.now();
    process.kill(pid, "SIGTERM");
    await expect.poll(() => host.pid, { timeout: 5000 }).toBeUndefined();
    expect(performance.now() - begun).toBeLessThan(2000);
    await host.start({ packages });
    expect(await host.observe()).toBeDefined();
  });

  it("is started anew by `start` when its libvirtd hangs", { timeout: 120_000 }, async ({ host }) => {
    const before = await host.observe();
    await runOnHost(host, SEGMENT, ["sh", "-c", 'kill -STOP "$(cat /run/libvirt/libvirtd.pid)"']);
    await host.start({ packages });
    const after = await host.observe();
    expect(after).toBeDefined();
    expect(after?.generation).not.toBe(before?.generation);
  });

  it("serves the packages of each operating system, also one that an earlier version started", async ({
    expect,
    host,
  }) => {
    const pool = join(host.directory, "a-pool");
    await mkdir(pool);
    await writeFile(join(pool, "Packages"), "Package: one\n");
    const socket = join(host.directory, "run/packages.sock");
    const status = async (path: string): Promise<string> => {
      const words = ["curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}"];
      return (await tryOnHost(host, SEGMENT, [...words, "--unix-socket", socket, `http://lab${path}`])).stdout;
    };

    // An earlier version's configuration has the one pool alone.
    const file = join(host.directory, "packages.conf");
    const text = await readFile(file, "utf8");
    await writeFile(file, text.replace(/^.*location \/pool-debian-13\/.*\n/m, ""));
    expect(await readFile(file, "utf8")).not.toBe(text);
    await runOnHost(host, SEGMENT, ["pkill", "-HUP", "--pidfile", join(host.directory, "run/nginx.pid")]);
    await expect.poll(() => status("/pool-debian-13/Packages"), { timeout: 10_000 }).toBe("404");

    await host.start({ packages: { "debian-12": pool, "debian-13": pool } });
    expect((await host.observe())?.packages).toEqual({ "debian-12": pool, "debian-13": pool });
    await expect.poll(() => status("/pool-debian-13/Packages"), { timeout: 10_000 }).toBe("200");
    expect(await status("/pool/Packages")).toBe("200");

    await host.start({ packages: { "debian-13": pool } });
    expect((await host.observe())?.packages).toEqual({ "debian-13": pool });
    expect(await status("/pool/Packages")).toBe("404");
  });

  it("keeps logs from filling the machine's disk", { timeout: 60_000 }, async ({ expect, host }) => {
    const log = join(host.directory, "log/qemu/server1.console.log");
    await writeFile(log, Buffer.alloc(17 << 20));
    await expect.poll(async () => (await stat(log)).size, { timeout: 20_000, interval: 200 }).toBe(0);
  });

  it("is entered by its owner alone", async ({ host }) => {
    for (const path of ["", "run/libvirt-sock"]) {
      const { mode } = await stat(join(host.directory, path));
      expect(mode & 0o077, path).toBe(0);
    }
  });
});

/** How many processes of this machine have this very command line, its words each ended by a NUL. */
const commandsOf = (line: string): number =>
  readdirSync("/proc").filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, "utf8") === line;
    } catch {
      return false; // it has ended meanwhile
    }
  }).length;

/** Runs a lab host for as long as its libvirtd takes to say what QEMU can do; gives when that was written down, in nanoseconds. */
async function askOfQemu(directory: string): Promise<Record<string, bigint>> {
  const host = new PrivateHost(directory);
  try {
    await host.start({ packages });
    const said = await virsh(host, "domcapabilities", "--virttype", "qemu", "--machine", "q35");
    expect(said).toContain("<domain>qemu</domain>");
    // It is on one CPU for its first look alone.
    const allowed = async (pid: string) => {
      const status = await runOnHost(host, SEGMENT, ["sh", "-c", `cat /proc/${pid}/task/*/status`]);
      return new Set([...status.matchAll(/^Cpus_allowed:\s*(\S+)$/gm)].map(([, mask]) => mask));
    };
    const all = await allowed("1");
    await expect.poll(() => allowed("$(cat /run/libvirt/libvirtd.pid)"), { timeout: 10_000 }).toEqual(all);
    const known = join(cacheRoot(), "qemu-capabilities");
    const files = (await readdir(known)).map(async (file) => {
      const { mtimeNs } = await stat(join(known, file), { bigint: true });
      return [file, mtimeNs] as const;
    });
    return Object.fromEntries(await Promise.all(files));
  } finally {
    await host.destroy();
  }
}

it("what libvirt found out of QEMU in one lab, it knows in the next", async ({ scratch }) => {
  const first = await askOfQemu(join(scratch, "first"));
  expect(Object.keys(first).length).toBeGreaterThan(0);
  expect(await askOfQemu(join(scratch, "second"))).toEqual(first);
});
