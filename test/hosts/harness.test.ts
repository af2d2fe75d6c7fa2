import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cacheRoot, projectRoot } from "../../setup/paths.mjs";
import { Host } from "./host.ts";
import { difference, type MachineState, machineState } from "./snapshot.ts";

/** What an ordinary user's lab does as root of its user namespace. */
const asLabHost = `
export PATH=$PATH:/usr/sbin:/sbin
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
mkdir /run/etc /run/sys /run/new
mount --bind /etc /run/etc
mount --rbind /sys /run/sys
unshare --net --mount sh -euc '
  mount -t sysfs sysfs /sys
  ip link set lo up
  ip link add bridge0 type bridge
  ip link add left type veth peer name right
  ip link set left master bridge0
  ip tuntap add tap0 mode tap
  nft add table inet lab
  echo "links:" $(ls /sys/class/net)
'
mount -t tmpfs tmpfs /run/new
mkdir /run/new/old
cd /run/new
pivot_root . old
echo "pivoted"
`;

describe.each(["trixie", "bookworm"] as const)("a host of %s", (suite) => {
  let host: Host;
  let booted: MachineState;

  beforeAll(async () => {
    host = await Host.boot(`harness-${suite}`, { suite });
    booted = await machineState(host);
  });
  afterAll(() => host?.end());

  test("has no failed units", async () => {
    expect(await host.failedUnits()).toEqual([]);
  });

  test("gives users a login session", async () => {
    const session =
      'loginctl show-session "$XDG_SESSION_ID" --property Name --property Class --value; cat /proc/self/cgroup';
    const seen = await host.ok("alice", session);
    expect(seen.split("\n").slice(0, 2).sort()).toEqual(["alice", "user"]);
    expect(seen).toMatch(/^0::\/user\.slice\/user-1000\.slice\/session-\w+\.scope$/m);
    expect(await host.ok("alice", 'stat --format %U "$XDG_RUNTIME_DIR"')).toBe("alice\n");
  });

  test("gives ordinary users a PATH without sbin", async () => {
    for (const user of ["alice", "bob", "carol"] as const)
      expect(await host.ok(user, "echo $PATH")).toBe("/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games\n");
    expect(await host.ok("root", "echo $PATH")).toContain("/sbin");
  });

  test("lets carol use sudo, and nobody else", async () => {
    expect(await host.ok("carol", "sudo id --user")).toBe("0\n");
    for (const user of ["alice", "bob"] as const)
      expect((await host.run(user, "sudo --non-interactive true")).status).toBe(1);
  });

  test("gives each user other subordinate IDs", async () => {
    const map = (user: "alice" | "bob" | "carol") =>
      host.ok(user, "unshare --user --map-root-user --map-auto cat /proc/self/uid_map");
    const maps = await Promise.all([map("alice"), map("bob"), map("carol")]);
    expect(new Set(maps).size).toBe(3);
    for (const text of maps) expect(text).toMatch(/^ +0 +100\d +1\n +1 +\d+ +65535\n$/);
  });

  test("lets an ordinary user be root of a namespace that mounts, pivots and has links", async () => {
    const seen = await host.ok("alice", "exec unshare --user --map-root-user --map-auto --mount --pid --fork sh -eu", {
      input: asLabHost,
    });
    expect(seen).toBe("links: bridge0 left lo right tap0\npivoted\n");
  });

  test("has a /dev/net/tun of its own, and no /dev/kvm", async () => {
    const machine = statSync("/dev/net/tun");
    expect(await host.ok("alice", "stat --format %a /dev/net/tun")).toBe("666\n");
    expect(statSync("/dev/net/tun")).toMatchObject({ mode: machine.mode, ino: machine.ino });
    expect((await host.run("alice", "test -e /dev/kvm")).status).toBe(1);
  });

  test("reaches the package registries", async () => {
    await host.ok("root", "apt-get update --error-on=any");
    expect(await host.ok("alice", "npm view lodash name")).toBe("lodash\n");
  });

  test("has a Node that the project takes, and the project", async () => {
    const cwd = await host.clone("alice");
    expect(await host.ok("alice", "node --version")).toMatch(/^v20\./);
    const own = readFileSync(join(projectRoot, "package.json"), "utf8");
    expect(await host.ok("alice", "cat package.json", { cwd })).toBe(own);
    expect(await host.ok("alice", "git status --porcelain", { cwd })).toBe("");
  });

  test("hands down the status, both outputs and the input of a command", async () => {
    const ran = await host.run("bob", "cat; echo to stderr >&2; exit 7", { input: "to stdout" });
    expect(ran).toEqual({ status: 7, stdout: "to stdout", stderr: "to stderr\n" });
  });

  test("ends what a session left running, if logind is told to", async () => {
    const leave = "setsid sleep 1234 & sleep 0.2";
    const left = async (): Promise<string> => (await host.asRoot("pgrep --full --count 'sleep 123[4]' || true")).stdout;
    await host.ok("alice", leave);
    expect(await left()).toBe("1\n");
    await host.asRoot("pkill --full 'sleep 123[4]'");
    await host.asRoot(
      "mkdir -p /etc/systemd/logind.conf.d; printf '[Login]\\nKillUserProcesses=yes\\n' >/etc/systemd/logind.conf.d/kill.conf; systemctl restart systemd-logind",
    );
    await host.ok("alice", leave);
    await expect.poll(left).toBe("0\n");
  });

  test("looks the same after all of that, and other after a change", async () => {
    expect(difference(booted, await machineState(host))).toEqual([]);
    await host.asRoot(
      "ip link add dummy0 type bridge; mount -t tmpfs made /mnt; nft add table inet made; systemctl mask apt-daily.service",
    );
    expect(difference(booted, await machineState(host))).toEqual([
      expect.stringMatching(/^\+ enabled unit: apt-daily\.service +masked/),
      expect.stringMatching(/^\+ link: dummy0 DOWN /),
      "+ nftables rule: table inet made {",
      "+ nftables rule: }",
      expect.stringMatching(/^\+ mount: made \/mnt tmpfs /),
    ]);
  });

  test("reboots", async () => {
    const bootId = () => host.ok("bob", "cat /proc/sys/kernel/random/boot_id");
    const before = await bootId();
    await host.ok("alice", "touch kept /run/user/1000/gone");
    await host.reboot();
    expect(await bootId()).not.toBe(before);
    expect(await host.ok("alice", "ls; ls /run/user/1000")).toMatch(/^kept$/m);
    expect(await host.ok("alice", "ls /run/user/1000")).not.toContain("gone");
    await host.ok("root", "apt-get update --error-on=any");
  });

  test("is powered off and switched on", async () => {
    await host.powerOff();
    await expect(host.run("alice", "true")).rejects.toThrow("is not running");
    await host.start();
    expect(await host.ok("alice", "ls kept")).toBe("kept\n");
  });

  test("leaves no process, no mount and no file when it ends", async () => {
    const mounts = readFileSync("/proc/self/mounts", "utf8");
    await host.asRoot("systemd-run --quiet sleep 1235");
    const daemons = () => processesOf(host.directory);
    const sleepers = () => processes().filter((pid) => commandOf(pid).endsWith("sleep\u00001235\0"));
    expect(daemons()).not.toEqual([]);
    await expect.poll(sleepers).toHaveLength(1);
    await host.end();
    expect(daemons()).toEqual([]);
    expect(sleepers()).toEqual([]);
    expect(readFileSync("/proc/self/mounts", "utf8")).toBe(mounts);
    expect(readFileSync("/proc/self/mounts", "utf8")).not.toContain("test-hosts");
    expect(existsSync(host.directory)).toBe(false);
  });
});

test("a host ends with the process that made it, and the next one removes what is left", async () => {
  const program = `
    import { Host } from "./test/hosts/host.ts";
    const host = await Host.boot("killed", { suite: "trixie" });
    process.stdout.write(host.directory);
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", program], {
    cwd: projectRoot,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const directory = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding("utf8").once("data", resolve);
    child.once("exit", () => reject(new Error("it ended")));
  });
  const daemons = () => processesOf(directory);
  const before = daemons();
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(before).not.toEqual([]);
  await expect.poll(daemons, { timeout: 5000 }).toEqual([]);
  expect(existsSync(directory)).toBe(true);
  const next = await Host.boot("next", { suite: "trixie" });
  await next.end();
  expect(existsSync(directory)).toBe(false);
});

describe("a host with options", () => {
  let host: Host;
  beforeAll(async () => {
    host = await Host.boot("harness-options", { suite: "bookworm", node: 24, network: false });
  });
  afterAll(() => host?.end());

  test("has the Node that was asked for", async () => {
    expect(await host.ok("alice", "node --version")).toMatch(/^v24\./);
    expect(await host.ok("alice", "npm config get cafile")).toBe("/etc/ssl/certs/ca-certificates.crt\n");
  });

  test("has no network", async () => {
    expect(await host.ok("alice", "ls /sys/class/net")).toBe("lo\n");
  });

  test.skipIf(!existsSync(join(cacheRoot(), "toolchain")))("gives a user what this machine has built", async () => {
    await host.warm("bob", ["toolchain"]);
    const others = "find .cache ! -user bob; find .cache ! -readable";
    expect(await host.ok("bob", others)).toBe("");
    expect(await host.ok("bob", ".cache/lvs-lab/toolchain/*/bin/pulumi version")).toMatch(/^v3\./);
  });
});

const processes = (): string[] => readdirSync("/proc").filter((name) => /^\d+$/.test(name));

/** Command line of a process, words separated by NUL. */
const commandOf = (pid: string): string => ofProcess(() => readFileSync(`/proc/${pid}/cmdline`, "utf8"));

/** The machine's processes for a host: their working directory is the host's. */
const processesOf = (directory: string): string[] =>
  processes().filter((pid) => ofProcess(() => readlinkSync(`/proc/${pid}/cwd`)).startsWith(directory));

/** The result of a look into /proc; empty if the process has ended. */
function ofProcess(look: () => string): string {
  try {
    return look();
  } catch {
    return "";
  }
}
