#!/bin/sh
# Asks this node's API server, and with the address the one behind it.
ask() {
    curl -sfk --max-time 2 -o /dev/null "https://$1:8443/healthz"
}

ask localhost || exit 1
if ip address show | grep -q 10.20.0.70; then
    ask 10.20.0.70 || exit 1
fi
