# What `mend` is measured on: a real server whose page was changed, whose httpd is off and whose ARP rules are gone.
set -e
echo broken >/var/www/html/index.html
systemctl stop apache2
arptables --flush
