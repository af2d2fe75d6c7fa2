import { beforeEach, describe, expect, test } from "vitest";
import {
  destinationKeyOf,
  directors as directorsIn,
  electedOf,
  type Ip,
  instanceOfVip,
  ipvsKeyOf,
  type Lab,
  schemeOf,
  timersOf,
} from "../../../../lab/index.ts";
import { inferPlan } from "../../../../rehearse/plan/infer.ts";
import { labOfPlan } from "../../../../rehearse/plan/lab.ts";
import { standInsOf } from "../../../../rehearse/plan/stand-ins.ts";
import { aFolder, instance, service, unicast } from "../a-folder.ts";

function rehearsalOf(files: Readonly<Record<string, string>>) {
  const { folder, directors } = aFolder(files);
  const { plan } = inferPlan(folder, directors);
  return {
    plan,
    lab: labOfPlan("rehearse-x", plan, { folder, directors }),
    standIns: standInsOf(plan, { folder, directors }),
  };
}

const vip = "192.0.2.100" as Ip;

/** Two directors that differ in their priority alone. */
const pair = (text: (priority: number) => string) => ({ "LB_1.conf": text(150), "lb2.conf": text(100) });

describe("the lab of a rehearsal", () => {
  let lab: Lab;
  beforeEach(() => {
    ({ lab } = rehearsalOf(
      pair(
        (priority) =>
          instance([`${vip}/24`], { priority, device: "ens192" }) +
          service(`${vip} 80`, ["192.0.2.21 80", "192.0.2.22 8080"]),
      ),
    ));
  });

  test("reaches its directors by a network of its own, and has no address in theirs", () => {
    expect(lab.networks).toEqual([
      { name: "management", subnets: ["198.18.0.0/24"], hostAddresses: ["198.18.0.1"] },
      { name: "net1", subnets: ["192.0.2.0/24"], hostAddresses: [] },
    ]);
    expect(lab.setup).toBe("manual");
    expect(lab.client.interfaces).toEqual([{ network: "net1", device: "eth0", addresses: ["192.0.2.250"] }]);
  });

  test("has the directors as servers, under host names, with MAC addresses of their own", () => {
    expect(
      lab.servers.map(({ name, role, management, interfaces }) => ({ name, role, management, interfaces })),
    ).toEqual([
      {
        ...{ name: "lb-1", role: "director", management: "198.18.0.11" },
        interfaces: [
          { network: "management", device: "lvs-lab", addresses: ["198.18.0.11"], mac: "52:54:00:E0:00:00" },
          { network: "net1", device: "ens192", addresses: ["192.0.2.11"], mac: "52:54:00:E0:00:01" },
        ],
      },
      {
        ...{ name: "lb2", role: "director", management: "198.18.0.12" },
        interfaces: [
          { network: "management", device: "lvs-lab", addresses: ["198.18.0.12"], mac: "52:54:00:E0:01:00" },
          { network: "net1", device: "ens192", addresses: ["192.0.2.12"], mac: "52:54:00:E0:01:01" },
        ],
      },
    ]);
    expect(directorsIn(lab)).toHaveLength(2);
  });

  test("has the instances, with what predictions need", () => {
    expect(lab.vrrp).toEqual([
      {
        ...{ name: "VI_1", id: 51, version: 2, network: "net1", addresses: [vip], advertInterval: 1, preempt: true },
        members: [
          { server: "lb-1", priority: 150, state: "BACKUP" },
          { server: "lb2", priority: 100, state: "BACKUP" },
        ],
      },
    ]);
    expect(lab.virtualAddresses).toEqual([{ address: vip, network: "net1" }]);
  });

  test("has the services, with stand-ins for their real servers; by DR they keep the port", () => {
    expect(lab.services).toEqual([
      {
        ...{ name: `${vip}:80`, protocol: "tcp", vip, port: 80, scheduler: "rr", forwarding: "dr" },
        realServers: [
          { server: "real1", address: "192.0.2.21", port: 80, weight: 1, page: "real1\n" },
          { server: "real2", address: "192.0.2.22", port: 80, weight: 1, page: "real2\n" },
        ],
      },
    ]);
  });
});

describe("instances", () => {
  const instancesOf = (text: (priority: number) => string) => rehearsalOf(pair(text)).lab.vrrp;

  test("version, interval, preemption, unicast, virtual MAC address, sync group", () => {
    const further = "version 3\nadvert_int 0.5\nstate BACKUP\nnopreempt\nuse_vmac";
    const group = "vrrp_sync_group G {\ngroup {\nVI_1\n}\n}\n";
    const [found] = rehearsalOf({
      "lb1.conf":
        group + instance([vip], { priority: 150, further: `${further}\n${unicast("192.0.2.1", "192.0.2.2")}` }),
      "lb2.conf": group + instance([vip], { further: `${further}\n${unicast("192.0.2.2", "192.0.2.1")}` }),
    }).lab.vrrp;
    expect(found).toMatchObject({
      version: 3,
      advertInterval: 0.5,
      preempt: false,
      unicast: true,
      useVmac: true,
      syncGroup: "G",
    });
  });

  test("one that does not preempt after a time", () => {
    const [found] = instancesOf((priority) => instance([vip], { priority, further: "state BACKUP\npreempt_delay 20" }));
    expect(found).toMatchObject({ preempt: true, preemptDelay: 20 });
  });

  describe("nopreempt on", () => {
    const further = (state: string, last = "nopreempt") => `state ${state}\n${last}`;
    const instanceOf = (master: string, backup: string) =>
      rehearsalOf({
        "lb1.conf": instance([vip], { priority: 150, further: master }),
        "lb2.conf": instance([vip], { priority: 100, further: backup }),
      }).lab.vrrp[0];

    // keepalived clears it on a MASTER, which takes its addresses back: seen with 2.2.7.
    test.each([
      ["both, where the first one is MASTER", further("MASTER"), further("BACKUP")],
      ["the backup alone", further("BACKUP", ""), further("BACKUP")],
    ])("%s: the master takes its addresses back, and the backup leaves them where they are", (_, master, backup) => {
      const found = instanceOf(master, backup);
      expect(found).toMatchObject({ preempt: true, members: [{ server: "lb1" }, { server: "lb2", preempt: false }] });
      expect(found?.members[0]).not.toHaveProperty("preempt");
    });

    test("the master alone: it does not take them back, while the backup would take over from one that lowers its priority", () => {
      expect(instanceOf(further("BACKUP"), further("BACKUP", ""))).toMatchObject({
        ...{ preempt: false, members: [{ server: "lb1" }, { server: "lb2", preempt: true }] },
      });
    });

    test("one instance of a sync group: it holds back all of them", () => {
      const group = "vrrp_sync_group G {\ngroup {\nVI_1\nVI_2\n}\n}\n";
      const text = (priority: number) =>
        group +
        instance([vip], { priority, further: "state BACKUP" }) +
        instance(["192.0.2.101"], { name: "VI_2", id: 52, priority, further: further("BACKUP") });
      expect(instancesOf(text).map(({ preempt }) => preempt)).toEqual([false, false]);
    });
  });

  test("addresses that advertisements do not tell move, too; link-local ones are in no network", () => {
    const { lab } = rehearsalOf(
      pair(
        (priority) =>
          instance(["192.0.2.1/24"], {
            priority,
            further: `virtual_ipaddress_excluded {\n${vip}/24\n2001:db8::1/64\n}`,
          }) + instance(["fe80::1", "2001:db8::2/64"], { name: "VI_6", priority, id: 6 }),
      ),
    );
    expect(lab.vrrp.map(({ addresses }) => addresses)).toEqual([["192.0.2.1", vip, "2001:db8::1"], ["2001:db8::2"]]);
    expect(instanceOfVip(lab, vip)?.name).toBe("VI_1");
    expect(lab.virtualAddresses.map(({ address }) => address)).toEqual([
      "192.0.2.1",
      vip,
      "2001:db8::1",
      "2001:db8::2",
    ]);
  });

  test("one without an interface is on that of default_interface", () => {
    const text = (priority: number) =>
      `global_defs {\ndefault_interface ens5\n}\n${instance([vip], { device: "", priority })}`;
    const found = instancesOf(text);
    expect(found.map((one) => [one.network, electedOf(one)])).toEqual([["net1", "lb-1"]]);
  });

  test("what the master tracks, itself and by its group; what counts the other way round has the other sign", () => {
    const text = (priority: number) => `
vrrp_script chk {
  script "/usr/bin/killall -0 haproxy"
  interval 2
  fall 3
  weight 20
}
vrrp_script maintenance {
  script "/usr/bin/test -e /run/maintenance"
  weight 30 reverse
}
vrrp_track_process web {
  process /usr/sbin/nginx
  quorum 2
  delay 1
}
${instance([`${vip}/24`], { priority, further: "track_script {\nchk\nmaintenance\n}\ntrack_process {\nweb\n}\ntrack_interface {\neth0\neth1 weight -20\n}" })}
${instance(["10.0.0.1/24"], { name: "INSIDE", device: "eth1", id: 52, priority })}`;
    const [found] = instancesOf(text);
    expect(found).toMatchObject({
      members: [
        { server: "lb-1", priority: 150 },
        { server: "lb2", priority: 100 },
      ],
      trackScripts: [
        {
          ...{ name: "chk", weight: 20, interval: 2, timeout: 2, fall: 3, rise: 1 },
          command: ["/usr/bin/killall", "-0", "haproxy"],
        },
        { name: "maintenance", weight: -30 },
      ],
      trackProcesses: [{ name: "web", weight: 0, process: "nginx", quorum: 2, delay: 1 }],
      trackInterfaces: [{ network: "net2", weight: -20 }],
    });
  });

  test("whose weights differ: the one that wins while all is well is first, with its own priority", () => {
    const script = (weight: number) => `vrrp_script chk {\nscript "/bin/true"\nweight ${weight}\n}\n`;
    const tracking = "track_script {\nchk\n}";
    const [found] = rehearsalOf({
      "lb1.conf": script(2) + instance([`${vip}/24`], { priority: 101, further: tracking }),
      "lb2.conf": script(10) + instance([`${vip}/24`], { priority: 100, further: tracking }),
    }).lab.vrrp;
    expect(found && electedOf(found)).toBe("lb2");
    expect(found?.members.map(({ server }) => timersOf(found, server).priority)).toEqual([110, 103]);
  });

  test("of equal priorities the higher address is first, unless one of the best starts as master", () => {
    const of = (...states: [priority: number, further: string][]) =>
      rehearsalOf(
        Object.fromEntries(
          states.map(([priority, further], index) => [
            `lb${index + 1}.conf`,
            instance([`${vip}/24`], { priority, further }),
          ]),
        ),
      ).lab.vrrp[0]?.members.map(({ server }) => server);
    expect(of([150, ""], [100, ""], [100, ""])).toEqual(["lb1", "lb3", "lb2"]);
    expect(of([100, ""], [100, "state MASTER"], [100, ""])).toEqual(["lb2", "lb3", "lb1"]);
    expect(of([100, "state MASTER"], [100, "state MASTER"])).toEqual(["lb2", "lb1"]);
    expect(of([150, ""], [100, ""], [100, "state MASTER"], [100, ""])).toEqual(["lb1", "lb4", "lb3", "lb2"]);
  });

  test("none without an address that could move", () => {
    expect(instancesOf(() => instance([]))).toEqual([]);
  });
});

describe("services", () => {
  const servicesOf = (text: string) =>
    rehearsalOf({
      "lb1.conf": instance([`${vip}/24`], { further: "virtual_ipaddress_excluded {\n2001:db8::100/64\n}" }) + text,
    }).lab.services;

  test.each([
    ["of SCTP", service(`${vip} 53`, ["192.0.2.21 53"], { further: "protocol SCTP" })],
    ["by a firewall mark", service("fwmark 1", ["192.0.2.21 80"])],
    ["of all ports, by UDP", service(`${vip} 0`, ["192.0.2.21 0"], { further: "protocol UDP" })],
    ["elsewhere", service("203.0.113.1 80", ["192.0.2.21 80"])],
  ])("one %s is none that the client asks", (_, text) => {
    expect(servicesOf(text)).toEqual([]);
  });

  test("by a firewall mark: where the folder's commands set it, with the ports of the packet or its own", () => {
    const marks = `#!/bin/sh
# iptables -t mangle -A PREROUTING -d 192.0.2.9 -p tcp --dport 99 -j MARK --set-mark 7
iptables -t mangle -A PREROUTING -d ${vip}/32 -p tcp -m multiport --dports 443,80 -j MARK --set-mark 7
nft add rule ip mangle prerouting ip daddr ${vip} tcp dport { 8080, 9000-9010 } meta mark set 0x8
iptables -t mangle -A PREROUTING -p tcp -d ${vip} --dport 81 -j MARK --set-xmark 0x7/0xffffffff
`;
    const text =
      service("fwmark 7", ["192.0.2.21 0"], { further: "persistence_timeout 50" }) +
      service("fwmark 8", ["10.0.0.22 9090"], { method: "NAT" });
    const { lab, standIns, plan } = rehearsalOf({ "lb1.conf": instance([`${vip}/24`]) + text, "marks.sh": marks });
    expect(plan.services).toEqual([
      { address: vip, port: 443, tls: true, firewallMark: 7 },
      { address: vip, port: 80, tls: false, firewallMark: 7 },
      { address: vip, port: 81, tls: false, firewallMark: 7 },
      { address: vip, port: 8080, tls: false, firewallMark: 8 },
    ]);
    expect(lab.services).toEqual([
      expect.objectContaining({
        ...{
          name: `${vip}:443`,
          port: 443,
          morePorts: [80, 81],
          firewallMark: 7,
          persistenceTimeout: 50,
          protocol: "tcp",
        },
        realServers: [expect.objectContaining({ address: "192.0.2.21", port: 443, portInTable: 0 })],
      }),
      expect.objectContaining({
        ...{ name: `${vip}:8080`, port: 8080, firewallMark: 8, forwarding: "nat" },
        realServers: [expect.objectContaining({ address: "10.0.0.22", port: 9090, portInTable: 9090 })],
      }),
    ]);
    expect(
      lab.services.map((one) => [ipvsKeyOf(one), ...one.realServers.map((real) => destinationKeyOf(one, real))]),
    ).toEqual([
      ["-f 7", "192.0.2.21:0"],
      ["-f 8", "10.0.0.22:9090"],
    ]);
    expect(
      standIns.map(({ listeners, quietAddresses }) => [listeners.map(({ port, tls }) => [port, tls]), quietAddresses]),
    ).toEqual([
      [
        [
          [80, false],
          [81, false],
          [443, true],
        ],
        [vip],
      ],
      [[[9090, false]], []],
    ]);
  });

  test("of all ports: one of them, which clients are assumed to ask for", () => {
    const text = instance([`${vip}/24`]) + service(`${vip} 0`, ["192.0.2.21 0"]);
    const { lab, plan, standIns } = rehearsalOf({ "lb1.conf": text });
    expect(plan.services).toEqual([{ address: vip, port: 80, tls: false }]);
    expect(lab.services).toEqual([
      expect.objectContaining({ name: `${vip}:80`, port: 80, everyPort: true, persistenceTimeout: 360 }),
    ]);
    expect(
      lab.services.map((one) => [ipvsKeyOf(one), ...one.realServers.map((real) => destinationKeyOf(one, real))]),
    ).toEqual([[`-t ${vip}:0`, "192.0.2.21:0"]]);
    expect(standIns.map(({ listeners }) => listeners.map(({ port }) => port))).toEqual([[80]]);
  });

  test("NAT and tunnels, persistence, another port, IPv6", () => {
    const text =
      service(`${vip} 80`, ["10.0.0.21 8080"], { method: "NAT", further: "persistence_timeout 50\nweight 3" }) +
      service("2001:db8::100 80", ["2001:db8::21 80"], { method: "TUN" });
    expect(servicesOf(text)).toEqual([
      expect.objectContaining({
        ...{ forwarding: "nat", persistenceTimeout: 50 },
        realServers: [expect.objectContaining({ address: "10.0.0.21", port: 8080, weight: 3 })],
      }),
      expect.objectContaining({ name: "[2001:db8::100]:80", forwarding: "tunnel" }),
    ]);
  });

  test("by UDP and by TCP on one port are two, with a stand-in that answers both", () => {
    const checked = "192.0.2.21 53 {\nDNS_CHECK {\nname example.org\n}\n}";
    const text = service(`${vip} 53`, ["192.0.2.21 53"]) + service(`${vip} 53`, [checked], { further: "protocol UDP" });
    expect(servicesOf(text)).toEqual([
      expect.objectContaining({ name: `${vip}:53`, protocol: "tcp" }),
      expect.objectContaining({
        ...{ name: `${vip}:53/udp`, protocol: "udp", healthCheck: expect.objectContaining({ type: "dns" }) },
        realServers: [expect.objectContaining({ server: "real1", address: "192.0.2.21", port: 53, page: "real1\n" })],
      }),
    ]);
    const { standIns } = rehearsalOf({ "lb1.conf": instance([`${vip}/24`]) + text }).lab;
    expect(standIns?.[0]).toMatchObject({ name: "real1", ports: { tcp: [53], udp: [53] } });
  });

  test("of a group one for each of its addresses", () => {
    const text = `virtual_server_group g {\n${vip} 80\n${vip} 81\n}\n${service("group g", ["192.0.2.21 8080"], { method: "NAT" })}`;
    expect(servicesOf(text).map(({ name, realServers: [real] }) => [name, real?.port])).toEqual([
      [`${vip}:80`, 8080],
      [`${vip}:81`, 8080],
    ]);
  });

  test("a sorry server is a stand-in", () => {
    const text = service(`${vip} 80`, ["192.0.2.21 80"], { further: "sorry_server 192.0.2.30 8080" });
    expect(servicesOf(text)[0]?.sorryServer).toEqual({
      ...{ server: "sorry1", address: "192.0.2.30", port: 8080, page: "sorry1\n" },
    });
  });

  test("a real server with a health check of its own has it", () => {
    const real = (last: number, check: string) => `192.0.2.${last} 80 {\n${check}\n}`;
    const tcp = (timeout: number) => `TCP_CHECK {\nconnect_timeout ${timeout}\n}`;
    const [found] = servicesOf(
      service(`${vip} 80`, [real(21, tcp(3)), real(22, tcp(3)), real(23, tcp(5)), real(24, "")]),
    );
    expect(found?.healthCheck).toMatchObject({ type: "tcp", connectTimeout: 3 });
    expect(found?.realServers.map(({ healthCheck }) => healthCheck)).toEqual([
      ...[undefined, undefined],
      expect.objectContaining({ connectTimeout: 5 }),
      null,
    ]);
  });

  test("each once, as the first director has it", () => {
    const { lab } = rehearsalOf({
      "lb1.conf": instance([`${vip}/24`]) + service(`${vip} 80`, ["192.0.2.21 80"]),
      "lb2.conf":
        instance([`${vip}/24`]) + service(`${vip} 80`, ["192.0.2.22 80"]) + service(`${vip} 81`, ["192.0.2.22 81"]),
    });
    expect(lab.services.map(({ port, realServers }) => [port, realServers.map(({ address }) => address)])).toEqual([
      [80, ["192.0.2.21"]],
      [81, ["192.0.2.22"]],
    ]);
  });

  test("clients speak TLS where its health checks do", () => {
    const checked = (port: number, check: string) => `192.0.2.21 ${port} {\n${check} {\nurl {\npath /\n}\n}\n}`;
    const found = servicesOf(
      service(`${vip} 443`, [checked(443, "SSL_GET")]) + service(`${vip} 80`, [checked(80, "HTTP_GET")]),
    );
    expect(found.map(schemeOf)).toEqual(["https", "http"]);
  });
});

describe("stand-ins", () => {
  test("a real server of DR has the VIP quietly, one of NAT a way back, one of a tunnel a device for it", () => {
    const text =
      instance([`${vip}/24`, "192.0.2.101/24", "192.0.2.102/24"]) +
      instance(["10.0.0.1/24"], { name: "VI_2", id: 52, device: "eth1" }) +
      service(`${vip} 80`, ["192.0.2.21 80"]) +
      service("192.0.2.101 80", ["10.0.0.21 80"], { method: "NAT" }) +
      service("192.0.2.102 80", ["192.0.2.22 80"], { method: "TUN" });
    const common = {
      listeners: [{ port: 80, tls: false, answers: [] }],
      ...{ datagrams: [], mail: [], bfd: [], missing: [] },
    };
    expect(rehearsalOf({ "lb1.conf": text }).standIns).toEqual([
      {
        ...common,
        name: "real1",
        network: "net1",
        addresses: ["192.0.2.21/24"],
        quietAddresses: [vip],
        gateways: [],
        tunnel: false,
      },
      {
        ...common,
        name: "real2",
        network: "net2",
        addresses: ["10.0.0.21/24"],
        quietAddresses: [],
        gateways: ["10.0.0.1"],
        tunnel: false,
      },
      {
        ...common,
        name: "real3",
        network: "net1",
        addresses: ["192.0.2.22/24"],
        quietAddresses: ["192.0.2.102"],
        gateways: [],
        tunnel: true,
      },
    ]);
  });

  test("a real server's own method counts, and that of the sorry server", () => {
    const text =
      instance([`${vip}/24`]) +
      service(`${vip} 80`, ["192.0.2.21 80 {\nlvs_method NAT\n}", "192.0.2.22 80"], {
        further: "sorry_server 192.0.2.30 8080\n",
      }) +
      service(`${vip} 81`, [], { further: "sorry_server 192.0.2.31\nsorry_server_lvs_method NAT" });
    const { standIns } = rehearsalOf({ "lb1.conf": text });
    expect(
      standIns.map(({ name, quietAddresses, listeners }) => [name, quietAddresses, listeners.map(({ port }) => port)]),
    ).toEqual([
      ["real1", [], [80]],
      ["real2", [vip], [80]],
      ["sorry1", [vip], [8080]],
      ["sorry2", [], [81]],
    ]);
  });

  test("listens where health checks ask, by TLS, with the statuses that they want", () => {
    const checks = [
      "SSL_GET {\nconnect_port 8443\nurl {\npath /health?deep=1\nstatus_code 204\n}\nurl {\npath /\nstatus_code 200\n}\n}",
      "HTTP_GET {\nurl {\npath /old\nstatus_code 301\n}\n}",
      "TCP_CHECK {\nconnect_port 9000\n}",
      "MISC_CHECK {\nmisc_path /bin/true\n}",
    ];
    const text = instance([`${vip}/24`]) + service(`${vip} 80`, [`192.0.2.21 80 {\n${checks.join("\n")}\n}`]);
    expect(rehearsalOf({ "lb1.conf": text }).standIns[0]?.listeners).toEqual([
      { port: 80, tls: false, answers: [{ path: "/old", status: 301, everyone: false }] },
      { port: 8443, tls: true, answers: [{ path: "/health", status: 204, everyone: false }] },
      { port: 9000, tls: false, answers: [] },
    ]);
  });

  test("of a firewall mark and of a group: the ports that their real servers and groups name", () => {
    const text =
      instance([`${vip}/24`]) +
      service("fwmark 7", ["192.0.2.21 0", "192.0.2.22 80"]) +
      `virtual_server_group g {\n${vip} 81\n192.0.2.101-103 82\n}\n${service("group g", ["192.0.2.23 0"])}`;
    const { standIns } = rehearsalOf({ "lb1.conf": text });
    expect(
      standIns.map(({ listeners, quietAddresses }) => [listeners.map(({ port }) => port), quietAddresses]),
    ).toEqual([
      [[], []],
      [[80], []],
      [
        [81, 82],
        [vip, "192.0.2.101"],
      ],
    ]);
  });
});
