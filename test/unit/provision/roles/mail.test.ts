import { expect, it } from "vitest";
import { parseLab, readLab, serverNamed } from "../../../../lab/index.ts";
import { osFamilies } from "../../../../provision/os.ts";
import { role } from "../../../../provision/roles/mail.ts";

const configOn = async (file: string, server: string) => {
  const lab = await readLab(file);
  return role.inputsOf(lab, serverNamed(lab, server), [])?.config;
};

it("a director's MTA listens on the loopback, as before", async () => {
  expect(await configOn("labs/health-checks.yaml", "server1")).toBe(await configOn("labs/ha.yaml", "server1"));
  expect(await configOn("labs/ha.yaml", "server1")).toBe(`# Mail stays on this server: smtpd.conf(5).
table aliases file:/etc/aliases
listen on lo
action "local" mbox alias <aliases>
match from local for local action "local"
`);
});

it("a real server has one where its health check asks by SMTP, for everybody", async () => {
  expect(await configOn("labs/ha.yaml", "server2")).toBeUndefined();
  expect(
    await configOn("labs/health-checks.yaml", "server2"),
  ).toBe(`# Mail for this server's own users, from everywhere: smtpd.conf(5).
table aliases file:/etc/aliases
listen on 0.0.0.0
listen on ::
action "local" mbox alias <aliases>
match from any for local action "local"
`);
});

it("is asked for by the services of a server alone", () => {
  const lab = parseLab(
    `control: keepalived
networks: [{ subnets: [172.25.254.0/24] }]
services:
  - { vip: 172.25.254.100, realServers: [{ server: a }], healthCheck: { type: smtp } }
  - { vip: 172.25.254.100, port: 81, realServers: [{ server: b }] }
vrrp: [{ members: [{ server: one }, { server: two, priority: 50 }] }]
servers:
  - { name: one, addresses: [172.25.254.11], role: director }
  - { name: two, addresses: [172.25.254.12], role: director }
  - { name: a, addresses: [172.25.254.13], role: real-server }
  - { name: b, addresses: [172.25.254.14], role: real-server }`,
    "lab.yaml",
  );
  const has = lab.servers.map((server) => role.inputsOf(lab, server, []) !== undefined);
  expect(has).toEqual([true, true, true, false]);
});

it("Postfix, on Enterprise Linux, differs in its addresses", () => {
  const { configText } = osFamilies["el-9"].mail;
  expect(configText("itself")).toContain("\ninet_interfaces = loopback-only\n");
  expect(configText("everywhere")).toBe(
    configText("itself")
      .replace("stays on this server", "for this server's own users, from everywhere")
      .replace("loopback-only", "all"),
  );
});
