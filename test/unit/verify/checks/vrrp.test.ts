import { describe, expect, it } from "vitest";
import { type Lab, virtualMacOf } from "../../../../lab/index.ts";
import { adverts } from "../../../../verify/checks/adverts.ts";
import type { Seen } from "../../../../verify/checks/check.ts";
import { keepalivedStateCheck } from "../../../../verify/checks/keepalived-state.ts";
import { notify } from "../../../../verify/checks/notify.ts";
import { type Answer, aLiveLab, RecordedView } from "../a-live-lab.ts";
import { dataOf, type Told } from "../keepalived-data.ts";
import { instanceOf, macOf, withInstance } from "../other-labs.ts";
import { byCommand, RUNS, subjectOn, type Verdict, verdictOf } from "./seeing.ts";

const ha = await aLiveLab("ha");
const pair = await aLiveLab("sync-group");
const tracking = await aLiveLab("tracking");
const three = await aLiveLab("three-directors");

const GROUP = "224.0.0.18";

/** An advertisement as `tcpdump -e -n -v` 4.99 prints it. */
function advert({
  from = "172.25.254.11",
  to = GROUP,
  priority = 100,
  mac = macOf(ha.lab, "server1"),
  version = 2,
} = {}): string {
  const rest =
    version === 2
      ? 'authtype simple, intvl 1s, length 20, addrs: 172.25.254.100 auth "1111"'
      : "intvl 10cs, length 12, addrs: 172.25.254.100";
  const there = to === GROUP ? "01:00:5e:00:00:12" : "2a:fb:cc:6d:3b:f9";
  return (
    `01:42:55.789066 ${mac.toLowerCase()} > ${there}, ethertype IPv4 (0x0800), length 54: (tos 0xc0, ttl 255, id 1, offset 0, flags [none], proto VRRP (112), length 40)\n` +
    `    ${from} > ${to}: VRRPv${version}, Advertisement, vrid 51, prio ${priority}, ${rest}\n`
  );
}

describe("adverts", () => {
  async function heard(lab: Lab, ...frames: readonly string[]): Promise<Seen & { readonly commands: string[] }> {
    const live = { ...ha, lab };
    const view = new RecordedView(live, () => frames.join(""));
    const seen = await adverts.look(view, subjectOn(adverts, lab, "server1"));
    return { ...seen, commands: view.evidence.map(({ where, command }) => `${where}: ${command}`) };
  }
  const standby = { from: "172.25.254.14", priority: 50, mac: macOf(ha.lab, "server4") };
  const multicast = ha.lab;
  const unicast = withInstance(three.lab, { unicast: true });
  const vmac = withInstance(ha.lab, { useVmac: true });
  const virtual = virtualMacOf(instanceOf(vmac));
  const weighted = withInstance(ha.lab, {
    trackScripts: [{ name: "s", command: ["/bin/true"], interval: 1, timeout: 1, fall: 1, rise: 1, weight: 20 }],
  });
  const toBoth = [advert({ to: "172.25.254.14" }), advert({ to: "172.25.254.15" })];

  it.each<[string, Verdict, Lab, readonly string[]]>([
    ["the master to the group, again and again", "right", multicast, [advert(), advert()]],
    ["the same in version 3", "right", multicast, [advert({ version: 3 })]],
    ["another priority", "wrong", multicast, [advert({ priority: 90 })]],
    ["first one priority, then another", "wrong", multicast, [advert(), advert({ priority: 40 })]],
    ["the standby", "wrong", multicast, [advert(standby)]],
    ["both", "wrong", multicast, [advert(), advert(standby)]],
    ["nobody", "not there", multicast, []],
    [
      "the master from the virtual MAC address, which the lab leaves open",
      "right",
      multicast,
      [advert({ mac: virtual })],
    ],
    ["the master to one address, where the group was asked for", "wrong", multicast, [advert({ to: "172.25.254.14" })]],
    ["the master to each other member", "right", unicast, toBoth],
    ["the same in the other order", "right", unicast, toBoth.toReversed()],
    ["the master to one of them", "wrong", unicast, toBoth.slice(1)],
    ["the master to the group, where addresses were asked for", "wrong", unicast, [advert()]],
    ["the master from the virtual MAC address", "right", vmac, [advert({ mac: virtual })]],
    ["the master from its own one, where the virtual one was asked for", "wrong", vmac, [advert()]],
    ["the priority with what it tracks", "right", weighted, [advert({ priority: 120 })]],
    ["the priority without what it tracks", "wrong", weighted, [advert()]],
  ])("%s: %s", async (_what, expected, lab, frames) => {
    expect(verdictOf(await heard(lab, ...frames))).toBe(expected);
  });

  // keepalived 2.2.7 sends unicast from the interface itself: lab files have vmac_xmit_base there.
  it("by unicast come from the interface's own MAC address, with a virtual one for the VIP, too", async () => {
    const both = withInstance(unicast, { useVmac: true });
    expect(verdictOf(await heard(both, ...toBoth))).toBe("right");
    const fromVirtual = ["172.25.254.14", "172.25.254.15"].map((to) => advert({ to, mac: virtual }));
    expect(verdictOf(await heard(both, ...fromVirtual))).toBe("wrong");
  });

  it("says who advertises what to whom, each once", async () => {
    expect((await heard(multicast, advert(), advert(standby), advert())).seen).toBe(
      `172.25.254.11 advertises priority 100 to ${GROUP}; 172.25.254.14 advertises priority 50 to ${GROUP}`,
    );
    expect((await heard(multicast)).seen).toBe("nobody advertises");
  });

  it.each([
    [0.1, 3],
    [1, 3],
    [5, 7],
  ])("every %d s are listened for, for %i s, of this virtual router alone", async (advertInterval, seconds) => {
    const { commands } = await heard(withInstance(ha.lab, { advertInterval }));
    expect(commands).toEqual([
      expect.stringMatching(
        new RegExp(`^segment: timeout --signal INT ${seconds} tcpdump -i lvsbr0 .*ip\\[21\\] = 51$`),
      ),
    ]);
  });
});

describe("keepalived-state", () => {
  async function told(live: typeof ha, host: string, answer: Answer, pgrep = RUNS): Promise<Seen> {
    const view = new RecordedView(live, byCommand({ "pid=": answer, pgrep }));
    return await keepalivedStateCheck.look(view, subjectOn(keepalivedStateCheck, live.lab, host));
  }
  const member = (id: number, address: string, more: Told = {}): Told => ({
    ...{ id, addresses: [address], priority: 50, state: "BACKUP", preemptDelay: 5, peers: ["172.25.254.11"] },
    ...more,
  });
  const group = (first: Told = {}, second: Told = {}) =>
    dataOf(member(51, "172.25.254.100", first), member(52, "172.25.254.101", second));

  it.each<[string, Verdict, Told]>([
    ["the article's", "right", {}],
    ["another name, which is free", "right", { name: "web" }],
    ["another state, which is another check's", "right", { state: "BACKUP" }],
    ["a priority that has fallen by what is tracked", "right", { effectivePriority: 40 }],
    ["another priority", "wrong", { priority: 99 }],
    ["another virtual router", "wrong", { id: 52 }],
    ["another version", "wrong", { version: 3, interval: "1000 milli-sec" }],
    ["another interval", "wrong", { interval: "2 sec" }],
    ["no preemption", "wrong", { preempt: false }],
    ["a delay of preemption", "wrong", { preemptDelay: 5 }],
    ["peers", "wrong", { peers: ["172.25.254.14"] }],
    ["another VIP", "wrong", { addresses: ["172.25.254.101"] }],
    ["a VIP more", "wrong", { addresses: ["172.25.254.100", "172.25.254.101"] }],
  ])("%s: %s", async (_what, expected, one) => {
    expect(verdictOf(await told(ha, "server1", dataOf(one)))).toBe(expected);
  });

  it.each<[string, Verdict, string]>([
    ["both of the lab", "right", group()],
    ["the first alone", "wrong", dataOf(member(51, "172.25.254.100"))],
    ["a delay of the second that is not the lab's", "wrong", group({}, { preemptDelay: 2.5 })],
    ["multicast in the second", "wrong", group({}, { peers: [] })],
  ])("of a director with two instances, %s: %s", async (_what, expected, data) => {
    expect(verdictOf(await told(pair, "server4", data))).toBe(expected);
  });

  it("looks at the interval of version 3, which keepalived has in milliseconds", async () => {
    const lab = withInstance(ha.lab, { version: 3, advertInterval: 0.1 });
    for (const [interval, expected] of [
      ["100 milli-sec", "right"],
      ["1000 milli-sec", "wrong"],
    ] as const)
      expect(verdictOf(await told({ ...ha, lab }, "server1", dataOf({ version: 3, interval })))).toBe(expected);
  });

  it("says the settings in words", async () => {
    expect((await told(pair, "server4", group())).seen).toBe(
      "router 51: version 2, priority 50, every 1 s to 172.25.254.11, preempts after 5 s, for 172.25.254.100; " +
        "router 52: version 2, priority 50, every 1 s to 172.25.254.11, preempts after 5 s, for 172.25.254.101",
    );
  });

  it.each<[string, Verdict, Answer, string]>([
    ["that does not run", "not there", { output: "cat: /run/keepalived_vrrp.pid: No such file\n", status: 1 }, ""],
    ["that runs, and writes nothing", "wrong", "", RUNS],
    ["that runs without an instance", "wrong", dataOf(), RUNS],
  ])("of a keepalived %s is %s", async (_what, expected, answer, pgrep) => {
    const seen = await told(ha, "server1", answer, pgrep);
    expect([verdictOf(seen), seen.seen]).toEqual([expected, "no keepalived tells its state"]);
  });
});

describe("notify", () => {
  /** The journal of calls, each with the seconds at which it came. */
  const journal = (...calls: readonly (readonly [seconds: number, call: string])[]): string =>
    calls.map(([at, call]) => `${(1_780_000_000 + at).toFixed(6)} guest keepalived-notify[467]: ${call}\n`).join("");

  async function called(host: string, lines: string, pgrep = RUNS) {
    const view = new RecordedView(tracking, byCommand({ journalctl: lines, pgrep }));
    const seen = await notify.look(view, subjectOn(notify, tracking.lab, host));
    return { seen, verdict: verdictOf(seen), command: view.evidence[0]?.command };
  }

  it.each<[string, string, Verdict, string, string?]>([
    ["of the master", "server1", "right", "INSTANCE VI_1 MASTER 100\n"],
    ["of the master, before its scripts have run", "server1", "right", "INSTANCE VI_1 MASTER 40\n"],
    ["of the standby", "server4", "right", "INSTANCE VI_1 BACKUP 50\n"],
    ["of a standby that is master", "server4", "wrong", "INSTANCE VI_1 MASTER 50\n"],
    ["of a master in FAULT", "server1", "wrong", "INSTANCE VI_1 FAULT 100\n"],
    ["of a master that has stopped", "server1", "wrong", "INSTANCE VI_1 STOP 100\n"],
    ["of a group", "server1", "wrong", "GROUP VI_1 MASTER 0\n"],
    ["none, and keepalived runs", "server1", "wrong", ""],
    ["none, and no keepalived runs", "server1", "not there", "", ""],
  ])("%s on %s is %s", async (_what, host, expected, line, pgrep) => {
    const lines = line === "" ? "" : journal([0, "INSTANCE VI_1 BACKUP 1"], [9, line.trim()]);
    expect((await called(host, lines, pgrep)).verdict).toBe(expected);
  });

  it.each<[string, number, Verdict]>([
    ["within a second: their order is anybody's", 0.1, "right"],
    ["later: the last one counts", 1.2, "wrong"],
  ])("of two calls, the second %s", async (_what, after, expected) => {
    const lines = journal([3, "INSTANCE VI_1 BACKUP 50"], [3 + after, "INSTANCE VI_1 MASTER 50"]);
    expect((await called("server4", lines)).verdict).toBe(expected);
  });

  it("asks the journal for the instance's last call", async () => {
    const { command, seen } = await called("server1", "");
    expect(command).toMatch(/--identifier keepalived-notify .*grep --fixed-strings .* VI_1 .*tail -n 5$/);
    expect(seen.seen).toBe("last: nothing");
  });

  it("is about the instances that call one alone", () => {
    expect(notify.subjects(tracking.lab).map(({ host }) => host)).toEqual(["server1", "server4"]);
    expect(notify.subjects(withInstance(tracking.lab, { notify: ["/usr/local/bin/mine"] }))).toEqual([]);
    expect(notify.appliesTo(ha.lab)).toBe(false);
  });
});
