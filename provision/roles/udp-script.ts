import { dnsConstants, dnsFunctions } from "../dns-script.ts";
import { isIpv6 } from "./ip-address.ts";

/** What the script of a UDP server depends on. */
interface Served {
  /** The addresses that it answers on. */
  readonly addresses: readonly string[];
  /** Whether it answers DNS queries as such, not with the page. What is no query gets the page in any case. */
  readonly dns: boolean;
}

/**
 * The UDP server's Perl script. udp(7): a socket that is bound to an address answers from it. IP_FREEBIND, ip(7): the address may come later, as a VIP
 * does at boot; Linux takes it for an IPv6 socket, too.
 */
export function udpScript({ addresses, dns }: Served): string {
  const { about, modules, constants, functions, reply } = dns ? dnsParts : pageParts;
  const { socket, names, binding } = addresses.some(isIpv6) ? bothFamilies : ipv4Alone;
  return String.raw`# Answers every datagram with the contents of a file${about}
# usage: perl udp-server.pl FILE ADDRESS:PORT...
use strict;
use warnings;
${socket}
${modules}
use constant { SOL_IP => 0, IP_FREEBIND => 15 };
${constants}
my ($file, @places) = @ARGV;
my @sockets;
my $all = '';
for my $place (@places) {
${names}
	setsockopt($socket, SOL_IP, IP_FREEBIND, 1) or die "IP_FREEBIND: $!\n";
	bind($socket, ${binding}) or die "$place: $!\n";
	vec($all, fileno($socket), 1) = 1;
	push @sockets, $socket;
}
${functions}while (1) {
	next unless select(my $ready = $all, undef, undef, undef) > 0;
	for my $socket (grep { vec($ready, fileno($_), 1) } @sockets) {
		my $from = recv($socket, my $question, 65535, 0) or next;
		open(my $page, '<', $file) or next;
		local $/;
${reply}
	}
}
`;
}

const ipv4Alone = {
  socket: "use Socket;",
  names: String.raw`	my ($address, $port) = $place =~ /^(.*):(\d+)$/ or die "$place is no ADDRESS:PORT\n";
	socket(my $socket, PF_INET, SOCK_DGRAM, 0) or die "socket: $!\n";`,
  binding: "sockaddr_in($port, inet_aton($address))",
};

const bothFamilies = {
  socket: "use Socket qw(:DEFAULT inet_pton pack_sockaddr_in6);",
  names: String.raw`	my ($v6, $v4, $port) = $place =~ /^(?:\[(.*)\]|(.*)):(\d+)$/ or die "$place is no ADDRESS:PORT\n";
	my $name = defined $v6 ? pack_sockaddr_in6($port, inet_pton(AF_INET6, $v6)) : sockaddr_in($port, inet_aton($v4));
	socket(my $socket, defined $v6 ? PF_INET6 : PF_INET, SOCK_DGRAM, 0) or die "socket: $!\n";`,
  binding: "$name",
};

const pageParts = {
  about: ".",
  modules: "",
  constants: "",
  functions: "",
  reply: "\t\tsend($socket, <$page>, 0, $from);",
};

const dnsParts: typeof pageParts = {
  about: `, and DNS queries as RFC 1035 has it. Whatever the
# name: TXT is the contents of the file, A the first of the addresses, NS and SOA the host. In the class CHAOS, id.server is the host (RFC 4892).`,
  modules: "use POSIX ();\n",
  constants: dnsConstants,
  functions: dnsFunctions({
    name: "(POSIX::uname())[1]",
    own: String.raw`my ($own) = map { inet_aton(/^(.*):/) } grep { !/^\[/ } @places;`,
  }),
  reply: "\t\tmy $text = <$page>;\n\t\tsend($socket, answer($question, $text) // $text, 0, $from);",
};
