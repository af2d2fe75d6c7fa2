import { command } from "../../provision/ssh/index.ts";

/** What is asked of a server for its state: the commands of a person who looks at it. One that is not there says so in its place. */
const questions = [
  "date --iso-8601=seconds",
  "uptime --since",
  "dpkg-query --show keepalived ipvsadm arptables nftables apache2 nginx",
  "ip -brief address",
  "ip route",
  "ip -6 route",
  "ipvsadm --list --numeric",
  "arptables --list --numeric",
  "nft list ruleset",
  "sysctl net.ipv4.ip_forward net.ipv6.conf.all.forwarding",
  "sysctl --all --pattern '^net[.]ipv4[.]conf[.].*[.](arp_ignore|arp_announce|rp_filter)$'",
  "ss --listening --numeric --tcp --udp --processes",
  "systemctl --failed --no-legend",
  "journalctl --boot --unit keepalived --no-pager --lines 500",
];

/** A script that prints a server's state: each command, and what it printed. */
export const STATE_SCRIPT = questions
  .map((question) => `${command`printf '$ %s\n' ${question}`}\n${question} 2>&1\necho`)
  .join("\n");

/** What a student may have written on a server, below /. */
const places = [
  ...["etc/keepalived", "etc/sysctl.conf", "etc/sysctl.d", "etc/modules", "etc/modules-load.d", "etc/network"],
  ...["etc/nftables.conf", "etc/arptables.conf", "etc/ipvsadm.rules", "etc/default/ipvsadm", "etc/rc.local"],
  ...["etc/systemd/system", "etc/apache2", "etc/nginx", "usr/local", "var/www", "root/.bash_history"],
];

/** The longest archive of a server's files, in bytes. */
export const ARCHIVE_LIMIT = 16 << 20;

/** A script that prints an archive (tar, gzip) of what is there of these places, in base64, at most `ARCHIVE_LIMIT` bytes of it. */
export const FILES_SCRIPT = `cd /
for place in ${places.join(" ")}; do if [ -e "$place" ]; then echo "$place"; fi; done |
tar --create --gzip --ignore-failed-read --files-from - 2>/dev/null | head --bytes ${ARCHIVE_LIMIT} | base64`;
