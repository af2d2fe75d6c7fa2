#!/bin/bash
# Has keepalived read a keepalived.conf in network, mount and PID namespaces of its own, which end with this script.
# usage: keepalived-reads.sh DIRECTORY FILE FILE-FOR-VRRP true|false [OPTION...], whether the file has virtual servers
# DIRECTORY has `interfaces` (for `ip -batch`) and may have `etc`, which becomes /etc/keepalived. Its VRRP process reads the second file.
# Prints what keepalived says, in three parts: its test of the file, the log of its VRRP process with what it has read, and that of the other one.
cd "$1" || exit
file=$2 vrrp_file=$3 services=$4
shift 4
mount -t proc proc /proc && mount -t tmpfs tmpfs /run && cp -r /etc/keepalived /run/package && mount -t tmpfs tmpfs /etc/keepalived || exit
cp -r /run/package/. /etc/keepalived || exit # keepalived 2.3 does not start without its package's file there
install -m 0755 /dev/stdin /etc/keepalived/lvs-lab-notify <<<$'#!/bin/sh\ntrue' || exit
[[ ! -d etc ]] || cp -r etc/. /etc/keepalived || exit
echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad # an address that is not checked is there at once
ip -batch interfaces || exit
# The kernel tells of a cable that is plugged in a moment later, on a busy machine.
for try in {1..100}; do
	[[ $(ip -oneline link show up; ip -oneline address show tentative) == *@(NO-CARRIER|LOWERLAYERDOWN|state DOWN|tentative)* ]] || break
	sleep 0.05
done

echo "@@ test"
timeout 10 keepalived --config-test --use-file "$file" "$@" 2>&1
echo "@@ status $?"

# Its log has what `--config-test` leaves out. Without a BFD process, whose lines would be among its own.
log() { # KIND LAST-LINE OPTION...
	local kind=$1 last=$2 line
	shift 2
	echo "@@ $kind"
	while IFS= read -r -t 10 line; do
		line=${line:26} # without the time
		echo "$line"
		[[ $line != $last ]] || break
	done < <(exec "$@" --pid="/run/$kind" --no_bfd --dont-respawn --dont-fork --log-console --no-syslog --log-detail --dump-conf 2>&1)
	# Its children, too: the next one would find that it is already running.
	kill -KILL -1 2>/dev/null
	wait
}
log vrrp "VRRP sockpool*" keepalived --vrrp --use-file "$vrrp_file" "$@"
# Without the right to change IPVS's table: it ends when it has read the file, also where the kernel has IPVS; or goes on, if it has read no service.
# It has no such process without a service.
"$services" || { echo "@@ checkers" && echo "@@ end" && exit; }
log checkers "@(Stopped Keepalived*|Startup complete)" setpriv --bounding-set=-net_admin keepalived --check --use-file "$file" "$@"
echo "@@ end"
