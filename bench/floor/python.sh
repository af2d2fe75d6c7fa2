# What Ansible needs on a server, and a cloud image has, since cloud-init is written in it. Lists of its own: those of apt stay as they are.
set -e
export DEBIAN_FRONTEND=noninteractive
lists=$(mktemp -d) && chmod 755 "$lists" # apt downloads as its own user
apt-get --quiet -o Dir::State::Lists="$lists" update
apt-get --quiet --yes -o Dir::State::Lists="$lists" install python3 python3-apt
rm -r "$lists"
# Or a freshly built image would look as if its lists were.
touch --date=@0 /var/lib/apt/lists
