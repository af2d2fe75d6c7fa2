#!/bin/sh
pgrep haproxy >/dev/null
