# A real server whose page, httpd and ARP rules somebody has broken, by one who knows what is broken. From the environment: PAGE.
set -e
printf %s "$PAGE" >/var/www/html/index.html
systemctl start apache2
systemctl restart lvs-real-server
