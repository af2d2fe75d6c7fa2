#!/bin/bash
if ! killall -0 haproxy; then
    systemctl stop keepalived # script-stops-keepalived
fi
