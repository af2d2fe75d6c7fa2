#!/usr/bin/perl -T
# The login shell of every student in a class's door. It runs nothing, whatever it is called with: it passes what is typed to the machine's side and
# shows what comes back. Messages are a letter, four bytes with the length, and the contents: see protocol.ts.
use strict;
use warnings;
use Socket;
use POSIX ();

my ( $TIOCGWINSZ, $MOST )          = ( 0x5413, 1 << 18 );
my ( $PRCTL, $SET_PDEATHSIG, $KILL ) = ( 157, 1, 9 );          # of x86-64: prctl(2)

# Without a terminal, nothing else says that the connection was cut: sshd ends, and this process would wait for a command that goes on.
syscall $PRCTL, $SET_PDEATHSIG, $KILL, 0, 0, 0;
exit 255 if getppid == 1;

my $command = $ENV{SSH_ORIGINAL_COMMAND};
my ($term) = ( $ENV{TERM} // '' ) =~ /^([\w.+-]{1,40})$/;
%ENV = ();

my $interactive = POSIX::isatty(0) && POSIX::isatty(1);
my ( $interrupted, $resized, $finished ) = ( 0, 0, 0 );
$SIG{INT}   = sub { $interrupted = 1 };
$SIG{WINCH} = sub { $resized     = 1 };
$SIG{$_}    = 'IGNORE' for qw(QUIT TSTP TTIN TTOU PIPE);
binmode $_ for *STDIN, *STDOUT, *STDERR;

open my $file, '<', "/run/tokens/$<" or leave('The door does not know you any more.');
my $token = <$file> // '';
close $file;
socket my $door, PF_UNIX, SOCK_STREAM, 0 or leave("socket: $!");
connect $door, pack_sockaddr_un('/run/broker/socket') or leave('The door is being closed. Try again later.');
$door->blocking(0);

my $saved;
if ($interactive) {
    $saved = POSIX::Termios->new;
    $saved->getattr(0);
}

my ( $out, $in ) = ( '', '' );
send_message( 'H', join "\0", $token, $interactive ? 1 : 0, $term // '', size(), defined $command ? ( 1, $command ) : ( 0, '' ) );
while (1) {
    if ($interrupted) { $interrupted = 0; send_message( 'S', 'INT' ) }
    if ($resized)     { $resized     = 0; send_message( 'W', join "\0", size() ) }
    my ( $read, $write ) = ( '', '' );
    vec( $read, fileno $door, 1 ) = 1;
    vec( $read, 0, 1 ) = 1 if !$finished && length $out < $MOST;
    vec( $write, fileno $door, 1 ) = 1 if length $out;
    select( $read, $write, undef, undef ) > 0 or next;    # a signal
    if ( vec $read, 0, 1 ) {
        my $count = sysread STDIN, my $bytes, 32768;
        if ($count) { send_message( 'I', $bytes ) }
        elsif ( defined $count ) { send_message( 'Z', '' ); $finished = !$interactive }    # a terminal goes on after Ctrl-D
        elsif ( !$!{EINTR} ) { exit 255 }
    }
    if ( length $out && vec $write, fileno $door, 1 ) {
        my $count = syswrite $door, $out;
        if ( defined $count ) { $out = substr $out, $count }
        elsif ( !$!{EAGAIN} && !$!{EINTR} ) { lost() }
    }
    if ( vec $read, fileno $door, 1 ) {
        my $count = sysread $door, $in, 65536, length $in;
        if    ($count)                                                  { receive() }
        elsif ( defined $count || !$!{EAGAIN} && !$!{EINTR} ) { lost() }
    }
}

sub send_message { $out .= pack 'a N/a*', @_ }

sub receive {
    while ( length $in >= 5 ) {
        my ( $kind, $length ) = unpack 'a N', $in;
        return if length $in < 5 + $length;
        my $text = substr $in, 5, $length;
        $in = substr $in, 5 + $length;
        if    ( $kind eq 'O' ) { show( *STDOUT, $text ) }
        elsif ( $kind eq 'E' ) { show( *STDERR, $text ) }
        elsif ( $kind eq 'R' ) { terminal(1) }
        elsif ( $kind eq 'C' ) { terminal(0) }
        elsif ( $kind eq 'X' ) { terminal(0); exit $text }
    }
}

sub show {
    my ( $to, $text ) = @_;
    for ( my $sent = 0 ; $sent < length $text ; ) {
        my $count = syswrite $to, $text, length($text) - $sent, $sent;
        if    ( defined $count ) { $sent += $count }
        elsif ( !$!{EINTR} )     { exit 255 }
    }
}

sub size {    # lines and columns
    my $size = pack 'S4', 0, 0, 0, 0;
    return ( 0, 0 ) if !$interactive || !ioctl STDIN, $TIOCGWINSZ, $size;
    return ( unpack 'S2', $size );
}

sub terminal {    # whether each key is passed on as it is: cfmakeraw, termios(3)
    my ($raw) = @_;
    return if !$saved;
    if ( !$raw ) { $saved->setattr( 0, POSIX::TCSANOW ); return }
    my $keys = POSIX::Termios->new;
    $keys->getattr(0);
    $keys->setiflag( $keys->getiflag & ~( POSIX::BRKINT | POSIX::ICRNL | POSIX::IGNBRK | POSIX::INLCR | POSIX::IGNCR | POSIX::ISTRIP | POSIX::IXON | POSIX::PARMRK ) );
    $keys->setoflag( $keys->getoflag & ~POSIX::OPOST );
    $keys->setlflag( $keys->getlflag & ~( POSIX::ECHO | POSIX::ECHONL | POSIX::ICANON | POSIX::IEXTEN | POSIX::ISIG ) );
    $keys->setcc( POSIX::VMIN,  1 );
    $keys->setcc( POSIX::VTIME, 0 );
    $keys->setattr( 0, POSIX::TCSANOW );
}

sub lost {
    terminal(0);
    leave('The door has closed the connection.');
}

sub leave {
    my ($reason) = @_;
    syswrite STDERR, "$reason\n";
    exit 255;
}
