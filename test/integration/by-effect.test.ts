import { describe, expect, test } from "vitest";
import { arpCures, readLab } from "../../lab/index.ts";
import { arpCures as methods } from "../../provision/roles/arp-cures/index.ts";
import { observedCure, unit } from "../../provision/roles/real-server.ts";
import { arpCure } from "../../verify/checks/arp-cure.ts";
import { arpOwner } from "../../verify/checks/arp-owner.ts";
import { directorVip } from "../../verify/checks/director-vip.ts";
import { realServerVip } from "../../verify/checks/real-server-vip.ts";
import { arpAnswer } from "../../verify/faults/arp-answer.ts";
import { httpdStop } from "../../verify/faults/httpd-stop.ts";
import { rejectPort } from "../../verify/faults/reject-port.ts";
import { requestTo, takesPackets } from "../../verify/live/reception.ts";
import { type NamespaceLab, namespaceLab } from "./namespace-lab.ts";

const VIP = "172.25.254.100";
const [OWN, OTHER] = ["172.25.254.12", "172.25.254.13"];

/** The kernel's own ARP decides, so each way is tried on hosts that are namespaces. One lab for a table: its ways are undone one after another. */
async function bare(context: Parameters<typeof namespaceLab>[1]): Promise<NamespaceLab> {
  const the = await namespaceLab(await readLab("labs/bare.yaml"), context);
  await the.must("server1", `ip address add ${VIP}/24 dev eth0`);
  return the;
}

/** nft(8) reads a ruleset. */
const nft = (ruleset: string): string => `nft --file - <<'END'\n${ruleset}\nEND`;

const silent = `arptables -A INPUT -d ${VIP} -j DROP`;
const asItself = `arptables -A OUTPUT -s ${VIP} -j mangle --mangle-ip-s ${OWN}`;
const quiet = "sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2";
const onEth0 = `ip address add ${VIP}/32 dev eth0`;
const onLo = `ip address add ${VIP}/32 dev lo`;
const inputOf = (table: string) => `table arp ${table} {
  chain in { type filter hook input priority 0; arp daddr ip ${VIP} drop; }
}`;
const outputOf = (table: string, address = OWN) => `table arp ${table} {
  chain out { type filter hook output priority 0; arp saddr ip ${VIP} arp saddr ip set ${address}; }
}`;
const redirection = `table ip redirection {
  chain in { type nat hook prerouting priority dstnat; ip daddr ${VIP} tcp dport 80 redirect; }
}`;

const undo = `ip address delete ${VIP}/32 dev eth0; ip address delete ${VIP}/24 dev eth0; ip address delete ${VIP}/32 dev lo
ip route delete local ${VIP} dev lo; arptables -F; nft flush ruleset; ip link set eth0 arp on
sysctl -qw net.ipv4.conf.all.arp_ignore=0 net.ipv4.conf.all.arp_announce=0 net.ipv4.ip_forward=0; true`;

describe.concurrent("a real server's cure", { timeout: 300_000 }, () => {
  test("is whatever keeps it quiet", async (context) => {
    const { must, look } = await bare(context);
    const ways: [string, ...string[]][] = [
      ["arptables", onEth0, silent, asItself],
      ["arptables, the cure before the address", silent, asItself, onEth0],
      [
        "arptables on the interface alone",
        onEth0,
        `arptables -A INPUT -i eth0 -d ${VIP} -j DROP`,
        `${asItself} -o eth0`,
      ],
      ["arptables, with the VIP on the loopback", onLo, silent, asItself],
      ["the VIP with its subnet", `ip address add ${VIP}/24 dev eth0`, silent, asItself],
      // What answers a question is rewritten, too: it says that the server's own address is its own.
      ["the rewriting alone", onEth0, asItself],
      ["nftables", onEth0, nft(`${inputOf("a")}\n${outputOf("a")}`)],
      ["nftables, in two tables", onEth0, nft(`${inputOf("a")}\n${outputOf("filter")}`)],
      ["nftables for questions, arptables for its own", onEth0, nft(inputOf("a")), asItself],
      ["the sysctls", onLo, quiet],
      ["arp_ignore 2", onLo, "sysctl -qw net.ipv4.conf.all.arp_ignore=2 net.ipv4.conf.all.arp_announce=2"],
      [
        "arp_ignore against questions, arptables for its own",
        onLo,
        "sysctl -qw net.ipv4.conf.all.arp_ignore=1",
        asItself,
      ],
      ["a local route in place of the address", `ip route add local ${VIP} dev lo`, quiet],
      ["no address at all, but a redirection", nft(redirection)],
    ];
    for (const [what, ...steps] of ways) {
      for (const step of steps) await must("server2", step);
      for (const check of [realServerVip, arpCure] as const)
        expect(await look(check, "server2"), `${what}: ${check.id}`).toMatchObject({ passed: true });
      await must("server2", undo);
    }
  });

  test("is none while it says something wrong", async (context) => {
    const { must, look } = await bare(context);
    const mistakes: [string, RegExp, ...string[]][] = [
      ["the drop alone", /name 172\.25\.254\.100 as their sender/, onEth0, silent],
      [
        "a rewriting to another server",
        /172\.25\.254\.13, which is server3's/,
        onEth0,
        silent,
        asItself.replace(OWN, OTHER),
      ],
      [
        "questions of its own that are dropped",
        /must leave, under its own address/,
        onEth0,
        silent,
        `arptables -A OUTPUT -s ${VIP} -j DROP`,
      ],
      ["nftables without a rule for what leaves", /nftables' hook output/, onEth0, nft(inputOf("a"))],
      ["the sysctls with the VIP on eth0", /belongs on another one/, onEth0, quiet],
      [
        "arp_announce 1",
        /arp_announce is 1/,
        onLo,
        "sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=1",
      ],
      [
        "arp_ignore 8",
        /silent about 172\.25\.254\.12 too/,
        onLo,
        "sysctl -qw net.ipv4.conf.all.arp_ignore=8 net.ipv4.conf.all.arp_announce=2",
      ],
    ];
    for (const [what, hint, ...steps] of mistakes) {
      for (const step of steps) await must("server2", step);
      const seen = await look(arpCure, "server2");
      expect(seen, what).toMatchObject({ passed: false, started: true });
      expect(seen.hint, what).toMatch(hint);
      await must("server2", undo);
    }
  });

  test("a missing cure is found on its own server, also while others are checked", async (context) => {
    const the = await namespaceLab(await readLab("labs/sync-group.yaml"), context);
    const SECOND = "172.25.254.101";
    const cure = (own: string) =>
      nft(
        [VIP, SECOND]
          .map((vip, index) => `${inputOf(`in${index}`)}\n${outputOf(`out${index}`, own)}`.replaceAll(VIP, vip))
          .join("\n"),
      );
    for (const vip of [VIP, SECOND]) {
      await the.must("server1", `ip address add ${vip}/24 dev eth0`);
      for (const server of ["server2", "server3"]) await the.must(server, `ip address add ${vip}/32 dev eth0`);
    }
    await the.must("server2", cure(OWN));
    await the.must("server3", cure(OTHER));
    const failing = async () => {
      const looks = [arpCure, arpOwner].flatMap((check) =>
        check.subjects(the.lab).map(async (subject) => {
          const { passed, hint } = await check.look(await the.view(), subject);
          return { name: `${check.id}@${subject.host} ${subject.service.name}`, passed, hint };
        }),
      );
      return (await Promise.all(looks)).filter(({ passed }) => !passed);
    };
    expect(await failing()).toEqual([]);
    // Only what server2 asks in the second VIP's name: nobody is answered.
    await the.must("server2", "nft delete table arp out1");
    for (let round = 0; round < 3; round++) {
      const [first, ...others] = (await failing()).filter(({ name }) => name.startsWith("arp-cure"));
      expect(first).toMatchObject({ name: "arp-cure@server2 shop", hint: expect.stringContaining(SECOND) });
      expect(others).toEqual([]);
    }
    await the.must("server2", "nft delete table arp in1; nft delete table arp in0; nft delete table arp out0");
    const names = (await failing()).map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(["arp-cure@server2 web", "arp-cure@server2 shop", "arp-owner@client web"]),
    );
    expect(names.filter((name) => name.includes("server3"))).toEqual([]);
    await the.must("server2", cure(OWN));
    expect(await failing()).toEqual([]);
  });

  test.for(arpCures)(
    "by the role, %s: the unit sets it, its observation sees it, and nothing of it stays",
    async (cure, context) => {
      const { must, look, on } = await bare(context);
      const site = { server: { address: OWN }, interface: "eth0", vips: [VIP], tunnelVips: [] };
      const { start, stop } = unit({ ...site, arpCure: cure });
      /** A command of a unit, as systemd would run it: a dash lets it fail. */
      const typed = (line: string) => (line.startsWith("-") ? `${line.slice(1)} || true` : line);
      const observed = async () => {
        const answers = new Map<string, string>();
        for (const name of arpCures) answers.set(name, (await on("server2", methods[name].question(site))).stdout);
        return observedCure(site, (name) => answers.get(name) ?? "");
      };
      for (const line of start) await must("server2", typed(line));
      expect(await observed()).toBe(cure);
      if (cure !== "none") expect(await look(arpCure, "server2")).toMatchObject({ passed: true });
      for (const line of stop) await must("server2", typed(line));
      expect(await observed()).toBe("none");
      for (const line of start) await must("server2", typed(line));
      await must("server2", `${methods[cure].undo(site)}\ntrue`);
      expect(await observed()).toBe("none");
    },
  );
});

describe.concurrent("the director's VIP", { timeout: 120_000 }, () => {
  test("is wherever the kernel takes it from and answers for it", async (context) => {
    const { must, look } = await bare(context);
    const passed = async () => (await look(directorVip, "server1")).passed;
    const undoDirector = `ip address delete ${VIP}/24 dev eth0; ${undo}`;
    const ways = [`ip address add ${VIP}/24 dev eth0`, onEth0, onLo, `ip route add local ${VIP} dev lo`];
    for (const way of ways) {
      await must("server1", `${undoDirector}; ${way}`);
      expect(await passed(), way).toBe(true);
    }
    await must("server1", quiet);
    expect(await look(directorVip, "server1")).toMatchObject({ passed: false, started: true });
    await must("server1", undoDirector);
    expect(await look(directorVip, "server1")).toMatchObject({ passed: false, started: false });
  });

  test("with a hardware address of its own, as VRRP has one, is the director's", async (context) => {
    const { must, look } = await namespaceLab(await readLab("labs/bare.yaml"), context);
    await must(
      "server1",
      `ip link add link eth0 name vrrp.51 address 00:00:5e:00:01:33 type macvlan mode bridge && ip link set vrrp.51 up && ip address add ${VIP}/32 dev vrrp.51
sysctl -qw net.ipv4.conf.eth0.arp_ignore=1 net.ipv4.conf.vrrp/51.rp_filter=0`,
    );
    expect(await look(arpOwner, "client")).toMatchObject({ passed: true });
  });
});

describe.concurrent("the fault arp-answer", { timeout: 120_000 }, () => {
  test.for([
    ["arptables", [onEth0, silent, asItself]],
    ["nftables", [onEth0, nft(`${inputOf("mine")}\n${outputOf("other")}`)]],
    ["the sysctls", [onLo, quiet]],
    ["an interface without ARP", [onEth0, "ip link set eth0 arp off"]],
  ] as const)("takes %s away and gives it back", async ([, steps], context) => {
    const { must, view, on } = await bare(context);
    for (const step of steps) await must("server2", step);
    const state = async () =>
      (
        await on(
          "server2",
          "nft --stateless list ruleset; arptables -n -L; sysctl net.ipv4.conf.all.arp_ignore net.ipv4.conf.all.arp_announce; ip -oneline address show; ip link show dev eth0",
        )
      ).stdout;
    // Its link-local address is tentative for a second (RFC 4862, section 5.4), which is no part of the fault.
    const tentative = async () => (await on("server2", "ip -6 address show tentative")).stdout;
    await expect.poll(tentative, { timeout: 10_000 }).toBe("");
    const before = await state();
    const site = { view: await view(), server: "server2" };
    expect((await arpAnswer.present(site, {})).there).toBe(false);
    await arpAnswer.inject(site, {});
    await arpAnswer.inject(site, {});
    expect((await arpAnswer.present(site, {})).there).toBe(true);
    await arpAnswer.heal(site, {});
    expect((await arpAnswer.present(site, {})).there).toBe(false);
    expect(await state()).toBe(before);
  });
});

describe.concurrent("a UDP service", { timeout: 120_000 }, () => {
  test("is refused by the faults, and its packets are taken by a server without the VIP", async (context) => {
    const the = await namespaceLab(await readLab("labs/udp.yaml"), context);
    const [service] = the.lab.services;
    if (!service) throw new Error("the lab has no service");
    const view = await the.view();
    const site = { view, server: "server2" };
    const status = async () => (await requestTo(view, "server2", service)).status;
    const takes = async () => (await takesPackets(view, "server2", service)).takes;
    const rule = (text: string) => nft(`table ip mine {\n${text}\n}`);
    expect([await takes(), await status()]).toEqual([false, 124]);
    expect(await the.on("segment", `ip neigh show ${VIP}`)).toMatchObject({ stdout: "" });
    // Nobody listens behind the redirection, and the kernel says so.
    await the.must(
      "server2",
      rule(`chain in { type nat hook prerouting priority dstnat; ip daddr ${VIP} udp dport 5353 redirect to :5354; }`),
    );
    expect([await takes(), await status()]).toEqual([true, 1]);
    // Dropped, unless a fault's table comes first and refuses it.
    await the.must("server2", rule("chain last { type filter hook input priority 10; udp dport 5354 drop; }"));
    expect(await status()).toBe(124);
    await httpdStop.inject(site, {});
    expect(await status()).toBe(1);
    await httpdStop.heal(site, {});
    expect(await status()).toBe(124);
    await the.must("server2", `nft flush ruleset; ${onLo}`);
    await the.must("server2", rule("chain last { type filter hook input priority 10; udp dport 5353 drop; }"));
    expect(await status()).toBe(124);
    await rejectPort.inject(site, {});
    expect([await takes(), await status()]).toEqual([true, 1]);
    await rejectPort.heal(site, {});
    expect(await status()).toBe(124);
  });
});
