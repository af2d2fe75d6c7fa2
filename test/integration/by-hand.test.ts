import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { $ } from "zx";
import { labEnvironment } from "../../provision/host/machine/namespaces.ts";
import { userland } from "../../provision/host/userland/userland.ts";
import { command, type Word } from "../../provision/ssh/index.ts";
import { type Lab, readLab } from "../../stacks/lab.ts";
import { type Check, type Evidence, type Seen, View } from "../../verify/check.ts";
import { arpCure } from "../../verify/checks/arp-cure.ts";
import { arpOwner } from "../../verify/checks/arp-owner.ts";
import { directorVip } from "../../verify/checks/director-vip.ts";
import { keepalivedConfig } from "../../verify/checks/keepalived-config.ts";
import { realServerVip } from "../../verify/checks/real-server-vip.ts";
import { drByHand, haByHand, type Step } from "../e2e/by-hand.ts";
import { aLiveLab } from "../unit/verify/a-live-lab.ts";
import { end as endProcess, type Host, makeHost } from "./hosts.ts";

const { root } = await userland();
const has = (program: string): boolean => existsSync(join(root, "usr/sbin", program));

/** Hosts by name, on one Ethernet segment. */
const hosts = new Map<string, Host>();

/** A host with an empty /etc/keepalived. */
async function addHost(name: string): Promise<Host> {
  const host = await makeHost("mount -t tmpfs tmpfs /etc/keepalived");
  hosts.set(name, host);
  return host;
}

async function on(host: string, text: string) {
  const command = hosts.get(host)?.joined(["bash", "-c", text]) ?? ["false"];
  return await $({ nothrow: true, quiet: true, env: labEnvironment() })`${command}`;
}

async function must(host: string, text: string): Promise<void> {
  const { exitCode, stdout, stderr } = await on(host, text);
  if (exitCode !== 0) throw new Error(`${host}: ${text}: status ${exitCode}\n${stdout}${stderr}`);
}

/** The lab's segment with its servers and its client, each with an eth0 and nothing else. */
async function makeSegment(lab: Lab): Promise<void> {
  await addHost("segment");
  await must("segment", "ip link add br0 type bridge && ip link set br0 up");
  const all = [...lab.servers, { name: "client", address: lab.network.client, mac: "52:54:00:aa:00:fa" }];
  for (const [index, { name, address, mac }] of all.entries()) {
    const host = await addHost(name);
    await must(
      "segment",
      `ip link add p${index} type veth peer name eth0 address ${mac} netns ${host.pid} && ip link set p${index} master br0 up`,
    );
    await must(name, `ip address add ${address}/${lab.network.prefixLength} dev eth0 && ip link set eth0 up`);
  }
}

/** A view of a lab whose servers are namespaces. */
class NamespaceView extends View {
  override on(server: string): (pieces: TemplateStringsArray, ...values: Word[]) => Promise<Evidence> {
    return async (pieces, ...values) => await this.#run(server, command(pieces, ...values));
  }

  override async client(...words: string[]): Promise<Evidence> {
    return await this.#run("client", command`${words}`);
  }

  async #run(where: string, text: string): Promise<Evidence> {
    const { stdout, stderr, exitCode } = await on(where, text);
    return { where, command: text, output: stdout + stderr, status: exitCode };
  }
}

const verdictOf = ({ passed, started }: Seen): string => (passed ? "right" : started ? "wrong" : "not there");

/** What a check sees on the namespaces as they are. */
async function look(lab: Lab, check: Check, subject: string): Promise<Seen> {
  return await check.look(new NamespaceView({ ...(await aLiveLab("dr")), lab }), subject);
}

/** Those of a student's steps that need no package of a guest. */
const typable = (steps: readonly Step[]): Step[] =>
  steps.filter(({ command: text }) => /^(ip|arptables|sysctl) /.test(text));

describe.each(["arptables", "sysctl"] as const)(
  "the article's dr steps by hand, the cure by %s",
  { timeout: 120_000 },
  (cure) => {
    let lab: Lab;
    beforeEach(async () => {
      lab = { ...(await readLab("labs/bare.yaml")), arpCure: cure };
      await makeSegment(lab);
    });
    afterEach(end);

    it.skipIf(cure === "arptables" && !has("arptables"))("take each check from nothing by wrong to right", async () => {
      const subjects = [
        [directorVip, "server1"],
        [realServerVip, "server2"],
        [realServerVip, "server3"],
        [arpCure, "server2"],
        [arpCure, "server3"],
        [arpOwner, "client"],
      ] as const;
      const verdicts = async () =>
        await Promise.all(subjects.map(async ([check, subject]) => verdictOf(await look(lab, check, subject))));
      expect(await verdicts()).toEqual(subjects.map(() => "not there"));

      const steps = typable(drByHand(lab));
      const isCure = ({ command: text }: Step): boolean => /^(arptables|sysctl) /.test(text);
      for (const { server, command: text } of steps.filter((step) => !isCure(step))) await must(server, text);
      if (cure === "arptables") {
        // The ARP problem: three hosts have the VIP on the segment's interface, and all of them answer.
        await must("server1", "ip link set eth0 arp off"); // so that it is a real server's answer that comes
        expect(verdictOf(await look(lab, arpOwner, "client"))).toBe("wrong");
        await must("server1", "ip link set eth0 arp on");
      }
      for (const { server, command: text } of steps.filter(isCure)) await must(server, text);
      expect(await verdicts()).toEqual(subjects.map(() => "right"));

      // Half a cure is none.
      await must(
        "server2",
        cure === "arptables" ? "arptables -F INPUT" : "sysctl -qw net.ipv4.conf.{all,eth0}.arp_ignore=0",
      );
      expect(verdictOf(await look(lab, arpCure, "server2"))).toBe("wrong");
    });
  },
);

describe("the article's keepalived.conf by hand", { timeout: 60_000 }, () => {
  afterEach(end);

  it.skipIf(!has("keepalived"))("is taken by keepalived-config, and a slip in it is not", async () => {
    const lab = await readLab("labs/bare-ha.yaml");
    await makeSegment(lab);
    expect(verdictOf(await look(lab, keepalivedConfig, "server1"))).toBe("not there");
    const [config] = haByHand(lab).filter(({ command: text }) => text.startsWith("cat >/etc/keepalived/"));
    await must("server1", config?.command ?? "false");
    expect(await look(lab, keepalivedConfig, "server1")).toMatchObject({ passed: true });
    await must("server1", "sed -i 's/virtual_router_id/virtual_router/' /etc/keepalived/keepalived.conf");
    expect(await look(lab, keepalivedConfig, "server1")).toMatchObject({ passed: false, started: true });
  });
});

async function end(): Promise<void> {
  await Promise.all([...hosts.values()].map(({ process }) => endProcess(process)));
  hosts.clear();
}
