import { describe, expect, it } from "vitest";
import { directorVip } from "../../../../verify/checks/director-vip.ts";
import { realServerVip } from "../../../../verify/checks/real-server-vip.ts";
import { vipHolder } from "../../../../verify/checks/vip-holder.ts";
import { type Answer, aLiveLab, RecordedView } from "../a-live-lab.ts";
import { macOf, withService } from "../other-labs.ts";
import { addresses, byCommand, RUNS, see, subjectOn, type Verdict, verdict, verdictOf, vip } from "./seeing.ts";

const { lab } = await aLiveLab("dr");
const CLIENT = "172.25.254.250";

/** What `ip -oneline -4 route get … iif eth0` prints of a packet for the VIP. */
const local = `local 172.25.254.100 from ${CLIENT} dev lo \\    cache <local> iif eth0 \n`;
const dropped: Answer = { output: "RTNETLINK answers: No route to host\n", status: 2 };
const forwarded = `172.25.254.100 from ${CLIENT} dev eth0 \\    cache <redirect> iif eth0 \n`;
/** And of the server's own packets to the client. */
const way = (source = "172.25.254.12") => `${CLIENT} dev eth0 src ${source} uid 0 \\    cache \n`;
const ROUTE = "ip -oneline -4 route get 172.25.254.100";
const WAY = `ip -oneline -4 route get ${CLIENT}`;

describe("the director's VIP", () => {
  const answering = (...names: string[]) =>
    names.map((name) => `Unicast reply from 172.25.254.100 [${macOf(lab, name)}]  1.3ms\n`).join("");

  it.each<[string, Verdict, string, Answer, string]>([
    ["as the article adds it", "right", addresses(vip(24)), local, answering("server1")],
    ["for itself alone", "right", addresses(vip(32)), local, answering("server1")],
    ["on the loopback, for which a host answers too", "right", addresses(vip(32, "lo")), local, answering("server1")],
    ["by a route of type local", "right", addresses(), local, answering("server1")],
    ["beside real servers that answer too", "right", addresses(vip(24)), local, answering("server1", "server2")],
    ["with a filter of ARP", "wrong", addresses(vip(24)), local, ""],
    ["with real servers' answers alone", "wrong", addresses(vip(24)), local, answering("server2")],
    ["nowhere", "not there", addresses(), dropped, ""],
    ["nowhere, on a host that forwards", "not there", addresses(), forwarded, ""],
  ])("%s is %s", async (_what, expected, ip, route, arping) => {
    const answer = byCommand({ "ip -oneline address": ip, [ROUTE]: route, arping });
    expect(await verdict(directorVip, "dr", "server1", answer)).toBe(expected);
  });
});

describe("a real server's VIP", () => {
  const page = (name: string): Answer => `${name}\n`;

  it.each<[string, Verdict, { ip: string; route: Answer; way?: string; asked?: Answer }]>([
    ["on eth0", "right", { ip: addresses(vip(32)), route: local }],
    ["on the loopback", "right", { ip: addresses(vip(32, "lo")), route: local }],
    [
      "on eth0 beside its own of the same subnet, which changes no route",
      "right",
      { ip: addresses(vip(24)), route: local },
    ],
    ["by a route of type local", "right", { ip: addresses(), route: local }],
    [
      "by a redirection, without a web server yet",
      "right",
      { ip: addresses(), route: dropped, asked: { output: "", status: 7 } },
    ],
    ["by a redirection", "right", { ip: addresses(), route: dropped, asked: page("server2") }],
    [
      "by a redirection, on a host that forwards",
      "right",
      { ip: addresses(), route: forwarded, asked: page("server2") },
    ],
    ["nowhere", "not there", { ip: addresses(), route: dropped, asked: { output: "", status: 28 } }],
    [
      "nowhere, on a host that sends packets on",
      "not there",
      { ip: addresses(), route: forwarded, asked: page("server3") },
    ],
    [
      "nowhere, and who answers is not to be told",
      "not there",
      { ip: addresses(), route: forwarded, asked: { output: "", status: 7 } },
    ],
    [
      "an address that only begins like it",
      "not there",
      { ip: addresses("2: eth0    inet 172.25.254.10/32"), route: dropped, asked: { output: "", status: 28 } },
    ],
    ["as the source of its own packets", "wrong", { ip: addresses(vip(24)), route: local, way: way("172.25.254.100") }],
    [
      "with the whole subnet on the loopback",
      "wrong",
      {
        ip: addresses(vip(24, "lo")),
        route: local,
        way: `local ${CLIENT} dev lo src 172.25.254.100 uid 0 \\    cache <local> \n`,
      },
    ],
  ])("%s is %s", async (_what, expected, seen) => {
    const answer = byCommand({
      "ip -oneline address": seen.ip,
      [ROUTE]: seen.route,
      [WAY]: seen.way ?? way(),
      flock: seen.asked ?? "",
    });
    expect(await verdict(realServerVip, "dr", "server2", answer)).toBe(expected);
  });

  it("asks as a director does: by hardware address, and gives the lab host its ARP entry back", async () => {
    const view = new RecordedView(await aLiveLab("dr"), byCommand({ [ROUTE]: dropped }));
    await realServerVip.look(view, subjectOn(realServerVip, lab, "server3"));
    const [asked, ...more] = view.evidence.filter(({ where }) => where === "segment");
    expect(more).toEqual([]);
    expect(asked?.command).toMatch(
      new RegExp(
        `trap .*ip neigh del 172\\.25\\.254\\.100 dev lvsbr0' EXIT\n.*\nip neigh replace 172\\.25\\.254\\.100 lladdr ${macOf(lab, "server3")} dev lvsbr0 .*\ncurl `,
      ),
    );
  });

  it("says what comes with the subnet, and not what to type", async () => {
    const answer = byCommand({
      "ip -oneline address": addresses(vip(24)),
      [ROUTE]: local,
      [WAY]: way("172.25.254.100"),
    });
    expect((await see(realServerVip, "dr", "server2", answer)).hint).toMatch(/^With \/24 on eth0 .*\/32/);
  });

  it.each<[string, Verdict, Answer]>([
    ["unpacks and takes them", "right", local.replace("iif eth0", "iif tunl0")],
    ["lacks the VIP", "not there", dropped],
    [
      "filters them by their way back",
      "not there",
      { output: "RTNETLINK answers: Invalid cross-device link\n", status: 2 },
    ],
    ["is down", "not there", ""],
  ])("by tunnelling, where the device %s: %s", async (_what, expected, route) => {
    const live = await aLiveLab("dr");
    const tunnelled = withService(live.lab, { forwarding: "tunnel" });
    const view = new RecordedView(
      { ...live, lab: tunnelled },
      byCommand({ for: route, [WAY]: way(), "ip -oneline address": addresses() }),
    );
    expect(verdictOf(await realServerVip.look(view, subjectOn(realServerVip, tunnelled, "server2")))).toBe(expected);
  });
});

describe("the VIP under keepalived", () => {
  it.each<[string, string, Verdict, string, string]>([
    ["on the master", "server1", "right", addresses(vip(32)), ""],
    ["on the virtual router's own interface", "server1", "right", addresses(vip(32, "vrrp.51")), ""],
    ["not on the master", "server1", "not there", addresses(), ""],
    ["not on the master, whose keepalived runs", "server1", "wrong", addresses(), RUNS],
    ["on the standby", "server4", "wrong", addresses(vip(32)), ""],
    ["not on the standby", "server4", "right", addresses(), ""],
  ])("%s: %s is %s", async (_what, host, expected, ip, pgrep) => {
    expect(await verdict(vipHolder, "ha", host, byCommand({ ip, pgrep }))).toBe(expected);
  });
});
