#!/bin/sh
# systemctl stop haproxy
systemctl stop sync-from-peer
