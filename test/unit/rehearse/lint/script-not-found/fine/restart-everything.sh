#!/bin/sh
systemctl restart haproxy
