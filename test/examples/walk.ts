/** What a hand breaks in an example: commands by server, and the resources that then differ. */
export interface Example {
  readonly lab: string;
  readonly hurt?: Readonly<Record<string, string>>;
  readonly seen?: readonly string[];
  /** The checks that fail meanwhile: `ID@SUBJECT`. */
  readonly fails?: readonly string[];
  /** The checks of what this lab alone has that inject a fault. */
  readonly faulty?: readonly string[];
}

/** In an order in which labs on the same machines follow one another. */
export const walk: readonly Example[] = [
  {
    lab: "dr-baked",
    hurt: { server1: "ipvsadm --clear" },
    seen: ["server1-director"],
    fails: ["director-table@server1", "balancing@client"],
  },
  {
    lab: "weighted",
    hurt: { server1: "ipvsadm -E -t 172.25.254.100:80 -s rr" },
    seen: ["server1-director"],
    fails: ["director-table@server1", "balancing@client"],
  },
  {
    lab: "persistence",
    hurt: { server1: "ipvsadm -E -t 172.25.254.100:80 -s rr -p 50" },
    seen: ["server1-director"],
    fails: ["director-table@server1", "balancing@client"],
  },
  {
    lab: "tunnel",
    hurt: { server2: "ip link set tunl0 down" },
    seen: ["server2-real-server"],
    fails: ["real-server-vip@server2"],
  },
  {
    lab: "localnode",
    hurt: { server1: "systemctl stop apache2" },
    seen: ["server1-httpd"],
    fails: ["httpd-page@server1"],
  },
  {
    lab: "udp",
    hurt: { server3: "systemctl stop lvs-udp-server" },
    seen: ["server3-udp-server"],
    fails: ["udp-page@server3"],
  },
  { lab: "ha-baked", hurt: { server4: "systemctl stop keepalived" }, seen: ["server4-keepalived"] },
  {
    lab: "debian-13",
    hurt: { server1: "systemctl stop keepalived", server2: "arptables --flush" },
    seen: ["server1-keepalived", "server2-real-server"],
    fails: ["arp-cure@server2"],
  },
  {
    lab: "crossed",
    hurt: { server3: "arptables --flush" },
    seen: ["server3-real-server"],
    fails: ["arp-cure@server3"],
  },
  {
    lab: "port-group",
    hurt: { server1: "nft flush chain ip lvs_lab_marks prerouting" },
    seen: ["server1-firewall-marks"],
    fails: ["port-group@client", "balancing@client"],
  },
  {
    lab: "thresholds",
    hurt: { server1: "ipvsadm -e -t 172.25.254.100:80 -r 172.25.254.12:80 -g -w 1" },
    seen: ["server1-keepalived"],
    fails: ["connection-thresholds@client"],
    faulty: ["connection-thresholds"],
  },
  { lab: "sync-group" },
  { lab: "tracking" },
  {
    lab: "bfd",
    hurt: { server2: "systemctl stop keepalived" },
    seen: ["server2-bfd-neighbor"],
    // Both priorities fall alike, and the master stays.
    fails: ["bfd-session@server1", "bfd-session@server4", "adverts@server1"],
    faulty: ["tracking"],
  },
  {
    lab: "connection-sync",
    hurt: { server1: "sysctl -q 'net.ipv4.vs.sync_threshold=3 50'", server4: "ipvsadm --stop-daemon backup" },
    seen: ["server1-connection-sync", "server4-keepalived"],
    fails: ["connection-sync@client"],
    faulty: ["download-survives"],
  },
  { lab: "fast-failover" },
  {
    lab: "sorry-server",
    hurt: { server5: "systemctl stop apache2" },
    seen: ["server5-httpd"],
    faulty: ["sorry-server"],
  },
  {
    lab: "health-checks",
    hurt: {
      server2: "systemctl stop opensmtpd",
      server3: "echo '# none' >>/usr/local/lib/lvs-lab/udp-server.pl; systemctl stop lvs-udp-server",
    },
    seen: ["server2-mail", "server3-udp-server"],
    fails: ["smtp-answer@server2", "dns-answer@server3", "udp-page@server3"],
    faulty: ["real-server-down"],
  },
  { lab: "three-directors" },
  {
    lab: "ipv6",
    hurt: {
      server2: "ip address delete fd00:254::100/128 dev lo",
      server3: "ip address delete fd00:254::13/64 dev eth0",
    },
    seen: ["server2-real-server", "server3-interfaces"],
    fails: ["real-server-vip@server2"],
  },
  {
    lab: "virtual-mac",
    hurt: { server2: "ip address delete fd00:254::100/128 dev lo", server4: "ip address flush dev eth1" },
    seen: ["server2-real-server", "server4-interfaces"],
    fails: ["real-server-vip@server2"],
    faulty: ["tracking"],
  },
  {
    lab: "nat-ha",
    hurt: { server1: "sysctl -q net.ipv4.ip_forward=0", server4: "ip address flush dev eth1" },
    seen: ["server1-routing", "server4-interfaces"],
    fails: ["ip-forward@server1"],
  },
  {
    lab: "nat",
    hurt: { server1: "ip link set eth1 down", server2: "ip route del default" },
    seen: ["server1-interfaces", "server2-routing"],
    fails: ["default-route@server2"],
  },
];
