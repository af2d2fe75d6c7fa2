import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { $ } from "zx";
import { clientAddress, interfaceOn, type Lab, readLab, withPrefix } from "../../lab/index.ts";
import { labEnvironment } from "../../provision/host/machine/namespaces.ts";
import { userland } from "../../provision/host/userland/userland.ts";
import { command, type Word } from "../../provision/ssh/index.ts";
import { arpCure } from "../../verify/checks/arp-cure.ts";
import { arpOwner } from "../../verify/checks/arp-owner.ts";
import { type Check, type Seen, selectChecks } from "../../verify/checks/check.ts";
import { directorVip } from "../../verify/checks/director-vip.ts";
import { keepalivedConfig } from "../../verify/checks/keepalived-config.ts";
import { realServerVip } from "../../verify/checks/real-server-vip.ts";
import type { Subject } from "../../verify/checks/subjects.ts";
import type { LiveLab } from "../../verify/live/live-lab.ts";
import { type Evidence, View } from "../../verify/live/view.ts";
import { drByHand, haByHand, type Step } from "../e2e/by-hand.ts";
import { aLiveLab } from "../unit/verify/a-live-lab.ts";
import { type Finish, type Host, ownHost } from "./hosts.ts";

const { root } = await userland();
const has = (program: string): boolean => existsSync(join(root, "usr/sbin", program));

/** One test's hosts by name, on one Ethernet segment. */
function hostsOf({ onTestFinished }: Finish) {
  const hosts = new Map<string, Host>();

  const on = async (host: string, text: string) => {
    const command = hosts.get(host)?.joined(["bash", "-c", text]) ?? ["false"];
    return await $({ nothrow: true, quiet: true, env: labEnvironment() })`${command}`;
  };
  const must = async (host: string, text: string) => {
    const { exitCode, stdout, stderr } = await on(host, text);
    if (exitCode !== 0) throw new Error(`${host}: ${text}: status ${exitCode}\n${stdout}${stderr}`);
  };

  /** Adds a host with an empty /etc/keepalived. */
  const add = async (name: string) => {
    const host = await ownHost({ onTestFinished }, "mount -t tmpfs tmpfs /etc/keepalived");
    hosts.set(name, host);
    return host;
  };
  /** Adds the lab's segment with its servers and its client, each with an eth0 and nothing else. */
  const addSegment = async (lab: Lab) => {
    await add("segment");
    await must("segment", "ip link add br0 type bridge && ip link set br0 up");
    const all = [
      ...lab.servers.map((server) => ({
        name: server.name,
        address: server.management,
        mac: interfaceOn(server, "segment").mac,
      })),
      { name: "client", address: clientAddress(lab), mac: "52:54:00:aa:00:fa" },
    ];
    for (const [index, { name, address, mac }] of all.entries()) {
      const host = await add(name);
      await must(
        "segment",
        `ip link add p${index} type veth peer name eth0 address ${mac} netns ${host.pid} && ip link set p${index} master br0 up`,
      );
      await must(name, `ip address add ${withPrefix(lab, address)} dev eth0 && ip link set eth0 up`);
    }
  };
  return { on, must, addSegment };
}

type Hosts = ReturnType<typeof hostsOf>;

const it = test.extend("hosts", hostsOf);

/** A view of a lab whose servers are namespaces. */
class NamespaceView extends View {
  readonly #hosts: Hosts;

  constructor(live: LiveLab, hosts: Hosts) {
    super(live);
    this.#hosts = hosts;
  }

  override on(server: string): (pieces: TemplateStringsArray, ...values: Word[]) => Promise<Evidence> {
    return async (pieces, ...values) => await this.#run(server, command(pieces, ...values));
  }

  override async client(...words: string[]): Promise<Evidence> {
    return await this.#run("client", command`${words}`);
  }

  async #run(where: string, text: string): Promise<Evidence> {
    const { stdout, stderr, exitCode } = await this.#hosts.on(where, text);
    return { where, command: text, output: stdout + stderr, status: exitCode };
  }
}

const verdictOf = ({ passed, started }: Seen): string => (passed ? "right" : started ? "wrong" : "not there");

/** What a check sees on the namespaces as they are. */
async function look(hosts: Hosts, lab: Lab, check: Check, subject: Subject): Promise<Seen> {
  return await check.look(new NamespaceView({ ...(await aLiveLab("dr")), lab }, hosts), subject);
}

/** Those of a student's steps that need no package of a guest. */
const typable = (steps: readonly Step[]): Step[] =>
  steps.filter(({ command: text }) => /^(ip|arptables|sysctl) /.test(text));

describe.concurrent.each(["arptables", "sysctl"] as const)(
  "the article's dr steps by hand, the cure by %s",
  { timeout: 120_000 },
  (cure) => {
    it.skipIf(cure === "arptables" && !has("arptables"))(
      "take each check from nothing by wrong to right",
      async ({ hosts }) => {
        const bare = await readLab("labs/bare.yaml");
        const cured = bare.servers.map((one) => (one.role === "real-server" ? { ...one, arpCure: cure } : one));
        const lab: Lab = { ...bare, servers: cured };
        const { must } = hosts;
        await hosts.addSegment(lab);
        const all = selectChecks(lab, [directorVip, realServerVip, arpCure, arpOwner], {});
        expect(all.map(({ check, subject: { host } }) => [check, host])).toEqual([
          [directorVip, "server1"],
          [realServerVip, "server2"],
          [realServerVip, "server3"],
          [arpCure, "server2"],
          [arpCure, "server3"],
          [arpOwner, "client"],
        ]);
        const verdictOn = async (check: Check, host: string) => {
          const one = all.find((each) => each.check === check && each.subject.host === host);
          if (!one) throw new Error(`${check.id} is not looked at on ${host}`);
          return verdictOf(await look(hosts, lab, check, one.subject));
        };
        const verdicts = async () =>
          await Promise.all(all.map(async ({ check, subject }) => await verdictOn(check, subject.host)));
        expect(await verdicts()).toEqual(all.map(() => "not there"));

        const steps = typable(drByHand(lab));
        const isCure = ({ command: text }: Step): boolean => /^(arptables|sysctl) /.test(text);
        for (const { server, command: text } of steps.filter((step) => !isCure(step))) await must(server, text);
        if (cure === "arptables") {
          // The ARP problem: three hosts have the VIP on the segment's interface, and all of them answer.
          await must("server1", "ip link set eth0 arp off"); // so that it is a real server's answer that comes
          expect(await verdictOn(arpOwner, "client")).toBe("wrong");
          await must("server1", "ip link set eth0 arp on");
        }
        for (const { server, command: text } of steps.filter(isCure)) await must(server, text);
        expect(await verdicts()).toEqual(all.map(() => "right"));

        // Half a cure is none.
        await must(
          "server2",
          cure === "arptables" ? "arptables -F INPUT" : "sysctl -qw net.ipv4.conf.{all,eth0}.arp_ignore=0",
        );
        expect(await verdictOn(arpCure, "server2")).toBe("wrong");
      },
    );
  },
);

describe.concurrent("the article's keepalived.conf by hand", { timeout: 60_000 }, () => {
  it.skipIf(!has("keepalived"))("is taken by keepalived-config, and a slip in it is not", async ({ hosts }) => {
    const lab = await readLab("labs/bare-ha.yaml");
    const director = { host: "server1" };
    await hosts.addSegment(lab);
    expect(verdictOf(await look(hosts, lab, keepalivedConfig, director))).toBe("not there");
    const [config] = haByHand(lab).filter(({ command: text }) => text.startsWith("cat >/etc/keepalived/"));
    await hosts.must("server1", config?.command ?? "false");
    expect(await look(hosts, lab, keepalivedConfig, director)).toMatchObject({ passed: true });
    await hosts.must("server1", "sed -i 's/virtual_router_id/virtual_router/' /etc/keepalived/keepalived.conf");
    expect(await look(hosts, lab, keepalivedConfig, director)).toMatchObject({ passed: false, started: true });
  });
});
