# Another scheduler, on a director. From the environment: SCHEDULER.
set -e
sed -i "s/lb_algo .*/lb_algo $SCHEDULER/" /etc/keepalived/keepalived.conf
systemctl reload keepalived
