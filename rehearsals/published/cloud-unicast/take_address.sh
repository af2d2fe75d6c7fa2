#!/bin/sh
# Asks the provider to send the floating address to this machine.
INSTANCE=$(curl -s http://169.254.169.254/latest/meta-data/instance-id)
exec /usr/local/bin/cloud-cli floating-address attach 203.0.113.9 "$INSTANCE"
