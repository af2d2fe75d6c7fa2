#!/bin/sh
systemctl stop haproxy
