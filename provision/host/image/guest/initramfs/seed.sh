# Reads a NoCloud seed as ../../seed.ts writes it: not any YAML, but the one text form that is fixed there.
# Sourced by the init beside it, under busybox; the unit tests source it under any POSIX shell.
# Each function reads the directory in $seed and prints what it found.

seed_instance_id() { sed -n 's/^instance-id: //p' "$seed/meta-data"; }

seed_hostname() { sed -n 's/^local-hostname: //p' "$seed/meta-data"; }

# ADDRESS/PREFIX of eth0
seed_address() { sed -n 's/^ *- \([0-9.]*\/[0-9]*\)$/\1/p' "$seed/network-config"; }

# the entries of ssh_authorized_keys, each a single-quoted scalar
seed_authorized_keys() {
	sed -n "/^ssh_authorized_keys:/,/^[^ ]/ { /^  - '/ { s/^  - '//; s/'\$//; s/''/'/g; p; }; }" "$seed/user-data"
}

# the literal block of ssh_keys.ed25519_private
seed_host_key() {
	awk '/^  ed25519_private: \|$/ { inside = 1; next } inside && !/^    / { exit } inside { print substr($0, 5) }' "$seed/user-data"
}

seed_host_key_public() { sed -n "s/^  ed25519_public: '\(.*\)'\$/\1/p" "$seed/user-data"; }

# seed_apply ROOT: makes the system under ROOT the one that the seed describes, unless it already is.
# The instance is recorded last, so that an interrupted boot applies it again.
seed_apply() {
	applied=$1/var/lib/lab-seed-instance
	[ "$(cat "$applied" 2>/dev/null)" = "$(seed_instance_id)" ] && return 0
	seed_hostname >"$1/etc/hostname"
	printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "$(seed_hostname)" >"$1/etc/hosts"
	tr -d - </proc/sys/kernel/random/uuid >"$1/etc/machine-id"
	seed_address >"$1/etc/lab-address"
	(
		umask 077
		mkdir -p "$1/root/.ssh"
		seed_authorized_keys >"$1/root/.ssh/authorized_keys"
		rm -f "$1"/etc/ssh/ssh_host_*
		seed_host_key >"$1/etc/ssh/ssh_host_ed25519_key"
	)
	seed_host_key_public >"$1/etc/ssh/ssh_host_ed25519_key.pub"
	seed_instance_id >"$applied"
}
