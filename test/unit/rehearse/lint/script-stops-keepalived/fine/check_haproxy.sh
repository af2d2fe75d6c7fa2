#!/bin/bash
# It used to run: systemctl stop keepalived
if ! killall -0 haproxy; then
    systemctl restart haproxy
    exit 1
fi
