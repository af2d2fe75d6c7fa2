#!/bin/sh
# Sets the mark, at start, on both directors.
iptables -t mangle -A PREROUTING -d 198.51.100.20/32 -p tcp -m multiport --dports 80,443 -j MARK --set-mark 1
