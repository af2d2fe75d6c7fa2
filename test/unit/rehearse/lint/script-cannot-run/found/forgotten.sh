#!/bin/sh
nc -z localhost 80
