import { beforeAll, describe, expect, test } from "vitest";
import { $ } from "zx";
import { liveLab } from "../../../cli/live-lab.ts";
import { until } from "../../../provision/until.ts";
import type { FailoverReport } from "../../../verify/failover/index.ts";
import type { LabStatus } from "../../../verify/live/status.ts";
import { outageOf, Probe } from "../../../verify/probe/index.ts";
import { serviceOf } from "../../../verify/scenarios/selectors.ts";
import { atConsole } from "../console.ts";
import { measured, onThisMachine } from "../measured.ts";
import { failures } from "../stack.ts";
import { stack } from "./lab.ts";

/** What a hand breaks, the resources that show it, and the checks that fail by it and by nothing else. */
const breakages = [
  {
    name: "tables emptied, a service stopped, a file edited",
    break: {
      server1: "ipvsadm --clear",
      server2: "systemctl stop apache2",
      // Until its keepalived has found out that server2's httpd is gone.
      server4:
        "echo 'nonsense {' >>/etc/keepalived/keepalived.conf; apt-get -qq --yes purge bsd-mailx >/dev/null 2>&1; " +
        "for try in $(seq 300); do ipvsadm --save --numeric | grep -q 172.25.254.12 || break; sleep 0.1; done",
    },
    shown: ["server1-keepalived", "server2-httpd", "server4-keepalived", "server4-packages", "serving"],
    failing: [
      "balancing@client",
      "director-table@server1",
      "director-table@server4",
      "forwarding-path@client",
      "httpd-page@server2",
      "keepalived-config@server4",
      "mail@server4",
    ],
  },
  {
    name: "ARP tables flushed, the VIP removed, a page changed, a key and the log's author gone",
    break: {
      server1: "rm /root/.ssh/id_ed25519",
      server2: "arptables --flush; echo changed >/var/www/html/index.html",
      server3: "ip address delete 172.25.254.100/32 dev eth0",
      // Somebody's test of the configuration, which is no keepalived that runs, goes on for a minute: it is stopped once it is keepalived, and before it ends.
      server4:
        "systemctl stop keepalived; ip address add 172.25.254.100/32 dev eth0; " +
        "stands() { grep -qx keepalived /proc/$!/comm && grep -q '^State:.T' /proc/$!/status; }; " +
        "for try in $(seq 50); do keepalived -t >/dev/null 2>&1 & sleep 0.02; kill -STOP $!; stands && break; kill -KILL $!; done; " +
        "stands || exit 1; { sleep 60; kill -KILL $!; } >/dev/null 2>&1 &",
    },
    shown: ["server1-peer-keys", "server2-httpd", "server2-real-server", "server3-real-server", "server4-keepalived"],
    failing: [
      "arp-cure@server2",
      "arp-cure@server3", // not to be judged while it takes no packets
      "arp-owner@client",
      "balancing@client",
      "director-table@server4",
      "forwarding-path@client",
      "httpd-page@server2",
      "keepalived-log@server4",
      "keepalived-state@server4",
      "peer-ssh@server1",
      "real-server-vip@server3",
      "vip-holder@server4",
    ],
  },
];

describe("keepalived in control", () => {
  beforeAll(() => stack.served("ha-baked"));

  test("`status`, `ssh`, `client` and the stack's outputs tell of it", async () => {
    const status = JSON.parse((await stack.lvs("status", "--json")).stdout) as LabStatus;
    expect(status).toMatchObject({
      control: "keepalived",
      virtualAddresses: [{ address: "172.25.254.100", holders: ["server1"], arpOwner: "server1" }],
    });
    expect(status.servers.map(({ name, domain, reachable, vrrp }) => [name, domain, reachable, vrrp])).toEqual([
      ["server1", "running", true, { VI_1: "MASTER" }],
      ["server2", "running", true, undefined],
      ["server3", "running", true, undefined],
      ["server4", "running", true, { VI_1: "BACKUP" }],
    ]);
    expect((await stack.lvs("ssh", "server4", "--", "hostname; exit 3")).status).toBe(3);
    expect((await stack.lvs("client", "--", "arp", "-an")).stdout).toContain("(172.25.254.100) at 52:54:00:fe:fe:0b");
    const outputs = JSON.parse((await stack.pulumi("stack", "output", "--json")).stdout);
    expect(outputs).toMatchObject({ vip: "172.25.254.100", servers: { server4: "172.25.254.14" }, live: "[secret]" });
    expect(outputs.libvirtUri).toContain(stack.directory);
  });

  test("`logs`, `capture`, `ssh-config` and `inventory` look into it and lead to it", async () => {
    const journal = await stack.lvs("logs", "server1", "--unit", "keepalived", "--lines", "500");
    expect(journal.stdout, journal.stderr).toContain("Entering MASTER STATE");
    expect((await stack.lvs("logs", "server1", "--console")).stdout).toContain("login:");
    const captured = await stack.lvs("capture", "--filter", "vrrp", "--seconds", "3");
    expect(captured.status, captured.stderr).toBe(0);
    expect(captured.stdout).toMatch(/ 172\.25\.254\.11 > 224\.0\.0\.18: VRRPv2, Advertisement/);
    const config = (await stack.lvs("ssh-config", "--path")).stdout.trim();
    const { stdout } = await $({
      quiet: true,
    })`ssh -F ${config} ${`server4.${stack.name}`} ${"hostname; cat /proc/sys/kernel/ostype"}`;
    expect(stdout).toBe("server4\nLinux\n");
    const inventory = JSON.parse((await stack.lvs("inventory", "--list")).stdout);
    expect(inventory.directors).toEqual({ hosts: ["server1", "server4"] });
  });

  test("`console` is a way in without SSH", async () => {
    const status = await atConsole(stack.name, "server4", async ({ see, type }) => {
      await see(/root, no password\. Ctrl-\] leaves/);
      await see(/server4 login: /, "\r");
      type("root\r");
      await see(/root@server4:~# /);
      type("echo $((6 * 7)) by hand; exit\r");
      await see(/^42 by hand/m);
    });
    expect(status).toBe(0);
  });

  test.each(breakages)(
    "$name: `check` finds it, `refresh` shows it, `up` mends it",
    async ({ break: commands, shown, failing }) => {
      for (const [server, command] of Object.entries(commands)) await stack.on(server, command);
      const found = failures(await stack.check());
      const refresh = await stack.pulumi("refresh", "--yes", "--skip-preview");
      const up = await stack.pulumi("up", "--yes", "--skip-preview");
      // Judged once the lab is mended, so that what follows does not suffer from what was not found here.
      expect(found).toEqual(failing);
      expect(refresh.status, refresh.stdout + refresh.stderr).toBe(0);
      for (const name of shown) expect(refresh.stdout).toMatch(new RegExp(`^ [~-] .* ${name} `, "m"));
      expect(up.status, up.stdout + up.stderr).toBe(0);
      expect(failures(await stack.check())).toEqual([]);
    },
  );

  test(
    "another scheduler reaches both directors: clients see a blink at most, and connections that stand stay",
    measured,
    async () => {
      const schedulers = () =>
        Promise.all(
          ["server1", "server4"].map((name) => stack.on(name, "ipvsadm --save --numeric | grep -o -e '-s .*'")),
        );
      const live = await liveLab(stack.name);
      const probe = await Probe.start(live, serviceOf(live.lab), { longLived: 2 });
      await probe.ready();
      await stack.lab("ha-baked", (lab) => {
        for (const service of lab.services) service.scheduler = "wrr";
      });
      const up = await stack.pulumi("up", "--yes", "--skip-preview");
      const changed = await schedulers();
      const { requests, connections } = await probe.stop();
      await stack.lab("ha-baked");
      const back = await stack.pulumi("up", "--yes", "--skip-preview");
      expect(up.status, up.stdout + up.stderr).toBe(0);
      expect(up.stdout).toContain("~ 2 updated");
      expect(changed).toEqual(["-s wrr\n", "-s wrr\n"]);
      expect(requests.length).toBeGreaterThan(50);
      // IPVS itself has no scheduler for an RCU grace period, some ms, and refuses what comes meanwhile; a new start takes seconds.
      expect(outageOf(requests).longest?.ms ?? 0).toBeLessThan(onThisMachine(500));
      expect(connections.length).toBeGreaterThanOrEqual(2);
      expect(connections.filter(({ error }) => error)).toEqual([]);
      expect(back.status, back.stdout + back.stderr).toBe(0);
      expect(await schedulers()).toEqual(["-s rr\n", "-s rr\n"]);
    },
  );

  test("a dead real server is taken out, root is told, and it is taken in again", measured, async () => {
    const results = await stack.check("--only", "real-server-down");
    expect(failures(results), JSON.stringify(results, null, 2)).toEqual([]);
    expect(results.map(({ id }) => id)).toEqual(["real-server-down"]);
  });

  test(
    "the master is powered off: the outage is what VRRP promises, and it takes over again when it is back",
    measured,
    async () => {
      const { status, stdout, stderr } = await stack.lvs("failover", "--json", "--report", stack.reports);
      const report = JSON.parse(stdout) as FailoverReport;
      expect(status, stderr + JSON.stringify(report.findings, null, 2)).toBe(0);
      expect(report).toMatchObject({
        passed: true,
        crash: { holder: { before: "server1", after: "server4" } },
        failback: { holder: { before: "server4", after: "server1" } },
      });
      expect((await stack.virsh("domstate", "server1")).trim()).toBe("running");
      expect(failures(await stack.check())).toEqual([]);
    },
  );

  test("everything survives a reboot of every server", async () => {
    const servers = ["server1", "server2", "server3", "server4"];
    const boots = () => Promise.all(servers.map((server) => stack.on(server, "cat /proc/sys/kernel/random/boot_id")));
    const before = await boots();
    for (const server of servers) await stack.on(server, "systemctl --no-block reboot");
    await until(
      async () => {
        for (const [index, boot] of (await boots()).entries()) expect(boot).not.toBe(before[index]);
      },
      { seconds: 240, everyMs: 1000, failed: (last) => last as Error },
    );
    expect(failures(await stack.check("--wait", "60"))).toEqual([]);
  });
});
