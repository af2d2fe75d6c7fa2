import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { arpCure } from "../../../../verify/checks/arp-cure.ts";
import type { Seen } from "../../../../verify/checks/check.ts";
import { type Answer, aLiveLab, RecordedView } from "../a-live-lab.ts";
import { macOf, withTwoServices } from "../other-labs.ts";
import { addresses, byCommand, notFound, subjectOn, type Verdict, verdictOf, vip } from "./seeing.ts";

const live = await aLiveLab("dr");
const local = "local 172.25.254.100 from 172.25.254.250 dev lo \\    cache <local> iif eth0 \n";

/** What a real server, server2, says in ARP, and what is set there. */
interface Said {
  /** Who answers the client's question for the VIP, and for server2's own address. */
  readonly vip?: readonly string[];
  readonly own?: readonly string[];
  /** The senders of its own questions, as tcpdump prints them; whether the client was found. */
  readonly asks?: readonly string[];
  readonly found?: boolean;
  readonly takes?: boolean;
  /** Whether tcpdump listens. */
  readonly listens?: boolean;
  readonly arptables?: Answer;
  readonly nft?: string;
  /** arp_ignore and arp_announce of `all`. */
  readonly sysctl?: readonly [number, number];
  readonly eth0?: string;
}

async function looked(said: Said): Promise<Seen & { commands: string[] }> {
  const { vip: atVip = [], own = ["server2"], asks = ["172.25.254.12"], found = true, takes = true } = said;
  const { listens = true, arptables = "", nft = "", sysctl = [0, 0], eth0 = addresses() } = said;
  const replies = (names: readonly string[], of: string) =>
    names.map((name) => `Unicast reply from ${of} [${macOf(live.lab, name)}]  0.9ms\n`).join("");
  const hears = listens
    ? "listening on eth0, link-type EN10MB (Ethernet), snapshot length 262144 bytes"
    : "bash: tcpdump: not found";
  const question = (sender: string) =>
    `12:00:00.000000 ARP, Request who-has 172.25.254.250 tell ${sender}, length 28\n`;
  const values = ["arp_ignore", "arp_announce"].map(
    (name, index) => `net.ipv4.conf.all.${name} = ${sysctl[index]}\nnet.ipv4.conf.eth0.${name} = 0\n`,
  );
  const view = new RecordedView(
    live,
    byCommand({
      "ip -oneline -4 route get 172.25.254.100": takes
        ? local
        : { output: "RTNETLINK answers: No route to host\n", status: 2 },
      flock: { output: "", status: 28 },
      "arping -b -c 3 -w 3 -I eth0 172.25.254.100": replies(atVip, "172.25.254.100"),
      "arping -f -w 3 -I eth0 172.25.254.12": replies(own, "172.25.254.12"),
      "route=": `${hears}\n${asks.map(question).join("")}${found ? "found\n" : ""}`,
      arptables,
      "nft list ruleset arp": nft,
      sysctl: values.join(""),
      "ip -oneline address": eth0,
    }),
  );
  const seen = await arpCure.look(view, subjectOn(arpCure, live.lab, "server2"));
  return { ...seen, commands: view.evidence.map(({ where, command }) => `${where}: ${command}`) };
}

// As arptables 1.8.9 (nf_tables) lists what the article types.
const chains = (input: string[], output: string[]) =>
  `Chain INPUT (policy ACCEPT)\n${input.join("\n")}\nChain OUTPUT (policy ACCEPT)\n${output.join("\n")}\n`;
const drop = "-j DROP -d 172.25.254.100";
const mangle = "-j mangle -s 172.25.254.100 --mangle-ip-s 172.25.254.12";
const VIP = "172.25.254.100";

describe("a real server", () => {
  it.each<[string, Verdict, Said]>([
    ["that is silent and asks as itself", "right", {}],
    ["that is silent, whatever keeps it so", "right", { arptables: notFound("arptables"), sysctl: [0, 0] }],
    ["beside another that answers", "right", { vip: ["server1", "server3"] }],
    ["that need not ask, and knows the client", "right", { asks: [] }],
    ["that asks without an address, as who probes for one does", "right", { asks: ["0.0.0.0"] }],
    ["that answers, with nothing set", "not there", { vip: ["server1", "server2"], asks: [VIP] }],
    ["that answers, with something set", "wrong", { vip: ["server2"], arptables: chains([drop], []) }],
    ["that asks as the VIP", "wrong", { asks: [VIP], arptables: chains([drop], []) }],
    ["that asks now as itself, now as the VIP", "wrong", { asks: ["172.25.254.12", VIP], sysctl: [1, 1] }],
    ["that asks as another server", "wrong", { asks: ["172.25.254.13"] }],
    ["that asks as the lab host", "wrong", { asks: ["172.25.254.1"] }],
    ["that does not ask any more", "wrong", { asks: [], found: false }],
    ["that answers for no address at all", "wrong", { own: [], sysctl: [8, 2] }],
    ["that takes no packets for the VIP yet", "not there", { takes: false, sysctl: [1, 2] }],
  ])("%s is %s", async (_what, expected, said) => {
    expect(verdictOf(await looked(said))).toBe(expected);
  });

  it("passes with what is expected of it", async () => {
    const subject = subjectOn(arpCure, live.lab, "server2");
    expect((await looked({})).seen).toBe(arpCure.expected(live.lab, subject));
  });

  it("is asked what is set only where it says something wrong", async () => {
    const settings = /: (arptables|nft|sysctl)/;
    expect((await looked({})).commands.filter((one) => settings.test(one))).toEqual([]);
    expect((await looked({ asks: [VIP] })).commands.filter((one) => settings.test(one))).toHaveLength(3);
  });

  it("whose question named the VIP costs the client its entry: it may have believed it", async () => {
    const forget = `client: ip neigh del ${VIP} dev eth0`;
    expect((await looked({ asks: [VIP] })).commands).toContain(forget);
    expect((await looked({})).commands).not.toContain(forget);
  });
});

it("without somebody who listens there is no verdict", async () => {
  await expect(looked({ listens: false })).rejects.toThrow(
    "server2: tcpdump does not listen: bash: tcpdump: not found",
  );
});

it("one that did not ask is listened to again, for somebody else's question may have told it", async () => {
  const listened = (commands: readonly string[]) => commands.filter((one) => one.includes("tcpdump")).length;
  expect(listened((await looked({ asks: [] })).commands)).toBe(2);
  expect(listened((await looked({})).commands)).toBe(1);
});

it("two VIPs of a server are listened for one after the other, those of two servers at the same time", async () => {
  const lab = withTwoServices(live.lab);
  const now = new Map<string, number>();
  const most = { onOne: 0, onAll: 0 };
  class Slow extends RecordedView {
    override on(server: string) {
      const execute = super.on(server);
      return async (...words: Parameters<typeof execute>) => {
        const evidence = await execute(...words);
        if (!evidence.command.includes("tcpdump")) return evidence;
        now.set(server, (now.get(server) ?? 0) + 1);
        most.onOne = Math.max(most.onOne, now.get(server) ?? 0);
        most.onAll = Math.max(
          most.onAll,
          [...now.values()].reduce((sum, count) => sum + count, 0),
        );
        await delay(5);
        now.set(server, (now.get(server) ?? 0) - 1);
        return evidence;
      };
    }
  }
  const answer = byCommand({
    "ip -oneline -4 route get": local,
    "route=":
      "listening on eth0, link-type EN10MB\n12:00:00.0 ARP, Request who-has 172.25.254.250 tell 172.25.254.12\nfound\n",
  });
  const subjects = arpCure.subjects(lab);
  expect(subjects).toHaveLength(4);
  await Promise.all(subjects.map((subject) => arpCure.look(new Slow({ ...live, lab }, answer), subject)));
  expect(most).toEqual({ onOne: 1, onAll: 2 });
});

describe("a hint says what is wrong", () => {
  const inet = `table arp mine {\n\tchain in {\n\t\ttype filter hook input priority filter; policy accept;\n\t}\n}\n`;
  const ofArptables = `table arp filter {\n\tchain INPUT {\n\t\ttype filter hook input priority filter; policy accept;\n\t}\n}\n`;

  it.each<[string, Said, RegExp]>([
    ["nothing is set", { vip: ["server2"] }, /^Nothing keeps it|undefined/],
    [
      "the sysctls with the VIP on eth0",
      { vip: ["server2"], sysctl: [1, 2], eth0: addresses(vip(32)) },
      /arp_ignore is 1.*VIP belongs on another one/,
    ],
    [
      "a rule that does not fit",
      { vip: ["server2"], arptables: chains(["-j DROP -d 172.25.254.10"], [mangle]) },
      /arptables' chain INPUT/,
    ],
    ["a table that does not drop", { vip: ["server2"], nft: inet }, /no rule of nftables drops/],
    [
      "the rules of arptables, which nft lists too",
      { vip: ["server2"], arptables: chains([drop], []), nft: ofArptables },
      /arptables' chain INPUT/,
    ],
    [
      "the half for what leaves alone",
      { vip: ["server2"], arptables: chains([], [mangle]) },
      /what is set covers what leaves/,
    ],
    [
      "the half for what comes in alone",
      { asks: [VIP], arptables: chains([drop], []) },
      /as 172\.25\.254\.12: what is set covers the questions that come in/,
    ],
    ["arp_announce 1", { asks: [VIP], sysctl: [1, 1] }, /arp_announce is 1/],
    [
      "a rule that does not rewrite",
      { asks: [VIP], arptables: chains([drop], ["-j ACCEPT"]) },
      /arptables' chain OUTPUT/,
    ],
    [
      "another server's address",
      { asks: ["172.25.254.13"], arptables: chains([drop], [mangle]) },
      /172\.25\.254\.13, which is server3's address/,
    ],
    [
      "questions that are dropped",
      { asks: [], found: false, arptables: chains([drop], ["-j DROP"]) },
      /must leave, under its own address/,
    ],
    ["silence about everything", { own: [], sysctl: [8, 2] }, /silent about 172\.25\.254\.12 too/],
    ["no VIP", { takes: false }, /the task before this one/],
  ])("%s", async (_what, said, hint) => {
    const seen = await looked(said);
    const text = seen.hint ?? arpCure.hint(live.lab, subjectOn(arpCure, live.lab, "server2"));
    expect(text).toMatch(hint);
    expect(text).not.toMatch(/undefined|\[object|\s\s/);
  });
});
