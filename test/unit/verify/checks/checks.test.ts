import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type Lab, readLab } from "../../../../lab/index.ts";
import { arpCure } from "../../../../verify/checks/arp-cure.ts";
import { arpOwner } from "../../../../verify/checks/arp-owner.ts";
import { balancing } from "../../../../verify/checks/balancing.ts";
import { type Check, checkRoles, labelOf, type Seen } from "../../../../verify/checks/check.ts";
import { directorTable } from "../../../../verify/checks/director-table.ts";
import { directorVip } from "../../../../verify/checks/director-vip.ts";
import { forwardingPath } from "../../../../verify/checks/forwarding-path.ts";
import { httpdPage } from "../../../../verify/checks/httpd-page.ts";
import { checks } from "../../../../verify/checks/index.ts";
import { keepalivedConfig } from "../../../../verify/checks/keepalived-config.ts";
import { keepalivedLog } from "../../../../verify/checks/keepalived-log.ts";
import { mailReady } from "../../../../verify/checks/mail.ts";
import { noHealthCheck } from "../../../../verify/checks/no-health-check.ts";
import { peerSsh } from "../../../../verify/checks/peer-ssh.ts";
import { realServerDown } from "../../../../verify/checks/real-server-down.ts";
import { realServerVip } from "../../../../verify/checks/real-server-vip.ts";
import type { Subject } from "../../../../verify/checks/subjects.ts";
import { vipHolder } from "../../../../verify/checks/vip-holder.ts";
import type { LiveLab } from "../../../../verify/live/live-lab.ts";
import { type Answer, aLiveLab, RecordedView } from "../a-live-lab.ts";
import { macOf as macIn, secondVip, serviceOf, withService, withTwoInstances, withTwoServices } from "../other-labs.ts";

type LabName = "dr" | "ha";
type Answers = Answer | ((where: string, command: string) => Answer);

const state = await mkdtemp(join(tmpdir(), "lvs-lab-checks-"));
afterAll(() => rm(state, { recursive: true }));

/** A lab with a directory of its own, where faults are noted. */
async function aLabOnDisk(name: LabName): Promise<LiveLab> {
  return { ...(await aLiveLab(name)), host: { kind: "private", directory: await mkdtemp(join(state, "lab-")) } };
}

/** The check's subject on a host. */
function subjectOn<S extends Subject>(check: Check<S>, lab: Lab, host: string): S {
  const subject = check.subjects(lab).find((one) => one.host === host);
  if (!subject) throw new Error(`${check.id} is not looked at on ${host}`);
  return subject;
}

/** What a check sees where its commands print `answer`. */
async function see(check: Check, name: LabName, host: string, answer: Answers): Promise<Seen> {
  const view = new RecordedView(await aLiveLab(name), typeof answer === "function" ? answer : () => answer);
  return await check.look(view, subjectOn(check, view.lab, host));
}

type Verdict = "right" | "wrong" | "not there";

const verdictOf = ({ passed, started }: Seen): Verdict => (passed ? "right" : started ? "wrong" : "not there");

const verdict = async (...args: Parameters<typeof see>): Promise<Verdict> => verdictOf(await see(...args));

/** Answers in turn, from the first again after the last. */
const inTurn = (answers: readonly Answer[]) => {
  let count = 0;
  return () => answers[count++ % answers.length] ?? "";
};

/** Answers by what a command begins with; nothing, with status 0, to all others. */
const byCommand = (answers: Readonly<Record<string, Answer>>) => (_where: string, command: string) =>
  Object.entries(answers).find(([start]) => command.startsWith(start))?.[1] ?? "";

const notFound = (program: string): Answer => ({
  output: `bash: line 1: ${program}: command not found\n`,
  status: 127,
});
const refused = {
  output: "curl: (7) Failed to connect to localhost port 80 after 0 ms: Couldn't connect to server\n",
  status: 7,
};

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

  it.each(["dr", "ha", "bare", "bare-ha", "arp-problem", "tunnel", "nat", "nat-ha", "crossed", "udp"])(
    "says of every subject in labs/%s.yaml what and how",
    async (name) => {
      const lab = await readLab(`labs/${name}.yaml`);
      for (const check of checks.filter((one) => one.appliesTo(lab))) {
        expect(check.subjects(lab).length).toBeGreaterThan(0);
        for (const subject of check.subjects(lab)) {
          const said = [check.expected(lab, subject), check.hint(lab, subject), ...check.byHand(lab, subject)];
          expect(check.byHand(lab, subject).length, check.id).toBeGreaterThan(0);
          for (const text of said) expect(text, check.id).not.toMatch(/undefined|\[object|\s\s|^$/);
        }
      }
    },
  );

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
  ];
  const ofIpvsadm = ["director-vip", "no-health-check"];
  const ofKeepalived = [
    "peer-ssh",
    "mail",
    "keepalived-config",
    "keepalived-log",
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
    ["another weight", "wrong", table(service, real2.replace("1  ", "2  "), real3)],
    ["another port", "wrong", table(service, real2.replace(":80", ":8080"), real3)],
    ["a service more", "wrong", table(`TCP  172.25.254.99:80 rr\n${service}`, real2, real3)],
    ["UDP", "wrong", table(service.replace("TCP", "UDP"), real2, real3)],
    ["persistence that was not asked for", "wrong", table(`${service} persistent 50`, real2, real3)],
  ])("%s is %s", async (_what, expected, output) => {
    expect(await verdict(directorTable, "dr", "server1", output)).toBe(expected);
  });

  it("is on its way under a keepalived that runs", async () => {
    for (const [state, expected] of [
      ["active", "wrong"],
      ["inactive", "not there"],
    ] as const)
      expect(
        await verdict(directorTable, "ha", "server1", byCommand({ ipvsadm: table(""), systemctl: `${state}\n` })),
      ).toBe(expected);
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
    expect(directorTable.hint(lab, { host: "server1" })).toContain("-s sh -b sh-fallback,sh-port`");
  });

  it("names the forwarding method where it is another one", async () => {
    const { hint } = await see(directorTable, "dr", "server1", table(service, real2.replace("Route", "Masq "), real3));
    expect(hint).toContain("direct routing");
  });
});

/** What `ip -oneline -4 address show` prints, without the loopback's own unless it is given. */
const addresses = (...more: string[]) =>
  ["2: eth0    inet 172.25.254.11/24 brd 172.25.254.255", ...more]
    .map((one) => `${one} scope global \\       valid_lft forever preferred_lft forever\n`)
    .join("");
const vip = (prefix: number, device = "eth0") => `3: ${device}    inet 172.25.254.100/${prefix}`;

describe("the VIP", () => {
  it.each<[string, Check, string, Verdict, string]>([
    ["on the director, as the article adds it", directorVip, "server1", "right", addresses(vip(24))],
    ["on the director, for itself alone", directorVip, "server1", "right", addresses(vip(32))],
    ["on the director's loopback", directorVip, "server1", "wrong", addresses(vip(32, "lo"))],
    ["nowhere on the director", directorVip, "server1", "not there", addresses()],
    ["on a real server", realServerVip, "server2", "right", addresses(vip(32))],
    ["on a real server's loopback", realServerVip, "server2", "right", addresses(vip(32, "lo"))],
    ["on a real server, with the subnet", realServerVip, "server2", "wrong", addresses(vip(24))],
    ["on a real server twice, once with the subnet", realServerVip, "server2", "wrong", addresses(vip(32), vip(24))],
    ["nowhere on the real server", realServerVip, "server2", "not there", addresses()],
    [
      "an address that only begins like it",
      realServerVip,
      "server2",
      "not there",
      addresses("2: eth0    inet 172.25.254.10/32"),
    ],
    ["on the master", vipHolder, "server1", "right", addresses(vip(32))],
    ["not on the master", vipHolder, "server1", "not there", addresses()],
    ["on the standby", vipHolder, "server4", "wrong", addresses(vip(32))],
    ["not on the standby", vipHolder, "server4", "right", addresses()],
  ])("%s: %s %s is %s", async (_what, check, host, expected, output) => {
    const name = check.appliesTo((await aLiveLab("dr")).lab) ? "dr" : "ha";
    expect(await verdict(check, name, host, byCommand({ ip: output, systemctl: "inactive\n" }))).toBe(expected);
  });

  it("is on its way under a keepalived that runs", async () => {
    expect(await verdict(vipHolder, "ha", "server1", byCommand({ ip: addresses(), systemctl: "active\n" }))).toBe(
      "wrong",
    );
  });

  it("says what to type where a real server has it with the subnet", async () => {
    expect((await see(realServerVip, "dr", "server2", addresses(vip(24)))).hint).toContain(
      "`ip addr del 172.25.254.100/24 dev eth0`",
    );
  });
});

describe("httpd-page", () => {
  const debian = `\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN">\n${"<p>It works!</p>\n".repeat(200)}`;

  it.each<[string, Verdict, Answers]>([
    ["its own page", "right", "server2\n"],
    ["its own page without a newline, as `echo -n` writes it", "right", "server2"],
    ["its own page with an empty line, as an editor leaves it", "right", "server2\n\n"],
    ["another server's page", "wrong", "server3\n"],
    ["an empty page", "wrong", ""],
    ["Debian's own page", "wrong", debian],
    ["an answer that breaks off", "wrong", { output: "server2\n", status: 18 }],
    ["no web server at all", "not there", byCommand({ curl: refused })],
    ["a page, and nobody to serve it", "wrong", byCommand({ curl: refused, ls: "index.html\n" })],
  ])("%s is %s", async (_what, expected, answer) => {
    expect(await verdict(httpdPage, "dr", "server2", answer)).toBe(expected);
  });

  it("shows a long page in a line, and tells whose page it is", async () => {
    expect((await see(httpdPage, "dr", "server2", debian)).seen.length).toBeLessThan(120);
    expect((await see(httpdPage, "dr", "server2", "server3\n")).hint).toContain("server3's page");
  });
});

describe("arp-cure", () => {
  // As arptables 1.8.9 (nf_tables) lists what the article types.
  const chains = (input: string[], output: string[]) =>
    `Chain INPUT (policy ACCEPT)\n${input.join("\n")}\nChain OUTPUT (policy ACCEPT)\n${output.join("\n")}\n`;
  const none = chains([], []);
  const drop = "-j DROP -d 172.25.254.100";
  const mangle = "-j mangle -s 172.25.254.100 --mangle-ip-s 172.25.254.12";
  const sysctls = (...values: number[]) =>
    ["all.arp_ignore", "all.arp_announce", "eth0.arp_ignore", "eth0.arp_announce"]
      .map((key, index) => `net.ipv4.conf.${key} = ${values[index]}\n`)
      .join("");
  const off = sysctls(0, 0, 0, 0);
  const cured = (arptables: Answer, sysctl: string, eth0 = "") =>
    see(arpCure, "dr", "server2", byCommand({ arptables, sysctl, ip: eth0 }));

  it.each<[string, Verdict, Answer, string, string?]>([
    ["both rules, the VIP on eth0", "right", chains([drop], [mangle]), off, addresses(vip(32))],
    ["both rules for eth0 alone", "right", chains(["-j DROP -i eth0 -d 172.25.254.100"], [`${mangle} -o eth0`]), off],
    ["the rules among others", "right", chains(["-j ACCEPT -s 172.25.254.1", drop, "-j ACCEPT"], [mangle]), off],
    ["all four sysctls", "right", none, sysctls(1, 2, 1, 2)],
    ["the sysctls on all alone, which is enough for the kernel", "right", none, sysctls(1, 2, 0, 0)],
    ["the sysctls on eth0 alone", "right", none, sysctls(0, 0, 1, 2)],
    ["arp_ignore 2", "right", none, sysctls(2, 2, 2, 2)],
    ["the sysctls, without arptables installed", "right", notFound("arptables"), sysctls(1, 2, 1, 2)],
    ["the sysctls, with the VIP on eth0", "wrong", none, sysctls(1, 2, 1, 2), addresses(vip(32))],
    ["no cure", "not there", none, off],
    ["no arptables", "not there", notFound("arptables"), off],
    ["half of the rules", "wrong", chains([drop], []), off],
    ["half of the sysctls", "wrong", none, sysctls(1, 0, 1, 0)],
    ["half of the one and half of the other", "wrong", chains([drop], []), sysctls(1, 0, 1, 0)],
    ["arp_ignore 8, which silences the server's own address too", "wrong", none, sysctls(8, 2, 8, 2)],
    ["rules in each other's chains", "wrong", chains([mangle], [drop]), off],
    ["another server's address", "wrong", chains([drop], [mangle.replace("254.12", "254.13")]), off],
    ["a drop that comes too late", "wrong", chains(["-j ACCEPT", drop], [mangle]), off],
    ["a drop of all but the VIP", "wrong", chains(["-j DROP ! -d 172.25.254.100"], [mangle]), off],
    ["a drop of another address", "wrong", chains(["-j DROP -d 172.25.254.10"], [mangle]), off],
    ["a drop on another interface", "wrong", chains(["-j DROP -i lo -d 172.25.254.100"], [mangle]), off],
  ])("%s: %s", async (_what, expected, arptables, sysctl, eth0) => {
    expect(verdictOf(await cured(arptables, sysctl, eth0))).toBe(expected);
  });

  it("says what is wrong with what is there", async () => {
    expect((await cured(none, sysctls(1, 2, 1, 2), addresses(vip(32)))).hint).toContain("dev lo");
    expect((await cured(chains([drop], [mangle.replace("254.12", "254.13")]), off)).hint).toContain(
      "--mangle-ip-s 172.25.254.12",
    );
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

describe("mail", () => {
  const listening = (...sockets: string[]) =>
    sockets.map((address) => `LISTEN 0      5      ${address}      0.0.0.0:*    \n`).join("");
  const mail = (sockets: string, command: Answer = "/usr/bin/mail\n") =>
    see(mailReady, "ha", "server1", byCommand({ ss: sockets, command }));

  it.each<[string, Verdict, string, Answer?]>([
    [
      "an MTA on the loopback, of IPv4, IPv6 and by device",
      "right",
      listening("127.0.0.1:25", "[::1]:25", "127.0.0.1%lo:25"),
    ],
    ["on IPv4 alone, as exim4 may be", "right", listening("127.0.0.1:25")],
    ["on IPv4 in an IPv6 socket", "right", listening("[::ffff:127.0.0.1]:25")],
    ["an MTA that all can reach", "wrong", listening("127.0.0.1:25", "0.0.0.0:25")],
    ["one on all of IPv6", "wrong", listening("[::]:25")],
    ["no MTA", "wrong", ""],
    ["no mail command", "wrong", listening("127.0.0.1:25"), { output: "", status: 1 }],
    ["neither", "not there", "", { output: "", status: 127 }],
  ])("%s: %s", async (_what, expected, sockets, command) => {
    expect(verdictOf(await mail(sockets, command))).toBe(expected);
  });

  it("says how to keep an MTA to the loopback", async () => {
    expect((await mail(listening("0.0.0.0:25"))).hint).toMatch(/listens on 0\.0\.0\.0 too.*loopback-only/);
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

describe("keepalived-log", () => {
  const log = (state: string, line: string) =>
    byCommand({ systemctl: { output: `${state}\n`, status: state === "active" ? 0 : 3 }, journalctl: line });

  it.each<[string, string, string, Verdict]>([
    ["server1", "active", "(VI_1) Entering MASTER STATE\n", "right"],
    ["server1", "active", "(web) Entering MASTER STATE\n", "right"],
    ["server4", "active", "(VI_1) Entering BACKUP STATE (init)\n", "right"],
    ["server4", "active", "(VI_1) Entering BACKUP STATE\n", "right"],
    ["server1", "active", "(VI_1) Entering BACKUP STATE\n", "wrong"],
    ["server4", "active", "(VI_1) Entering MASTER STATE\n", "wrong"],
    ["server1", "active", "(VI_1) Entering FAULT STATE\n", "wrong"],
    ["server1", "inactive", "(VI_1) Entering MASTER STATE\n", "wrong"],
    ["server1", "failed", "", "wrong"],
    ["server1", "active", "", "wrong"],
    ["server1", "inactive", "", "not there"],
  ])("of %s, %s, with %j is %s", async (host, state, line, expected) => {
    expect(await verdict(keepalivedLog, "ha", host, log(state, line))).toBe(expected);
  });
});

it("keepalived-log tells the instances of a director apart", async () => {
  const ha = await aLiveLab("ha");
  const lab = withTwoInstances(ha.lab);
  const states: Record<string, string> = { server1: "MASTER BACKUP", server4: "BACKUP MASTER" };
  const view = new RecordedView({ ...ha, lab }, (where, command) => {
    if (command.startsWith("systemctl")) return "active\n";
    const [ofFirst, ofSecond] = states[where]?.split(" ") ?? [];
    const lines = [`(VI_1) Entering ${ofFirst} STATE`, `(VI_2) Entering ${ofSecond} STATE`];
    return `${lines.findLast((line) => !/\(VI_\d\)/.test(command) || command.includes(line.slice(0, 6))) ?? ""}\n`;
  });
  const verdicts: Verdict[] = [];
  for (const subject of keepalivedLog.subjects(lab)) verdicts.push(verdictOf(await keepalivedLog.look(view, subject)));
  expect(verdicts).toEqual(["right", "right", "right", "right"]);
});

describe.concurrent("real-server-down", () => {
  /** A lab in which stopping httpd on server2 has these effects. */
  async function stopped({ leaves = true, mails = true, request = "server3\n" as Answer } = {}) {
    const base = await aLabOnDisk("ha");
    // Timers as short as a lab file allows, for a check that waits by them.
    const live = {
      ...base,
      lab: withService(base.lab, { healthCheck: { delayLoop: 1, connectTimeout: 3, delayBeforeRetry: 1 } }),
    };
    let down = false;
    let sent = 0;
    const done: string[] = [];
    const view = new RecordedView(live, (where, command) => {
      if (where === "client") return request;
      if (command.startsWith("systemctl")) {
        done.push(`${where}: ${command}`);
        down = command.includes("stop");
        if (down && mails) sent++;
      }
      if (command.startsWith("cat")) return `${sent}\n`;
      return table(service, ...(down && leaves ? [] : [real2]), real3);
    });
    return { ...(await realServerDown.look(view, subjectOn(realServerDown, live.lab, "client"))), done };
  }
  const mended = ["server2: systemctl stop apache2", "server2: systemctl start apache2"];

  it("passes where it is taken out, root is told, no request fails and it is taken in again", async () => {
    expect(await stopped()).toMatchObject({ passed: true, done: mended });
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

describe("no-health-check", () => {
  const gone = { output: "", status: 7 };

  /** Sees, and notes what was done to the victim. */
  async function broken(...answers: Answer[]): Promise<Seen & { done: string[] }> {
    const done: string[] = [];
    const requests = inTurn(answers);
    const view = new RecordedView(await aLabOnDisk("dr"), (where, command) => {
      if (where === "client") return requests();
      done.push(`${where}: ${command}`);
      return "";
    });
    return { ...(await noHealthCheck.look(view, subjectOn(noHealthCheck, view.lab, "client"))), done };
  }

  it("passes where the stopped server's share of requests fails, and starts it again", async () => {
    expect(await broken(gone, "")).toMatchObject({
      passed: true,
      done: ["server2: systemctl stop apache2", "server2: systemctl start apache2"],
    });
  });

  it.each<[string, Verdict, Answer[]]>([
    ["none fails", "wrong", [""]],
    ["all fail", "not there", [gone]],
    ["they fail out of turn", "wrong", [gone, "", ""]],
  ])("where %s is %s, and starts it again", async (_what, expected, answers) => {
    const seen = await broken(...answers);
    expect(verdictOf(seen)).toBe(expected);
    expect(seen.done.at(-1)).toBe("server2: systemctl start apache2");
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
    const view = new RecordedView({ ...(await aLiveLab("dr")), lab }, () => addresses(vip(32)));
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
