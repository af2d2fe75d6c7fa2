# A real server: the bare commands. Nothing is looked at, nothing is asked twice; a second run would do all of it again.
# From the environment: APT_SETTINGS, PACKAGES, PAGE, UNIT.
set -e
mkdir -p /etc/lvs-lab /var/lib/lvs-lab/apt/partial
printf %s "$APT_SETTINGS" >/etc/lvs-lab/apt.conf
export DEBIAN_FRONTEND=noninteractive APT_CONFIG=/etc/lvs-lab/apt.conf
apt-get --quiet update
# shellcheck disable=SC2086 # a list of words
apt-get --quiet --yes install $PACKAGES
printf %s "$PAGE" >/var/www/html/index.html
printf %s "$UNIT" >/etc/systemd/system/lvs-real-server.service
systemctl --quiet --no-reload enable apache2 lvs-real-server
systemctl start apache2 lvs-real-server
