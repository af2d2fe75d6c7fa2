/**
 * Faults put into a lab host and into the provisioner, one after another, on one lab of baked guests. `lvs-lab up` alone must
 * repair each: all checks pass, nothing is lost, nothing is left over. `npm run test:recovery` writes its table to reports/recovery.md.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { chmod, mkdir, rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { projectRoot } from "../../cli/pulumi.ts";
import { runOnHost } from "../../provision/host/command.ts";
import { cachedGuestImage } from "../../provision/host/image/build.ts";
import { CLIENT, SEGMENT } from "../../provision/host/reach.ts";
import { until } from "../../provision/until.ts";
import { quantiles } from "../../verify/probe/quantiles.ts";
import { failures, type Ran, TestStack } from "../e2e/stack.ts";

const stack = new TestStack("e2e-recovery");
const backend = () => join(process.env.LVS_LAB_STATE ?? "", "pulumi/.pulumi");
const checkpoint = () => join(backend(), `stacks/lvs-lab/${stack.name}.json`);
const locks = () => join(backend(), `locks/organization/lvs-lab/${stack.name}`);
const initPid = () => Number(readFileSync(join(stack.directory, "init.pid"), "utf8"));
const onSegment = (script: string) => runOnHost(stack.host, SEGMENT, ["bash", "-c", script]);

/** The objects of the lab in libvirt, and whether its lab host runs. */
const inventory = async () => ({
  domains: (await stack.virsh("list", "--all", "--name")).split("\n").filter(Boolean).sort(),
  networks: (await stack.virsh("net-list", "--all", "--name")).split("\n").filter(Boolean).sort(),
  pools: (await stack.virsh("pool-list", "--all", "--name")).split("\n").filter(Boolean).sort(),
  volumes: (await stack.virsh("vol-list", "pool"))
    .split("\n")
    .map((row) => row.trim().split(/\s{2,}/)[0] ?? "")
    .filter(Boolean)
    .sort(),
  labHosts: readdirSync("/proc").filter((pid) => commandOf(pid).includes(`/init.sh\0${stack.directory}\0`)).length > 0,
});

function commandOf(pid: string): string {
  try {
    return /^\d+$/.test(pid) ? readFileSync(`/proc/${pid}/cmdline`, "utf8") : "";
  } catch {
    return ""; // it has ended
  }
}

interface Fault {
  readonly what: string;
  readonly inject: () => Promise<unknown>;
  /** Repairs it. Default: `lvs-lab up`. */
  readonly repair?: () => Promise<Ran>;
  /** The repair's name in the table. Default: `lvs-lab up`. */
  readonly by?: string;
  /** What must hold afterwards, in addition to all checks. */
  readonly afterwards?: () => Promise<void>;
  /** Whether the repair changes the seed, and with it a volume's name. */
  readonly changes?: boolean;
}

const refresh = () => stack.pulumi("up", "--refresh", "--yes", "--skip-preview");

/** Starts `up`, and kills it and its children when its output matches. */
async function upKilledAt(moment: RegExp): Promise<void> {
  const child = spawn(join(projectRoot, "cli/lvs-lab"), ["up", "--stack", stack.name], {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const closed = once(child, "close");
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (data) => {
      output += data;
      if (moment.test(output)) endGroup(child);
    });
  await closed;
  expect(output).toMatch(moment);
}

function endGroup({ pid }: ChildProcess): void {
  try {
    process.kill(-(pid as number), "SIGKILL");
  } catch {
    // it has ended already
  }
}

/** Lets sshd wait at each boot, for longer than a server that runs may take to accept a login. */
const SLOW_BOOT = `
  printf '[Unit]\\nBefore=ssh.service\\n[Service]\\nType=oneshot\\nExecStart=/bin/sleep 45\\n' >/etc/systemd/system/slow.service
  mkdir /etc/systemd/system/ssh.service.requires
  ln -s ../slow.service /etc/systemd/system/ssh.service.requires/
  sync`;

const faults: Fault[] = [
  { what: "the lab host's init is killed", inject: async () => process.kill(initPid(), "SIGKILL") },
  { what: "the lab host gets SIGTERM, as at a shutdown", inject: async () => process.kill(initPid(), "SIGTERM") },
  { what: "libvirtd is killed", inject: () => onSegment('kill -KILL "$(cat /run/libvirt/libvirtd.pid)"') },
  { what: "libvirtd hangs", inject: () => onSegment('kill -STOP "$(cat /run/libvirt/libvirtd.pid)"') },
  { what: "the package server is killed", inject: () => onSegment("pkill -KILL nginx; pkill -KILL -f TCP-LISTEN") },
  { what: "libvirtd's socket is removed", inject: () => rm(join(stack.directory, "run/libvirt-sock")) },
  { what: "the client's network is removed", inject: () => stack.host.detach(CLIENT) },
  { what: "a server's QEMU is killed", inject: () => onSegment("pkill -KILL -f guest=server2") },
  {
    what: "a server is powered off",
    inject: () => stack.virsh("destroy", "server3"),
    repair: refresh,
    by: "pulumi up --refresh",
  },
  {
    what: "a server is off, boots slowly, and has a new page",
    inject: async () => {
      await stack.on("server2", SLOW_BOOT);
      await stack.virsh("destroy", "server2");
      await stack.lab("dr-baked", ({ services: [service] }) =>
        Object.assign(service ?? {}, { realServers: [{ server: "server2", page: "new\n" }, { server: "server3" }] }),
      );
    },
    afterwards: async () => {
      expect(await stack.on("server2", "systemctl is-active ssh && curl --silent localhost")).toBe("active\nnew\n");
      await stack.on("server2", "rm -r /etc/systemd/system/ssh.service.requires; sync");
      await stack.lab("dr-baked");
    },
  },
  { what: "a server is paused", inject: () => stack.virsh("suspend", "server1") },
  {
    what: "a server is defined but cannot start",
    inject: async () => {
      await stack.virsh("destroy", "server2");
      await stack.virsh("undefine", "server2");
      const hooks = join(stack.directory, "etc/hooks");
      await mkdir(hooks);
      await writeFile(join(hooks, "qemu"), '#!/bin/sh\n[ "$1 $2" != "server2 prepare" ]\n');
      await chmod(join(hooks, "qemu"), 0o755);
      await onSegment('kill -KILL "$(cat /run/libvirt/libvirtd.pid)"; sleep 1');
      const { status } = await stack.pulumi("up", "--refresh", "--yes", "--skip-preview");
      expect(status).not.toBe(0);
      await rm(hooks, { recursive: true });
      await onSegment('kill -KILL "$(cat /run/libvirt/libvirtd.pid)"; sleep 1');
    },
  },
  {
    what: "objects in libvirt that Pulumi does not know",
    inject: async () => {
      await stack.virsh("vol-create-as", "pool", "stray volume", "1M");
      await stack.virsh("vol-create-as", "pool", "stray", "1M");
      await stack.virsh("net-define", "/dev/stdin").catch(() => {});
    },
  },
  {
    what: "a directory in the lab's pool",
    inject: () => mkdir(join(stack.directory, "pool/my notes")),
    afterwards: async () => {
      expect(existsSync(join(stack.directory, "pool/my notes"))).toBe(true);
      await rm(join(stack.directory, "pool/my notes"), { recursive: true });
      await stack.virsh("pool-refresh", "pool");
    },
  },
  {
    what: "`up` is killed while creating a server",
    inject: async () => {
      await stack.virsh("destroy", "server3");
      await stack.virsh("undefine", "server3");
      await stack.pulumi("refresh", "--yes", "--skip-preview");
      await upKilledAt(/Domain server3 creating/);
    },
  },
  { what: "Pulumi's state file is truncated", inject: () => truncate(checkpoint(), 1000) },
  { what: "the sidecar of Pulumi's state file is empty", inject: () => writeFile(`${checkpoint()}.attrs`, "") },
  {
    what: "a lock of a killed run on a machine with another hostname",
    inject: async () => {
      await mkdir(locks(), { recursive: true });
      const lock = {
        pid: 2 ** 22 + 7,
        username: "alice",
        hostname: "another-container",
        timestamp: new Date().toISOString(),
      };
      await writeFile(join(locks(), "0f0f0f0f.json"), JSON.stringify(lock));
      // As if an earlier lvs-lab run had recorded that hostname.
      const info = join(process.env.LVS_LAB_STATE ?? "", "locks", `${stack.name}.json`);
      const known = existsSync(info) ? JSON.parse(readFileSync(info, "utf8")) : {};
      await writeFile(info, JSON.stringify({ ...known, hostnames: ["another-container"] }));
    },
  },
  {
    what: "an empty lock file",
    inject: async () => {
      await mkdir(locks(), { recursive: true });
      await writeFile(join(locks(), "e0e0e0e0.json"), "");
    },
  },
  {
    what: "the cached guest image is truncated",
    inject: async () => {
      const image = await cachedGuestImage({ packages: "baked" });
      await truncate(image?.disk ?? "", 1 << 20);
    },
    afterwards: async () => {
      const image = await cachedGuestImage({ packages: "baked" });
      expect(readFileSync(image?.disk ?? "").length).toBeGreaterThan(100 << 20);
    },
  },
  {
    what: "the seeds' directory is removed",
    inject: () => rm(join(stack.directory, "seeds"), { recursive: true }),
    repair: refresh,
    by: "pulumi up --refresh",
  },
  {
    what: "transcripts and logs are removed",
    inject: () => rm(join(stack.directory, "transcripts"), { recursive: true }),
  },
  {
    what: "a server's address is changed in the lab file",
    changes: true,
    inject: () =>
      stack.lab("dr-baked", (lab) =>
        Object.assign(lab.servers.find(({ name }) => name === "server3") ?? {}, { addresses: ["172.25.254.33"] }),
      ),
    afterwards: async () =>
      expect(await stack.on("server3", "ip -4 -o address show eth0")).toContain("172.25.254.33/24"),
  },
  {
    what: "a server loses its web server, its VIP and its ARP rules",
    inject: () =>
      stack.on(
        "server2",
        "systemctl stop apache2; ip address flush dev eth0 label eth0:none; ip address delete 172.25.254.100/32 dev eth0; arptables --flush",
      ),
    repair: refresh,
    by: "pulumi up --refresh",
  },
  {
    what: "two concurrent `up`",
    inject: async () => {
      await stack.virsh("destroy", "server2");
      const [one, other] = await Promise.all([stack.lvs("up"), stack.lvs("up")]);
      expect([one?.status, other?.status].sort()).toEqual([0, 1]);
      expect(`${one?.stderr}${other?.stderr}`).toContain("PID");
    },
  },
  {
    what: "the lab's directory is removed while its lab host runs",
    changes: true,
    inject: () => rename(stack.directory, `${stack.directory}.moved`),
    afterwards: () => rm(`${stack.directory}.moved`, { recursive: true, force: true }),
  },
];

const rows: string[] = [];
let whole: Awaited<ReturnType<typeof inventory>>;

beforeAll(async () => {
  await stack.lab("dr-baked");
  const { status, stderr } = await stack.lvs("up");
  expect(status, stderr).toBe(0);
  whole = await inventory();
});
afterAll(async () => {
  await stack.remove();
  await mkdir(join(projectRoot, "reports"), { recursive: true });
  const head = "| fault | repaired by | messages | seconds |\n|---|---|---|---|\n";
  await writeFile(join(projectRoot, "reports/recovery.md"), head + rows.join(""));
});

/** The messages of lvs-lab before Pulumi's rows, and Pulumi's summary. */
const said = ({ stdout, stderr }: Ran): string => {
  const lines = `${stderr}\n${stdout}`.split("\n");
  const own = lines
    .slice(0, lines.findIndex((line) => line.startsWith("Updating")) + 1 || 0)
    .filter((line) => /^[A-Z].*[.;]$/.test(line));
  const [, summary = ""] = /Resources:\n((?: {4}.*\n)+)/.exec(`${stderr}\n${stdout}`) ?? [];
  const text = [...own, summary.trim().replace(/\s*\n\s*/g, ", ")].join(" ");
  return text.replaceAll(process.env.LVS_LAB_STATE ?? "STATE", "STATE");
};

test.each(faults)("$what", { timeout: 10 * 60_000 }, async ({ what, inject, repair, by, afterwards, changes }) => {
  await inject();
  const begun = performance.now();
  const ran = await (repair ?? (() => stack.lvs("up")))();
  expect(ran.status, ran.stdout + ran.stderr).toBe(0);
  expect(ran.stdout + ran.stderr).not.toMatch(/ProcessOutput|\n\s+at .*:\d+:\d+\)/);
  // Waits for slow recoveries: a boot, a first health check.
  expect(failures(await stack.check("--wait", "120"))).toEqual([]);
  const seconds = (performance.now() - begun) / 1000;
  await afterwards?.();
  const now = await inventory();
  if (changes) whole = now;
  expect(now).toEqual(whole);
  rows.push(`| ${what} | \`${by ?? "lvs-lab up"}\` | ${said(ran).replaceAll("|", "\\|")} | ${seconds.toFixed(1)} |\n`);
  console.info(rows.at(-1)?.trim());
});

test("`pulumi up --refresh` brings a powered-off server back to serving within 1.5 times its boot time", async () => {
  const ask = ["curl", "--silent", "--fail", "--max-time", "1", "--output", "/dev/null", "http://172.25.254.12/"];
  const served = async (start: () => Promise<unknown>): Promise<number> => {
    await stack.virsh("destroy", "server2");
    const begun = performance.now();
    const started = start();
    await until(() => runOnHost(stack.host, CLIENT, ask), {
      ...{ seconds: 180, everyMs: 100, failed: (last: unknown) => last as Error },
    });
    const seconds = (performance.now() - begun) / 1000;
    await started;
    return seconds;
  };
  // In turns: the machine is not always equally fast.
  const boots: number[] = [];
  const backs: number[] = [];
  for (let round = 0; round < 5; round++) {
    boots.push(await served(() => stack.virsh("start", "server2")));
    backs.push(await served(async () => expect((await refresh()).status).toBe(0)));
  }
  const inSeconds = (all: readonly number[]): string => all.map((one) => one.toFixed(1)).join(", ");
  console.info(`boot to serving ${inSeconds(boots)} s; pulumi up --refresh to serving ${inSeconds(backs)} s`);
  const [boot] = quantiles(boots, [0.5]);
  const [back] = quantiles(backs, [0.5]);
  expect(back).toBeLessThan(1.5 * boot);
});
