/**
 * A bash script that sends a datagram to `$1` port `$2` from a port of its own and prints the answer, for which it waits `$3` seconds, by default two.
 * Status 124: there was none; 1: the port was refused (ICMP).
 */
export const UDP_QUESTION = 'exec 3<>"/dev/udp/$1/$2"; echo >&3; timeout "${3:-2}" dd bs=65535 count=1 status=none <&3';
