#!/bin/sh
# A program of the userland for the machine, under its own name: run in the userland, where temporary files, labs and the sockets of
# the machine's own libvirt have their paths of the machine. So Pulumi's libvirt provider can start it (xsltproc), and a user at a shell (virsh).
name=$(basename "$0")
base=$(dirname "$(dirname "$(readlink -f "$0")")")
tmp=${TMPDIR:-/tmp}
state=${LVS_LAB_STATE:-${XDG_STATE_HOME:-$HOME/.local/state}/lvs-lab}
set -- -- "$name" "$@"
for path in "$state" "$tmp" /run/libvirt; do
	if [ -d "$path" ]; then set -- --bind "$path" "$path" "$@"; fi
done
[ "$(id -u)" = 0 ] || become_root="--user --map-root-user --map-auto"
export HOME=/root
# shellcheck disable=SC2086 # several words
exec unshare ${become_root-} --mount --pid --fork --kill-child --propagation slave -- bash "$base/tools/.enter.sh" "$base/root" "$@"
