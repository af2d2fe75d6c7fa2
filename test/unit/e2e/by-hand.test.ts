import { describe, expect, it } from "vitest";
import { $ } from "zx";
import { readLab } from "../../../lab/index.ts";
import { drByHand, haByHand } from "../../e2e/by-hand.ts";

const bare = await readLab("labs/bare.yaml");
const bareHa = await readLab("labs/bare-ha.yaml");

describe("the article's steps by hand", () => {
  it.each([
    ["dr", drByHand(bare)],
    [
      "dr, by sysctl",
      drByHand({ ...bare, servers: bare.servers.map((server) => ({ ...server, arpCure: "sysctl" as const })) }),
    ],
    ["ha", haByHand(bareHa)],
  ])("%s: each is a command that a shell takes, on a server of the lab", async (_what, steps) => {
    for (const { server, command, input } of steps) {
      expect(bareHa.servers.map(({ name }) => name)).toContain(server);
      expect(command).not.toMatch(/undefined|\[object/);
      const syntax = await $({ nothrow: true, quiet: true })`bash -n -c ${command}`;
      expect(syntax.stderr, command).toBe("");
      if (input) expect(input.server).not.toBe(server);
    }
  });

  it("dr begins at the director and ends with the cure of every real server", () => {
    const typed = drByHand(bare).map(({ server, command }) => `${server}# ${command}`);
    expect(typed.slice(1, 5)).toEqual([
      "server1# ipvsadm -A -t 172.25.254.100:80 -s rr",
      "server1# ipvsadm -a -t 172.25.254.100:80 -r 172.25.254.12:80 -g",
      "server1# ipvsadm -a -t 172.25.254.100:80 -r 172.25.254.13:80 -g",
      "server1# ip addr add 172.25.254.100/24 dev eth0",
    ]);
    expect(typed.slice(-2)).toEqual([
      "server3# arptables -A INPUT -d 172.25.254.100 -j DROP",
      "server3# arptables -A OUTPUT -s 172.25.254.100 -j mangle --mangle-ip-s 172.25.254.13",
    ]);
  });

  it("ha changes state and priority in what it copies to the standby", () => {
    const steps = haByHand(bareHa);
    const config = steps.find(({ command }) => command.includes("<<'CONF'"));
    expect(config).toMatchObject({
      server: "server1",
      command: expect.stringMatching(/state MASTER[\s\S]*priority 100/),
    });
    expect(steps.find(({ command }) => command.startsWith("sed"))).toMatchObject({
      server: "server4",
      command: expect.stringContaining("s/priority 100/priority 50/"),
    });
  });
});
