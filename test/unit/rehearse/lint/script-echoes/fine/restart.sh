#!/bin/bash
# Acts itself instead of failing
if ! pidof nginx > /dev/null; then
    echo restart
    systemctl start nginx
    sleep 2
    pidof nginx > /dev/null || systemctl stop keepalived
fi
