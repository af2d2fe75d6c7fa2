#!/bin/sh
# On the real servers: the address without answering for it.
sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2
ip address add 192.0.2.110/32 dev lo
