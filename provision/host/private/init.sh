#!/bin/bash
# A private lab host: PID 1 of a PID and mount namespace of its own, in the userland. When it ends, the kernel ends every process in it, and
# with the last of them its network namespaces, bridges and taps: nothing can be left behind.
# usage: init.sh DIRECTORY CAPABILITIES PORT   (started by private-host.ts through userland/enter.sh)
set -eu
directory=$1
capabilities=$2
port=$3
trap 'exit 0' TERM INT # the machine shuts down; PID 1 gets no signal that it does not ask for

# libvirtd believes in fixed paths; here they are the lab's own.
for name in run lib etc log cache; do
	case $name in run) path=/run/libvirt ;; etc) path=/etc/libvirt ;; *) path=/var/$name/libvirt ;; esac
	mkdir -p "$path"
	mount --bind "$directory/$name" "$path"
done
# What QEMU can do is the same in every lab of this machine, and libvirt sees for itself when what it knows has become old.
mkdir -p /var/cache/libvirt/qemu/capabilities
mount --bind "$capabilities" /var/cache/libvirt/qemu/capabilities

# A namespace lives as long as a file in this mount namespace is bound to it.
: >"$directory/net/segment"
unshare --net="$directory/net/segment" ip link set lo up
in_lab() { nsenter --net="$directory/net/segment" "$@"; }

keep() { # runs a service, again when it ends
	while :; do
		"$@" >>"$directory/log/$1.out" 2>&1 || true
		sleep 0.2
	done
}
serve_packages() { nginx -c "$directory/packages.conf" -e "$directory/log/packages.log"; }
# nginx stands in the machine's own network, where the mirror is; guests reach it through its socket.
pass_packages() { in_lab socat TCP-LISTEN:"$port",fork,reuseaddr,max-children=64 UNIX-CONNECT:"$directory/run/packages.sock"; }
# 65534 stands for a group that has no number here, as /dev/kvm's in a user namespace.
case " $(id -G) " in *" 65534 "*) as_it_is=("$directory/keep-groups.pl") ;; *) as_it_is=() ;; esac
cpus=$(taskset --cpu-list --pid $$ | sed 's/.*: //')
# libvirt takes what it knows of QEMU for old when CPUID has changed, and leaf 0x1F of many processors tells on which CPU it was asked (Intel's manual,
# volume 2A, CPUID). So libvirtd starts on the same CPU always, and may use the others once it has looked.
virtualize() {
	know_qemu >"$directory/log/capabilities.xml" 2>/dev/null &
	in_lab taskset --cpu-list "${cpus%%[,-]*}" "${as_it_is[@]}" libvirtd --pid-file /run/libvirt/libvirtd.pid
}
# Servers of the machine's own libvirt: see system-host.ts.
connect_servers() { "$directory/cables.pl" "$directory"; }
# libvirtd finds out what QEMU can do when it is first asked for a domain: half a second of the first lab, which it has while there is no
# domain to be made yet.
know_qemu() {
	for _ in {1..100}; do
		virsh --connect qemu:///system domcapabilities --virttype qemu --machine q35 && break
		sleep 0.1
	done
	for process in /proc/[0-9]*; do
		taskset --all-tasks --cpu-list --pid "$cpus" "${process#/proc/}" >&2 || true # it may have ended
	done
}

# A guest that fills its console, or asks for packages without end, does not fill the machine's disk. Every writer appends.
cap_logs() {
	while :; do
		find "$directory/log" -type f -size +16M -exec truncate --size 0 {} +
		sleep 10
	done
}

keep serve_packages &
keep pass_packages &
keep virtualize &
if [ -e "$directory/cables.pl" ]; then keep connect_servers & fi
cap_logs &
echo "$MACHINE_PID" >"$directory/init.pid.new"
mv "$directory/init.pid.new" "$directory/init.pid"
# As PID 1 it inherits the QEMUs that libvirtd lets go; bash reaps them while it waits.
while :; do wait || true; done
