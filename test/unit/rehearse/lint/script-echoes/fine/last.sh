#!/bin/sh
echo checking
nc -z localhost 80
