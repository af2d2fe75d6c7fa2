import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type Lab, readLab } from "../../../../lab/index.ts";
import { arpCure } from "../../../../verify/checks/arp-cure.ts";
import { arpOwner } from "../../../../verify/checks/arp-owner.ts";
import { balancing } from "../../../../verify/checks/balancing.ts";
import { type Check, checkRoles, labelOf } from "../../../../verify/checks/check.ts";
import { directorTable } from "../../../../verify/checks/director-table.ts";
import { directorVip } from "../../../../verify/checks/director-vip.ts";
import { forwardingPath } from "../../../../verify/checks/forwarding-path.ts";
import { httpdPage } from "../../../../verify/checks/httpd-page.ts";
import { checks } from "../../../../verify/checks/index.ts";
import { keepalivedConfig } from "../../../../verify/checks/keepalived-config.ts";
import { peerSsh } from "../../../../verify/checks/peer-ssh.ts";
import { realServerDown } from "../../../../verify/checks/real-server-down.ts";
import { realServerVip } from "../../../../verify/checks/real-server-vip.ts";
import type { LiveLab } from "../../../../verify/live/live-lab.ts";
import { type Answer, aLiveLab, RecordedView } from "../a-live-lab.ts";
import { macOf as macIn, secondVip, serviceOf, withService, withTwoServices } from "../other-labs.ts";
import {
  addresses,
  byCommand,
  inTurn,
  type LabName,
  notFound,
  RUNS,
  refused,
  see,
  subjectOn,
  type Verdict,
  verdict,
  verdictOf,
  vip,
} from "./seeing.ts";

const state = await mkdtemp(join(tmpdir(), "lvs-lab-checks-"));
afterAll(() => rm(state, { recursive: true }));

/** A lab with a directory of its own, where faults are noted. */
async function aLabOnDisk(name: LabName): Promise<LiveLab> {
  return { ...(await aLiveLab(name)), host: { kind: "private", directory: await mkdtemp(join(state, "lab-")) } };
}

describe("the catalogue", () => {
  it("has an id of its own for every check, and sentences that end as sentences do", () => {
    expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
    for (const { id, title, role, proves } of checks) {
      expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(title, id).toMatch(/^\S.*[^.]$/);
      expect(checkRoles, id).toContain(role);
      expect(proves, id).toMatch(/^[A-Z](?!.*(undefined|\s\s)).{40,}\.$/i);
    }
  });

  it.each([
    "dr",
    "ha",
    "bare",
    "bare-ha",
    "arp-problem",
    "tunnel",
    "nat",
    "nat-ha",
    "crossed",
    "udp",
    "health-checks",
    "tracking",
    "sync-group",
    "three-directors",
  ])("says of every subject in labs/%s.yaml what and how", async (name) => {
    const lab = await readLab(`labs/${name}.yaml`);
    for (const check of checks.filter((one) => one.appliesTo(lab))) {
      expect(check.subjects(lab).length).toBeGreaterThan(0);
      for (const subject of check.subjects(lab)) {
        const said = [check.expected(lab, subject), check.hint(lab, subject), ...check.byHand(lab, subject)];
        expect(check.byHand(lab, subject).length, check.id).toBeGreaterThan(0);
        for (const text of said) expect(text, check.id).not.toMatch(/undefined|\[object|\s\s|^$/);
      }
    }
  });

  it("asserts of each role what belongs to it", async () => {
    const { lab } = await aLiveLab("ha");
    for (const { id, role, subjects } of checks)
      for (const subject of subjects(lab))
        expect(lab.servers.find(({ name }) => name === subject.host)?.role ?? subject.host, id).toBe(role);
  });
});

describe("a check applies", () => {
  const everywhere = [
    "director-table",
    "httpd-page",
    "real-server-vip",
    "arp-cure",
    "arp-owner",
    "balancing",
    "forwarding-path",
    "director-reboot",
    "real-server-reboot",
  ];
  const ofIpvsadm = ["director-vip", "no-health-check"];
  const ofKeepalived = [
    "peer-ssh",
    "mail",
    "keepalived-config",
    "keepalived-log",
    "keepalived-state",
    "adverts",
    "vip-holder",
    "real-server-down",
    "director-down",
  ];
  const applying = (lab: Lab) => checks.filter((check) => check.appliesTo(lab)).map(({ id }) => id);

  it.each([
    ["dr", ofIpvsadm],
    ["bare", ofIpvsadm],
    ["ha", ofKeepalived],
    ["bare-ha", ofKeepalived],
    ["tracking", [...ofKeepalived, "notify", "tracking"]],
  ] as const)("by who is in control, whoever sets the lab up: %s", async (name, own) => {
    expect(applying((await aLiveLab(name)).lab).sort()).toEqual([...everywhere, ...own].sort());
  });
});

const service = "TCP  172.25.254.100:80 rr";
const real2 = "172.25.254.12:80             Route   1      0          17        ";
const real3 = "172.25.254.13:80             Route   1      3          0         ";
const table = (head: string, ...reals: string[]) =>
  `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
${head === "" ? "" : `${head}\n`}${reals.map((real) => `  -> ${real}\n`).join("")}`;

describe("director-table", () => {
  it.each<[string, Verdict, Answer]>([
    ["the article's table", "right", table(service, real2, real3)],
    ["the same, typed in the other order", "right", table(service, real3, real2)],
    ["no table", "not there", table("")],
    ["no ipvsadm", "not there", notFound("ipvsadm")],
    ["a service without real servers", "wrong", table(service)],
    ["a real server missing", "wrong", table(service, real2)],
    ["another scheduler", "wrong", table(service.replace("rr", "wlc"), real2, real3)],
    ["masquerading", "wrong", table(service, real2.replace("Route", "Masq "), real3)],
    ["another weight, which rr does not look at", "right", table(service, real2.replace("1  ", "2  "), real3)],
    ["a weight of 0, which gets nothing", "wrong", table(service, real2.replace("1  ", "0  "), real3)],
    ["another port", "wrong", table(service, real2.replace(":80", ":8080"), real3)],
    ["a service more", "right", table(`TCP  172.25.254.99:80 rr\n${service}`, real2, real3)],
    ["a real server more", "wrong", table(service, real2, real3, real3.replace(".13", ".14"))],
    [
      "a real server more, which gets nothing",
      "right",
      table(service, real2, real3, real3.replace(".13", ".14").replace("1  ", "0  ")),
    ],
    ["UDP", "wrong", table(service.replace("TCP", "UDP"), real2, real3)],
    ["persistence that was not asked for", "wrong", table(`${service} persistent 50`, real2, real3)],
  ])("%s is %s", async (_what, expected, output) => {
    expect(await verdict(directorTable, "dr", "server1", output)).toBe(expected);
  });

  it("is on its way under a keepalived that runs", async () => {
    for (const [state, expected] of [
      [RUNS, "wrong"],
      ["", "not there"],
    ] as const)
      expect(await verdict(directorTable, "ha", "server1", byCommand({ ipvsadm: table(""), pgrep: state }))).toBe(
        expected,
      );
  });

  it("is about the scheduler's flags too", async () => {
    const live = await aLiveLab("dr");
    const lab = withService(live.lab, { scheduler: "sh", schedulerFlags: ["sh-fallback", "sh-port"] });
    for (const [listed, expected] of [
      ["sh (sh-fallback,sh-port)", "right"],
      ["sh (sh-port)", "wrong"],
      ["sh", "wrong"],
    ] as const) {
      const view = new RecordedView({ ...live, lab }, () => table(service.replace("rr", listed), real2, real3));
      const seen = await directorTable.look(view, { host: "server1" });
      expect(verdictOf(seen), listed).toBe(expected);
    }
    const view = new RecordedView({ ...live, lab }, () => table(service.replace("rr", "sh"), real2, real3));
    const { hint } = await directorTable.look(view, { host: "server1" });
    expect(hint).toContain("has the flags none, and is to have sh-fallback and sh-port");
  });

  it("names the forwarding method where it is another one", async () => {
    const { hint } = await see(directorTable, "dr", "server1", table(service, real2.replace("Route", "Masq "), real3));
    expect(hint).toContain("direct routing");
  });
});

describe("arp-owner", async () => {
  const { lab } = await aLiveLab("dr");
  const macOf = (name: string) => (lab.servers.some((one) => one.name === name) ? macIn(lab, name) : name);
  /** What arping printed when these answered each question, and what the cache held afterwards. */
  const client =
    (answering: readonly string[], cached = answering[0] ?? "") =>
    (_where: string, command: string): Answer => {
      if (!command.startsWith("arping"))
        return cached === ""
          ? "172.25.254.100 INCOMPLETE\n"
          : `172.25.254.100 lladdr ${macOf(cached).toLowerCase()} REACHABLE\n`;
      const replies = answering.map((name) => `Unicast reply from 172.25.254.100 [${macOf(name)}]  1.315ms`);
      return [
        "ARPING 172.25.254.100 from 172.25.254.250 eth0",
        ...replies,
        ...replies,
        "Sent 3 probes (3 broadcast(s))",
        `Received ${2 * replies.length} response(s)`,
        "",
      ].join("\n");
    };

  it("wants the director's answer and no other", async () => {
    expect(await verdict(arpOwner, "dr", "client", client(["server1"]))).toBe("right");
  });

  it("fails for a real server that answers too, though the director is the quicker one", async () => {
    const seen = await see(arpOwner, "dr", "client", client(["server1", "server3"]));
    expect(verdictOf(seen)).toBe("wrong");
    expect(seen.seen).toBe("server1 and server3 answer, and the client's entry names server1");
  });

  it("fails for an entry that names another than the one who answers now", async () => {
    expect(await verdict(arpOwner, "dr", "client", client(["server1"], "server2"))).toBe("wrong");
  });

  it("tells a stranger", async () => {
    const seen = await see(arpOwner, "dr", "client", client(["02:00:00:00:00:01"]));
    expect(seen).toMatchObject({
      seen: "02:00:00:00:00:01 alone answers, and the client's entry names 02:00:00:00:00:01",
      started: true,
    });
  });

  it("does not wait for an entry where nobody answers", async () => {
    expect(await see(arpOwner, "dr", "client", client([]))).toEqual({
      passed: false,
      started: false,
      seen: "nobody answers",
    });
  });
});

describe("balancing", () => {
  it.each<[string, Verdict, Answer[]]>([
    ["strict turns", "right", ["server2\n", "server3\n"]],
    ["strict turns, begun by the other", "right", ["server3\n", "server2\n"]],
    ["strict turns of pages without a newline", "right", ["server2", "server3"]],
    ["one real server alone", "wrong", ["server2\n"]],
    ["turns out of order", "wrong", ["server2\n", "server3\n", "server3\n"]],
    ["a request that fails", "wrong", ["server2\n", refused]],
    ["a page that is nobody's", "wrong", ["server2\n", "It works!"]],
    ["nobody who answers", "not there", [refused]],
  ])("%s: %s", async (_what, expected, answers) => {
    expect(await verdict(balancing, "dr", "client", inTurn(answers))).toBe(expected);
  });

  it.each<[string, Answer[], string]>([
    ["nobody answers", [refused], "failed (curl 7) failed (curl 7) failed (curl 7)"],
    ["one hangs each time", ["server2\n", refused], "server2 failed (curl 7) server2 failed (curl 7)"],
    ["two fail at first", [refused, refused, "server2\n"], "failed (curl 7) failed (curl 7) server2"],
  ])("asks no further when each had a turn and two have failed: %s", async (_what, answers, seen) => {
    expect((await see(balancing, "dr", "client", inTurn(answers))).seen).toBe(seen);
  });
});

describe("forwarding-path", () => {
  const { client, vip: VIP } = { client: "172.25.254.250", vip: "172.25.254.100" };

  /** A frame as tcpdump -e -n prints it, by hardware addresses. */
  const frameOf = (from: string, to: string, addresses: string) =>
    `21:40:00.123456 ${from.toLowerCase()} > ${to.toLowerCase()}, ethertype IPv4 (0x0800), length 74: ${addresses}: Flags [S], seq 1, win 64240, length 0\n`;
  /** The same from one host to another; by tunnelling with the outer addresses. */
  const frame = (lab: Lab, from: string, to: string, addresses: string) => {
    const mac = (name: string) => (lab.servers.some((one) => one.name === name) ? macIn(lab, name) : name);
    return frameOf(mac(from), mac(to), addresses);
  };
  const request = `${client}.40000 > ${VIP}.80`;
  const answer = `${VIP}.80 > ${client}.40000`;
  const user = "02:00:00:00:00:fa";
  const outer = (to: string) => `172.25.254.11 > ${to}: IP ${request}`;

  const looked = async (
    forwarding: "dr" | "tunnel" | "nat",
    frames: readonly (readonly [string, string, string])[],
  ) => {
    const live = await aLiveLab("dr");
    const lab = withService(live.lab, { forwarding });
    const text = frames.map(([from, to, addresses]) => frame(lab, from, to, addresses)).join("");
    const view = new RecordedView({ ...live, lab }, (where) => (where === "segment" ? text : "server2\n"));
    return await forwardingPath.look(view, subjectOn(forwardingPath, lab, "client"));
  };

  const routed = [
    [user, "server1", request],
    ["server1", "server2", request],
    ["server2", user, answer],
    [user, "server1", request],
    ["server1", "server3", request],
    ["server3", user, answer],
  ] as const;
  const tunnelled = [
    [user, "server1", request],
    ["server1", "server2", outer("172.25.254.12")],
    ["server2", user, answer],
  ] as const;

  it.each<[string, "dr" | "tunnel" | "nat", Verdict, readonly (readonly [string, string, string])[]]>([
    ["direct routing", "dr", "right", routed],
    ["a tunnel", "tunnel", "right", tunnelled],
    ["a tunnel where direct routing was asked for", "dr", "wrong", tunnelled],
    ["direct routing where a tunnel was asked for", "tunnel", "wrong", routed],
    ["some packets in a tunnel", "tunnel", "wrong", [...routed, ...tunnelled]],
    [
      "the client, past the director",
      "dr",
      "wrong",
      [
        [user, "server2", request],
        ["server2", user, answer],
      ],
    ],
    [
      "answers through the director",
      "dr",
      "wrong",
      [...routed.slice(0, 2), ["server2", "server1", answer], ["server1", user, answer]],
    ],
    ["no answers", "dr", "not there", routed.slice(0, 2)],
    ["nothing", "dr", "not there", []],
  ])("%s", async (_what, forwarding, expected, frames) => {
    expect(verdictOf(await looked(forwarding, frames))).toBe(expected);
  });

  describe("by address translation", async () => {
    const { lab } = await aLiveLab("nat");
    const macOn = (name: string, network: string) =>
      lab.servers.find((one) => one.name === name)?.interfaces.find((one) => one.network === network)?.mac ?? name;
    const inside = (real: string) => `${client}.40000 > ${real}.8080`;
    const back = (real: string) => `${real}.8080 > ${client}.40000`;
    const front = [
      frameOf(user, macOn("server1", "outside"), request),
      frameOf(macOn("server1", "outside"), user, answer),
    ];
    const behind = [
      frameOf(macOn("server1", "inside"), macOn("server2", "inside"), inside("192.168.10.12")),
      frameOf(macOn("server2", "inside"), macOn("server1", "inside"), back("192.168.10.12")),
    ];
    const seen = async (frames: readonly string[]) => {
      const view = new RecordedView(await aLiveLab("nat"), (where, command) =>
        where !== "segment" ? "server2\n" : command.includes("lvsbr0") ? frames.join("") : "",
      );
      return await forwardingPath.look(view, subjectOn(forwardingPath, lab, "client"));
    };

    it("the answers return through the director", async () => {
      const found = await seen([...front, ...behind]);
      expect(found.seen).toBe("requests go to server1, on to server2 readdressed; server2 answers through server1");
      expect(verdictOf(found)).toBe("right");
    });

    it.each<[string, Verdict, readonly string[]]>([
      ["a real server that is not asked", "wrong", front],
      ["answers that are lost", "not there", [...front.slice(0, 1), ...behind]],
      [
        "answers past the director",
        "wrong",
        [...front.slice(0, 1), ...behind.slice(0, 1), frameOf(macOn("server2", "inside"), user, back("192.168.10.12"))],
      ],
    ])("%s", async (_what, expected, frames) => {
      expect(verdictOf(await seen(frames))).toBe(expected);
    });
  });

  it("says who is who", async () => {
    expect((await looked("dr", routed)).seen).toBe(
      "requests go to server1, on to server2 and server3 as they are; server2 and server3 answer the client",
    );
    expect((await looked("tunnel", tunnelled)).seen).toBe(
      "requests go to server1, on to server2 in a tunnel; server2 answers the client",
    );
  });
});

describe("peer-ssh", () => {
  const key = "id_ed25519.pub\n";

  it.each<[string, Verdict, Answer, Answer]>([
    ["a login", "right", "", key],
    ["a login with a key of another name", "right", "", { output: "", status: 1 }],
    [
      "a key that the peer does not know",
      "wrong",
      { output: "root@server4: Permission denied (publickey).", status: 255 },
      key,
    ],
    [
      "no key",
      "not there",
      { output: "root@server4: Permission denied (publickey).", status: 255 },
      { output: "", status: 1 },
    ],
  ])("%s: %s", async (_what, expected, ssh, ls) => {
    expect(await verdict(peerSsh, "ha", "server1", byCommand({ ssh, ls }))).toBe(expected);
  });
});

describe("keepalived-config", () => {
  // As keepalived 2.2.7 prints it.
  it.each<[string, Verdict, Answer]>([
    ["nothing to complain of", "right", ""],
    [
      "the article's two intervals of 0, which are the default",
      "right",
      {
        output: `(Line 12) number '0' outside range [0.000001, 4294.967295]
(Line 12) vrrp_garp_interval '0' is invalid
(Line 13) number '0' outside range [0.000001, 4294.967295]
(Line 13) vrrp_gna_interval '0' is invalid
`,
        status: 5,
      },
    ],
    [
      "a word that it does not know",
      "wrong",
      { output: "(/etc/keepalived/keepalived.conf: Line 37) Unknown keyword 'nb_get_retry'\n", status: 5 },
    ],
    [
      "a priority that there is not",
      "wrong",
      {
        output: `(/etc/keepalived/keepalived.conf: Line 17) number '300' outside range [1, 255]
(/etc/keepalived/keepalived.conf: Line 17) (VI_1) Priority not valid! must be between 1 & 255. Using default 100
`,
        status: 5,
      },
    ],
    ["a failure without a word", "wrong", { output: "", status: 1 }],
    [
      "no file, which it finds nothing wrong with",
      "not there",
      "Config files missing '/etc/keepalived/keepalived.conf'.\n",
    ],
    ["no keepalived", "not there", notFound("keepalived")],
  ])("%s: %s", async (_what, expected, answer) => {
    expect(await verdict(keepalivedConfig, "ha", "server1", answer)).toBe(expected);
  });
});

describe.concurrent("real-server-down", () => {
  /** A lab in which stopping httpd on server2 has these effects. */
  async function stopped({
    leaves = true as boolean | "with weight 0",
    mails = true,
    request = "server3\n" as Answer,
    type = "tcp" as "tcp" | "smtp",
    inhibit = false,
  } = {}) {
    const base = await aLabOnDisk("ha");
    // Timers as short as a lab file allows, for a check that waits by them.
    const live = {
      ...base,
      lab: withService(base.lab, {
        healthCheck: {
          ...{ type, delayLoop: 1, connectTimeout: 3, delayBeforeRetry: 1 },
          ...(inhibit ? { inhibitOnFailure: true } : {}),
        },
      }),
    };
    let down = false;
    let sent = 0;
    const done: string[] = [];
    const asked: string[] = [];
    const view = new RecordedView(live, (where, command) => {
      if (where === "client") return request;
      asked.push(...(/sport = :(\d+)/.exec(command)?.slice(1) ?? []));
      const [verb] = /systemctl (stop|start)/.exec(command) ?? [];
      if (verb) {
        done.push(`${where}: ${verb}`);
        down = verb.endsWith("stop");
        if (down && mails) sent++;
      }
      if (command.startsWith("cat")) return `${sent}\n`;
      const second = leaves === "with weight 0" ? [real2.replace(/ 1 /, " 0 ")] : [];
      return table(service, ...(down && leaves ? second : [real2]), real3);
    });
    return {
      ...(await realServerDown.look(view, subjectOn(realServerDown, live.lab, "client"))),
      done,
      ports: [...new Set(asked)],
    };
  }
  const mended = ["server2: systemctl stop", "server2: systemctl start"];

  it("passes where it is taken out, root is told, no request fails and it is taken in again", async () => {
    expect(await stopped()).toMatchObject({ passed: true, done: mended, ports: ["80"] });
  });

  it("stops the MTA where the health check asks that", async () => {
    expect(await stopped({ type: "smtp" })).toMatchObject({ passed: true, done: mended, ports: ["25"] });
    const { lab } = await aLiveLab("health-checks");
    expect(realServerDown.subjects(lab).map((subject) => realServerDown.byHand(lab, subject)[0])).toEqual([
      "npx lvs-lab fault inject mta-stop server2",
      "npx lvs-lab fault inject httpd-stop server2",
      "npx lvs-lab fault inject link-down server2", // a ping sees nothing less
      "npx lvs-lab fault inject httpd-stop server2",
    ]);
  });

  it("wants a real server to stay with weight 0 where the lab has inhibitOnFailure", async () => {
    const stays = "in the table with weight 0 after";
    expect(await stopped({ inhibit: true, leaves: "with weight 0" })).toMatchObject({
      passed: true,
      seen: expect.stringContaining(stays),
    });
    expect(await stopped({ inhibit: true })).toMatchObject({
      passed: false,
      seen: expect.stringContaining("out of the table after"),
      done: mended,
    });
    // Who sets it without being asked to gets the same for clients.
    expect(await stopped({ leaves: "with weight 0" })).toMatchObject({ passed: true });
  });

  it.each([
    ["it stays in the table", { leaves: false }, "it stayed in the table"],
    ["nobody is told", { mails: false }, "no mail to root"],
    ["requests fail all the same", { request: refused }, "20 of 20 requests failed"],
  ])("fails where %s, and starts it again", { timeout: 20_000 }, async (_what, lab, seen) => {
    const result = await stopped(lab);
    expect(result).toMatchObject({ passed: false, started: true, done: mended });
    expect(result.seen).toContain(seen);
  });
});

describe("in a lab with two services", async () => {
  const second = "TCP  172.25.254.101:8080 rr";
  const ofSecond = (real: string) => real.replace(":80  ", ":8080");
  const [second2, second3] = [ofSecond(real2), ofSecond(real3)];
  const rows = (head: string, ...reals: string[]) => `${head}\n${reals.map((real) => `  -> ${real}\n`).join("")}`;
  const lab = withTwoServices((await aLiveLab("dr")).lab);
  const oneVip = withTwoServices(lab, serviceOf(lab).vip);
  const named = (check: Check, of = lab) => check.subjects(of).map((subject) => labelOf(of, check, subject));
  const both = (host: string) => [`${host} 172.25.254.100:80`, `${host} shop`];
  const reals = [...both("server2"), ...both("server3")];

  it.each<[string, Check, string[], string[]]>([
    ["the table is one", directorTable, ["server1"], ["server1"]],
    ["each VIP is on the director", directorVip, both("server1"), ["server1"]],
    ["each has its page", httpdPage, reals, reals],
    ["each VIP is on the real servers", realServerVip, reals, ["server2", "server3"]],
    ["each VIP is cured", arpCure, reals, ["server2", "server3"]],
    ["each VIP has an owner", arpOwner, both("client"), ["client"]],
    ["each is balanced", balancing, both("client"), both("client")],
  ])("%s: $1.id", (_what, check, ofTwoVips, ofOneVip) => {
    expect(named(check)).toEqual(ofTwoVips);
    expect(named(check, oneVip)).toEqual(ofOneVip);
  });

  it("each subject is about its own service, in words and commands", () => {
    for (const check of [realServerVip, arpCure, arpOwner, balancing])
      for (const subject of check.subjects(lab)) {
        const said = [check.expected(lab, subject), check.hint(lab, subject), ...check.byHand(lab, subject)].join();
        const others = ["172.25.254.100", secondVip].filter((one) => one !== subject.service.vip);
        for (const other of others) expect(said, check.id).not.toContain(other);
      }
    expect(balancing.subjects(lab).map((subject) => balancing.byHand(lab, subject))).toEqual([
      ["for i in {1..10}; do curl 172.25.254.100; done"],
      ["for i in {1..10}; do curl 172.25.254.101:8080; done"],
    ]);
    const [director = { host: "" }] = directorTable.subjects(lab);
    expect(directorTable.expected(lab, director)).toBe(
      "TCP 172.25.254.100:80 rr -> 172.25.254.12:80 Route 1, 172.25.254.13:80 Route 1; " +
        "TCP 172.25.254.101:8080 rr -> 172.25.254.12:8080 Route 1, 172.25.254.13:8080 Route 1",
    );
  });

  it.each<[string, Verdict, string]>([
    ["both services", "right", table(service, real2, real3) + rows(second, second2, second3)],
    ["both in the other order", "right", table(second, second3, second2) + rows(service, real2, real3)],
    ["the first alone", "wrong", table(service, real2, real3)],
    ["each other's real servers", "wrong", table(service, second2, second3) + rows(second, real2, real3)],
  ])("a table of %s is %s", async (_what, expected, output) => {
    const view = new RecordedView({ ...(await aLiveLab("dr")), lab }, () => output);
    expect(verdictOf(await directorTable.look(view, { host: "server1" }))).toBe(expected);
  });

  it("the VIP of one does not stand for the other's", async () => {
    const answer = byCommand({
      "ip -oneline address": addresses(vip(32)),
      "ip -oneline -4 route get 172.25.254.100 ":
        "local 172.25.254.100 from 172.25.254.250 dev lo \\    cache <local> iif eth0 \n",
      "ip -oneline -4 route get 172.25.254.250": "172.25.254.250 dev eth0 src 172.25.254.12 uid 0 \\    cache \n",
      flock: { output: "", status: 28 },
    });
    const view = new RecordedView({ ...(await aLiveLab("dr")), lab }, answer);
    const verdicts: Verdict[] = [];
    for (const subject of realServerVip.subjects(lab).filter(({ host }) => host === "server2"))
      verdicts.push(verdictOf(await realServerVip.look(view, subject)));
    expect(verdicts).toEqual(["right", "not there"]);
  });

  it("requests go to the subject's own service", async () => {
    const view = new RecordedView({ ...(await aLiveLab("dr")), lab }, inTurn(["server2\n", "server3\n"]));
    for (const subject of balancing.subjects(lab)) expect(verdictOf(await balancing.look(view, subject))).toBe("right");
    const targets = view.evidence.map(({ command }) => /(?<=http:\/\/|TCP:)[\d.:]+/.exec(command)?.[0]);
    expect([...new Set(targets)]).toEqual(["172.25.254.100:80", "172.25.254.101:8080"]);
  });
});
