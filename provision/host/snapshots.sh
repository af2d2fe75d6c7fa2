#!/bin/bash
# Saves all servers of a lab at one moment, or brings that moment back. A moment is an internal snapshot of each server's qcow2 disk, with
# the server's memory in it. This runs on the lab host in a session of its own: once begun it goes on to its end, whatever becomes of the
# command that started it.
# usage: snapshots.sh save   DIRECTORY TAG RECORD DOMAIN…          RECORD.new becomes RECORD when all are saved
#        snapshots.sh load   DIRECTORY TAG RECORD BRIDGE,… DOMAIN…   RECORD is there until all are loaded
#        snapshots.sh delete DIRECTORY TAG DOMAIN…
# LVS_LIBVIRT, if it is set, is the URI of a libvirt that others use, too: its disks are not in DIRECTORY, and not for this user to open.
set -eu
verb=$1 directory=$2 tag=$3
shift 3
mkdir -p -m 0700 "$directory/snapshots"
exec 9>>"$directory/snapshots/lock"
flock 9

libvirt=${LVS_LIBVIRT:-}
virsh() { command virsh --quiet --connect "${libvirt:-qemu:///system}" "$@"; }
each() { # each VERB SERVER…: one virsh for all, so that no server is long without the others
	local verb=$1 commands=
	shift
	for server; do commands+="$verb $server; "; done
	virsh "$commands"
}
together() { # together FUNCTION SERVER…: side by side; fails if any fails
	local function=$1 failed=0 pids=()
	shift
	for server; do
		"$function" "$server" &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
	return "$failed"
}
BLOCK='{"execute":"query-block"}' JOBS='{"execute":"query-jobs"}'
firstDisk() { grep -o '"node-name":"libvirt-[0-9]*-format"' | head -n 1 | cut -d '"' -f 4; } # reads the answer to BLOCK
job() { # job VERB SERVER [DISK]: QEMU's job on the server's first disk, to its end: snapshot-save, snapshot-load, snapshot-delete
	local disk devices command answers jobs id=lvs-lab-$1
	disk=${3:-$(virsh qemu-monitor-command "$2" "$BLOCK" | firstDisk)}
	devices="\"devices\":[\"$disk\"]"
	[ "$1" = delete ] || devices+=",\"vmstate\":\"$disk\""
	command="{\"execute\":\"snapshot-$1\",\"arguments\":{\"job-id\":\"$id\",\"tag\":\"$tag\",$devices}}"
	# One virsh for both: to load, QEMU answers when it has loaded.
	answers=$(virsh "qemu-monitor-command $2 '$command'; qemu-monitor-command $2 '$JOBS'")
	jobs=${answers##*$'\n'}
	[[ ${answers%$'\n'*} != *'"error":'* ]] || { # virsh's status is 0; and there is no job to wait for
		echo "$2: $answers" >&2
		return 1
	}
	while [[ $jobs != *'"concluded"'* ]]; do
		sleep 0.05
		jobs=$(virsh qemu-monitor-command "$2" "$JOBS") || break
	done
	# A QEMU loads once.
	[ "$1" = load ] || virsh qemu-monitor-command "$2" "{\"execute\":\"job-dismiss\",\"arguments\":{\"id\":\"$id\"}}" >/dev/null
	[[ $jobs == *'"concluded"'* && $jobs != *'"error":'* ]] || {
		echo "$2: $jobs" >&2
		return 1
	}
}
save() { job save "$1"; }
load() { # A QEMU that runs keeps its count of CPU ticks, and a guest that goes back in it sees its clock jump ahead.
	local disk
	disk=$(virsh "destroy $1; start --paused $1; qemu-monitor-command $1 '$BLOCK'" | firstDisk)
	[ -n "$disk" ] || return 1 # virsh has said why
	job load "$1" "$disk"
}
delete() {
	if [ "$(virsh domstate "$1")" != "shut off" ]; then
		job delete "$1"
	elif [ -z "$libvirt" ]; then
		qemu-img snapshot -d "$tag" "$directory/pool/$1.qcow2"
	else
		local failed=0
		virsh start --paused "$1"
		job delete "$1" || failed=1
		virsh destroy "$1"
		return "$failed"
	fi
}

case $verb in
save)
	record=$1
	shift
	begun=$EPOCHREALTIME
	trap 'each resume "$@"' EXIT
	each suspend "$@"
	together save "$@" || {
		together delete "$@" 2>/dev/null || true
		exit 1
	}
	mv "$record.new" "$record"
	trap - EXIT
	each resume "$@"
	;;
load)
	record=$1 bridges=$2
	shift 2
	begun=$EPOCHREALTIME
	# A port that is new on a bridge with STP forwards nothing for twice its delay, four seconds: long enough for a failover.
	for bridge in ${bridges//,/ }; do ip link set "$bridge" type bridge stp_state 0; done
	together load "$@"
	each resume "$@"
	rm "$record"
	;;
delete)
	begun=$EPOCHREALTIME
	together delete "$@"
	;;
esac
echo "milliseconds: $(((${EPOCHREALTIME/./} - ${begun/./}) / 1000))"
