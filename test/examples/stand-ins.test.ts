import { createHash } from "node:crypto";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { projectRoot } from "../../cli/pulumi.ts";
import { changed, TestStack } from "../e2e/stack.ts";

const ours = (name: string): string => join(process.env.LVS_LAB_STATE ?? "", `rehearse-${name}`);

/** A health check by each way that keepalived has, of a real server of its own. */
const checks = [
  "TCP_CHECK {\n}",
  "HTTP_GET {\nurl {\npath /old\nstatus_code 301-302\n}\n}",
  `SSL_GET {\nurl {\npath /page\ndigest ${createHash("md5").update("<p>fine</p>\n").digest("hex")}\n}\n}`,
  'HTTP_GET {\nhttp_protocol 1.1\nurl {\npath /status\nvirtualhost www.example.org\nregex "status: (ok|fine)"\n}\n}',
  "SMTP_CHECK {\nconnect_port 25\n}",
  "UDP_CHECK {\nconnect_port 5000\npayload 0a0b\nrequire_reply beefXX\nmin_reply_length 5\n}",
  "DNS_CHECK {\nconnect_port 53\ntype A\nname www.example.org\n}",
  "PING_CHECK {\n}",
  'MISC_CHECK {\nmisc_path "/usr/bin/curl -f http://10.0.0.19:8080/"\n}',
  "BFD_CHECK {\nname peer\n}",
];

const address = (index: number): string => `10.0.0.${11 + index}`;

const configuration = `vrrp_instance VI_1 {
interface eth0
virtual_router_id 51
priority 100
virtual_ipaddress {
10.0.0.100/24
}
}
bfd_instance peer {
neighbor_ip ${address(9)}
source_ip 10.0.0.5
min_rx 100
min_tx 100
}
virtual_server 10.0.0.100 80 {
delay_loop 2
lb_algo rr
lb_kind DR
protocol TCP
${checks.map((check, index) => `real_server ${address(index)} 80 {\n${check}\n}`).join("\n")}
}
virtual_server 10.0.0.100 53 {
delay_loop 2
lb_algo rr
lb_kind DR
protocol UDP
real_server ${address(0)} 53 {
UDP_CHECK {
require_reply
}
}
}
`;

describe("stand-ins", () => {
  const stack = new TestStack("rehearse-checks");
  const folder = ours("checks");
  afterAll(() => stack.remove());

  test("answer every health check that keepalived has", async () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "lb1.conf"), configuration);
    writeFileSync(join(folder, "page.html"), "<p>fine</p>\n");
    const { status, stderr } = await stack.lvs("rehearse up", folder);
    expect(status, stderr).toBe(0);
    const table = async () => (await stack.on("lb1", "ipvsadm -Sn")).match(/-r \S+/g)?.sort() ?? [];
    const wanted = [...checks.map((_, index) => `-r ${address(index)}:80`), `-r ${address(0)}:53`].sort();
    await expect.poll(table, { timeout: 60_000, interval: 1000 }).toEqual(wanted);
    // It is a second look that counts: a check that fails takes its real server out.
    await delay(10_000);
    expect(await table()).toEqual(wanted);
    expect(changed((await stack.pulumi("up", "--yes", "--skip-preview")).stdout)).toEqual([]);
  });

  test.each([
    ["httpd-stop", "real5", 4],
    ["httpd-stop", "real6", 5],
    ["httpd-hang", "real7", 6],
    ["link-down", "real8", 7],
    ["httpd-stop", "real10", 9],
  ])("the fault %s on %s is seen by its check", async (fault, name, index) => {
    const has = async () => (await stack.on("lb1", "ipvsadm -Sn")).includes(`-r ${address(index)}:80`);
    const inject = await stack.lvs("fault inject", fault, name);
    expect(inject.status, inject.stderr).toBe(0);
    await expect.poll(has, { timeout: 60_000, interval: 1000 }).toBe(false);
    const heal = await stack.lvs("heal");
    expect(heal.status, heal.stderr).toBe(0);
    await expect.poll(has, { timeout: 60_000, interval: 1000 }).toBe(true);
  });
});

describe("two directors with a proxy", () => {
  const stack = new TestStack("rehearse-haproxy");
  const folder = ours("haproxy");
  const up = () => stack.pulumi("up", "--yes", "--skip-preview");
  afterAll(() => stack.remove());

  test("come up with the proxy, and serve what is behind it", async () => {
    cpSync(join(projectRoot, "rehearsals/haproxy"), folder, { recursive: true });
    const { status, stderr } = await stack.lvs("rehearse up", folder);
    expect(status, stderr).toBe(0);
    const ask = async () =>
      (await stack.lvs("client", "--", "curl", "-s", "-m", "3", "http://203.0.113.80/")).stdout.trim();
    await expect.poll(ask, { timeout: 20_000 }).toMatch(/^backend[12]$/);
    expect([await ask(), await ask()].sort()).toEqual(["backend1", "backend2"]);
    expect(changed((await up()).stdout)).toEqual([]);
  });

  test("a stopped service and a changed file show as drift, and `up` mends them", async () => {
    await stack.on("lb1", "systemctl stop haproxy");
    await stack.on("lb2", "echo '# x' >>/etc/haproxy/haproxy.cfg");
    const seen = ["lb1-services", "lb2-services"];
    expect(changed((await stack.pulumi("refresh", "--yes", "--skip-preview")).stdout)).toEqual(seen);
    expect(changed((await up()).stdout)).toEqual(seen);
    expect(await stack.on("lb1", "systemctl is-active haproxy")).toBe("active\n");
    expect(changed((await up()).stdout)).toEqual([]);
  });

  test("`run` measures the outage of its address", async () => {
    const words = ["--only", "crash", "--only", "stop", "--only", "script", "--keep", "--report", stack.reports];
    const { status, stdout, stderr } = await stack.lvs("rehearse run", folder, ...words);
    expect(stdout, stderr).toMatch(/^✓ {2}crash +203\.0\.113\.80:80 /m);
    expect(stdout).toMatch(/^✓ {2}script chk_haproxy +203\.0\.113\.80:80 /m);
    expect(stdout).toMatch(/^✓ {2}stop +203\.0\.113\.80:80 /m);
    expect(status, stdout).toBe(0);
  });
});
