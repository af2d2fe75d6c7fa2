#!/bin/sh
systemctl start haproxy
