import { describe, expect, it } from "vitest";
import { firewall } from "../../../../verify/faults/firewall.ts";
import { findFault } from "../../../../verify/faults/ledger.ts";
import { must } from "../../../../verify/faults/unit.ts";
import type { Evidence } from "../../../../verify/live/view.ts";
import { type Answer, aLiveLab, RecordedView } from "../a-live-lab.ts";
import { macOf as macIn, withTwoServices } from "../other-labs.ts";

const live = await aLiveLab("ha");

type Act = "inject" | "heal" | "present";

/** What a fault runs on servers, and what it says; `answer` is what its commands print. */
async function act(
  what: Act,
  id: string,
  server: string,
  given: { parameters?: object; answer?: (where: string, command: string) => Answer } = {},
): Promise<{ commands: string[]; evidence: readonly Evidence[]; says: unknown }> {
  const fault = findFault(id);
  const view = new RecordedView(live, given.answer ?? (() => ""));
  const says = await fault[what]({ view, server }, fault.parameters.parse(given.parameters ?? {}));
  return { commands: view.evidence.map(({ command }) => command), evidence: view.evidence, says };
}

const macOf = (name: string) => macIn(live.lab, name);

describe("netem", () => {
  it.each<[string, object, string]>([
    ["nothing", {}, ""],
    ["delay", { delayMs: 100 }, "delay 100ms"],
    ["jitter", { delayMs: 100, jitterMs: 10 }, "delay 100ms 10ms"],
    ["jitter without a delay is none", { jitterMs: 10 }, ""],
    ["loss", { lossPercent: 2.5 }, "loss 2.5%"],
    [
      "all of it",
      { delayMs: 1, lossPercent: 1, duplicatePercent: 2, reorderPercent: 3 },
      "delay 1ms loss 1% duplicate 2% reorder 3%",
    ],
  ])("says %s in tc's words", async (_, parameters, words) => {
    const { commands } = await act("inject", "netem", "server2", { parameters });
    const unquoted = commands.map((command) => command.replace(/\$'([^']*)'/g, "$1"));
    expect(unquoted).toEqual([`tc qdisc replace dev eth0 root netem ${words}`]);
  });

  it("tells tc's own error: reordering needs a delay", async () => {
    const answer = () => ({ output: "reordering not possible without specifying some delay\n", status: 1 });
    await expect(act("inject", "netem", "server2", { parameters: { reorderPercent: 5 }, answer })).rejects.toThrow(
      /^server2: `tc qdisc .*` ended with status 1: reordering not possible without specifying some delay$/,
    );
  });

  it.each<[string, boolean]>([
    ["qdisc netem 8001: root refcnt 2 limit 1000 delay 100ms\n", true],
    ["qdisc fq_codel 0: root refcnt 2 limit 10240p\n", false],
    ["", false],
  ])("is there by what tc shows: %j", async (output, there) => {
    expect((await act("present", "netem", "server2", { answer: () => output })).says).toMatchObject({ there });
  });
});

describe("a packet filter", () => {
  it("is a table of the fault's own, made anew, so that twice is once", async () => {
    const view = new RecordedView(live, () => "");
    await firewall.set({ view, server: "server1" }, "lvs_lab_x", "chain input { }");
    expect(view.evidence[0]?.command).toBe(
      String.raw`printf %s $'table inet lvs_lab_x\ndelete table inet lvs_lab_x\ntable inet lvs_lab_x {\nchain input { }\n}\n' | nft --file -`,
    );
  });

  it("that rejects the port leaves the server's own requests alone", async () => {
    const { commands } = await act("inject", "reject-port", "server2");
    expect(commands).toHaveLength(1);
    expect(commands[0]).toContain('iifname != "lo" tcp dport { 80 } reject with tcp reset');
  });

  it("that rejects the port rejects that of every service of the server", async () => {
    const view = new RecordedView({ ...live, lab: withTwoServices(live.lab) }, () => "");
    await findFault("reject-port").inject({ view, server: "server2" }, {});
    expect(view.evidence[0]?.command).toContain("tcp dport { 80, 8080 } reject");
  });

  it("that parts the directors drops on each side what it hears of the other", async () => {
    const { evidence } = await act("inject", "partition", "server1");
    expect(evidence.map(({ where, command }) => [where, /ip saddr \{ (.*?) \} drop/.exec(command)?.[1]])).toEqual([
      ["server1", "172.25.254.14"],
      ["server4", "172.25.254.11"],
    ]);
    expect((await act("heal", "partition", "server1")).evidence.map(({ where }) => where)).toEqual([
      "server1",
      "server4",
    ]);
  });

  it("that parts them is there if either side has it", async () => {
    const only = (name: string) => (where: string) => ({ output: "", status: where === name ? 0 : 1 });
    expect((await act("present", "partition", "server1", { answer: only("server4") })).says).toEqual({
      there: true,
      seen: "the others' packets are dropped on server4",
    });
    expect((await act("present", "partition", "server1", { answer: only("nobody") })).says).toMatchObject({
      there: false,
    });
  });
});

describe("arp-answer", () => {
  it("saves what was in force before it changes anything, and only once", async () => {
    const { commands } = await act("inject", "arp-answer", "server2");
    expect(commands).toHaveLength(1);
    const [command = ""] = commands;
    const order = [
      "[ -e /run/lvs-lab-arp-answer ] ||",
      "arptables-save >",
      "touch",
      "arptables --flush",
      "arp_notify=1",
    ];
    const places = order.map((text) => command.indexOf(text));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((one, other) => one - other));
  });

  it("gives back what it saved, takes back an address that was not there, and the client's entry with it", async () => {
    const { evidence } = await act("heal", "arp-answer", "server2");
    expect(evidence.map(({ where }) => where)).toEqual(["server2", "client"]);
    const [{ command = "" } = {}, client] = evidence;
    expect(command).toMatch(/^\[ ! -e \/run\/lvs-lab-arp-answer \] \|\| \{/);
    for (const text of ["ip address delete 172.25.254.100/32", "sysctl --quiet --load", "arptables-restore <"])
      expect(command).toContain(text);
    expect(client?.command).toBe("ip neigh del 172.25.254.100 dev eth0");
  });

  it("is there if the server answers when everyone is asked", async () => {
    const reply = (name: string) => `Unicast reply from 172.25.254.100 [${macOf(name)}]  0.9ms\n`;
    const answer = (where: string) => (where === "client" ? reply("server1") + reply("server2") : "");
    expect((await act("present", "arp-answer", "server2", { answer })).says).toEqual({
      there: true,
      seen: "asked who has the VIP; answers from server1 and server2",
    });
    expect((await act("present", "arp-answer", "server3", { answer })).says).toMatchObject({ there: false });
  });
});

describe("what systemd and proc(5) say is taken for it", () => {
  it.each<[string, string, string, boolean]>([
    ["keepalived-stop", "server1", "failed\n", true],
    ["keepalived-kill", "server1", "active\n", false],
    ["disk-full", "server1", "    0\n", true],
    ["disk-full", "server1", "81920\n", false],
    ["vrrp-kill", "server1", "1000\n1850\n", true],
    ["vrrp-kill", "server1", "1000\n1003\n", false],
  ])("%s on %s: %j", async (id, server, output, there) => {
    expect((await act("present", id, server, { answer: () => output })).says).toMatchObject({ there });
  });

  it("a clock that is off by half of what it was set off by, or less, is an emulated guest's own", async () => {
    const off = (seconds: number) => ({ answer: () => `${(Date.now() / 1000 + seconds).toFixed(9)}\n` });
    expect((await act("present", "clock-skew", "server1", off(3590))).says).toMatchObject({ there: true });
    expect((await act("present", "clock-skew", "server1", off(7))).says).toMatchObject({ there: false });
    const back = { parameters: { seconds: -3600 }, ...off(-3600) };
    expect((await act("present", "clock-skew", "server1", back)).says).toEqual({
      there: true,
      seen: "its clock is -3600 s off",
    });
  });
});

it("a command that a fault cannot do without tells where it failed, and with what", async () => {
  const ended = (output: string, status: number | null) =>
    must(Promise.resolve({ where: "s", command: "c", output, status }));
  expect(await ended("fine\n", 0)).toBe("fine\n");
  await expect(ended("no such file\n", 2)).rejects.toThrow("s: `c` ended with status 2: no such file");
  await expect(ended("", null)).rejects.toThrow("s: `c` ended with status null: it printed nothing");
});
