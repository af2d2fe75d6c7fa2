#!/bin/bash
pidof haproxy > /dev/null
