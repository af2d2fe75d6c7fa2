import { describe, expect, test } from "vitest";
import { accountsOf } from "../../../../rehearse/plan/accounts.ts";
import { inferPlan } from "../../../../rehearse/plan/infer.ts";
import type { Inferred } from "../../../../rehearse/plan/plan.ts";
import { aFolder, instance, service, unicast } from "../a-folder.ts";

function inferred(files: Readonly<Record<string, string>>): Inferred {
  const { folder, directors } = aFolder(files);
  return inferPlan(folder, directors);
}

const planOf = (files: Readonly<Record<string, string>>) => inferred(files).plan;

/** Each network with its subnets. */
const networksOf = (files: Readonly<Record<string, string>>) =>
  Object.fromEntries(planOf(files).networks.map(({ name, subnets }) => [name, subnets]));

/** Each director's interfaces: `DEVICE NETWORK ADDRESSES`. */
const interfacesOf = (files: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    planOf(files).directors.map(({ name, interfaces }) => [
      name,
      interfaces.map(({ device, network, addresses }) => [device, network, ...addresses].join(" ")),
    ]),
  );

/** The stand-ins: `NAME NETWORK ADDRESS`, and the way to clients. */
const standInsOf = (files: Readonly<Record<string, string>>) =>
  planOf(files).standIns.map(({ name, network, addresses, gateways }) =>
    [name, network, ...addresses, ...gateways.map((gateway) => `via ${gateway}`)].join(" "),
  );

describe("networks", () => {
  test("instances of one virtual router are on one, whatever their interfaces are called", () => {
    expect(
      interfacesOf({
        "lb1.conf": instance(["192.0.2.100/24"], { device: "ens192" }),
        "lb2.conf": instance(["192.0.2.100/24"], { device: "eth0" }),
      }),
    ).toEqual({ lb1: ["ens192 net1 192.0.2.11"], lb2: ["eth0 net1 192.0.2.12"] });
  });

  test("interfaces with addresses of one subnet are on one, also without a virtual router", () => {
    const files = {
      "lb1.conf": instance(["192.0.2.100/24"], { device: "eth1" }),
      "lb2.conf": instance(["192.0.2.101/24"], { id: 52, device: "eth7" }),
    };
    expect(networksOf(files)).toEqual({ net1: ["192.0.2.0/24"] });
  });

  test("interfaces of one name of which nothing else is known are on one", () => {
    const tracked = (address: string) => instance([address], { further: "track_interface {\neth9\n}" });
    const files = { "lb1.conf": tracked("192.0.2.100/24"), "lb2.conf": tracked("192.0.2.100/24") };
    expect(networksOf(files)).toEqual({ net1: ["192.0.2.0/24"], net2: ["198.19.1.0/24"] });
    expect(interfacesOf(files).lb2).toEqual(["eth0 net1 192.0.2.12", "eth9 net2 198.19.1.12"]);
    expect(inferred(files).assumed.get("net2")).toEqual(["198.19.1.0/24: no IPv4 address is known there"]);
  });

  test("two of one name with different subnets are two", () => {
    const files = {
      "lb1.conf": instance(["192.0.2.100/24"]),
      "lb2.conf": instance(["198.51.100.100/24"], { id: 52 }),
    };
    expect(networksOf(files)).toEqual({ net1: ["192.0.2.0/24"], net2: ["198.51.100.0/24"] });
  });

  test("subnets that overlap are on one network, whichever interface has them", () => {
    const files = {
      "lb1.conf": instance(["192.0.2.4/26"]) + instance(["192.0.2.100/24"], { name: "VI_2", id: 52, device: "eth1" }),
    };
    expect(networksOf(files)).toEqual({ net1: ["192.0.2.0/24"] });
    expect(interfacesOf(files).lb1).toEqual(["eth0 net1 192.0.2.11", "eth1 net1 192.0.2.12"]);
    expect(inferred(files).assumed.get("net1")).toEqual(["192.0.2.0/26 lies in 192.0.2.0/24: they are one network"]);
  });

  test("an address is on the interface that `dev` names", () => {
    const files = { "lb1.conf": instance(["192.0.2.100/24", "10.0.0.1/16 dev bond0.100 label bond0.100:1"]) };
    expect(interfacesOf(files)).toEqual({ lb1: ["eth0 net1 192.0.2.11", "bond0.100 net2 10.0.0.11"] });
    expect(networksOf(files)).toEqual({ net1: ["192.0.2.0/24"], net2: ["10.0.0.0/16"] });
  });

  test("the loopback interface is on none", () => {
    expect(interfacesOf({ "lb1.conf": instance(["192.0.2.100/24", "203.0.113.9/32 dev lo"]) }).lb1).toEqual([
      "eth0 net1 192.0.2.11",
    ]);
  });

  test("the sync daemon's interface and that of static addresses are named, too", () => {
    const text = [
      "global_defs {\nlvs_sync_daemon eth2 VI_1\n}",
      "static_ipaddress {\n10.9.0.1/24 brd + dev eth3 scope global\n}",
      instance(["192.0.2.100/24"]),
    ].join("\n");
    expect(interfacesOf({ "lb1.conf": text }).lb1).toEqual([
      ...["eth0 net1 192.0.2.11", "eth2 net2 198.19.1.11", "eth3 net3 10.9.0.11"],
    ]);
  });

  test("an instance or a static address without an interface has default_interface, or else eth0", () => {
    const text = `static_ipaddress {\n10.9.0.1/24 scope global\n}\n${instance(["192.0.2.100/24"], { device: "" })}`;
    expect(interfacesOf({ "lb1.conf": text }).lb1).toEqual(["eth0 net1 192.0.2.11 10.9.0.11"]);
    const named = `global_defs {\ndefault_interface ens5\n}\n${text}`;
    expect(interfacesOf({ "lb1.conf": named }).lb1).toEqual(["ens5 net1 192.0.2.11 10.9.0.11"]);
  });

  test("a configuration without VRRP has eth0", () => {
    const files = { "lb1.conf": service("192.0.2.100 80", ["192.0.2.21 80"]) };
    expect(interfacesOf(files).lb1).toEqual(["eth0 net1 198.19.0.11 192.0.2.11"]);
  });
});

describe("subnets", () => {
  test("an address without a prefix length, or with one for itself, gives a likely one", () => {
    for (const address of ["192.0.2.100", "192.0.2.100/32", "192.0.2.100/31"]) {
      const files = { "lb1.conf": instance([address]) };
      expect(networksOf(files)).toEqual({ net1: ["192.0.2.0/24"] });
      expect(inferred(files).assumed.get("net1")).toEqual([
        "192.0.2.0/24: no address there has a prefix length, /24 is assumed",
      ]);
    }
  });

  test("one in a subnet that is known gives none, also in another network's", () => {
    const files = {
      "lb1.conf":
        instance(["192.0.2.100/32", "192.0.2.101/25"]) +
        instance(["192.0.2.102", "10.0.0.100/16"], { name: "VI_2", id: 52, device: "eth1" }),
    };
    expect(networksOf(files)).toEqual({ net1: ["192.0.2.0/25"], net2: ["10.0.0.0/16"] });
    expect(inferred(files).assumed.has("net1")).toBe(false);
  });

  test("beside a subnet that is known a likely one has its prefix length, and does not cover it", () => {
    expect(networksOf({ "lb1.conf": instance(["192.0.2.100/25", "192.0.2.200"]) })).toEqual({
      net1: ["192.0.2.0/25", "192.0.2.128/25"],
    });
  });

  test("no two networks get the same likely one", () => {
    const files = {
      "lb1.conf": instance(["192.0.2.100"]) + instance(["192.0.2.200"], { name: "VI_2", id: 52, device: "eth1" }),
    };
    expect(networksOf(files)).toEqual({ net1: ["192.0.2.0/24"], net2: ["198.19.1.0/24"] });
  });

  test("one that lies in another one is left out", () => {
    expect(networksOf({ "lb1.conf": instance(["10.0.0.100/16", "10.0.5.100/24"]) })).toEqual({
      net1: ["10.0.0.0/16"],
    });
  });

  test("IPv6: a network has IPv4, too, and a likely prefix of 64", () => {
    const files = { "lb1.conf": instance(["2001:db8::100"]), "lb2.conf": instance(["2001:db8::100"]) };
    expect(networksOf(files)).toEqual({ net1: ["198.19.0.0/24", "2001:db8::/64"] });
    expect(interfacesOf(files).lb2).toEqual(["eth0 net1 198.19.0.12 2001:db8::c"]);
    expect(planOf(files).client.addresses).toEqual(["198.19.0.250", "2001:db8::fa"]);
  });

  test("link-local addresses make no subnet, and join no networks", () => {
    const text =
      instance(["fe80::1/64", "2001:db8:1::1/64"]) +
      instance(["fe80::1/64", "2001:db8:2::1/64"], { name: "VI_2", id: 52, device: "eth1" });
    expect(networksOf({ "lb1.conf": text })).toEqual({
      net1: ["198.19.0.0/24", "2001:db8:1::/64"],
      net2: ["198.19.1.0/24", "2001:db8:2::/64"],
    });
  });

  test("one without room for directors gets another one beside it, and the client the place that is left", () => {
    const files = { "lb1.conf": instance(["192.0.2.1/30"]), "lb2.conf": instance(["192.0.2.1/30"]) };
    expect(networksOf(files)).toEqual({ net1: ["192.0.2.0/30", "198.19.0.0/24"] });
    expect(planOf(files).client.addresses).toEqual(["192.0.2.2", "198.19.0.250"]);
    expect(interfacesOf(files)).toEqual({ lb1: ["eth0 net1 198.19.0.11"], lb2: ["eth0 net1 198.19.0.12"] });
    expect(inferred(files).assumed.get("net1")).toEqual([
      "198.19.0.0/24: 192.0.2.0/30 has no room for the hosts' own addresses",
    ]);
  });
});

describe("directors' own addresses", () => {
  const vip = ["192.0.2.100/24"];

  test("are the sources of unicast advertisements", () => {
    const files = {
      "lb1.conf": instance(vip, { further: unicast("192.0.2.12", "192.0.2.11") }),
      "lb2.conf": instance(vip, { further: unicast("192.0.2.11", "192.0.2.12") }),
    };
    expect(interfacesOf(files)).toEqual({ lb1: ["eth0 net1 192.0.2.12"], lb2: ["eth0 net1 192.0.2.11"] });
    expect(inferred(files).assumed.has("lb1")).toBe(false);
  });

  test("are what only the others list as a peer", () => {
    const [one, two, three] = ["192.0.2.1", "192.0.2.2", "192.0.2.3"] as const;
    expect(
      interfacesOf({
        "lb1.conf": instance(vip, { further: unicast("", two, three) }),
        "lb2.conf": instance(vip, { further: unicast("", one, three) }),
        "lb3.conf": instance(vip, { further: unicast("", one, two) }),
      }),
    ).toEqual({ lb1: [`eth0 net1 ${one}`], lb2: [`eth0 net1 ${two}`], lb3: [`eth0 net1 ${three}`] });
  });

  test("are those of one director, where two send from the same one", () => {
    const text = instance(vip, { further: unicast("192.0.2.11", "192.0.2.12") });
    const files = { "lb1.conf": text, "lb2.conf": text };
    expect(interfacesOf(files)).toEqual({ lb1: ["eth0 net1 192.0.2.11"], lb2: ["eth0 net1 192.0.2.13"] });
    expect(inferred(files).assumed.get("lb2")).toEqual([
      "eth0 has 192.0.2.13: 192.0.2.11, from which it sends, is an address of lb1",
    ]);
  });

  test("are assumed where nothing tells them, and are nobody else's", () => {
    const files = {
      "lb1.conf": instance(vip),
      // Its source is the first address that would be assumed, its peer the second one.
      "lb2.conf": instance(vip, { further: unicast("192.0.2.11", "192.0.2.12") }),
      "lb3.conf": `${instance(vip)}static_ipaddress {\n192.0.2.13/24 dev eth0\n}\n${service("192.0.2.14 80", ["192.0.2.15 80"])}`,
    };
    const { plan, assumed } = inferred(files);
    expect(plan.directors.map(({ interfaces: [first] }) => first?.addresses)).toEqual([
      // lb2 sends to it alone.
      ["192.0.2.16"],
      ["192.0.2.11"],
      ["192.0.2.17"],
    ]);
    expect(assumed.get("lb1")).toEqual([
      "eth0 has 192.0.2.16: its own address in 192.0.2.0/24 is not in the configurations",
    ]);
  });
});

describe("stand-ins", () => {
  test("real servers and sorry servers of DR are on the network of the clients, each once", () => {
    const text =
      instance(["192.0.2.100/24"]) +
      service("192.0.2.100 80", ["192.0.2.21 80", "192.0.2.22 80"], { further: "sorry_server 192.0.2.30 8080" }) +
      service("192.0.2.100 443", ["192.0.2.21 443", "192.0.2.22 443"]);
    const files = { "lb1.conf": text, "lb2.conf": text };
    expect(standInsOf(files)).toEqual(["real1 net1 192.0.2.21", "real2 net1 192.0.2.22", "sorry1 net1 192.0.2.30"]);
    expect(planOf(files).client).toEqual({ network: "net1", addresses: ["192.0.2.250"] });
    expect(planOf(files).directors.every(({ sysctls }) => Object.keys(sysctls).length === 0)).toBe(true);
  });

  test("NAT: real servers on an inside network answer by the address there that moves", () => {
    const text =
      instance(["192.0.2.100/24"]) +
      instance(["10.0.0.1/24"], { name: "VI_2", id: 52, device: "eth1" }) +
      service("192.0.2.100 80", ["10.0.0.21 80"], { method: "NAT" });
    const files = { "lb1.conf": text, "lb2.conf": text };
    expect(standInsOf(files)).toEqual(["real1 net2 10.0.0.21 via 10.0.0.1"]);
    const { plan, assumed } = inferred(files);
    expect(plan.directors.map(({ sysctls }) => sysctls)).toEqual(Array(2).fill({ "net.ipv4.ip_forward": "1" }));
    expect(assumed.get("real1")).toEqual(["its way to clients is 10.0.0.1"]);
  });

  test("real servers on a network that no interface is on: each director gets one there, under a free name", () => {
    const text =
      instance(["192.0.2.100/24"], { device: "eth1" }) +
      service("192.0.2.100 80", ["10.0.0.21 80", "10.0.1.21 80"], { method: "NAT" });
    const files = { "lb1.conf": text };
    expect(interfacesOf(files).lb1).toEqual(["eth1 net1 192.0.2.11", "eth2 net2 10.0.0.11", "eth3 net3 10.0.1.11"]);
    expect(standInsOf(files)).toEqual(["real1 net2 10.0.0.21 via 10.0.0.11", "real2 net3 10.0.1.21 via 10.0.1.11"]);
    expect(inferred(files).assumed.get("net2")).toEqual([
      "10.0.0.0/24: 10.0.0.21 is in no network of the directors; each of them gets an interface here",
    ]);
  });

  test("DR and TUN: a subnet that no interface is in is the clients', whose address there is the way", () => {
    for (const method of ["DR", "TUN"]) {
      const files = {
        "lb1.conf":
          instance(["198.51.100.1/24"], { further: "virtual_ipaddress_excluded {\n2001:db8::1/64\n}" }) +
          service("198.51.100.1 80", ["10.3.0.1 80"], { method }),
      };
      expect(interfacesOf(files).lb1).toEqual(["eth0 net1 198.51.100.11 10.3.0.11 2001:db8::b"]);
      expect(planOf(files).client.addresses).toEqual(["198.51.100.250", "10.3.0.250", "2001:db8::fa"]);
      expect(standInsOf(files)).toEqual(["real1 net1 10.3.0.1 via 10.3.0.250"]);
      const { assumed } = inferred(files);
      expect(assumed.get("net1")).toEqual([
        "10.3.0.0/24: 10.3.0.1 is in no network of the directors; it answers clients by itself, so that it is on theirs",
      ]);
      expect(assumed.get("real1")).toEqual(["its way to clients is 10.3.0.250, the client's own address there"]);
    }
  });

  test("DR on another network of the directors: no director is its way", () => {
    const text =
      instance(["192.0.2.100/24"]) +
      instance(["10.0.0.1/24"], { name: "VI_2", id: 52, device: "eth1" }) +
      service("192.0.2.100 80", ["10.0.0.21 80"]);
    expect(standInsOf({ "lb1.conf": text })).toEqual(["real1 net2 10.0.0.21"]);
    expect(inferred({ "lb1.conf": text }).assumed.get("real1")).toEqual([
      "it answers clients by itself and is not on their network, net1: they get no answer",
    ]);
  });

  test("NAT in another subnet of the clients' network: their way is the address there that moves", () => {
    const text =
      instance(["192.0.2.100/24", "10.0.0.1/24"]) + service("192.0.2.100 80", ["10.0.0.21 80"], { method: "NAT" });
    expect(standInsOf({ "lb1.conf": text })).toEqual(["real1 net1 10.0.0.21 via 10.0.0.1"]);
  });

  test("a further network is none that is known", () => {
    const text =
      instance(["192.0.2.100/24", "10.0.0.1/25 dev eth1"]) +
      service("192.0.2.100 80", ["10.0.0.200 80"], { method: "NAT" });
    expect(networksOf({ "lb1.conf": text })).toEqual({
      ...{ net1: ["192.0.2.0/24"], net2: ["10.0.0.0/25"], net3: ["10.0.0.128/25"] },
    });
  });

  test("their way is an address of their own subnet and family", () => {
    const text =
      instance(["192.0.2.100/24"]) +
      instance(["10.0.0.1/24", "10.1.0.1/24"], { name: "VI_2", id: 52, device: "eth1" }) +
      service("192.0.2.100 80", ["10.1.0.21 80"], { method: "NAT" });
    expect(standInsOf({ "lb1.conf": text })).toEqual(["real1 net2 10.1.0.21 via 10.1.0.1"]);
  });

  test("gateways of routes, and what scripts ping", () => {
    const script = "#!/bin/sh\n# 255.255.255.0, 1.2.3.4.5\nping -c 1 192.0.2.253 || ping -c 1 127.0.0.1\n";
    const text = [
      "static_routes {\n10.0.0.0/8 via 192.0.2.254 dev eth0\n}",
      'vrrp_script ping {\nscript "/usr/bin/ping -c 1 192.0.2.252"\n}',
      "vrrp_script file {\nscript /etc/keepalived/check.sh\n}",
      instance(["192.0.2.100/24"], { further: "virtual_routes {\ndefault via 192.0.2.251\n}" }),
    ].join("\n");
    expect(standInsOf({ "lb1.conf": text, "check.sh": script })).toEqual([
      "gateway1 net1 192.0.2.251",
      "gateway2 net1 192.0.2.254",
      "host1 net1 192.0.2.252",
      "host2 net1 192.0.2.253",
    ]);
  });

  test("none for directors' own, virtual and loopback addresses", () => {
    const text = (own: string, peer: string) =>
      `vrrp_script ping {\nscript "/bin/ping ${own} ${peer} 192.0.2.100 127.0.0.1"\n}\n` +
      instance(["192.0.2.100/24"], { further: unicast(own, peer) }) +
      service("192.0.2.100 80", [`${own} 80`, `${peer} 80`, "127.0.0.1 80"]);
    expect(
      standInsOf({
        "lb1.conf": text("192.0.2.11", "192.0.2.12"),
        "lb2.conf": text("192.0.2.12", "192.0.2.11"),
      }),
    ).toEqual([]);
  });
});

describe("what directors need", () => {
  test("VRRP without LVS: the network of the first instance is the clients'", () => {
    const text = instance(["192.0.2.1/24"]) + instance(["10.0.0.1/24"], { name: "VI_2", id: 52, device: "eth1" });
    const { plan, assumed } = inferred({ "lb1.conf": text, "lb2.conf": text });
    expect(plan.client.network).toBe("net1");
    expect(plan.standIns).toEqual([]);
    // A router between two networks.
    expect(plan.directors[0]?.sysctls).toEqual({ "net.ipv4.ip_forward": "1" });
    expect(assumed.get("lb1")).toContain("it forwards packets, net.ipv4.ip_forward=1: it does NAT, or it is a gateway");
  });

  test("the users and groups as whom scripts and notifications run, beside those of Debian", () => {
    const text =
      "global_defs {\nscript_user checks ops\n}\nvrrp_script a {\nscript /usr/bin/true\n}\n" +
      "vrrp_script b {\nscript /usr/bin/true\nuser nobody\n}\n" +
      instance(["192.0.2.100/24"], { further: "notify_master /usr/bin/true teller" }) +
      service("192.0.2.100 80", ["192.0.2.21 80 {\nMISC_CHECK {\nmisc_path /usr/bin/true\nuser asker ops\n}\n}"]);
    const { folder, directors } = aFolder({ "lb1.conf": text });
    const { plan, assumed, missing } = inferPlan(folder, directors);
    const [planned] = plan.directors;
    if (!planned) throw new Error("there is no director");
    for (const user of ["checks", "teller", "asker"])
      expect(assumed.get("lb1")).toContainEqual(expect.stringMatching(`^it has the user ${user}, whom`));
    expect(assumed.get("lb1")?.join()).not.toContain("nobody");
    expect(missing.get("lb1")).toEqual([]);
    // The plan decides, where it says who is there; where one folder replaces another, both have their users.
    expect(accountsOf({ ...planned, users: [] }, folder, directors)).toEqual({ users: [], groups: ["ops"] });
    expect(accountsOf(planned, folder, [...directors, ...directors])).toEqual({
      users: ["checks", "teller", "asker"],
      groups: ["ops"],
    });
  });

  test("scripts that nobody is named for are told, where keepalived leaves them out", () => {
    const of = (settings: string) =>
      inferred({
        "lb1.conf": `global_defs {\n${settings}\n}\nvrrp_script a {\nscript /usr/bin/true\n}\n${instance(["192.0.2.100/24"])}`,
      }).missing.get("lb1");
    expect(of("enable_script_security")).toEqual([
      expect.stringMatching(/^keepalived leaves its scripts out: .*`users: \[keepalived_script\]`/),
    ]);
    expect(of("")).toEqual([]);
    expect(of("enable_script_security\nscript_user root")).toEqual([]);
  });

  test("a real server's own lvs_method NAT is NAT", () => {
    const real = "192.0.2.21 80 {\nlvs_method NAT\n}";
    const text = instance(["192.0.2.100/24"]) + service("192.0.2.100 80", [real]);
    expect(planOf({ "lb1.conf": text }).directors[0]?.sysctls).toEqual({ "net.ipv4.ip_forward": "1" });
  });

  test("packages of what is tracked", () => {
    const text = `vrrp_script chk {\nscript "/usr/bin/killall -0 haproxy"\n}\nvrrp_track_process web {\nprocess nginx\n}\n${instance(["192.0.2.100/24"])}`;
    expect(planOf({ "lb1.conf": text }).directors[0]?.packages).toEqual(["haproxy", "nginx-light", "psmisc"]);
  });

  test("scripts that the folder does not have are told", () => {
    const text = [
      'vrrp_script chk {\nscript "/etc/keepalived/check.sh a"\n}',
      instance(["192.0.2.100/24"], { further: "notify /usr/local/bin/notify.sh\nnotify_fault /bin/true" }),
    ].join("\n");
    const told = (path: string) => `${path} is not there: put the file into the folder, or keepalived does without it`;
    const there = { "lb1.conf": text, "check.sh": "#!/bin/sh\n" };
    expect(inferred({ "lb1.conf": text }).assumed.get("lb1")).toEqual(
      expect.arrayContaining([told("/etc/keepalived/check.sh"), told("/usr/local/bin/notify.sh")]),
    );
    expect(inferred(there).assumed.get("lb1")).not.toContain(told("/etc/keepalived/check.sh"));
    expect(
      inferred(there)
        .assumed.get("lb1")
        ?.some((one) => one.includes("/bin/true")),
    ).toBe(false);
  });

  test("one file with conditions is as many directors as it names", () => {
    const text = [
      "vrrp_instance VI_1 {\ninterface eth0\nvirtual_router_id 51",
      ...["@lb1 priority 150", "@lb2 priority 100", "@lb1 unicast_src_ip 192.0.2.1", "@lb2 unicast_src_ip 192.0.2.2"],
      "unicast_peer {\n@^lb1 192.0.2.1\n@^lb2 192.0.2.2\n}\nvirtual_ipaddress {\n192.0.2.100/24\n}\n}\n",
    ].join("\n");
    expect(interfacesOf({ "cluster.conf": text })).toEqual({
      lb1: ["eth0 net1 192.0.2.1"],
      lb2: ["eth0 net1 192.0.2.2"],
    });
  });
});
