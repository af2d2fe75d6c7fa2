#!/bin/bash
if [ "$(curl -s -o /dev/null -w '%{http_code}' http://localhost/)" = 200 ]; then
    echo 0 # script-echoes
else
    echo 1
fi
