import { describe, expect, it } from "vitest";
import { type ArpCure, type Lab, labNames, readLab } from "../../../lab/index.ts";
import { byHand } from "../../../provision/by-hand.ts";
import { type RoleName, roleNames, roles } from "../../../provision/roles/index.ts";
import { checks } from "../../../verify/checks/index.ts";

const shipped = (name: string): Promise<Lab> => readLab(`labs/${name}.yaml`);

/** What is typed, as `SERVER# COMMAND`; of a here-document the first line. */
const typedIn = (lab: Lab, only = /./): string[] =>
  byHand(lab).steps.flatMap(({ server, ownMachine, commands }) =>
    commands
      .map((command) => `${ownMachine ? "$" : `${server}#`} ${command.split("\n")[0]}`)
      .filter((line) => only.test(line)),
  );

describe("the article's sequence", () => {
  it("dr: each real server, then the director", async () => {
    const realServer = (name: string, own: string) => [
      `${name}# apt-get --quiet update`,
      `${name}# apt-get --quiet --yes install apache2 arptables`,
      `${name}# echo ${name} >/var/www/html/index.html`,
      `${name}# systemctl enable --now apache2`,
      `${name}# ip address replace 172.25.254.100/32 dev eth0`,
      `${name}# arptables --flush`,
      `${name}# arptables -A INPUT -d 172.25.254.100 -j DROP`,
      `${name}# arptables -A OUTPUT -s 172.25.254.100 -j mangle --mangle-ip-s ${own}`,
    ];
    expect(typedIn(await shipped("dr"))).toEqual([
      ...realServer("server2", "172.25.254.12"),
      ...realServer("server3", "172.25.254.13"),
      "server1# apt-get --quiet update",
      "server1# apt-get --quiet --yes install ipvsadm",
      "server1# ip address replace 172.25.254.100/24 dev eth0",
      "server1# ipvsadm --clear",
      "server1# ipvsadm -A -t 172.25.254.100:80 -s rr",
      "server1# ipvsadm -a -t 172.25.254.100:80 -r 172.25.254.12:80 -g -w 1",
      "server1# ipvsadm -a -t 172.25.254.100:80 -r 172.25.254.13:80 -g -w 1",
    ]);
  });

  it("ha: the real servers as in dr; SSH between the directors, then each with mail and keepalived", async () => {
    const [ha, dr] = [await shipped("ha"), await shipped("dr")];
    const isReal = /^server[23]#/;
    expect(typedIn(ha, isReal)).toEqual(typedIn(dr, isReal));
    const director = (name: string) => [
      `${name}# apt-get --quiet update`,
      `${name}# apt-get --quiet --yes install ipvsadm keepalived opensmtpd bsd-mailx`,
      `${name}# cat >/etc/smtpd.conf <<'END'`,
      `${name}# systemctl enable opensmtpd`,
      `${name}# systemctl restart opensmtpd`,
      `${name}# cat >/etc/keepalived/keepalived.conf <<'END'`,
      `${name}# keepalived --config-test --use-file /etc/keepalived/keepalived.conf`,
      `${name}# systemctl enable keepalived`,
      `${name}# systemctl restart keepalived`,
    ];
    const key = "[ -e /root/.ssh/id_ed25519 ] || ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519";
    expect(typedIn(ha).slice(typedIn(ha, isReal).length)).toEqual([
      `server1# ${key}`,
      "server1# ssh-keyscan -T 60 -t ed25519 server4 >/etc/ssh/ssh_known_hosts",
      `server4# ${key}`,
      "server4# ssh-keyscan -T 60 -t ed25519 server1 >/etc/ssh/ssh_known_hosts",
      "$ npx lvs-lab ssh -s ha server1 -- cat /root/.ssh/id_ed25519.pub |",
      "$ npx lvs-lab ssh -s ha server4 -- cat /root/.ssh/id_ed25519.pub |",
      ...director("server1"),
      ...director("server4"),
    ]);
  });

  it("ha: keepalived.conf of the lab, with its password, for a MASTER and a BACKUP", async () => {
    const files = byHand(await shipped("ha")).steps.flatMap(({ commands }) =>
      commands.filter((command) => command.startsWith("cat >/etc/keepalived/")),
    );
    expect(files.join()).not.toContain("generated");
    expect(files.map((file) => /state \w+|priority \d+|auth_pass \S+/g[Symbol.match](file))).toEqual([
      ["state MASTER", "priority 100", "auth_pass 1111"],
      ["state BACKUP", "priority 50", "auth_pass 1111"],
    ]);
  });

  it("nat: other ports, the way back through the director, which forwards and has both addresses", async () => {
    const typed = typedIn(await shipped("nat"), /^server[12]#/);
    expect(typed.filter((line) => !/apt-get|sed -i/.test(line))).toEqual([
      "server2# echo server2 >/var/www/html/index.html",
      "server2# systemctl enable apache2",
      "server2# systemctl restart apache2",
      "server2# ip route replace default via 192.168.10.254",
      "server1# ip link set eth1 up",
      "server1# ip address replace 192.168.10.11/24 dev eth1",
      "server1# sysctl -q net.ipv4.ip_forward=1",
      "server1# ip address replace 172.25.254.100/24 dev eth0",
      "server1# ip address replace 192.168.10.254/24 dev eth1",
      "server1# ipvsadm --clear",
      "server1# ipvsadm -A -t 172.25.254.100:80 -s rr",
      "server1# ipvsadm -a -t 172.25.254.100:80 -r 192.168.10.12:8080 -m -w 1",
      "server1# ipvsadm -a -t 172.25.254.100:80 -r 192.168.10.13:8080 -m -w 1",
    ]);
  });

  it("nat-ha: each director has its second network and forwards before keepalived starts", async () => {
    const typed = typedIn(await shipped("nat-ha"), /^server4# (ip|sysctl|systemctl)/);
    expect(typed).toEqual([
      "server4# ip link set eth1 up",
      "server4# ip address replace 192.168.10.14/24 dev eth1",
      "server4# sysctl -q net.ipv4.ip_forward=1",
      "server4# systemctl enable opensmtpd",
      "server4# systemctl restart opensmtpd",
      "server4# systemctl enable keepalived",
      "server4# systemctl restart keepalived",
    ]);
  });

  it("tunnel: the device comes up before it has the VIP, and the cure as in dr", async () => {
    expect(typedIn(await shipped("tunnel"), /^server2# (modprobe|sysctl|ip|arptables)/)).toEqual([
      "server2# modprobe ipip",
      "server2# sysctl -q net.ipv4.conf.tunl0.rp_filter=0",
      "server2# ip link set tunl0 up",
      "server2# ip address replace 172.25.254.100/32 dev tunl0",
      "server2# arptables --flush",
      "server2# arptables -A INPUT -d 172.25.254.100 -j DROP",
      "server2# arptables -A OUTPUT -s 172.25.254.100 -j mangle --mangle-ip-s 172.25.254.12",
    ]);
  });

  it("the cure by sysctl: the VIP on lo; by nft: a table of its own; no cure: none is told", async () => {
    const dr = await shipped("dr");
    const curedBy = (arpCure: ArpCure) => ({
      ...dr,
      servers: dr.servers.map((one) => (one.role === "real-server" ? { ...one, arpCure } : one)),
    });
    expect(typedIn(curedBy("sysctl"), /^server2# (ip|arptables|sysctl|apt-get.*install)/)).toEqual([
      "server2# apt-get --quiet --yes install apache2",
      "server2# ip address replace 172.25.254.100/32 dev lo",
      "server2# sysctl -q net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2 " +
        "net.ipv4.conf.eth0.arp_ignore=1 net.ipv4.conf.eth0.arp_announce=2",
    ]);
    expect(typedIn(curedBy("nftables"), /^server2# (ip|nft|apt-get.*install)/)).toEqual([
      "server2# apt-get --quiet --yes install apache2 nftables",
      "server2# ip address replace 172.25.254.100/32 dev eth0",
      'server2# nft "add table arp lvs_lab; delete table arp lvs_lab; add table arp lvs_lab"',
      'server2# nft "add chain arp lvs_lab input { type filter hook input priority 0; }"',
      'server2# nft "add chain arp lvs_lab output { type filter hook output priority 0; }"',
      "server2# nft add rule arp lvs_lab input arp daddr ip 172.25.254.100 drop",
      "server2# nft add rule arp lvs_lab output arp saddr ip 172.25.254.100 arp saddr ip set 172.25.254.12",
    ]);
    expect(typedIn(curedBy("none"), /^server2# (ip|arptables|nft|sysctl)/)).toEqual([
      "server2# ip address replace 172.25.254.100/32 dev eth0",
    ]);
  });

  it("localnode: the director is set up once, as real server and as director", async () => {
    const lab = await shipped("localnode");
    expect(typedIn(lab, /^server1#/)).toEqual([
      "server1# apt-get --quiet update",
      "server1# apt-get --quiet --yes install apache2 ipvsadm",
      "server1# echo server1 >/var/www/html/index.html",
      "server1# systemctl enable --now apache2",
      "server1# ip address replace 172.25.254.100/24 dev eth0",
      "server1# ipvsadm --clear",
      "server1# ipvsadm -A -t 172.25.254.100:80 -s rr",
      "server1# ipvsadm -a -t 172.25.254.100:80 -r 172.25.254.11:80 -g -w 1",
      "server1# ipvsadm -a -t 172.25.254.100:80 -r 172.25.254.12:80 -g -w 1",
    ]);
    expect(byHand(lab).steps.at(-1)?.why).toContain("172.25.254.11 is the director itself");
  });

  it("udp: a server in Perl with its unit, and -u in the table", async () => {
    const lab = await shipped("udp");
    expect(typedIn(lab, /^server2# (?!ip|arptables)/)).toEqual([
      "server2# apt-get --quiet update",
      "server2# apt-get --quiet --yes install arptables",
      "server2# mkdir -p /usr/local/lib/lvs-lab",
      "server2# echo server2 >/usr/local/lib/lvs-lab/udp-page",
      "server2# cat >/usr/local/lib/lvs-lab/udp-server.pl <<'END'",
      "server2# cat >/etc/systemd/system/lvs-udp-server.service <<'END'",
      "server2# systemctl daemon-reload",
      "server2# systemctl enable lvs-udp-server",
      "server2# systemctl restart lvs-udp-server",
    ]);
    expect(typedIn(lab, /ipvsadm -/).slice(1)).toEqual([
      "server1# ipvsadm -A -u 172.25.254.100:5353 -s rr",
      "server1# ipvsadm -a -u 172.25.254.100:5353 -r 172.25.254.12:5353 -g -w 1",
      "server1# ipvsadm -a -u 172.25.254.100:5353 -r 172.25.254.13:5353 -g -w 1",
      "server1# ipvsadm -A -u 172.25.254.100:514 -s rr -o",
      "server1# ipvsadm -a -u 172.25.254.100:514 -r 172.25.254.12:514 -g -w 1",
      "server1# ipvsadm -a -u 172.25.254.100:514 -r 172.25.254.13:514 -g -w 1",
    ]);
    expect(byHand(lab).steps.at(-1)?.why).toContain("(-A, -u for UDP)");
  });

  it("weights, flags and persistence: as options, and what they are", async () => {
    const dr = await shipped("dr");
    const services = dr.services.map((one) => ({
      ...one,
      ...({ scheduler: "sh", schedulerFlags: ["sh-port"], persistenceTimeout: 50 } as const),
      realServers: one.realServers.map((real, index) => ({ ...real, weight: index })),
    }));
    const lab = { ...dr, services };
    expect(typedIn(lab, /ipvsadm -[Aa]/)).toEqual([
      "server1# ipvsadm -A -t 172.25.254.100:80 -s sh -p 50 -b sh-port",
      "server1# ipvsadm -a -t 172.25.254.100:80 -r 172.25.254.12:80 -g -w 0",
      "server1# ipvsadm -a -t 172.25.254.100:80 -r 172.25.254.13:80 -g -w 1",
    ]);
    expect(byHand(lab).steps.at(-1)?.why).toMatch(/flags \(-b\).*\(-p\)/);
  });

  it("tracking: the notify script and the programs are there before keepalived starts", async () => {
    const lab = await shipped("tracking");
    expect(typedIn(lab, /^server4# (?!apt-get|ssh|\[)/)).toEqual([
      "server4# cat >/etc/smtpd.conf <<'END'",
      "server4# systemctl enable opensmtpd",
      "server4# systemctl restart opensmtpd",
      "server4# cat >/etc/keepalived/lvs-lab-notify <<'END'",
      "server4# chmod 0755 /etc/keepalived/lvs-lab-notify",
      "server4# cat >/etc/keepalived/keepalived.conf <<'END'",
      "server4# ls /usr/bin/test",
      "server4# keepalived --config-test --use-file /etc/keepalived/keepalived.conf",
      "server4# systemctl enable keepalived",
      "server4# systemctl restart keepalived",
    ]);
  });

  it.each([
    ["ha", ["TCP_CHECK"]],
    ["tracking", ["vrrp_script", "vrrp_track_process", "notify", "enable_script_security", "TCP_CHECK"]],
    ["sync-group", ["preempt_delay", "unicast_peer", "vrrp_sync_group", "TCP_CHECK"]],
    ["connection-sync", ["preempt_delay", "lvs_sync_daemon", "TCP_CHECK"]],
  ])("%s: what is in keepalived.conf beside the usual", async (name, told) => {
    const { steps } = byHand(await shipped(name));
    const reason = steps.find(({ why }) => why.startsWith("keepalived's configuration"))?.why ?? "";
    expect([...reason.matchAll(/(\w+): /g)].map(([, word]) => word).slice(1)).toEqual(told);
  });

  it("keepalived.conf's virtual servers: health checks, quorum and sorry server", async () => {
    const { steps } = byHand(await readLab("docs/everything.yaml"));
    const reason = steps.find(({ why }) => why.startsWith("keepalived's configuration"))?.why ?? "";
    for (const keyword of ["HTTP_GET", "alpha", "omega", "quorum", "quorum_down", "sorry_server"])
      expect(reason).toContain(` ${keyword}: `);
  });

  it("three directors: each one's key goes to the two others", async () => {
    const keys = typedIn(await shipped("three-directors"), /^\$/);
    expect(keys.length).toBe(6);
    expect(new Set(keys.map((line) => line.split(" ")[6])).size).toBe(3);
  });

  it("a server whose roles need no package: no empty installation", async () => {
    const udp = await shipped("udp");
    const lab = { ...udp, servers: udp.servers.map((one) => ({ ...one, arpCure: "sysctl" as const })) };
    expect(typedIn(lab, /^server2# apt-get/)).toEqual([]);
  });

  it("a manual lab: what its finished twin has", async () => {
    expect(typedIn(await shipped("bare"))).toEqual(typedIn(await shipped("dr")));
  });
});

/** Programs of a guest without roles. */
const basic = "apt-get [ cat chmod echo ip ls mkdir modprobe printf sed ssh-keyscan sysctl systemctl".split(" ");

/** What a program, a service or a configuration file needs first: a package, or a file that an earlier command wrote. */
const needs: Readonly<Record<string, string>> = {
  ipvsadm: "ipvsadm",
  arptables: "arptables",
  nft: "nftables",
  keepalived: "keepalived",
  apache2: "apache2",
  opensmtpd: "opensmtpd",
  "lvs-udp-server": "/etc/systemd/system/lvs-udp-server.service",
  "/etc/keepalived/": "keepalived",
  "/etc/apache2/": "apache2",
  "/var/www/html/": "apache2",
};

it.each(labNames())("%s: a guest has each program, service and directory by the time that it is used", async (name) => {
  const lab = await shipped(name);
  const all = byHand(lab).steps;
  expect(new Set(all.map(({ server }) => server))).toEqual(new Set(lab.servers.map((one) => one.name)));
  for (const { name: server } of lab.servers) {
    const there = new Set<string>();
    const steps = all.filter((step) => step.server === server && !step.ownMachine);
    for (const command of steps.flatMap(({ commands }) => commands)) {
      const [line = ""] = command.split("\n");
      const words = line.split(" ");
      const [program = ""] = words;
      const used = [
        ...(basic.includes(program) ? [] : [program]),
        ...(program === "systemctl" ? words.slice(-1).filter((unit) => unit !== "daemon-reload") : []),
        ...Object.keys(needs).filter((path) => path.startsWith("/") && line.includes(path)),
      ];
      for (const one of used) expect([...there], `${server}# ${line}`).toContain(needs[one] ?? `a source of ${one}`);
      const installed = /^apt-get .* install (.*)/.exec(line)?.[1]?.split(" ") ?? [];
      for (const one of [...installed, ...(/>(\S+)/.exec(line)?.slice(1) ?? [])]) there.add(one);
    }
  }
});

it("every step has a reason, a sentence of plain text", async () => {
  for (const name of labNames())
    for (const { why, commands } of byHand(await shipped(name)).steps) {
      expect(why).toMatch(/^[a-zA-Z].*\.$/);
      expect(why).not.toMatch(/[`\n]|undefined/);
      expect(commands).not.toEqual([]);
    }
});

it("every step names the check that shows it, on the server itself where it is about such servers, but for packages and what a manual lab has", async () => {
  for (const name of labNames()) {
    const lab = await shipped(name);
    for (const { server, why, check: id, given } of byHand(lab).steps) {
      if (/^Install /.test(why) || given) {
        expect(id, why).toBeUndefined();
        continue;
      }
      const check = checks.find((one) => one.id === id);
      expect(check?.appliesTo(lab), `${name}: ${why}: ${id}`).toBe(true);
      if (check?.role === lab.servers.find(({ name: one }) => one === server)?.role)
        expect(
          check?.subjects(lab).map(({ host }) => host),
          `${name}: ${why}`,
        ).toContain(server);
    }
  }
});

it("what a reboot undoes has the units of the lab; keepalived and its files stay", async () => {
  const unitsIn = async (lab: string) =>
    byHand(await shipped(lab)).units.map(({ server, unit, programs }) => `${server} ${unit.name}: ${programs}`);
  expect(await unitsIn("dr")).toEqual([
    "server2 lvs-real-server: ip,arptables",
    "server3 lvs-real-server: ip,arptables",
    "server1 lvs-director: ip,ipvsadm",
  ]);
  expect(await unitsIn("ha")).toEqual([
    "server2 lvs-real-server: ip,arptables",
    "server3 lvs-real-server: ip,arptables",
  ]);
});

/** The properties of each role that a lab determines, and that `byHand` tells. To add one here, tell it there. */
const told: Readonly<Record<RoleName, readonly string[]>> = {
  interfaces: ["addresses", "up"],
  packages: ["names"],
  httpd: ["page", "ports", "tlsPorts"],
  udpServer: ["page", "ports", "addresses", "dns"],
  routing: ["defaultRoute", "forwards"],
  firewallMarks: ["marks"],
  realServer: ["vips", "tunnelVips", "arpCure"],
  bfdNeighbor: ["config"],
  director: ["addresses", "services"],
  connectionSync: ["refreshPeriod", "threshold"],
  mail: ["config"],
  peerKeys: ["identity", "authorized", "knownHosts"],
  keepalived: ["config", "passwords", "virtualServices", "notifyScript", "programs", "syncDaemon"],
};

it.each(roleNames)("%s by hand tells every property", (name) => {
  const constant = [
    "running",
    "enabled",
    "onBoot",
    "otherServices",
    "otherWeights",
    "otherThresholds",
    "autoconfigured",
  ];
  const keys = Object.keys(roles[name].resource.want.shape).filter((key) => !constant.includes(key));
  expect(keys.toSorted()).toEqual(told[name].toSorted());
});
