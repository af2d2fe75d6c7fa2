#!/usr/bin/perl
# Runs a program for somebody who is not trusted: in user, mount, PID, IPC and UTS namespaces of its own, and a root file system that has
# nothing but what is named here. Run it in the userland, as root of its namespace.
# usage: confine.pl [--new-network] [--ping] [--user UID] [--keep CAPABILITY-NUMBER]... [--read PATH | --from FROM TO | --dir MODE:UID PATH |
#                   --room PATH | --limit NUMBER VALUE]... [--name HOSTNAME] -- PROGRAM [ARGUMENT...]
# Standard input begins with the files that the program needs: a line `MODE UID LENGTH PATH` and the bytes, for each, and then an empty line. What
# comes after it is the program's.
use strict;
use warnings;
use Fcntl qw(:mode);
use Socket;

# System calls of x86-64, as labs are.
my %call = ( mount => 165, pivot_root => 155, umount2 => 166, unshare => 272, prctl => 157, sethostname => 170, setrlimit => 160, setgroups => 116 );
my ( $RDONLY, $NOSUID, $NODEV, $NOEXEC, $REMOUNT, $BIND, $REC, $PRIVATE ) = ( 1, 2, 4, 8, 32, 4096, 16384, 1 << 18 );    # mount(2)
my ( $NEWNS, $NEWUTS, $NEWIPC, $NEWUSER, $NEWPID, $NEWNET ) = ( 0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000 );
my ( $SET_PDEATHSIG, $CAPBSET_DROP, $SET_NO_NEW_PRIVS ) = ( 1, 24, 38 );    # prctl(2)
my $LAST_CAPABILITY = 63;

# How many users there are inside.
my $USERS = 4096;

sub call {
    my ( $name, @arguments ) = @_;
    syscall( $call{$name}, @arguments ) >= 0 or die "confine: $name @arguments: $!\n";
}

# Strings that the kernel reads: perl must not take them for numbers.
sub text { my $copy = "$_[0]"; return $copy }

sub mount {
    my ( $from, $to, $type, $flags, $data ) = map { text( $_ // '' ) } @_[ 0 .. 4 ];
    syscall( $call{mount}, $from, $to, $type, $flags + 0, $data ) == 0 or die "confine: mount $from on $to: $!\n";
}

sub put {
    my ( $file, $text ) = @_;
    open my $out, '>', $file or die "confine: $file: $!\n";
    syswrite( $out, $text ) // die "confine: $file: $!\n";
    close $out or die "confine: $file: $!\n";
}

sub directory {    # with those above it
    my ($path) = @_;
    my $made = '';
    for my $part ( grep { $_ ne '' } split m{/}, $path ) {
        $made .= "/$part";
        mkdir $made, 0755 or -d $made or die "confine: $made: $!\n";
    }
}

# What the program sees, in the order in which it is named.
my ( @steps, @limits, %kept, $new_network, $ping, $user, $name );
while ( defined( my $option = shift @ARGV ) ) {
    last if $option eq '--';
    if    ( $option eq '--new-network' ) { $new_network = 1 }
    elsif ( $option eq '--ping' )        { $ping = 1 }
    elsif ( $option eq '--user' )        { $user = shift @ARGV }
    elsif ( $option eq '--name' )        { $name = shift @ARGV }
    elsif ( $option eq '--keep' )        { $kept{ shift @ARGV } = 1 }
    elsif ( $option eq '--limit' )       { push @limits, [ splice @ARGV, 0, 2 ] }
    elsif ( $option eq '--read' )        { push @steps, [ $option, ( shift @ARGV ) x 2 ] }
    elsif ( $option eq '--from' )        { push @steps, [ $option, splice @ARGV, 0, 2 ] }
    elsif ( $option eq '--dir' )         { push @steps, [ $option, splice @ARGV, 0, 2 ] }
    elsif ( $option eq '--room' )        { push @steps, [ $option, shift @ARGV ] }
    else                                 { die "confine: what is $option?\n" }
}
@ARGV or die "confine: no program\n";

# Users inside are subordinate ones of whoever runs this: they own no file of the machine. Root has none, and takes numbers that nobody has.
open my $map, '<', '/proc/self/uid_map' or die "confine: $!\n";
my ( $inside, $outside, $count ) = split ' ', scalar <$map>;
close $map;
my $base = "$inside $outside $count" eq '0 0 4294967295' ? 0x7ffe0000 : 1;

# Programs of a namespace may ping without a privilege, by ICMP's own sockets: icmp(7).
if ($ping) {
    put( '/proc/sys/net/ipv4/ping_group_range', "$base " . ( $base + $USERS - 1 ) );
}

pipe my $unshared, my $say_unshared or die "confine: $!\n";
pipe my $mapped,   my $say_mapped   or die "confine: $!\n";
my $child = fork // die "confine: $!\n";
if ( $child != 0 ) {
    close $say_unshared;
    close $mapped;
    sysread $unshared, my $word, 1 or exit 1;
    put( "/proc/$child/$_", "0 $base $USERS\n" ) for qw(uid_map gid_map);
    syswrite $say_mapped, '.';
    close $say_mapped;
    open STDIN,  '<', '/dev/null';    # the program alone has what it was given: it sees the end of it
    open STDOUT, '>', '/dev/null';
    waitpid $child, 0;
    exit( $? >> 8 || ( $? ? 128 + ( $? & 127 ) : 0 ) );
}
close $unshared;
close $say_mapped;
call( 'prctl', $SET_PDEATHSIG, 9, 0, 0, 0 );
call( 'unshare', $NEWUSER | $NEWNS | $NEWPID | $NEWIPC | $NEWUTS | ( $new_network ? $NEWNET : 0 ) );
syswrite $say_unshared, '.';
close $say_unshared;
sysread $mapped, my $word, 1 or exit 1;
close $mapped;
become(0);
call( 'prctl', $SET_PDEATHSIG, 9, 0, 0, 0 );    # a change of user forgets it
my $first = fork // die "confine: $!\n";
if ( $first != 0 ) {
    open STDIN,  '<', '/dev/null';
    open STDOUT, '>', '/dev/null';
    waitpid $first, 0;
    exit( $? >> 8 || ( $? ? 128 + ( $? & 127 ) : 0 ) );
}

# From here on it is the first process of its namespace.
call( 'prctl', $SET_PDEATHSIG, 9, 0, 0, 0 );
umask 022;
mount( 'none', '/', '', $REC | $PRIVATE );
my $root = '/sys';                              # a place that nothing is taken from
mount( 'tmpfs', $root, 'tmpfs', $NOSUID | $NODEV, 'mode=0755,size=16m' );
for my $step (@steps) {
    my ( $option, @words ) = @$step;
    if    ( $option eq '--read' ) { bring( @words, $RDONLY ) if -e $words[0] }
    elsif ( $option eq '--from' ) { bring( @words, $RDONLY | $NOEXEC ) }
    elsif ( $option eq '--room' ) { directory("$root$words[0]"); mount( 'tmpfs', "$root$words[0]", 'tmpfs', $NOSUID | $NODEV, 'mode=1777,size=32m' ) }
    elsif ( $option eq '--dir' ) {
        my ( $mode, $owner ) = split /:/, $words[0];
        directory("$root$words[1]");
        chmod oct($mode), "$root$words[1]" or die "confine: $words[1]: $!\n";
        chown $owner, $owner, "$root$words[1]" or die "confine: $words[1]: $!\n";
    }
}
for my $link (qw(bin sbin lib lib64)) { symlink "usr/$link", "$root/$link" or die "confine: $link: $!\n" }
directory("$root/$_") for qw(proc dev/pts etc old);
mount( 'proc', "$root/proc", 'proc', $NOSUID | $NODEV | $NOEXEC, 'hidepid=invisible' );
for my $device (qw(null zero full random urandom tty)) {
    put( "$root/dev/$device", '' );
    mount( "/dev/$device", "$root/dev/$device", '', $BIND );
}
mount( 'devpts', "$root/dev/pts", 'devpts', $NOSUID | $NOEXEC, 'newinstance,ptmxmode=0666,mode=0620,gid=5' );
symlink 'pts/ptmx', "$root/dev/ptmx" or die "confine: ptmx: $!\n";
symlink '/proc/self/fd', "$root/dev/fd" or die "confine: fd: $!\n";
receive();

chdir $root or die "confine: $root: $!\n";
call( 'pivot_root', text('.'), text('old') );
call( 'umount2', text('old'), 2 );              # MNT_DETACH
chdir '/' or die "confine: /: $!\n";
rmdir 'old';
loopback_up() if $new_network;
if ( defined $name ) { my $copy = text($name); call( 'sethostname', $copy, length $copy ) }
# Nobody in it makes namespaces, in which they would have what they have not here: namespaces(7).
put( "/proc/sys/user/$_", '0' ) for map { "max_${_}_namespaces" } qw(cgroup ipc mnt net pid time user uts);
for my $limit (@limits) { call( 'setrlimit', $limit->[0] + 0, pack 'QQ', ( $limit->[1] ) x 2 ) }
for my $capability ( grep { !$kept{$_} } 0 .. $LAST_CAPABILITY ) { syscall $call{prctl}, $CAPBSET_DROP, $capability, 0, 0, 0 }
call( 'prctl', $SET_NO_NEW_PRIVS, 1, 0, 0, 0 );
become($user) if defined $user;
call( 'prctl', $SET_PDEATHSIG, 9, 0, 0, 0 );
exec { $ARGV[0] } @ARGV or die "confine: $ARGV[0]: $!\n";

sub become {
    my ($id) = @_;
    $id += 0;
    call( 'setgroups', 0, 0 );
    ( $(, $) ) = ( $id, "$id $id" );
    ( $<, $> ) = ( $id, $id );
    die "confine: cannot become $id\n" if $< != $id || $> != $id;
}

sub bring {    # FROM TO FLAG
    my ( $from, $to, $flag ) = @_;
    if   ( -d $from ) { directory("$root$to") }
    else              { directory( "$root$to" =~ s{/[^/]*$}{}r ); put( "$root$to", '' ) }
    mount( $from, "$root$to", '', $BIND );
    mount( 'none', "$root$to", '', $BIND | $REMOUNT | $NOSUID | $NODEV | $flag );
}

sub receive {
    while ( ( my $line = line() ) ne '' ) {
        my ( $mode, $owner, $length, $path ) = $line =~ m{^(\d+) (\d+) (\d+) (/\S+)$} or die "confine: no file: $line\n";
        my $text = '';
        while ( length $text < $length ) { sysread( STDIN, $text, $length - length $text, length $text ) or die "confine: $path: it ends early\n" }
        directory( "$root$path" =~ s{/[^/]*$}{}r );
        put( "$root$path", $text );
        chown $owner, $owner, "$root$path" or die "confine: $path: $!\n";
        chmod oct($mode), "$root$path" or die "confine: $path: $!\n";
    }
}

sub line {    # of standard input, byte by byte: what comes next is not to be read ahead
    my $line = '';
    while ( sysread STDIN, my $byte, 1 ) {
        return $line if $byte eq "\n";
        $line .= $byte;
    }
    die "confine: the files end early\n";
}

sub loopback_up {    # ioctl(2) with SIOCSIFFLAGS: netdevice(7)
    socket my $any, PF_INET, SOCK_DGRAM, 0 or die "confine: $!\n";
    my $request = pack 'a16 s x22', 'lo', 0x41;
    ioctl $any, 0x8914, $request or die "confine: lo: $!\n";
}
