#!/bin/bash
if ! pidof nginx > /dev/null; then
    systemctl start nginx
    sleep 3
fi
if ! pidof nginx > /dev/null; then
    systemctl stop keepalived
fi
