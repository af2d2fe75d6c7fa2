import { z } from "zod";
import { forwardingMethods, hostPort, pageOf, portsOf, servicesOf, toIp } from "../../lab/index.ts";
import { defineResource } from "../resource.ts";
import { command, connectTo, serverRef, writing } from "../ssh/index.ts";
import { unitPath } from "./boot-unit.ts";
import { defineRole } from "./role.ts";
import { serviceAnswers, serviceQuestions, serviceState, startService, typedStart } from "./service.ts";
import { listed, typed, typedFile } from "./typed.ts";

/** The UDP server of a real server: it answers each datagram with its page. In Perl, which every Debian has. */
export const udpServer = defineResource({
  type: "UdpServer",
  summary: "A UDP server that answers every datagram with a page that names the server.",
  where: z.object({ server: serverRef }),
  want: z.object({
    /** The answer, in full. */
    page: z.string(),
    ports: z.array(z.number()).min(1),
    /** The addresses that it answers on, VIPs included: an answer comes from the address that was asked. */
    addresses: z.array(z.union([z.ipv4(), z.ipv6()])).min(1),
    ...serviceState,
  }),

  async observe(inputs) {
    const server = await connectTo(inputs.server);
    const seen = await server.look({
      page: command`cat ${PAGE}`,
      unit: command`cat ${unitPath(UNIT)}`,
      script: command`cat ${SCRIPT}`,
      ...serviceQuestions(UNIT.name),
    });
    const asWanted = seen.unit.text === unitOf(inputs) && seen.script.text === script;
    return {
      page: seen.page.text,
      ports: asWanted ? inputs.ports : [],
      addresses: asWanted ? inputs.addresses : [],
      ...serviceAnswers(seen),
    };
  },

  async apply(inputs, observed, progress) {
    progress("UDP server");
    await (await connectTo(inputs.server)).script(
      [
        "set -e",
        command`mkdir -p ${DIRECTORY}`,
        writing(SCRIPT, script),
        writing(PAGE, inputs.page),
        writing(unitPath(UNIT), unitOf(inputs)),
        "systemctl daemon-reload",
        startService(UNIT.name, observed, "restart"),
      ].join("\n"),
    );
  },

  async remove({ server: ref }) {
    await (await connectTo(ref)).script(
      command`systemctl --quiet disable --now ${UNIT.name} 2>/dev/null || true
rm -rf ${unitPath(UNIT)} ${DIRECTORY}; systemctl daemon-reload`,
    );
  },
});

const UNIT = { name: "lvs-udp-server" };
const DIRECTORY = "/usr/local/lib/lvs-lab";
const SCRIPT = `${DIRECTORY}/udp-server.pl`;
const PAGE = `${DIRECTORY}/udp-page`;

/**
 * udp(7): a socket that is bound to an address answers from it. IP_FREEBIND, ip(7): the address may come later, as a VIP does at boot. Linux takes it for
 * an IPv6 socket, too.
 */
export const script = String.raw`# Answers every datagram with the contents of a file.
# usage: perl udp-server.pl FILE ADDRESS:PORT...
use strict;
use warnings;
use Socket qw(:DEFAULT inet_pton pack_sockaddr_in6);

use constant { SOL_IP => 0, IP_FREEBIND => 15 };

my ($file, @places) = @ARGV;
my @sockets;
my $all = '';
for my $place (@places) {
	my ($v6, $v4, $port) = $place =~ /^(?:\[(.*)\]|(.*)):(\d+)$/ or die "$place is no ADDRESS:PORT\n";
	my $name = defined $v6 ? pack_sockaddr_in6($port, inet_pton(AF_INET6, $v6)) : sockaddr_in($port, inet_aton($v4));
	socket(my $socket, defined $v6 ? PF_INET6 : PF_INET, SOCK_DGRAM, 0) or die "socket: $!\n";
	setsockopt($socket, SOL_IP, IP_FREEBIND, 1) or die "IP_FREEBIND: $!\n";
	bind($socket, $name) or die "$place: $!\n";
	vec($all, fileno($socket), 1) = 1;
	push @sockets, $socket;
}
while (1) {
	next unless select(my $ready = $all, undef, undef, undef) > 0;
	for my $socket (grep { vec($ready, fileno($_), 1) } @sockets) {
		my $from = recv($socket, my $question, 65535, 0) or next;
		open(my $page, '<', $file) or next;
		local $/;
		send($socket, <$page>, 0, $from);
	}
}
`;

interface Wanted {
  readonly addresses: readonly string[];
  readonly ports: readonly number[];
}

const unitOf = ({ addresses, ports }: Wanted) => `[Unit]
Description=UDP server of the LVS lab: answers with a page that names the server
After=network.target

[Service]
ExecStart=/usr/bin/perl ${SCRIPT} ${PAGE} ${addresses.flatMap((address) => ports.map((port) => hostPort(toIp(address), port))).join(" ")}
Restart=always

[Install]
WantedBy=multi-user.target
`;

export const role = defineRole({
  resource: udpServer,

  /** It answers on its own addresses, and on the VIPs to which datagrams are still addressed when they reach it. */
  inputsOf(lab, { name, interfaces: own }) {
    const ports = portsOf(lab, name, "udp");
    if (ports.length === 0) return;
    const vips = servicesOf(lab, name).flatMap(({ protocol, forwarding, vip }) =>
      protocol === "udp" && forwardingMethods[forwarding].keepsDestination ? [vip] : [],
    );
    return {
      page: pageOf(lab, name),
      ports,
      addresses: [...new Set([...own.flatMap(({ addresses }) => addresses), ...vips])],
    };
  },

  byHand: ({ page, ...wanted }) => ({
    steps: [
      {
        why: "The page, by which the client tells the real servers apart.",
        commands: [typed`mkdir -p ${DIRECTORY}`, typedFile(PAGE, page)],
      },
      {
        why:
          "A UDP server, in Perl, which every Debian has. It answers each datagram with the page, from the address that was asked, the VIP too: " +
          "so it binds each address by itself.",
        commands: [typedFile(SCRIPT, script)],
      },
      {
        why: `Its unit for systemd, on ${wanted.ports.length === 1 ? "port" : "ports"} ${listed(wanted.ports.map(String))}.`,
        commands: [typedFile(unitPath(UNIT), unitOf(wanted)), "systemctl daemon-reload"],
      },
      { why: "Start it, now and at each boot.", commands: typedStart(UNIT.name, "restart") },
    ],
  }),
});
