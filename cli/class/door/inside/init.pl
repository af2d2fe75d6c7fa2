#!/usr/bin/perl -T
# The first process in a class's door. It keeps the door's files as the machine's side says, and passes connections to the addresses of servers on to
# it, by a socket named after the address. It and all others in here end with its standard input.
# Standard input has lines `FILE MODE UID LENGTH PATH` with the bytes after it, `GONE PATH`, and `DONE WORD`, which is answered.
use strict;
use warnings;
use Socket;
use POSIX ();

my $RELAYS = '/run/door/relays';
my $PORT   = 22;
%ENV = ();

$SIG{CHLD} = sub {
    while ( waitpid( -1, POSIX::WNOHANG ) > 0 ) { }
};
$SIG{PIPE} = 'IGNORE';

socket my $listener, PF_INET, SOCK_STREAM, 0 or die "init: $!\n";
setsockopt $listener, SOL_SOCKET, SO_REUSEADDR, 1 or die "init: $!\n";
bind $listener, pack_sockaddr_in( $PORT, INADDR_ANY ) or die "init: port $PORT: $!\n";
listen $listener, 128 or die "init: $!\n";

my $input = '';
while (1) {
    my $ready = '';
    vec( $ready, 0, 1 ) = 1;
    vec( $ready, fileno $listener, 1 ) = 1;
    select( $ready, undef, undef, undef ) > 0 or next;    # a signal
    if ( vec $ready, 0, 1 ) {
        sysread( STDIN, $input, 65536, length $input ) or exit 0;
        1 while message();
    }
    if ( vec $ready, fileno $listener, 1 ) {
        my $peer = accept my $connection, $listener or next;
        my $pid = fork // next;
        if ( $pid == 0 ) {
            close $listener;
            open STDIN, '<', '/dev/null';
            relay($connection);
            POSIX::_exit(0);
        }
    }
}

sub message {    # whether there was one
    if ( $input =~ s{\ADONE (\w+)\n}{} ) { syswrite STDOUT, "DONE $1\n"; return 1 }
    if ( $input =~ s{\AGONE (/[^\s]+)\n}{} ) { unlink $1; return 1 }
    if ( $input =~ m{\AFILE ([0-7]+) (\d+) (\d+) (/[^\s]+)\n} ) {
        my ( $mode, $owner, $length, $path, $start ) = ( $1, $2, $3, $4, $+[0] );
        return 0 if length($input) - $start < $length;
        my $text = substr $input, $start, $length;
        $input = substr $input, $start + $length;
        unlink "$path.new";
        open my $file, '>', "$path.new" or die "init: $path: $!\n";
        chmod oct($mode), "$path.new" or die "init: $path: $!\n";
        print {$file} $text or die "init: $path: $!\n";
        close $file or die "init: $path: $!\n";
        chown $owner, $owner, "$path.new" or die "init: $path: $!\n";
        rename "$path.new", $path or die "init: $path: $!\n";
        return 1;
    }
    die "init: what is this?\n" if $input =~ /\n/;
    return 0;
}

sub relay {
    my ($near) = @_;
    my ( undef, $address ) = unpack_sockaddr_in( getsockname $near );
    my ($name) = inet_ntoa($address) =~ /^(127\.\d+\.\d+\.\d+)$/ or return;
    socket my $far, PF_UNIX, SOCK_STREAM, 0 or return;
    connect $far, pack_sockaddr_un("$RELAYS/$name") or return;
    my %to = ( fileno $near => $far, fileno $far => $near );
    my %from = ( fileno $near => $near, fileno $far => $far );
    while (%from) {
        my $ready = '';
        vec( $ready, $_, 1 ) = 1 for keys %from;
        select( $ready, undef, undef, undef ) > 0 or next;
        for my $number ( grep { vec $ready, $_, 1 } keys %from ) {
            my $count = sysread $from{$number}, my $bytes, 65536;
            if ( !$count ) {
                shutdown $to{$number}, 1;
                delete $from{$number};
                next;
            }
            for ( my $sent = 0 ; $sent < $count ; ) {
                $sent += syswrite( $to{$number}, $bytes, $count - $sent, $sent ) // return;
            }
        }
    }
}
