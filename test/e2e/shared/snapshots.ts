import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { projectRoot } from "../../../cli/pulumi.ts";
import { savedIn, snapshotsSettled } from "../../../provision/host/snapshots.ts";
import { until } from "../../../provision/until.ts";
import { BESIDE_ANOTHER, timed } from "../measured.ts";
import { hurts, resetOf, restoringFile } from "../reset.ts";
import { failures } from "../stack.ts";
import { stack } from "./lab.ts";

const restoring = () => restoringFile(stack);
const listed = async (): Promise<{ name: string; bytes: number; differences: string[] }[]> =>
  JSON.parse((await stack.lvs("snapshots", "--json")).stdout).snapshots;
const servers = ["server1", "server2", "server3", "server4"];
/** The servers whose clocks differ from this machine's by seconds. */
const wrongClocks = async (): Promise<string[]> => {
  const wrong: string[] = [];
  for (const server of servers)
    if (Math.abs(Number(await stack.on(server, "date +%s")) - Date.now() / 1000) > 3) wrong.push(server);
  return wrong;
};
/** How often each server's clock has been set over SSH. */
const setOverSsh = async (): Promise<number[]> =>
  await Promise.all(
    servers.map(async (server) => {
      const log = await readFile(join(stack.directory, `transcripts/${server}.log`), "utf8");
      return log.split("$ date --set ").length - 1;
    }),
  );
const states = async () => (await stack.virsh("list", "--all")).match(/running|paused|shut off/g);

/** Runs a command in a process group that is killed as soon as the servers stand still. */
async function killedInTheMiddle(verb: "save" | "load", ...command: string[]): Promise<void> {
  const log = join(stack.directory, `log/snapshot-${verb}.log`);
  await rm(log, { force: true });
  const words = [...command, "--stack", stack.name];
  const child = spawn(join(projectRoot, "cli/lvs-lab"), words, { detached: true, stdio: "ignore" });
  const closed = once(child, "close");
  await until(
    async () => {
      if ((await states())?.every((state) => state === "running") !== false) throw new Error("all servers run");
    },
    { seconds: 30, everyMs: 20, failed: (last) => last as Error },
  );
  process.kill(-(child.pid as number), "SIGKILL");
  await closed;
}

describe("snapshots of a lab under keepalived", () => {
  beforeAll(() => stack.served("ha-baked"));

  test("`up --snapshot` takes one when the lab serves, and says what it cost", timed, async () => {
    const { status, stderr } = await stack.lvs("up", "--snapshot");
    expect(status, stderr).toBe(0);
    const [, seconds] =
      /"served": the servers stood still for ([\d.]+) s; their memory takes \d+ MB/.exec(stderr) ?? [];
    expect(Number(seconds)).toBeLessThan(4 * BESIDE_ANOTHER);
    expect(await listed()).toMatchObject([{ name: "served", differences: [] }]);
  });

  test("a snapshot changes nothing: no failover, the same services, clocks that are right", timed, async () => {
    // What a later `restore` has to bring back: a session between two servers, and a connection in the IPVS table.
    await stack.on(
      "server1",
      "systemd-run --quiet --unit ticks sh -c \"ssh server4 'while :; do echo tick; sleep 0.2; done' >/run/ticks\"; " +
        "for try in $(seq 100); do grep -q tick /run/ticks && exit; sleep 0.1; done; exit 1",
    );
    await stack.lvs("client", "--", "curl", "--silent", "--local-port", "50123", "http://172.25.254.100/");
    const master = await stack.on("server1", "journalctl --unit keepalived | grep --count STATE");
    const { status, stderr } = await stack.lvs("snapshot", "busy");
    expect(status, stderr).toBe(0);
    expect(await stack.on("server1", "journalctl --unit keepalived | grep --count STATE")).toBe(master);
    expect(failures(await stack.check())).toEqual([]);
    expect(await wrongClocks()).toEqual([]);
  });

  test("`restore` brings back sessions between servers and connections", async () => {
    await stack.on("server1", "systemctl stop ticks; ipvsadm --clear");
    const record = join(stack.directory, "snapshots/busy.json");
    const { clocks, ...rest } = JSON.parse(await readFile(record, "utf8"));
    clocks.server2.token = "another";
    await writeFile(record, JSON.stringify({ ...rest, clocks }));
    const before = await setOverSsh();
    const { status, stderr } = await stack.lvs("restore", "busy");
    expect(status, stderr).toBe(0);
    // A process on each server waits for the time; what none sets is set over SSH.
    expect(await wrongClocks()).toEqual([]);
    expect(await setOverSsh()).toEqual(before.map((times, index) => times + (servers[index] === "server2" ? 1 : 0)));
    expect(await stack.on("server1", "ipvsadm -Lnc")).toContain("172.25.254.250:50123");
    const ticks = async () => Number(await stack.on("server1", "grep --count tick /run/ticks"));
    const ticked = await ticks();
    await delay(2000);
    expect(await ticks()).toBeGreaterThan(ticked);
  });

  test.each(hurts(stack))("`reset` undoes %s: in seconds, and nobody sees a failover", timed, async (_, hurt) => {
    await hurt();
    const { seconds, passing, advertisers, failing } = await resetOf(stack, 10 * BESIDE_ANOTHER);
    console.log(`reset took ${seconds.toFixed(1)} s, and all checks had passed ${passing.toFixed(1)} s later`);
    expect(failing).toEqual([]);
    expect(advertisers).toEqual(["172.25.254.11"]);
  });

  test("after `reset` Pulumi finds the lab as it knows it", async () => {
    const refresh = await stack.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes");
    expect(refresh.status, refresh.stdout + refresh.stderr).toBe(0);
  });

  test("a command that is killed in the middle leaves a whole lab", async () => {
    await killedInTheMiddle("save", "snapshot", "cut");
    await snapshotsSettled(stack.directory); // `snapshots` reads only, and does not wait
    expect((await listed()).map(({ name }) => name)).toEqual(["cut", "busy", "served"]);
    expect(new Set(await states())).toEqual(new Set(["running"]));
    await stack.on("server1", "touch /later");
    await killedInTheMiddle("load", "restore", "cut");
    const { status } = await stack.lvs("fault status");
    expect(status).toBe(0);
    expect((await stack.lvs("up")).status).toBe(0);
    expect(await stack.on("server1", "ls /later 2>/dev/null || echo none")).toBe("none\n");
    expect(failures(await stack.check("--wait", "10"))).toEqual([]);
  });

  test("a lab host that dies in the middle of a `restore` is brought to the snapshot by `up`", async () => {
    await stack.on("server1", "touch /later; sync");
    const going = stack.lvs("restore", "busy");
    await until(
      async () => {
        if (!existsSync(restoring())) throw new Error("it has not begun");
      },
      { seconds: 20, everyMs: 5, failed: (last) => last as Error },
    );
    await delay(700);
    process.kill(Number((await import("node:fs")).readFileSync(join(stack.directory, "init.pid"), "utf8")), "SIGKILL");
    expect((await going).status).not.toBe(0);
    const { status, stderr } = await stack.lvs("up");
    expect(status, stderr).toBe(0);
    expect(stderr).toContain('Going back to the snapshot "busy" was interrupted; it is finished.');
    expect(await stack.on("server1", "ls /later 2>/dev/null || echo none")).toBe("none\n");
    expect(failures(await stack.check("--wait", "10"))).toEqual([]);
  });

  test("another lab than the snapshot's is refused, with the difference", async () => {
    await stack.lab("ha-baked", (lab) => {
      for (const service of lab.services)
        service.realServers = [{ server: "server2" }, { server: "server3", weight: 3 }];
    });
    expect((await stack.lvs("up")).status).toBe(0);
    const refused = await stack.lvs("reset");
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain("services.172.25.254.100:80.realServers.server3.weight: 1 in the snapshot, 3 now");
    await stack.lab("ha-baked");
    expect((await stack.lvs("up")).status).toBe(0);
    expect((await stack.lvs("reset")).status).toBe(0);
  });

  test("what is not whole is refused: an injected fault, a server that is off, a name that is unknown", async () => {
    expect((await stack.lvs("fault inject", "pause", "server2")).status).toBe(0);
    expect((await stack.lvs("snapshot", "broken")).stderr).toContain("the fault pause is injected on server2");
    expect((await stack.lvs("heal")).status).toBe(0);
    await stack.virsh("destroy", "server2");
    expect((await stack.lvs("snapshot", "broken")).stderr).toContain("server2 does not run: it is shut off");
    const unknown = await stack.lvs("restore", "broken");
    expect(unknown.status).toBe(2);
    expect(unknown.stderr).toContain('the lab has no snapshot "broken"; it has cut, busy, served');
    expect((await stack.lvs("reset")).status).toBe(0);
  });

  test("a QEMU that refuses leaves the lab running, and no snapshot", async () => {
    const monitor = (command: object) => stack.virsh("qemu-monitor-command", "server1", JSON.stringify(command));
    const id = "lvs-lab-save";
    const job = { "job-id": id, tag: "none", devices: ["libvirt-2-format"] };
    await monitor({ execute: "snapshot-delete", arguments: job }); // a job of the same name, which is never dismissed
    const { status, stderr } = await stack.lvs("snapshot", "refused");
    await monitor({ execute: "job-dismiss", arguments: { id } });
    expect(status).toBe(1);
    expect(stderr).toContain("could not be saved, and run on");
    expect(stderr).toContain("already in use");
    expect(new Set(await states())).toEqual(new Set(["running"]));
    expect((await listed()).map(({ name }) => name)).not.toContain("refused");
    expect(failures(await stack.check("--wait", "10"))).toEqual([]);
  });

  test("old snapshots are pruned, and others are removed by name", async () => {
    for (const name of ["one", "two", "three"]) expect((await stack.lvs("snapshot", name)).status).toBe(0);
    const { stderr } = await stack.lvs("snapshot", "four");
    expect(stderr).toContain("Older snapshots were removed: busy.");
    expect((await stack.lvs("snapshots", "--remove", "cut", "one")).status).toBe(0);
    expect((await listed()).map(({ name }) => name)).toEqual(["four", "three", "two", "served"]);
    const saved = (await savedIn(stack.host, ["server1"])).get("server1")?.map(({ tag }) => tag.replace(/-\w+$/, ""));
    expect(saved?.sort()).toEqual(["four", "served", "three", "two"]);
  });
});
