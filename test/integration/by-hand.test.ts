import { describe, expect, test } from "vitest";
import { type Lab, readLab } from "../../lab/index.ts";
import { arpCure } from "../../verify/checks/arp-cure.ts";
import { arpOwner } from "../../verify/checks/arp-owner.ts";
import { selectChecks } from "../../verify/checks/check.ts";
import { directorVip } from "../../verify/checks/director-vip.ts";
import { keepalivedConfig } from "../../verify/checks/keepalived-config.ts";
import { realServerVip } from "../../verify/checks/real-server-vip.ts";
import { drByHand, haByHand, type Step } from "../e2e/by-hand.ts";
import { namespaceLab, verdictOf } from "./namespace-lab.ts";

/** Those of a student's steps that need no package of a guest. */
const typable = (steps: readonly Step[]): Step[] =>
  steps.filter(({ command: text }) => /^(ip|arptables|sysctl) /.test(text));

describe.concurrent.each(["arptables", "sysctl"] as const)(
  "the article's dr steps by hand, the cure by %s",
  { timeout: 120_000 },
  (cure) => {
    test("take each check from nothing by wrong to right", async (context) => {
      const bare = await readLab("labs/bare.yaml");
      const cured = bare.servers.map((one) => (one.role === "real-server" ? { ...one, arpCure: cure } : one));
      const lab: Lab = { ...bare, servers: cured };
      const { must, look } = await namespaceLab(lab, context);
      const all = selectChecks(lab, [directorVip, realServerVip, arpCure, arpOwner], {});
      expect(all.map(({ check, subject: { host } }) => [check, host])).toEqual([
        [directorVip, "server1"],
        [realServerVip, "server2"],
        [realServerVip, "server3"],
        [arpCure, "server2"],
        [arpCure, "server3"],
        [arpOwner, "client"],
      ]);
      const verdicts = async () =>
        await Promise.all(all.map(async ({ check, subject }) => verdictOf(await look(check, subject.host))));
      expect(await verdicts()).toEqual(all.map(() => "not there"));

      const steps = typable(drByHand(lab));
      const isCure = ({ command: text }: Step): boolean => /^(arptables|sysctl) /.test(text);
      for (const { server, command: text } of steps.filter((step) => !isCure(step))) await must(server, text);
      // The ARP problem: three hosts have the VIP, and all of them answer.
      expect(verdictOf(await look(arpOwner, "client"))).toBe("wrong");
      for (const { server, command: text } of steps.filter(isCure)) await must(server, text);
      expect(await verdicts()).toEqual(all.map(() => "right"));

      // Half a cure is none.
      await must(
        "server2",
        cure === "arptables" ? "arptables -F OUTPUT" : "sysctl -qw net.ipv4.conf.{all,eth0}.arp_ignore=0",
      );
      expect(verdictOf(await look(arpCure, "server2"))).toBe("wrong");
    });
  },
);

describe.concurrent("the article's keepalived.conf by hand", { timeout: 60_000 }, () => {
  test("is taken by keepalived-config, and a slip in it is not", async (context) => {
    const lab = await readLab("labs/bare-ha.yaml");
    const { must, look } = await namespaceLab(lab, context);
    expect(verdictOf(await look(keepalivedConfig, "server1"))).toBe("not there");
    const [config] = haByHand(lab).filter(({ command: text }) => text.startsWith("cat >/etc/keepalived/"));
    await must("server1", config?.command ?? "false");
    expect(await look(keepalivedConfig, "server1")).toMatchObject({ passed: true });
    await must("server1", "sed -i 's/virtual_router_id/virtual_router/' /etc/keepalived/keepalived.conf");
    expect(await look(keepalivedConfig, "server1")).toMatchObject({ passed: false, started: true });
  });
});
