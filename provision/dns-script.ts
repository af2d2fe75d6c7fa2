/** Constants of a Perl script that answers DNS queries. */
export const dnsConstants = `use constant { A => 1, NS => 2, SOA => 6, TXT => 16, OPT => 41, IN => 1, CHAOS => 3 };
use constant { NOTIMP => 4, REFUSED => 5, BADVERS => 16 };
`;

interface Answering {
  /** Perl that is the host's name. */
  readonly name: string;
  /** Perl that sets `$own` to the host's IPv4 address, in four bytes; not there: it has none, and no query for A has data. */
  readonly own?: string;
}

/**
 * Perl whose `answer(MESSAGE, TEXT)` is the answer to a DNS query, or nothing to what is none. RFC 1035, section 4: messages; RFC 2308, section 2.2: the SOA
 * of an answer without data; RFC 6891: OPT. It needs `use POSIX` and `use Socket`.
 */
export const dnsFunctions = ({
  name,
  own,
}: Answering): string => String.raw`${own === undefined ? "" : `${own}\n`}my $host = join '', map { pack 'C/a*', $_ } split(/\./, ${name}), '';
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
	my %data = (${own === undefined ? "" : "A, $own, "}NS, $host, SOA, $soa, TXT, $strings);
	my $record = sub { pack 'n3Nn/a*', 0xC00C, $_[0], $class, 0, $_[1] };
	if ($version) { $rcode = BADVERS }
	elsif ($flags & 0x7800) { $rcode = NOTIMP }
	elsif ($class == CHAOS and $type == TXT and $name =~ /^(id\.server|hostname\.bind)\.$/) {
		@answer = $record->(TXT, pack 'C/a*', ${name});
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
