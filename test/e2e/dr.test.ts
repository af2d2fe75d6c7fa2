import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { projectRoot } from "../../cli/pulumi.ts";
import { until } from "../../provision/until.ts";
import type { CheckResult } from "../../verify/checks/check.ts";
import { expectNothingLeft } from "./nothing-left.ts";
import { changed, failures, type LabFile, TestStack } from "./stack.ts";

const stack = new TestStack("e2e-dr");
afterAll(() => stack.remove());

/** Starts `up`, does something to it at a moment of its own choosing, and waits for its end. */
async function upUntil(moment: RegExp, action: (pid: number) => void): Promise<void> {
  const child = spawn(join(projectRoot, "cli/lvs-lab"), ["up", "--stack", stack.name], {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const closed = once(child, "close");
  let output = "";
  let done = false;
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (data) => {
      output += data;
      if (done || !moment.test(output)) return;
      done = true;
      action(child.pid ?? 0);
    });
  await closed;
  expect(done, `${moment} was never printed:\n${output}`).toBe(true);
}

/** Changes the lab, and insists that these resources change and that it is then as it should be. @returns what the checks saw */
async function becomes(change: (lab: LabFile) => void, resources: readonly string[]): Promise<CheckResult[]> {
  await stack.lab("dr-baked", change);
  const up = await stack.pulumi("up", "--yes", "--skip-preview");
  expect(up.status, up.stdout + up.stderr).toBe(0);
  expect(changed(up.stdout)).toEqual(resources);
  const results = await stack.check();
  expect(failures(results)).toEqual([]);
  return results;
}

/** Changes the cure of the ARP problem. */
async function cureBy(cure: string, resources: readonly string[]): Promise<void> {
  await becomes((lab) => (lab.arpCure = cure), resources);
}

describe("ipvsadm in control, with baked guests", () => {
  test("an `up` that is killed, interrupted and robbed of a guest is finished by the next", async () => {
    await stack.lab("dr-baked", (lab) => (lab.arpCure = "none"));
    await upUntil(/Domain server\d creat/, (pid) => process.kill(-pid, "SIGKILL"));
    await upUntil(/waiting for its first SSH login/, (pid) => process.kill(-pid, "SIGINT"));
    await upUntil(/-packages creating|-packages updating|-httpd creating/, () => {
      void stack.virsh("destroy", "server2");
    });
    const { status, stderr } = await stack.lvs("up");
    expect(status, stderr).toBe(0);
  });

  test("without a cure the ARP problem is there, and `check` finds just it", async () => {
    const { status, stdout } = await stack.lvs("check", "--json");
    expect(status).toBe(1);
    expect(failures((JSON.parse(stdout) as { checks: CheckResult[] }).checks)).toEqual(
      expect.arrayContaining(["arp-cure@server2", "arp-cure@server3", "arp-owner@client"]),
    );
  });

  test.each(["sysctl", "nftables"])("the cure by %s changes the real servers alone, and everything holds", (cure) =>
    cureBy(cure, ["server2-real-server", "server3-real-server"]),
  );

  test("a cure that a hand took away is found by `check`, shown by `refresh` and mended by `up`", async () => {
    await stack.on("server2", "nft delete table arp lvs_lab");
    expect(failures(await stack.check("--only", "arp-cure"))).toEqual(["arp-cure@server2"]);
    const refresh = await stack.pulumi("refresh", "--yes", "--skip-preview");
    expect(changed(refresh.stdout)).toContain("server2-real-server");
    expect((await stack.pulumi("up", "--yes", "--skip-preview")).status).toBe(0);
    expect(failures(await stack.check())).toEqual([]);
  });

  test("the cure by arptables needs its package, and leaves nothing of the one before", async () => {
    await cureBy("arptables", [
      ...["server2-packages", "server2-real-server"],
      ...["server3-packages", "server3-real-server"],
    ]);
    expect(await stack.on("server2", "nft list tables arp")).not.toContain("lvs_lab");
  });

  test("a scheduler, a weight and a page change what they are about and nothing else", async () => {
    await becomes(
      (lab) => {
        const [service] = lab.services;
        Object.assign(service ?? {}, {
          scheduler: "wrr",
          realServers: [{ server: "server2" }, { server: "server3", weight: 3, page: "three\n" }],
        });
      },
      ["server1-director", "server3-httpd"],
    );
    expect(await stack.on("server1", "ipvsadm -Sn")).toContain("-a -t 172.25.254.100:80 -r 172.25.254.13:80 -g -w 3");
  });

  test("ipvsadm alone looks after nobody: with httpd stopped its share of requests fails", async () => {
    await stack.lab("dr-baked");
    expect((await stack.pulumi("up", "--yes", "--skip-preview")).status).toBe(0);
    const results = await stack.check("--faults");
    expect(failures(results)).toEqual([]);
    expect(results.map(({ id }) => id)).toContain("no-health-check");
  });

  test("converts to tunnelling and back: packets take another way, and refresh sees a tunnel that is down", async () => {
    const results = await becomes(
      (lab) => {
        for (const service of lab.services) service.forwarding = "tunnel";
      },
      ["server1-director", "server2-real-server", "server3-real-server"],
    );
    expect(results.find(({ id }) => id === "forwarding-path")?.seen).toContain("in a tunnel");

    await stack.on("server2", "ip link set tunl0 down");
    expect(failures(await stack.check("--only", "balancing"))).toEqual(["balancing@client"]);
    const seen = await stack.pulumi("refresh", "--yes", "--skip-preview");
    expect(changed(seen.stdout)).toContain("server2-real-server");
    expect((await stack.pulumi("up", "--yes", "--skip-preview")).status).toBe(0);
    expect(failures(await stack.check())).toEqual([]);

    await stack.lab("dr-baked");
    const back = await stack.pulumi("up", "--yes", "--skip-preview");
    expect(back.status, back.stdout + back.stderr).toBe(0);
    expect(failures(await stack.check())).toEqual([]);
    expect(await stack.on("server2", "ip -4 address show dev tunl0 | grep -c inet || true")).toBe("0\n");
  });

  test("converts to keepalived and back, without anything left over", async () => {
    await stack.lab("ha-baked");
    const there = await stack.pulumi("up", "--yes", "--skip-preview");
    expect(there.status, there.stdout + there.stderr).toBe(0);
    expect(failures(await stack.check())).toEqual([]);
    expect(await stack.on("server1", "systemctl is-enabled lvs-director 2>&1 || true")).not.toContain("enabled\n");

    await stack.lab("dr-baked");
    const back = await stack.pulumi("up", "--yes", "--skip-preview");
    expect(back.status, back.stdout + back.stderr).toBe(0);
    expect(failures(await stack.check())).toEqual([]);
    expect(await stack.on("server1", "systemctl is-active keepalived opensmtpd || true")).toBe("inactive\ninactive\n");
    expect(await stack.virsh("list", "--all", "--name")).not.toContain("server4");
  });

  test("a second lab on the same addresses stands beside the first, made on a machine without a network", async () => {
    const other = new TestStack("e2e-two", { offline: true });
    try {
      await other.lab("dr-baked", (lab) => {
        lab.arpCure = "sysctl";
        lab.servers.pop(); // one real server is enough
      });
      const { status, stderr } = await other.lvs("up");
      expect(status, stderr).toBe(0);
      expect(failures(await other.check())).toEqual([]);
      expect(failures(await stack.check())).toEqual([]);
    } finally {
      await other.remove();
    }
    expect(existsSync(other.directory)).toBe(false);
  });

  test("a lab host that died is brought back by `up`, with its servers and what they serve", async () => {
    process.kill(Number((await import("node:fs")).readFileSync(join(stack.directory, "init.pid"), "utf8")), "SIGKILL");
    const { status, stdout, stderr } = await stack.pulumi("up", "--yes", "--skip-preview");
    expect(status, stdout + stderr).toBe(0);
    await until(
      async () => {
        expect(failures(await stack.check())).toEqual([]);
      },
      { seconds: 60, everyMs: 1000, failed: (last) => last as Error },
    );
  });

  test("`down` leaves nothing: no process, no namespace, no file", async () => {
    const { status, stderr } = await stack.lvs("down");
    expect(status, stderr).toBe(0);
    await expectNothingLeft(stack);
  });
});
