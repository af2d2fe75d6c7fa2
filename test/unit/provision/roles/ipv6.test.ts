import { describe, expect, it } from "vitest";
import { parseLab, serverNamed } from "../../../../lab/index.ts";
import { client } from "../../../../provision/host/client.ts";
import { unit as directorUnit, rules } from "../../../../provision/roles/director.ts";
import { roleInputs } from "../../../../provision/roles/index.ts";
import { interfaces, unit as interfacesUnit } from "../../../../provision/roles/interfaces.ts";
import { parseIpAddresses } from "../../../../provision/roles/ip-address.ts";
import { parseIpvsConnections, parseIpvsList, parseIpvsTable } from "../../../../provision/roles/ipvs-table.ts";
import { otherWeights } from "../../../../provision/roles/keepalived.ts";
import { observedCures, unit } from "../../../../provision/roles/real-server.ts";
import { dualStack } from "../../lab/family-cases.ts";

const lab = parseLab(dualStack, "six.yaml");
const server2 = serverNamed(lab, "server2");
const VIP6 = "fd00:254::100";
const wanted = {
  server: { address: "172.25.254.12" },
  address6: "fd00:254::12",
  interface: "eth0",
  vips: ["172.25.254.100", VIP6],
  tunnelVips: [] as string[],
};

describe("a real server with VIPs of both families", () => {
  it("is told its own IPv6 address", () => {
    expect(roleInputs(lab, server2).realServer).toEqual({
      interface: "eth0",
      address6: "fd00:254::12",
      vips: ["172.25.254.100", VIP6],
      tunnelVips: [],
      arpCure: "arptables",
    });
  });

  it.each([
    ["arptables", "lo"],
    ["sysctl", "lo"],
    ["nftables", "eth0"],
    ["none", "eth0"],
  ] as const)("has the IPv6 one, by %s, on %s, and takes it away again", (arpCure, device) => {
    const { start, stop } = unit({ ...wanted, arpCure });
    expect(start).toContain(`/sbin/ip address replace fd00:254::100/128 dev ${device} nodad preferred_lft 0`);
    expect(stop).toContain(`-/sbin/ip address delete fd00:254::100/128 dev ${device}`);
  });

  it("is kept quiet by nftables in both families before it has a VIP", () => {
    const target = "@th,64,128 0xfd000254000000000000000000000100";
    const { start, stop } = unit({ ...wanted, arpCure: "nftables" });
    expect(start.slice(5)).toEqual([
      '/usr/sbin/nft "add table ip6 lvs_lab; delete table ip6 lvs_lab; add table ip6 lvs_lab"',
      '/usr/sbin/nft "add chain ip6 lvs_lab input { type filter hook input priority 0; }"',
      '/usr/sbin/nft "add chain ip6 lvs_lab output { type filter hook output priority 0; }"',
      `/usr/sbin/nft add rule ip6 lvs_lab input icmpv6 type nd-neighbor-solicit ${target} drop`,
      `/usr/sbin/nft add rule ip6 lvs_lab output icmpv6 type nd-neighbor-advert ${target} drop`,
      `/usr/sbin/nft add rule ip6 lvs_lab output icmpv6 type nd-neighbor-solicit ip6 saddr ${VIP6} ip6 saddr set fd00:254::12`,
      "/sbin/ip address replace 172.25.254.100/32 dev eth0",
      "/sbin/ip address replace fd00:254::100/128 dev eth0 nodad preferred_lft 0",
    ]);
    expect(stop.slice(2)).toEqual([
      "-/usr/sbin/nft delete table ip6 lvs_lab",
      "-/usr/sbin/nft delete table arp lvs_lab",
    ]);
  });

  it("has no cure of ARP where its VIPs are IPv6 alone", () => {
    expect(unit({ ...wanted, vips: [VIP6], arpCure: "arptables" })).toMatchObject({
      start: ["/sbin/ip address replace fd00:254::100/128 dev lo nodad preferred_lft 0"],
      stop: ["-/sbin/ip address delete fd00:254::100/128 dev lo"],
    });
  });
});

describe("the cure of IPv6 by nftables, as it is observed", () => {
  const payload = (protocol: string, field: string) => ({ payload: { protocol, field } });
  const match = (left: object, right: string) => ({ match: { op: "==", left, right } });
  const byPlace = match({ payload: { base: "th", offset: 64, len: 128 } }, "0xfd000254000000000000000000000100");
  const byName = match(payload("icmpv6", "taddr"), VIP6);
  const type = (name: string) => match(payload("icmpv6", "type"), name);
  const rule = (chain: string, ...expr: object[]) => ({
    rule: { family: "ip6", table: "lvs_lab", chain, handle: 3, expr },
  });
  const chain = (name: string) => ({
    chain: { family: "ip6", table: "lvs_lab", name, handle: 1, type: "filter", hook: name, prio: 0, policy: "accept" },
  });
  const rewrite = (to: string) =>
    rule("output", type("nd-neighbor-solicit"), match(payload("ip6", "saddr"), VIP6), {
      mangle: { key: payload("ip6", "saddr"), value: to },
    });
  /** What nft 1.0.6 prints of the unit's rules. */
  const ruleset = (about: object, to = "fd00:254::12", ...more: object[]) =>
    JSON.stringify({
      nftables: [
        { metainfo: { version: "1.0.6", release_name: "Lester Gooch #5", json_schema_version: 1 } },
        { table: { family: "ip6", name: "lvs_lab", handle: 2 } },
        chain("input"),
        chain("output"),
        rule("input", type("nd-neighbor-solicit"), about, { drop: null }),
        rule("output", type("nd-neighbor-advert"), about, { drop: null }),
        rewrite(to),
        ...more,
      ],
    });
  const six = { ...wanted, vips: [VIP6] };
  const seen = (arpCure: "nftables" | "sysctl" | "none", filter: string) =>
    observedCures({ ...six, arpCure }, () => "", filter);

  it.each<[string, string, string]>([
    ["by its place", ruleset(byPlace), "nftables"],
    ["by its name, as nft 1.0.8 lists it", ruleset(byName), "nftables"],
    ["with another server's address", ruleset(byPlace, "fd00:254::13"), "other nftables rules for IPv6"],
    ["with a rule more", ruleset(byPlace, "fd00:254::12", rewrite("fd00:254::13")), "other nftables rules for IPv6"],
    ["about another VIP", ruleset(match(payload("icmpv6", "taddr"), "fd00:254::99")), "other nftables rules for IPv6"],
    ["not there", "", "none"],
  ])("the target %s", (_, filter, cure) => {
    expect(seen("nftables", filter)).toBe(cure);
  });

  it("is not wanted where the VIP is on the loopback", () => {
    expect(seen("sysctl", "")).toBe("sysctl");
    expect(seen("sysctl", ruleset(byPlace))).toBe("nftables");
    expect(seen("none", "")).toBe("none");
    expect(seen("none", ruleset(byPlace))).toBe("nftables");
  });

  it("is named beside that of ARP where they differ", () => {
    expect(observedCures({ ...wanted, arpCure: "nftables" }, () => "", ruleset(byPlace))).toBe(
      "none; for IPv6 nftables",
    );
  });
});

describe("IPv6 addresses of servers", () => {
  it("come from a unit, without duplicate address detection and router advertisements", () => {
    const inputs = roleInputs(lab, server2).interfaces;
    expect(inputs).toEqual({ addresses: { eth0: ["fd00:254::12/64"] }, up: [] });
    expect(inputs && interfacesUnit(inputs)).toMatchObject({
      description: "Addresses of the interfaces beyond the first one, and IPv6 addresses",
      start: [
        "/sbin/sysctl -q net.ipv6.conf.eth0.accept_ra=0 net.ipv6.conf.eth0.autoconf=0",
        "/sbin/ip address replace fd00:254::12/64 dev eth0 nodad",
      ],
      stop: ["-/sbin/ip address delete fd00:254::12/64 dev eth0"],
    });
  });

  it("make no difference to what earlier versions recorded", () => {
    const recorded = { server: {}, addresses: { eth1: ["192.168.10.11/24"] }, up: ["eth1"], onBoot: true };
    expect(interfaces.upgrade?.(recorded)).toEqual({ ...recorded, autoconfigured: [] });
    expect(client.upgrade?.({ address: "172.25.254.250/24" })).toEqual({
      ...{ address: "172.25.254.250/24", address6: "", others: [] },
    });
    expect(client.upgrade?.({ address: "a", address6: "b" })).toEqual({ address: "a", address6: "b", others: [] });
  });

  it("are read without those that interfaces have by themselves", () => {
    // As iproute2 6.1 prints them.
    const output = String.raw`1: lo    inet 127.0.0.1/8 scope host lo\       valid_lft forever preferred_lft forever
1: lo    inet6 ::1/128 scope host \       valid_lft forever preferred_lft forever
3: eth0    inet 172.25.254.11/24 scope global eth0\       valid_lft forever preferred_lft forever
3: eth0    inet6 fd00:254::100/128 scope global nodad deprecated \       valid_lft forever preferred_lft 0sec
3: eth0    inet6 fe80::45f:2dff:fe0a:bb98/64 scope link \       valid_lft forever preferred_lft forever
`;
    expect(parseIpAddresses(output)).toEqual([
      { device: "lo", address: "127.0.0.1", prefixLength: 8 },
      { device: "eth0", address: "172.25.254.11", prefixLength: 24 },
      { device: "eth0", address: "fd00:254::100", prefixLength: 128 },
    ]);
  });
});

describe("a director of both families", () => {
  const one = parseLab(
    dualStack
      .replace("control: keepalived", "control: ipvsadm")
      .replace(/vrrp:\n( .*\n)*/, "")
      .replace(/ {2}- \{ name: server4.*\n/, ""),
    "six.yaml",
  );
  const inputs = roleInputs(one, serverNamed(one, "server1")).director;

  it("has its table and its VIPs, the IPv6 one as it is on a real server", () => {
    if (!inputs) throw new Error("no director");
    expect(rules(inputs)).toBe(`-A -t 172.25.254.100:80 -s rr
-a -t 172.25.254.100:80 -r 172.25.254.12:80 -g -w 1
-A -t [fd00:254::100]:80 -s rr
-a -t [fd00:254::100]:80 -r [fd00:254::12]:80 -g -w 1
`);
    expect(directorUnit(inputs).start.slice(2)).toEqual([
      "/sbin/ip address replace 172.25.254.100/24 dev eth0",
      "/sbin/ip address replace fd00:254::100/128 dev eth0 nodad preferred_lft 0",
    ]);
  });

  it("tells of its table in ipvsadm's three forms", () => {
    const key = "-t [fd00:254::100]:80";
    expect(parseIpvsTable(`-A ${key} -s rr\n-a ${key} -r [fd00:254::12]:80 -g -w 1\n`)).toEqual([
      { key, scheduler: "rr", destinations: { "[fd00:254::12]:80": { weight: 1, forwarding: "Route" } } },
    ]);
    expect(
      parseIpvsList(`Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
TCP  [fd00:254::100]:80 rr
  -> [fd00:254::12]:80            Route   1      0          3
`),
    ).toMatchObject([{ key, destinations: { "[fd00:254::12]:80": { weight: 1, active: 0, inactive: 3 } } }]);
    expect(
      parseIpvsConnections("TCP 01:57  FIN_WAIT    [fd00:254::250]:1024 [fd00:254::100]:80 [fd00:254::12]:80\n"),
    ).toEqual([
      {
        state: "FIN_WAIT",
        source: "[fd00:254::250]:1024",
        virtual: "[fd00:254::100]:80",
        destination: "[fd00:254::12]:80",
      },
    ]);
  });
});

describe("keepalived.conf of both families", () => {
  const inputs = roleInputs(lab, serverNamed(lab, "server1")).keepalived;
  if (!inputs) throw new Error("no keepalived");

  it("has the virtual router's link-local address first, and IPv6 real servers", () => {
    expect(inputs.config).toContain(`vrrp_instance VI_2 {
    state MASTER
    interface eth0
    virtual_router_id 51
    priority 100
    advert_int 1
    version 3
    virtual_ipaddress {
        fe80::200:5eff:fe00:233
        fd00:254::100
    }
}
`);
    expect(inputs.config).toContain("virtual_server fd00:254::100 80 {\n");
    expect(inputs.config).toContain("    real_server fd00:254::12 80 {\n");
  });

  it("is compared with the kernel's table in brackets", () => {
    expect(inputs.virtualServices).toEqual(["172.25.254.100:80 rr", "[fd00:254::100]:80 rr"]);
    const drained = parseIpvsTable(
      "-A -t [fd00:254::100]:80 -s rr\n-a -t [fd00:254::100]:80 -r [fd00:254::12]:80 -g -w 0\n",
    );
    expect(otherWeights(inputs.config, drained)).toEqual(["[fd00:254::100]:80 [fd00:254::12]:80 0"]);
  });
});
