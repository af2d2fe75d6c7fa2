/** Something that a student types on a finished exercise, as root: by server, in order. */
export interface Typed {
  readonly what: string;
  readonly on: Readonly<Record<string, string>>;
}

/** A mistake: the task that is not done, as `ID@WHERE`, and what its hint names. */
export interface Mistake extends Typed {
  readonly task: string;
  readonly hint: RegExp;
}

/** An exercise with other ways to do it, each of which deserves full marks, and mistakes. */
export interface Exercise {
  /** The lab of labs/ without roles. */
  readonly lab: string;
  /** What is installed beside the article's packages, by server. */
  readonly packages: Readonly<Record<string, string>>;
  readonly ways: readonly Typed[];
  readonly mistakes: readonly Mistake[];
}

const VIP = "172.25.254.100";

/** Takes the article's VIP and cure away from a real server. */
const undone = `arptables -F; ip address delete ${VIP}/32 dev eth0`;
const quiet = "sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2";
const onReals = (command: (own: string) => string): Record<string, string> => ({
  server2: command("172.25.254.12"),
  server3: command("172.25.254.13"),
});
/** nft(8) reads a ruleset. */
const nft = (ruleset: string): string => `nft --file - <<'END'\n${ruleset}\nEND`;
const chain = (family: string, rules: string): string => `table ${family} mine {\n chain in { ${rules}; }\n}`;
const arpTable = (own: string): string =>
  nft(`table arp mine {
  chain in { type filter hook input priority 0; arp daddr ip ${VIP} drop; }
  chain out { type filter hook output priority 0; arp saddr ip ${VIP} arp saddr ip set ${own}; }
}`);
const page = (text: string): string => `echo '${text}' >/var/www/html/index.html`;
const table = (...lines: readonly string[]): string => `ipvsadm -C; ipvsadm -R <<'END'\n${lines.join("\n")}\nEND`;
const reals = (key: string, options = "-g", port = 80): string[] =>
  [12, 13].map((host) => `-a ${key} -r 172.25.254.${host}:${port} ${options}`);
const SERVICE = `-t ${VIP}:80`;

const dr: Exercise = {
  lab: "bare",
  packages: { server2: "nginx-light" },
  ways: [
    {
      what: "the sysctls, with the VIP on the loopback",
      on: onReals(() => `${undone}; ip address add ${VIP}/32 dev lo; ${quiet}`),
    },
    { what: "nftables' family arp", on: onReals((own) => `arptables -F; ${arpTable(own)}`) },
    { what: "a cure of its own for each real server", on: { server2: `arptables -F; ${arpTable("172.25.254.12")}` } },
    {
      what: "arptables that rewrite, and drop nothing",
      on: onReals((own) => `arptables -F; arptables -A OUTPUT -s ${VIP} -j mangle --mangle-ip-s ${own}`),
    },
    {
      what: "a dummy interface for the VIP, and the sysctls",
      on: onReals(
        () => `${undone}; ip link add web type dummy; ip link set web up; ip address add ${VIP}/32 dev web; ${quiet}`,
      ),
    },
    {
      what: "a local route in place of the address",
      on: onReals(() => `${undone}; ip route add local ${VIP} dev lo; ${quiet}`),
    },
    {
      what: "a redirection in place of the address",
      on: onReals(
        () =>
          `${undone}; ${nft(chain("ip", `type nat hook prerouting priority dstnat; ip daddr ${VIP} tcp dport 80 redirect`))}`,
      ),
    },
    {
      what: "the real servers' VIP with its subnet",
      on: onReals(() => `ip address add ${VIP}/24 dev eth0; ip address delete ${VIP}/32 dev eth0`),
    },
    {
      what: "the director's VIP as a /32",
      on: { server1: `ip address delete ${VIP}/24 dev eth0; ip address add ${VIP}/32 dev eth0` },
    },
    {
      what: "the director's VIP on its loopback",
      on: { server1: `ip address delete ${VIP}/24 dev eth0; ip address add ${VIP}/32 dev lo` },
    },
    { what: "weight 3 on both", on: { server1: table(`-A ${SERVICE} -s rr`, ...reals(SERVICE, "-g -w 3")) } },
    {
      what: "another service beside it",
      on: { server1: `ipvsadm -A -t ${VIP}:8080 -s wlc; ipvsadm -a -t ${VIP}:8080 -r 172.25.254.12:8080 -g` },
    },
    {
      what: "a firewall mark",
      on: {
        server1: `${table("-A -f 1 -s rr", ...reals("-f 1", "-g", 0))}
${nft(chain("ip", `type filter hook prerouting priority mangle; ip daddr ${VIP} tcp dport 80 meta mark set 1`))}`,
      },
    },
    {
      what: "another port with -g, which ipvsadm passes over",
      on: { server1: table(`-A ${SERVICE} -s rr`, ...reals(SERVICE, "-g", 8080)) },
    },
    {
      what: "pages of HTML",
      on: { server2: page("<h1>server2</h1>"), server3: page("<html><body>This is server3.</body></html>") },
    },
    { what: "nginx in place of apache2", on: { server2: "systemctl disable --now apache2; systemctl start nginx" } },
  ],
  mistakes: [
    { what: "no cure", on: onReals(() => "arptables -F"), task: "arp-cure@server2", hint: /answers|ARP/ },
    {
      what: "the drop without the rewriting",
      on: onReals(() => "arptables -F OUTPUT"),
      task: "arp-cure@server2",
      hint: /172\.25\.254\.100 as their sender/,
    },
    {
      what: "a rewriting to the other server's address",
      on: { server2: `arptables -F OUTPUT; arptables -A OUTPUT -s ${VIP} -j mangle --mangle-ip-s 172.25.254.13` },
      task: "arp-cure@server2",
      hint: /172\.25\.254\.13, which is server3's/,
    },
    {
      what: "the sysctls, with the VIP on eth0",
      on: onReals(() => `arptables -F; ${quiet}`),
      task: "arp-cure@server2",
      hint: /belongs on another one/,
    },
    {
      what: "no VIP on a real server",
      on: { server3: `ip address delete ${VIP}/32 dev eth0` },
      task: "real-server-vip@server3",
      hint: /172\.25\.254\.100/,
    },
    {
      what: "no VIP on the director",
      on: { server1: `ip address delete ${VIP}/24 dev eth0` },
      task: "director-vip@server1",
      hint: /needs 172\.25\.254\.100/,
    },
    {
      what: "a director that keeps quiet",
      on: {
        server1: nft(chain("arp", `type filter hook input priority 0; arp daddr ip ${VIP} drop`)),
      },
      task: "director-vip@server1",
      hint: /keeps it from answering/,
    },
    {
      what: "no scheduler",
      on: { server1: table(`-A ${SERVICE}`, ...reals(SERVICE)) },
      task: "director-table@server1",
      hint: /scheduler wlc, and is to have rr/,
    },
    {
      what: "masquerading",
      on: { server1: table(`-A ${SERVICE} -s rr`, ...reals(SERVICE, "-m")) },
      task: "director-table@server1",
      hint: /by the method Masq/,
    },
    {
      what: "one real server",
      on: { server1: `ipvsadm -d ${SERVICE} -r 172.25.254.13:80` },
      task: "director-table@server1",
      hint: /lacks the real server 172\.25\.254\.13:80/,
    },
    {
      what: "weight 0",
      on: { server1: `ipvsadm -e ${SERVICE} -r 172.25.254.12:80 -g -w 0` },
      task: "director-table@server1",
      hint: /a weight of 0 gets nothing/,
    },
    {
      what: "a UDP service",
      on: { server1: table(`-A -u ${VIP}:80 -s rr`, ...reals(`-u ${VIP}:80`)) },
      task: "director-table@server1",
      hint: /over TCP/,
    },
    {
      what: "persistence",
      on: { server1: `ipvsadm -E ${SERVICE} -s rr -p 50` },
      task: "director-table@server1",
      hint: /is persistent/,
    },
    {
      what: "a stopped web server",
      on: { server2: "systemctl stop apache2" },
      task: "httpd-page@server2",
      hint: /Nobody listens on port 80/,
    },
    {
      what: "a web server on another port",
      on: { server3: "sed -i 's/^Listen 80$/Listen 8080/' /etc/apache2/ports.conf; systemctl restart apache2" },
      task: "httpd-page@server3",
      hint: /listens on port 8080/,
    },
    { what: "the other server's page", on: { server3: page("server2") }, task: "httpd-page@server3", hint: /server2/ },
    {
      what: "a packet filter",
      on: { server2: nft(chain("ip", "type filter hook input priority 0; tcp dport 80 drop")) },
      task: "httpd-page@server2",
      hint: /filter|firewall/,
    },
  ],
};

const CONF = "/etc/keepalived/keepalived.conf";
/** Edits both directors' keepalived.conf and starts keepalived anew. */
const onBoth = (command: string): Record<string, string> => ({
  server1: `${command} ${CONF}; systemctl restart keepalived`,
  server4: `${command} ${CONF}; systemctl restart keepalived`,
});
const onOne = (server: string, command: string, { fails = false } = {}): Record<string, string> => ({
  [server]: `${command} ${CONF}; systemctl restart keepalived${fails ? " || true" : ""}`,
});

const ha: Exercise = {
  lab: "bare-ha",
  packages: {},
  ways: [
    { what: "another name of the instance", on: onBoth("sed -i 's/VI_1/web/'") },
    { what: "state BACKUP on both", on: onOne("server1", "sed -i 's/state MASTER/state BACKUP/'") },
    { what: "the VIP with its subnet and device", on: onBoth(`sed -i 's/^ *${VIP}$/${VIP}\\/24 dev eth0/'`) },
    {
      what: "TCP_CHECK that tries three times",
      on: onBoth("sed -i 's/connect_timeout 3$/connect_timeout 2\\n retry 3/'"),
    },
    {
      what: "HTTP_GET in place of TCP_CHECK",
      on: onBoth("sed -i -e 's/TCP_CHECK {/HTTP_GET {\\n url { path \\/ \\n status_code 200 }/'"),
    },
    { what: "weight 5 on both", on: onBoth("sed -i 's/weight 1$/weight 5/'") },
    {
      what: "unicast",
      on: {
        server1: `sed -i 's/^ *advert_int.*/&\\nunicast_peer {\\n172.25.254.14\\n}/' ${CONF}; systemctl restart keepalived`,
        server4: `sed -i 's/^ *advert_int.*/&\\nunicast_peer {\\n172.25.254.11\\n}/' ${CONF}; systemctl restart keepalived`,
      },
    },
    {
      what: "a file that is included",
      on: onBoth(
        `f() { sed -n '/^virtual_server/,$p' "$1" >/etc/keepalived/web.conf; sed -i -e '/^virtual_server/,$d' "$1"; echo 'include web.conf' >>"$1"; }; f`,
      ),
    },
    {
      what: "a file of another name",
      on: onBoth(
        `f() { cp "$1" /etc/keepalived/mine.conf; echo '! mine.conf has it' >"$1"; echo 'DAEMON_ARGS="-f /etc/keepalived/mine.conf"' >/etc/default/keepalived; }; f`,
      ),
    },
  ],
  mistakes: [
    {
      // keepalived says that it takes the service's port, and at a reload it takes the real server out.
      what: "another port of a real server with lb_kind DR",
      on: onBoth("sed -i 's/real_server 172.25.254.12 80/real_server 172.25.254.12 8080/'"),
      task: "keepalived-config@server1",
      hint: /names each line/,
    },
    {
      what: "another virtual router on one",
      on: onOne("server4", "sed -i 's/virtual_router_id 51/virtual_router_id 52/'"),
      task: "keepalived-log@server4",
      hint: /virtual_router_id/,
    },
    {
      what: "another password on one",
      on: onOne("server4", "sed -i 's/auth_pass 1111/auth_pass 2222/'"),
      task: "keepalived-log@server4",
      hint: /password/,
    },
    {
      what: "the priorities the other way round",
      on: onOne("server4", "sed -i 's/priority 50/priority 150/'"),
      task: "keepalived-log@server1",
      hint: /priority/,
    },
    {
      what: "a word that keepalived does not know",
      on: onOne("server1", "sed -i 's/virtual_ipaddress {/virtual_ipadress {/'"),
      task: "keepalived-config@server1",
      hint: /keepalived -t/,
    },
    {
      what: "an interface that is not there",
      on: onOne("server1", "sed -i 's/interface eth0/interface eth1/'", { fails: true }),
      task: "keepalived-log@server1",
      hint: /must run/,
    },
    {
      what: "a real server with another address",
      on: onBoth("sed -i 's/real_server 172.25.254.12 80/real_server 172.25.254.15 80/'"),
      task: "director-table@server1",
      hint: /lacks the real server 172\.25\.254\.12:80/,
    },
    {
      what: "lb_kind NAT",
      on: onBoth("sed -i 's/lb_kind DR/lb_kind NAT/'"),
      task: "director-table@server1",
      hint: /by the method Masq/,
    },
    {
      what: "a standby that is stopped",
      on: { server4: "systemctl stop keepalived" },
      task: "keepalived-log@server4",
      hint: /must run/,
    },
    { what: "no MTA", on: { server1: "systemctl stop opensmtpd" }, task: "mail@server1", hint: /port 25|loopback/ },
    {
      what: "a key that the peer does not know",
      on: { server4: "sed -i '/root@server1/d' /root/.ssh/authorized_keys" },
      task: "peer-ssh@server1",
      hint: /key/,
    },
  ],
};

export const exercises: readonly Exercise[] = [dr, ha];
