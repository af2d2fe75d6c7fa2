#!/bin/bash
# Tells and exits
if [ "$(curl -s -o /dev/null -w '%{http_code}' http://localhost/)" = 200 ]; then
    echo 0
else
    echo 1
    exit 1
fi
