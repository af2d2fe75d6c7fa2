import { describe, expect, it } from "vitest";
import { toIp } from "../../../../../lab/index.ts";
import type { TableExpectation } from "../../../../../verify/scenarios/expectations/table.ts";
import { aLiveLab } from "../../a-live-lab.ts";
import { adverts, resigns } from "../../wire/wire-story.ts";
import { dr, match } from "../an-observed.ts";

describe("table", () => {
  const header = "-A -t 172.25.254.100:80 -s rr\n";
  const row = (address: string, weight = 1) => `-a -t 172.25.254.100:80 -r ${address}:80 -g -w ${weight}\n`;
  const table = (realServers: string[], output: string) =>
    match(
      { kind: "table", on: "server1", realServers, without: [] } satisfies TableExpectation,
      {},
      (where, command) => (where === "server1" && command === "ipvsadm --save --numeric" ? output : ""),
    );

  it.each<[string, string[], string, boolean, string]>([
    [
      "both, in any order",
      ["server2", "server3"],
      header + row("172.25.254.13") + row("172.25.254.12"),
      true,
      "it sends to server3 and server2",
    ],
    ["one is missing", ["server2", "server3"], header + row("172.25.254.12"), false, "it sends to server2"],
    ["one is too many", ["server2"], header + row("172.25.254.12") + row("172.25.254.13"), false, "it sends to"],
    [
      "one without weight is none",
      ["server2"],
      header + row("172.25.254.12") + row("172.25.254.13", 0),
      true,
      "it sends to server2",
    ],
    ["an unknown host", ["server2"], header + row("172.25.254.12") + row("172.25.254.77"), false, "and 172.25.254.77"],
    ["none where none is wanted", [], header, true, "it sends to none"],
    ["no table where none is wanted", [], "", true, "it has no such virtual service"],
    ["no table", ["server2"], "", false, "it has no such virtual service"],
    [
      "the table of another port",
      ["server2"],
      header.replace(":80 ", ":8080 ") + row("172.25.254.12").replaceAll(":80 ", ":8080 "),
      false,
      "it has no such virtual service",
    ],
  ])("%s", async (_, realServers, output, ok, seen) => {
    const verdict = await table(realServers, output);
    expect(verdict.ok).toBe(ok);
    expect(verdict.seen).toContain(seen);
  });
});

it("table of a service by firewall mark: its real servers have port 0 there", async () => {
  const services = dr.lab.services.map((service) => ({ ...service, firewallMark: 7 }));
  const verdict = await match(
    { kind: "table", on: "server1", realServers: ["server2"], without: [] },
    { live: { ...dr, lab: { ...dr.lab, services } } },
    () => "-A -f 7 -s rr\n-a -f 7 -r 172.25.254.12:0 -g -w 1\n",
  );
  expect(verdict).toMatchObject({ ok: true, seen: "it sends to server2" });
});

describe("table of a service with a sorry server", () => {
  it.each<[string, string[], readonly string[], boolean, string]>([
    ["it is no real server", [], ["172.25.254.15"], true, "it sends to the sorry server"],
    ["and none of those that are wanted", ["server2"], ["172.25.254.15"], false, "it sends to the sorry server"],
    ["a real server is left", [], ["172.25.254.12", "172.25.254.15"], false, "it sends to server2"],
  ])("%s", async (_, realServers, addresses, ok, seen) => {
    const sorryServer = { address: toIp("172.25.254.15"), port: 80, page: "Sorry" };
    const services = dr.lab.services.map((service) => ({ ...service, sorryServer }));
    const rows = addresses.map((address) => `-a -t 172.25.254.100:80 -r ${address}:80 -g -w 1\n`);
    const verdict = await match(
      { kind: "table", on: "server1", realServers, without: [] },
      { live: { ...dr, lab: { ...dr.lab, services } } },
      () => `-A -t 172.25.254.100:80 -s rr\n${rows.join("")}`,
    );
    expect(verdict).toMatchObject({ ok, seen });
  });
});

describe("mail", () => {
  const inbox = `From: keepalived@server1
Subject: [LVS_HA] Realserver 172.25.254.12:80 - DOWN

=> CHECK failed on service : connection error <=
`;
  /** What the matcher asks, and what it makes of the mailbox's end from a mark on. */
  const mail = async (about: string, output: string, mailbox: number) => {
    const commands: string[] = [];
    const verdict = await match(
      { kind: "mail", on: "server1", about },
      { mark: { mailbox, cursor: "" } },
      (_, command) => {
        commands.push(command);
        return output;
      },
    );
    return { ...verdict, commands };
  };

  it("reads what came after the mark alone, byte by byte", async () => {
    expect((await mail("DOWN", inbox, 4711)).commands).toEqual(["tail --bytes +4712 /var/mail/root"]);
    expect((await mail("DOWN", inbox, 0)).commands).toEqual(["tail --bytes +1 /var/mail/root"]);
  });

  it.each<[string, string, boolean, string]>([
    ["DOWN", inbox, true, "it got: [LVS_HA] Realserver 172.25.254.12:80 - DOWN"],
    ["CHECK failed", inbox, true, "it got: "],
    ["[LVS_HA] Real.erver", inbox, false, "it got: "],
    ["UP", inbox, false, "it got: [LVS_HA] Realserver 172.25.254.12:80 - DOWN"],
    ["UP", "", false, "it got none"],
  ])("about %s: %#", async (about, output, ok, seen) => {
    expect(await mail(about, output, 0)).toMatchObject({ ok, seen: expect.stringContaining(seen) });
  });
});

describe("log", () => {
  const journal = "(VI_1) Entering BACKUP STATE\n(VI_1) Entering MASTER STATE\n";
  const log = async (pattern: string, output: string, cursor = "") => {
    const commands: string[] = [];
    const expectation = { kind: "log", on: "server4", line: pattern, pattern } as const;
    const verdict = await match(expectation, { mark: { mailbox: 0, cursor } }, (_, command) => {
      commands.push(command);
      return output;
    });
    return { ...verdict, commands };
  };

  it("reads on from the mark, or all where there was nothing yet", async () => {
    const [command = ""] = (await log("x", journal, "s=abc;i=1")).commands;
    expect(command).toMatch(/^journalctl .*--unit keepalived .*--after-cursor \$'s=abc;i=1'$/);
    expect((await log("x", journal)).commands[0]).not.toContain("cursor");
  });

  it.each<[string, string, boolean, string]>([
    ["Entering MASTER", journal, true, "(VI_1) Entering MASTER STATE"],
    ["MASTER STATE$", journal, true, "(VI_1) Entering MASTER STATE"],
    ["BACKUP.*MASTER", journal, false, "no such line; the last is: (VI_1) Entering MASTER STATE"],
    ["MASTER", "", false, "no line at all"],
  ])("/%s/: %#", async (pattern, output, ok, seen) => {
    expect(await log(pattern, output)).toMatchObject({ ok, seen });
  });
});

describe("vrrp", () => {
  const vrrp = (state: "MASTER" | "BACKUP", spoken: ReturnType<typeof adverts>) =>
    match({ kind: "vrrp", on: "server4", state }, { wire: { adverts: spoken }, now: 10_000 });
  const ours = adverts("server4", { from: 5000, count: 5 });
  const other = adverts("server1", { from: 5000, count: 5 });

  it.each<[string, "MASTER" | "BACKUP", ReturnType<typeof adverts>, boolean, string]>([
    ["it advertises", "MASTER", ours, true, "MASTER"],
    ["it advertises beside another", "MASTER", [...ours, ...other], true, "MASTER"],
    ["another advertises", "BACKUP", other, true, "BACKUP"],
    ["another advertises", "MASTER", other, false, "BACKUP"],
    ["nobody does", "BACKUP", [], false, "nobody is master"],
    ["it has resigned", "MASTER", [...ours, ...resigns("server4", 9500)], false, "nobody is master"],
  ])("when %s: %s", async (_, state, spoken, ok, seen) => {
    expect(await vrrp(state, spoken)).toEqual({ ok, seen: `on the wire it is ${seen}` });
  });
});

describe("vip", () => {
  it("asks no director while the wire shows another master: an answer would cost it time", async () => {
    const wire = { adverts: adverts("server1", { from: 5000, count: 5 }) };
    expect(await match({ kind: "vip", holders: ["server4"] }, { wire })).toEqual({
      ok: false,
      seen: "on the wire the master is server1",
    });
    expect(await match({ kind: "vip", holders: ["server1", "server4"] }, { wire })).toMatchObject({ ok: false });
  });
});

describe("diagnosis", () => {
  /** server1 says goodbye at 4 s and server4 takes over. */
  const handover = {
    adverts: [
      ...adverts("server1", { from: 0, count: 4 }),
      ...resigns("server1", 4000),
      ...adverts("server4", { from: 4805, count: 6 }),
    ],
  };
  const diagnosis = (id: "clean-handover" | "split-brain" | null, from: number) =>
    match({ kind: "diagnosis", id }, { wire: handover, window: { from } });

  it.each<[string, Parameters<typeof diagnosis>, boolean]>([
    ["what is in the window", ["clean-handover", 3900], true],
    ["what began before it, and ended in it", ["clean-handover", 4500], true],
    ["what was over before it", ["clean-handover", 6000], false],
    ["something else", ["split-brain", 3900], false],
    ["nothing, where there is something", [null, 3900], false],
    ["nothing, where there is nothing any more", [null, 6000], true],
  ])("%s", async (_, given, ok) => {
    expect((await diagnosis(...given)).ok).toBe(ok);
  });

  it("no-master is found in a manual keepalived lab", async () => {
    const live = await aLiveLab("bare-ha");
    const wire = { adverts: adverts("server1", { from: 0, count: 2 }) };
    expect((await match({ kind: "diagnosis", id: "no-master" }, { live, wire })).ok).toBe(true);
    const spoken = { adverts: adverts("server1", { from: 0, count: 11 }) };
    expect((await match({ kind: "diagnosis", id: "no-master" }, { live, wire: spoken })).ok).toBe(false);
  });

  it("says what it saw", async () => {
    expect((await diagnosis(null, 3900)).seen).toMatch(/^clean-handover: \S/);
    expect((await diagnosis(null, 6000)).seen).toBe("nothing out of the ordinary");
    expect(await match({ kind: "diagnosis", id: null }, { live: dr })).toMatchObject({ ok: true });
  });
});
