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

const constants = `use constant { A => 1, NS => 2, SOA => 6, TXT => 16, OPT => 41, IN => 1, CHAOS => 3 };
use constant { NOTIMP => 4, REFUSED => 5, BADVERS => 16 };
`;

/** RFC 1035, section 4: messages; RFC 2308, section 2.2: the SOA of an answer without data; RFC 6891: OPT. */
const functions = String.raw`my ($own) = map { inet_aton(/^(.*):/) } grep { !/^\[/ } @places;
my $host = join '', map { pack 'C/a*', $_ } split(/\./, (POSIX::uname())[1]), '';
my $soa = "$host\4root$host" . pack 'N5', 1, 3600, 600, 86400, 0;

# Where a name in a message ends, and its text; nothing if there is none.
sub name_at {
	my ($message, $at) = @_;
	my $name = '';
	while ($at < length $message) {
		my $length = ord substr $message, $at++, 1;
		return ($at, $name) if $length == 0;
		return ($at + 1, $name) if $length >= 0xC0;
		return if $length > 63 or $at + $length > length $message;
		$name .= lc(substr $message, $at, $length) . '.';
		$at += $length;
	}
	return;
}

# The answer to a query of one question; nothing to any other datagram.
sub answer {
	my ($message, $text) = @_;
	return if length $message < 12;
	my ($id, $flags, $questions, $answers, $authorities, $more) = unpack 'n6', $message;
	return if $flags & 0x8000 or $questions != 1 or $answers or $authorities;
	my ($at, $name) = name_at($message, 12) or return;
	return if $at + 4 > length $message;
	my ($type, $class) = unpack 'n2', substr $message, $at, 4;
	my $question = substr $message, 12, $at + 4 - 12;
	$at += 4;

	# EDNS: how much the asker takes, and which version it speaks.
	my ($limit, $version);
	while ($more--) {
		($at) = name_at($message, $at) or return;
		return if $at + 10 > length $message;
		my ($kind, $size, undef, $its, undef, $length) = unpack 'n2C2n2', substr $message, $at, 10;
		$at += 10 + $length;
		return if $at > length $message;
		($limit, $version) = ($size < 512 ? 512 : $size, $its) if $kind == OPT;
	}

	my ($rcode, @answer, @authority) = 0;
	my $strings = join '', map { pack 'C/a*', $_ } length $text ? unpack('(a255)*', $text) : '';
	my %data = (A, $own, NS, $host, SOA, $soa, TXT, $strings);
	my $record = sub { pack 'n3Nn/a*', 0xC00C, $_[0], $class, 0, $_[1] };
	if ($version) { $rcode = BADVERS }
	elsif ($flags & 0x7800) { $rcode = NOTIMP }
	elsif ($class == CHAOS and $type == TXT and $name =~ /^(id\.server|hostname\.bind)\.$/) {
		@answer = $record->(TXT, pack 'C/a*', (POSIX::uname())[1]);
	}
	elsif ($class != IN) { $rcode = REFUSED }
	elsif (exists $data{$type}) { @answer = $record->($type, $data{$type}) }
	else { @authority = $record->(SOA, $soa) }

	my $opt = defined $limit ? pack 'CnnC2nn', 0, OPT, 1232, $rcode >> 4, 0, 0, 0 : '';
	# A response, authoritative; the asker's opcode and RD.
	my $head = 0x8400 | $flags & 0x7900 | $rcode & 15;
	my $build = sub {
		my ($head, @records) = @_;
		my ($first, $second) = @records ? (scalar @answer, scalar @authority) : (0, 0);
		return pack('n6', $id, $head, 1, $first, $second, $opt ne '') . $question . join('', @records) . $opt;
	};
	my $response = $build->($head, @answer, @authority);
	return length $response > ($limit // 512) ? $build->($head | 0x0200) : $response;
}

`;

const dnsParts: typeof pageParts = {
  about: `, and DNS queries as RFC 1035 has it. Whatever the
# name: TXT is the contents of the file, A the first of the addresses, NS and SOA the host. In the class CHAOS, id.server is the host (RFC 4892).`,
  modules: "use POSIX ();\n",
  constants,
  functions,
  reply: "\t\tmy $text = <$page>;\n\t\tsend($socket, answer($question, $text) // $text, 0, $from);",
};
