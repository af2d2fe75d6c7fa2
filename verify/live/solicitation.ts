/**
 * Asks for the owner of an IPv6 address, as arping(8) does for IPv4, and prints the hardware address of each answer: all of them, not only the one that
 * the kernel would learn. In Perl, which the userland has. A neighbour solicitation goes to the solicited-node multicast address with the source's
 * hardware address as an option; the answer has the owner's (RFC 4861, sections 4.3, 4.4 and 4.6.1). The kernel fills in the checksum.
 *
 * usage: perl -e SCRIPT DEVICE ADDRESS TIMES   (one question a second)
 */
export const solicitation = String.raw`use strict;
use warnings;
use Socket qw(AF_INET AF_INET6 SOCK_DGRAM SOCK_RAW SOL_SOCKET inet_pton pack_sockaddr_in6);
use Time::HiRes qw(time);

use constant { SIOCGIFHWADDR => 0x8927, SIOCGIFINDEX => 0x8933, SO_BINDTODEVICE => 25 };
use constant { ICMPV6 => 58, IPV6 => 41, IPV6_MULTICAST_HOPS => 18, SOLICITATION => 135, ADVERTISEMENT => 136 };

my ($device, $address, $times) = @ARGV;
my $target = inet_pton(AF_INET6, $address) // die "$address is no IPv6 address\n";
socket(my $any, AF_INET, SOCK_DGRAM, 0) or die "socket: $!\n";
my ($index, $mac) = map {
	my $request = pack('a16 x24', $device);
	ioctl($any, $_, $request) or die "$device: $!\n";
	$request;
} SIOCGIFINDEX, SIOCGIFHWADDR;
$index = unpack('x16 i', $index);
$mac = unpack('x18 a6', $mac);

socket(my $socket, AF_INET6, SOCK_RAW, ICMPV6) or die "socket: $!\n";
setsockopt($socket, SOL_SOCKET, SO_BINDTODEVICE, pack('Z*', $device)) or die "SO_BINDTODEVICE: $!\n";
setsockopt($socket, IPV6, IPV6_MULTICAST_HOPS, pack('i', 255)) or die "IPV6_MULTICAST_HOPS: $!\n";
my $group = inet_pton(AF_INET6, 'ff02::1:ff00:0') | ("\0" x 13 . substr($target, 13));
my $question = pack('CCnN a16 CC a6', SOLICITATION, 0, 0, 0, $target, 1, 1, $mac);
for (1 .. $times) {
	send($socket, $question, 0, pack_sockaddr_in6(0, $group, $index)) or die "send: $!\n";
	my $end = time + 1;
	while ((my $left = $end - time) > 0) {
		vec(my $ready = '', fileno($socket), 1) = 1;
		next unless select($ready, undef, undef, $left) > 0;
		recv($socket, my $answer, 1500, 0) // next;
		next if length $answer < 24;
		my ($type, $whose, $options) = unpack('C x7 a16 a*', $answer);
		next unless $type == ADVERTISEMENT && $whose eq $target;
		print join(':', unpack('(H2)6', $1)), "\n" if $options =~ /^\x02\x01(.{6})/s;
	}
}
`;
