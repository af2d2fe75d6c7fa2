#!/bin/sh
# Called as: nfs-state.sh INSTANCE nfs MASTER 101
logger -t nfs-state "$2 is $3"
[ "$3" != MASTER ] || exec systemctl start nfs-server.service
