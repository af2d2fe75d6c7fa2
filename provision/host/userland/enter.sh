#!/bin/bash
# Makes a userland the root file system of this mount namespace and runs a program in it.
# usage: enter.sh USERLAND [--bind FROM TO | --read FROM TO]... -- PROGRAM [ARGUMENT...]
# Run it in new mount and PID namespaces, as root of its user namespace. `--read` binds read-only. The program finds its PID on the machine
# in MACHINE_PID.
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
umask 022
read -r MACHINE_PID _ </proc/self/stat # /proc is still the machine's
export MACHINE_PID
userland=$1
shift

# The new root is a tmpfs, so that any path can be bound into it.
root=$userland/mnt
mount -t tmpfs -o mode=0755 tmpfs "$root"
bind() { # FROM TO
	if [ -d "$1" ]; then mkdir -p "$root$2"; elif [ ! -e "$root$2" ]; then mkdir -p "$root${2%/*}" && : >"$root$2"; fi
	mount --bind "$1" "$root$2"
}
read_only() { # FROM TO
	bind "$1" "$2"
	mount -o remount,bind,ro "$root$2"
}

for path in usr etc var/lib/dpkg; do read_only "$userland/$path" "/$path"; done
for link in bin sbin lib lib64; do cp -P "$userland/$link" "$root/$link"; done
mkdir -p "$root"/{proc,sys,dev,run,root,old,tmp,var/{tmp,log,lib/apt/lists/partial,cache/apt/archives/partial}}
chmod 1777 "$root/tmp" "$root/var/tmp"
mkdir "$root/run/lock"
ln -s /run "$root/var/run"
ln -s /run/lock "$root/var/lock" # libvirtd locks a console that is in use
# Names are resolved as the machine resolves them.
for file in resolv.conf hosts; do
	if [ -e "/etc/$file" ]; then mount --bind "$(readlink -f "/etc/$file")" "$root/etc/$file"; fi
done
mount -t proc proc "$root/proc"
# With all that is mounted below: a user namespace may not show what a mount hides.
mount --rbind /sys "$root/sys"
# Of the machine's devices only what a lab uses. Its huge pages, which are mounted there, belong to the machine's root: an ordinary user's
# libvirtd would fail to make a folder in them.
mkdir "$root"/dev/{net,pts,shm}
for device in null zero full random urandom tty kvm vhost-net net/tun; do
	if [ -e "/dev/$device" ]; then : >"$root/dev/$device" && mount --bind "/dev/$device" "$root/dev/$device"; fi
done
# Pseudoterminals of its own, for servers' consoles: the machine's ptmx finds its terminals beside itself alone, and not where it is bound to.
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
chmod 1777 "$root/dev/shm"
ln -s /proc/self/fd "$root/dev/fd"
for number in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${number%:*}" "$root/dev/${number#*:}"; done

while [ "$1" != -- ]; do
	case $1 in
	--bind) bind "$2" "$3" ;;
	--read) read_only "$2" "$3" ;;
	esac
	shift 3
done
shift

cd "$root"
pivot_root . old
umount --lazy /old
cd /
rmdir /old
exec "$@"
