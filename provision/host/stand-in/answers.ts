import { z } from "zod";
import { dnsConstants, dnsFunctions } from "../../dns-script.ts";
import { isIpv6 } from "../../roles/ip-address.ts";

/** A UDP port on which a stand-in answers. */
export const datagramPort = z.object({
  port: z.int().min(1).max(65535),
  /** Whether it answers DNS queries as a DNS server does. */
  dns: z.boolean().default(false),
  /** What it answers to certain datagrams, both in hexadecimal. */
  replies: z.array(z.object({ to: z.string(), reply: z.string() })).default([]),
  /** What it answers to all others, in hexadecimal; not there: its name and a newline. */
  reply: z.string().optional(),
});

export interface Answering {
  readonly name: string;
  /** Without prefix lengths, VIPs included: an answer comes from the address that was asked. */
  readonly addresses: readonly string[];
  readonly datagrams: readonly z.output<typeof datagramPort>[];
  /** The TCP ports on which it speaks SMTP. */
  readonly mail: readonly number[];
}

/**
 * The Perl script of a stand-in that answers datagrams or speaks SMTP: one process for all of its ports, which nginx has no module for here. It goes into
 * the background when it listens everywhere, and writes its PID.
 */
export function answersScript({ name, addresses, datagrams, mail }: Answering): string {
  const own = addresses.find((one) => !isIpv6(one));
  const data = [
    `name ${name}`,
    ...(own === undefined ? [] : [`own ${own}`]),
    ...mail.map((port) => `mail ${port}`),
    ...datagrams.flatMap(({ port, dns, replies, reply }) => [
      ...addresses.map((address) => `udp ${port} ${address}`),
      ...(dns ? [`dns ${port}`] : []),
      ...replies.map((one) => `reply ${port} ${one.to} ${one.reply}`),
      ...(reply === undefined ? [] : [`otherwise ${port} ${reply}`]),
    ]),
  ];
  return String.raw`# A stand-in's answers by UDP and SMTP. What it answers to stands below. Written by lvs-lab.
# usage: perl FILE PIDFILE LOGFILE
use strict;
use warnings;
use Fcntl qw(F_SETFL O_NONBLOCK);
use POSIX ();
use Socket qw(:DEFAULT inet_pton pack_sockaddr_in6 IPPROTO_IPV6 IPV6_V6ONLY);
use constant { SOL_IP => 0, IP_FREEBIND => 15, IDLE => 300, LONGEST => 4096, CLIENTS => 200 };
${dnsConstants}
my ($pidfile, $logfile) = @ARGV;
my ($self, $ipv4, @mail, @udp, %dns, %replies, %otherwise) = ('');
while (<DATA>) {
	my ($what, @words) = split;
	if ($what eq 'name') { ($self) = @words }
	elsif ($what eq 'own') { ($ipv4) = @words }
	elsif ($what eq 'mail') { push @mail, $words[0] }
	elsif ($what eq 'udp') { push @udp, [@words] }
	elsif ($what eq 'dns') { $dns{$words[0]} = 1 }
	elsif ($what eq 'reply') { $replies{$words[0]}{$words[1]} = pack 'H*', $words[2] // '' }
	elsif ($what eq 'otherwise') { $otherwise{$words[0]} = pack 'H*', $words[1] // '' }
}
my $page = "$self\n";
${dnsFunctions({ name: "$self", ...(own === undefined ? {} : { own: "my $own = inet_aton($ipv4);" }) })}my $all = '';
my (%ports, %listening, %clients);

for (@udp) {
	my ($port, $address) = @$_;
	my $v6 = $address =~ /:/;
	my $bound = $v6 ? pack_sockaddr_in6($port, inet_pton(AF_INET6, $address)) : sockaddr_in($port, inet_aton($address));
	socket(my $socket, $v6 ? PF_INET6 : PF_INET, SOCK_DGRAM, 0) or die "socket: $!\n";
	setsockopt($socket, SOL_IP, IP_FREEBIND, 1) or die "IP_FREEBIND: $!\n";
	bind($socket, $bound) or die "UDP $address $port: $!\n";
	$ports{fileno $socket} = [$socket, $port];
}
for my $port (@mail) {
	for my $v6 (0, 1) {
		socket(my $socket, $v6 ? PF_INET6 : PF_INET, SOCK_STREAM, 0) or die "socket: $!\n";
		setsockopt($socket, SOL_SOCKET, SO_REUSEADDR, 1) or die "SO_REUSEADDR: $!\n";
		setsockopt($socket, IPPROTO_IPV6, IPV6_V6ONLY, 1) or die "IPV6_V6ONLY: $!\n" if $v6;
		my $bound = $v6 ? pack_sockaddr_in6($port, inet_pton(AF_INET6, '::')) : sockaddr_in($port, INADDR_ANY);
		bind($socket, $bound) or die "TCP $port: $!\n";
		listen($socket, SOMAXCONN) or die "TCP $port: $!\n";
		$listening{fileno $socket} = $socket;
	}
}
vec($all, $_, 1) = 1 for keys %ports, keys %listening;

defined(my $child = fork) or die "fork: $!\n";
if ($child) {
	open(my $file, '>', $pidfile) or die "$pidfile: $!\n";
	print $file "$child\n";
	close $file or die "$pidfile: $!\n";
	exit 0;
}
POSIX::setsid();
open(STDIN, '<', '/dev/null');
open(STDERR, '>>', $logfile);
open(STDOUT, '>&', \*STDERR);
$SIG{PIPE} = 'IGNORE';

# A session's answer to a line, RFC 5321, section 4.1.1; undefined: none is due. Mail is taken and thrown away.
sub smtp {
	my ($client, $line) = @_;
	if ($client->{data}) {
		return if $line ne '.';
		@$client{qw(data sender receiver)} = (0, 0, 0);
		return '250 OK';
	}
	my ($verb, $rest) = $line =~ /^(\w+)\s*(.*)$/ or return '500 Command not recognized';
	$verb = uc $verb;
	if ($verb eq 'HELO' or $verb eq 'EHLO') {
		return "501 Syntax: $verb NAME" if $rest eq '';
		@$client{qw(greeted sender receiver)} = (1, 0, 0);
		return "250 $self";
	}
	if ($verb eq 'QUIT') { $client->{over} = 1; return "221 $self closes" }
	if ($verb eq 'NOOP') { return '250 OK' }
	if ($verb eq 'RSET') { @$client{qw(sender receiver)} = (0, 0); return '250 OK' }
	if ($verb eq 'VRFY') { return '252 Cannot tell, but will take mail for it' }
	if ($verb eq 'HELP') { return '214 See RFC 5321' }
	return '502 Command not implemented' if $verb eq 'EXPN';
	return '500 Command not recognized' if $verb !~ /^(MAIL|RCPT|DATA)$/;
	if ($verb eq 'MAIL') {
		return '503 Say HELO first' if !$client->{greeted};
		return '503 There is a sender already' if $client->{sender};
		return '501 Syntax: MAIL FROM:<ADDRESS>' if $rest !~ /^FROM:\s*<.*>/i;
		$client->{sender} = 1;
		return '250 OK';
	}
	if ($verb eq 'RCPT') {
		return '503 Say MAIL first' if !$client->{sender};
		return '501 Syntax: RCPT TO:<ADDRESS>' if $rest !~ /^TO:\s*<.+>/i;
		$client->{receiver} = 1;
		return '250 OK';
	}
	return '503 Say RCPT first' if !$client->{receiver};
	$client->{data} = 1;
	return '354 End with a line of a dot alone';
}

sub leave {
	my ($number) = @_;
	vec($all, $number, 1) = 0;
	close((delete $clients{$number})->{socket});
}

# What a client is told; it goes if it does not take it at once.
sub respond {
	my ($number, $text) = @_;
	my $said = syswrite($clients{$number}{socket}, "$text\r\n");
	leave($number) if !defined $said or $said < length($text) + 2 or $clients{$number}{over};
}

while (1) {
	my $ready = $all;
	next unless select($ready, undef, undef, 60) >= 0;
	for my $number (grep { vec $ready, $_, 1 } keys %ports) {
		my ($socket, $port) = @{$ports{$number}};
		defined(my $from = recv($socket, my $question, 65535, 0)) or next;
		my $known = $replies{$port}{unpack 'H*', $question};
		my $found = $known // ($dns{$port} ? answer($question, $page) : undef) // $otherwise{$port} // $page;
		send($socket, $found, 0, $from);
	}
	for my $number (grep { vec $ready, $_, 1 } keys %listening) {
		accept(my $socket, $listening{$number}) or next;
		if (keys %clients >= CLIENTS) { close $socket; next }
		fcntl($socket, F_SETFL, O_NONBLOCK) or die "O_NONBLOCK: $!\n";
		$clients{fileno $socket} = { socket => $socket, text => '', last => time };
		vec($all, fileno $socket, 1) = 1;
		respond(fileno $socket, "220 $self ESMTP");
	}
	for my $number (grep { vec $ready, $_, 1 } keys %clients) {
		my $client = $clients{$number};
		my $length = sysread($client->{socket}, $client->{text}, LONGEST, length $client->{text});
		next if !defined $length and $!{EAGAIN};
		if (!$length) { leave($number); next }
		$client->{last} = time;
		while ($clients{$number} and $client->{text} =~ s/^([^\n]*?)\r?\n//) {
			my $line = $1;
			my $long = delete $client->{long} || length $line > LONGEST;
			my $answer = $long && !$client->{data} ? '500 Line too long' : smtp($client, $long ? '' : $line);
			respond($number, $answer) if defined $answer;
		}
		@$client{qw(long text)} = (1, '') if length $client->{text} > LONGEST;
	}
	for (grep { $clients{$_}{last} < time - IDLE } keys %clients) { leave($_) }
}
__DATA__
${data.join("\n")}
`;
}
