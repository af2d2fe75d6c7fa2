# A director: the bare commands. Nothing is looked at, nothing is asked twice; a second run would do all of it again.
# From the environment: APT_SETTINGS, PACKAGES, KEEPALIVED_CONF, SMTPD_CONF, IDENTITY, AUTHORIZED, KNOWN_HOSTS.
set -e
mkdir -p /etc/lvs-lab /var/lib/lvs-lab/apt/partial
printf %s "$APT_SETTINGS" >/etc/lvs-lab/apt.conf
export DEBIAN_FRONTEND=noninteractive APT_CONFIG=/etc/lvs-lab/apt.conf
apt-get --quiet update
# shellcheck disable=SC2086 # a list of words
apt-get --quiet --yes install $PACKAGES
printf %s "$SMTPD_CONF" >/etc/smtpd.conf
printf %s "$KEEPALIVED_CONF" >/etc/keepalived/keepalived.conf
(umask 077 && printf %s "$IDENTITY" >/root/.ssh/id_ed25519)
printf '%s\n' "$AUTHORIZED" >>/root/.ssh/authorized_keys
printf '%s\n' "$KNOWN_HOSTS" >/etc/ssh/ssh_known_hosts
systemctl --quiet --no-reload enable opensmtpd keepalived
systemctl restart opensmtpd
ipvsadm --clear
systemctl restart keepalived
