#!/bin/sh
# The routing daemon announces what is on the loopback interface.
ip address del 192.0.2.1/32 dev lo
