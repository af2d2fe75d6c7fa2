import { describe, expect, it } from "vitest";
import type { Lab } from "../../../../lab/index.ts";
import { adverts } from "../../../../verify/checks/adverts.ts";
import { arpCure } from "../../../../verify/checks/arp-cure.ts";
import { arpOwner } from "../../../../verify/checks/arp-owner.ts";
import type { Check } from "../../../../verify/checks/check.ts";
import { directorTable } from "../../../../verify/checks/director-table.ts";
import { forwardingPath } from "../../../../verify/checks/forwarding-path.ts";
import { keepalivedStateCheck } from "../../../../verify/checks/keepalived-state.ts";
import { realServerVip } from "../../../../verify/checks/real-server-vip.ts";
import type { Subject } from "../../../../verify/checks/subjects.ts";
import { urlOf } from "../../../../verify/checks/subjects.ts";
import { vipHolder } from "../../../../verify/checks/vip-holder.ts";
import { type Answer, aLiveLab, RecordedView } from "../a-live-lab.ts";
import { macOf } from "../other-labs.ts";
import { byCommand, verdictOf } from "./seeing.ts";

const live = await aLiveLab("ipv6");
const VIP = "fd00:254::100";

/** The check's subject of the IPv6 service, or instance. */
function subjectOf<S extends Subject>(check: Check<S>, host: string, lab: Lab = live.lab): S {
  const isSixth = ({ service, instance }: Subject) =>
    service ? service.vip === VIP : !instance || instance.addresses.some((address) => address === VIP);
  const subject = check.subjects(lab).find((one) => one.host === host && isSixth(one));
  if (!subject) throw new Error(`${check.id} has no such subject on ${host}`);
  return subject;
}

async function look<S extends Subject>(check: Check<S>, host: string, answers: Readonly<Record<string, Answer>>) {
  const view = new RecordedView(live, byCommand(answers));
  const seen = await check.look(view, subjectOf(check, host));
  return { ...seen, verdict: verdictOf(seen), commands: view.evidence.map(({ command }) => command) };
}

const mac = (name: string): string => macOf(live.lab, name).toLowerCase();
const LOCAL = "local fd00:254::100 from fd00:254::250 dev lo table local proto kernel metric 0 iif eth0 pref medium\n";
const ROUTE = "ip -oneline -6 route get fd00:254::100 from fd00:254::250 iif eth0";

describe("arp-cure of an IPv6 VIP", () => {
  const question = (source: string) =>
    `12:00:00.101796 IP6 ${source} > ff02::1:ff00:250: ICMP6, neighbor solicitation, who has fd00:254::250, length 32\n`;
  const said = async ({
    vip = ["server1"],
    own = ["server2"],
    asks = "fe80::5054:ff:fefe:fe0c",
    found = true,
    takes = true,
  }) =>
    await look(arpCure, "server2", {
      [ROUTE]: takes ? LOCAL : { output: "RTNETLINK answers: No route to host\n", status: 2 },
      "perl -e": "",
      ...Object.fromEntries(
        [
          [VIP, vip],
          ["fd00:254::12", own],
        ].map(([address, names]) => [
          `${perl} eth0 ${address as string} 2`,
          (names as string[]).map((name) => `${mac(name)}\n`).join(""),
        ]),
      ),
      "route=": `listening on eth0\n${question(asks)}${found ? "found\n" : ""}`,
    });
  let perl = "perl -e";

  it("is judged by who answers a solicitation, and by the source of its own", async () => {
    const { solicitation } = await import("../../../../verify/live/solicitation.ts");
    perl = `perl -e ${solicitation}`;
    const whole = await said({});
    expect(whole).toMatchObject({
      verdict: "right",
      seen: "it is silent when somebody asks for fd00:254::100; it asks its neighbours as fe80::5054:ff:fefe:fe0c",
    });
    expect(await said({ asks: "fd00:254::12" })).toMatchObject({ verdict: "right" });
    // The ARP problem's twin as it comes: nothing was done about it.
    const none = await said({ vip: ["server1", "server2"], asks: VIP });
    expect(none).toMatchObject({ verdict: "not there" });
    expect(none.commands).toContain("ip neigh del fd00:254::100 dev eth0");
    expect(await said({ vip: ["server1", "server2"] })).toMatchObject({
      verdict: "wrong",
      hint: expect.stringMatching(/On the loopback/),
    });
    expect(await said({ asks: VIP })).toMatchObject({
      verdict: "wrong",
      hint: expect.stringMatching(/On the loopback/),
    });
    expect(await said({ own: [] })).toMatchObject({
      verdict: "wrong",
      hint: expect.stringMatching(/silent about fd00:254::12 too/),
    });
    expect(await said({ found: false })).toMatchObject({
      verdict: "wrong",
      hint: expect.stringMatching(/no longer finds/),
    });
    expect(await said({ takes: false })).toMatchObject({ verdict: "not there" });
  });
});

it("arp-owner reads every answer to a solicitation, and the client's neighbour entry", async () => {
  const both = await look(arpOwner, "client", { perl: `${mac("server1")}\n${mac("server3")}\n`, bash: "" });
  expect(both).toMatchObject({ passed: false, seen: expect.stringMatching(/^server1 and server3 answer/) });
  const one = await look(arpOwner, "client", {
    perl: `${mac("server1")}\n`,
    bash: `${VIP} lladdr ${mac("server1")} REACHABLE\n`,
  });
  expect(one).toMatchObject({ passed: true, seen: "server1 alone answers, and the client's entry names server1" });
});

describe("real-server-vip of an IPv6 VIP", () => {
  const addresses = (vip: string) =>
    `2: eth0    inet6 fd00:254::12/64 scope global nodad \\ valid_lft forever\n${vip}\n`;
  const way = (source: string) => `fd00:254::250 from :: dev eth0 proto kernel src ${source} metric 256 pref medium\n`;
  const seen = async (vip: string, source: string) =>
    await look(realServerVip, "server2", {
      [ROUTE]: LOCAL,
      "ip -oneline address": addresses(vip),
      "ip -oneline -6 route get fd00:254::250": way(source),
    });

  it("is right as /128 beside the server's own address", async () => {
    const right = await seen(
      "1: lo    inet6 fd00:254::100/128 scope global deprecated nodad \\ valid_lft",
      "fd00:254::12",
    );
    expect(right).toMatchObject({ verdict: "right", seen: expect.stringMatching(/fd00:254::100\/128 on lo/) });
  });

  it("is wrong where the server speaks as the VIP", async () => {
    const preferred = await seen("2: eth0    inet6 fd00:254::100/128 scope global nodad \\ valid_lft", VIP);
    expect(preferred).toMatchObject({
      verdict: "wrong",
      hint: expect.stringMatching(/must leave as fd00:254::12: .*preferred_lft 0/),
    });
    const wide = await seen("2: eth0    inet6 fd00:254::100/64 scope global nodad \\ valid_lft", VIP);
    expect(wide).toMatchObject({
      verdict: "wrong",
      hint: expect.stringMatching(/^With \/64 on eth0 .* as \/128 it is an address/),
    });
  });

  it("does not look for redirections, which the lab host cannot try over IPv6", async () => {
    const { verdict, commands } = await look(realServerVip, "server2", {
      [ROUTE]: "fd00:254::100 from fd00:254::250 dev eth0 iif eth0 \n",
      "ip -oneline address": addresses(""),
    });
    expect(verdict).toBe("not there");
    expect(commands.some((command) => command.startsWith("flock"))).toBe(false);
  });
});

it("director-table finds the IPv6 service beside the IPv4 one", async () => {
  const table = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
TCP  172.25.254.100:80 rr
  -> 172.25.254.12:80             Route   1      0          0
  -> 172.25.254.13:80             Route   1      0          0
TCP  [fd00:254::100]:80 rr
  -> [fd00:254::12]:80            Route   1      0          0
  -> [fd00:254::13]:80            Route   1      0          0
UDP  [fd00:254::100]:53 rr
  -> [fd00:254::12]:53            Route   1      0          0
  -> [fd00:254::13]:53            Route   1      0          0
`;
  const right = await look(directorTable, "server1", { "ipvsadm -ln": table });
  expect(right).toMatchObject({
    passed: true,
    seen: expect.stringMatching(/TCP \[fd00:254::100\]:80 rr -> \[fd00:254::12\]:80 Route 1/),
  });
  const lacking = table.replace(/.*fd00:254::13\]:80.*\n/, "");
  expect(await look(directorTable, "server1", { "ipvsadm -ln": lacking })).toMatchObject({
    passed: false,
    hint: expect.stringMatching(/The service \[fd00:254::100\]:80 lacks the real server \[fd00:254::13\]:80/),
  });
});

describe("adverts over IPv6", () => {
  /** As tcpdump 4.99 prints what keepalived 2.2.7 sends. */
  const advert = (priority: number, source = "fe80::5054:ff:fefe:fe0b") =>
    `00:56:34.515039 52:54:00:fe:fe:0b > 33:33:00:00:00:12, ethertype IPv6 (0x86dd), length 94: (class 0xc0, flowlabel 0x171d6, hlim 255, ` +
    `next-header VRRP (112) payload length: 40) ${source} > ff02::12: VRRPv3, Advertisement, vrid 51, prio ${priority}, intvl 100cs, length 40, ` +
    "addrs(2): fe80::200:5eff:fe00:233,fd00:254::100\n";

  it("come from the master's link-local address to ff02::12", async () => {
    const right = await look(adverts, "server1", { timeout: advert(100) + advert(100) });
    expect(right).toMatchObject({
      passed: true,
      seen: "fe80::5054:ff:fefe:fe0b advertises priority 100 to ff02::12",
    });
    expect(right.commands[0]).toContain("ip6 proto 112 and ip6[41] = 51");
    expect(await look(adverts, "server1", { timeout: advert(100) + advert(50, "fe80::1") })).toMatchObject({
      passed: false,
    });
    expect(await look(adverts, "server1", { timeout: "" })).toMatchObject({ passed: false, seen: "nobody advertises" });
  });

  it("come from the virtual router's MAC address of IPv6 where it has one", async () => {
    const lab: Lab = { ...live.lab, vrrp: live.lab.vrrp.map((instance) => ({ ...instance, useVmac: true })) };
    const seen = async (sender: string) => {
      const timeout = advert(100).replace("52:54:00:fe:fe:0b", sender);
      const view = new RecordedView({ ...live, lab }, byCommand({ timeout }));
      return await adverts.look(view, subjectOf(adverts, "server1", lab));
    };
    expect(await seen("00:00:5e:00:02:33")).toMatchObject({ passed: true });
    // That of IPv4, and the director's own.
    expect(await seen("00:00:5e:00:01:33")).toMatchObject({ passed: false });
    expect(await seen("52:54:00:fe:fe:0b")).toMatchObject({ passed: false });
  });
});

it("vip-holder sees the IPv6 VIP on the master, and not its link-local address", async () => {
  const output = `3: eth0    inet 172.25.254.100/32 scope global eth0\\ valid_lft
3: eth0    inet6 fd00:254::100/128 scope global nodad deprecated \\ valid_lft
3: eth0    inet6 fe80::200:5eff:fe00:233/128 scope link nodad deprecated \\ valid_lft
`;
  expect(await look(vipHolder, "server1", { ip: output })).toMatchObject({ passed: true, seen: `holds ${VIP}` });
  expect(await look(vipHolder, "server1", { ip: output.replace(/.*::100.*\n/, "") })).toMatchObject({ passed: false });
});

it("keepalived-state expects both instances of one identifier, and the virtual router's link-local address", () => {
  expect(keepalivedStateCheck.expected(live.lab, { host: "server1" })).toBe(
    "router 51: version 2, priority 100, every 1 s to all, preempts, for 172.25.254.100; " +
      "router 51: version 3, priority 100, every 1 s to all, preempts, for fd00:254::100 and fe80::200:5eff:fe00:233",
  );
});

describe("forwarding-path of an IPv6 service", () => {
  const CLIENT = "52:54:00:fd:fe:fa";
  const frame = (from: string, to: string, source: string, destination: string) =>
    `01:00:00.000000 ${from} > ${to}, ethertype IPv6 (0x86dd), length 94: ${source} > ${destination}: Flags [S], seq 1, length 0\n`;
  const request = (real: string, port: number) =>
    frame(CLIENT, mac("server1"), `fd00:254::250.${port}`, "fd00:254::100.80") +
    frame(mac("server1"), mac(real), `fd00:254::250.${port}`, "fd00:254::100.80") +
    frame(mac(real), CLIENT, "fd00:254::100.80", `fd00:254::250.${port}`);

  it("is direct routing where real servers get packets as they are, and answer the client", async () => {
    const tcpdump = request("server2", 1024) + request("server3", 1025);
    const right = await look(forwardingPath, "client", { timeout: tcpdump });
    expect(right).toMatchObject({
      passed: true,
      seen: "requests go to server1, on to server2 and server3 as they are; server2 and server3 answer the client",
    });
    expect(right.commands.find((command) => command.startsWith("timeout"))).toContain("host fd00:254::250");
  }, 10_000);

  it("is none where the client went past the director", async () => {
    const past =
      frame(CLIENT, mac("server2"), "fd00:254::250.1024", "fd00:254::100.80") +
      frame(mac("server2"), CLIENT, "fd00:254::100.80", "fd00:254::250.1024");
    expect(await look(forwardingPath, "client", { timeout: past })).toMatchObject({ passed: false });
  }, 10_000);
});

it("a URL without a port has the VIP in brackets", () => {
  expect(live.lab.services.map(urlOf)).toEqual(["172.25.254.100", "[fd00:254::100]", "[fd00:254::100]:53"]);
});
