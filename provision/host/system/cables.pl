#!/usr/bin/perl
# The cables of servers that run on the machine's libvirt. A server's card is there a UDP socket of the machine's loopback (QEMU, -netdev socket,udp=),
# with an Ethernet frame in each datagram. A cable joins such a socket to a bridge of the lab, by a tap in the lab's network namespace.
# usage: cables.pl DIRECTORY   (in the userland and the machine's network, kept running by init.sh)
# DIRECTORY/cables has a line `MAC BRIDGE TAP ADDRESS PORT` for each; the server's end is the next port of the address. What became of each is in
# DIRECTORY/run/cables: its line, a tab, and `ok` or what went wrong. One process looks after the others, one for each cable.
use strict;
use warnings;
use Errno qw(EBUSY ECONNREFUSED);
use Fcntl;
use POSIX qw(:sys_wait_h);
use Socket;

# System calls of x86-64, as labs are, and their numbers: prctl(2), setns(2), netdevice(7), linux/if_tun.h, linux/sockios.h.
my ( $PRCTL,     $SETNS )     = ( 157, 308 );
my ( $PDEATHSIG, $CLONE_NET ) = ( 1,   0x40000000 );
my ( $TUNSETIFF, $TAP_NO_PI ) = ( 0x400454ca, 0x1002 );
my ( $GET_FLAGS, $SET_FLAGS, $SET_MAC, $GET_INDEX, $ADD_TO_BRIDGE ) = ( 0x8913, 0x8914, 0x8924, 0x8933, 0x89a2 );
my $UP               = 1;
my $ETHERNET         = 1;
my $RECEIVE_BUFFER   = 33;         # SO_RCVBUFFORCE, which root may
my $BUFFER           = 4 << 20;    # bytes: frames wait here while this process does not run
my $FRAME            = 65536;
my $FRAMES_AT_A_TIME = 64;
my $NO_WAIT          = Socket::MSG_DONTWAIT;

my ($directory) = @ARGV;
my ( %pid, %says, %again, %state );

my ( $read, $written ) = ( '', '' );
my %wanted;
while (1) {
    my @file = stat "$directory/cables";
    my $version = "@file[1, 7, 9]" if @file;
    if ( ( $version // '' ) ne $read ) { ( $read, %wanted ) = ( $version // '', map { $_ => 1 } lines("$directory/cables") ) }
    for my $cable ( grep { !$wanted{$_} } keys %pid ) { kill 'KILL', $pid{$cable} }
    while ( ( my $ended = waitpid -1, WNOHANG ) > 0 ) {
        my ($cable) = grep { $pid{$_} == $ended } keys %pid or next;
        listen_to($cable);
        $state{$cable} = 'it ended' if ( $state{$cable} // 'ok' ) eq 'ok';
        delete $pid{$cable};
        delete $says{$cable};
        $again{$cable} = time + ( $state{$cable} eq 'it ended' ? 0 : 1 );
    }
    for my $cable ( grep { !$pid{$_} && ( $again{$_} // 0 ) <= time } keys %wanted ) { begin($cable) }
    listen_to($_) for keys %pid;
    delete @state{ grep { !$wanted{$_} } keys %state };
    my $text = join '', map { "$_\t$state{$_}\n" } sort keys %state;
    if ( $text ne $written ) { put( "$directory/run/cables", $text ); $written = $text }
    select undef, undef, undef, 0.2;
}

sub lines {
    open my $in, '<', $_[0] or return;
    chomp( my @lines = grep { /\S/ } <$in> );
    return @lines;
}

sub put {
    my ( $file, $text ) = @_;
    open my $out, '>', "$file.new" or die "cables: $file: $!\n";
    print $out $text;
    close $out or die "cables: $file: $!\n";
    rename "$file.new", $file or die "cables: $file: $!\n";
}

sub begin {
    my ($cable) = @_;
    pipe my $hears, my $tells or die "cables: $!\n";
    my $child = fork // die "cables: $!\n";
    if ( $child == 0 ) {
        syscall $PRCTL, $PDEATHSIG, 9, 0, 0, 0;
        eval { join_up( $tells, split ' ', $cable ); 1 } or syswrite $tells, $@;
        POSIX::_exit(1);
    }
    close $tells;
    fcntl $hears, F_SETFL, O_NONBLOCK;
    ( $pid{$cable}, $says{$cable} ) = ( $child, $hears );
}

sub listen_to {
    my ($cable) = @_;
    sysread $says{$cable}, my $said, 4096 or return;
    $state{$cable} = $1 if $said =~ /^(.+)$/m;
}

sub join_up {
    my ( $tells, $mac, $bridge, $tap, $address, $port ) = @_;
    socket my $wire, PF_INET, SOCK_DGRAM, 0 or die "socket: $!\n";
    setsockopt $wire, SOL_SOCKET, $RECEIVE_BUFFER, $BUFFER or setsockopt $wire, SOL_SOCKET, SO_RCVBUF, $BUFFER;
    bind $wire, sockaddr_in( $port, inet_aton($address) ) or die "UDP port $port of $address: $!\n";
    # Nothing comes in then but from the server's end.
    connect $wire, sockaddr_in( $port + 1, inet_aton($address) ) or die "UDP port $port of $address: $!\n";

    open my $namespace, '<', "$directory/net/segment" or die "$directory/net/segment: $!\n";
    syscall( $SETNS, fileno $namespace, $CLONE_NET ) == 0 or die "setns: $!\n";
    sysopen my $card, '/dev/net/tun', O_RDWR | O_NONBLOCK or die "/dev/net/tun: $!\n";
    ioctl $card, $TUNSETIFF, my $made = pack( 'a16 s x22', $tap, $TAP_NO_PI ) or die "$tap: $!\n";
    socket my $any, PF_INET, SOCK_DGRAM, 0 or die "socket: $!\n";
    # As libvirt does: no bridge takes such an address for its own.
    my $own = pack 'C6', 0xfe, map { hex } ( split /:/, $mac )[ 1 .. 5 ];
    ioctl $any, $SET_MAC, my $addressed = pack( 'a16 S a6 x16', $tap, $ETHERNET, $own ) or die "$tap: its address: $!\n";
    ioctl $any, $GET_FLAGS, my $flags = pack( 'a16 s x22', $tap, 0 ) or die "$tap: $!\n";
    ioctl $any, $SET_FLAGS, my $up = pack( 'a16 s x22', $tap, unpack( 'x16 s', $flags ) | $UP ) or die "$tap: $!\n";
    ioctl $any, $GET_INDEX, my $index = pack( 'a16 i x20', $tap, 0 ) or die "$tap: $!\n";
    my $into = pack 'a16 i x20', $bridge, unpack( 'x16 i', $index );
    syswrite $tells, "ok\n";
    close $tells;

    my $both = '';
    vec( $both, fileno $_, 1 ) = 1 for $card, $wire;
    my ( $looked, $fresh ) = ( 0, 0 );
    while (1) {
        # The bridge is made later, or anew. Who is on one already is busy.
        if ( time != $looked || !$fresh ) {
            my $on = ioctl( $any, $ADD_TO_BRIDGE, my $copy = $into ) || $!{EBUSY};
            # With STP a new port forwards nothing for four seconds, and libvirt may turn it on once more while it makes the bridge.
            if ( $on && $fresh < 3 ) { $fresh++; system 'ip', 'link', 'set', $bridge, 'type', 'bridge', 'stp_state', '0' }
            $fresh  = 0 if !$on;
            $looked = time;
        }
        select( my $ready = $both, undef, undef, $fresh ? 1 : 0.1 ) > 0 or next;
        if ( vec $ready, fileno $card, 1 ) {
            for ( 1 .. $FRAMES_AT_A_TIME ) {
                sysread $card, my $frame, $FRAME or last;
                # A server that was off said so to the frame before, which is told here: this one was not sent.
                send $wire, $frame, $NO_WAIT or $!{ECONNREFUSED} && send $wire, $frame, $NO_WAIT;
            }
        }
        if ( vec $ready, fileno $wire, 1 ) {
            for ( 1 .. $FRAMES_AT_A_TIME ) {
                if   ( defined recv $wire, my $frame, $FRAME, $NO_WAIT ) { syswrite $card, $frame }
                else                                                     { $!{ECONNREFUSED} or last }
            }
        }
    }
}
