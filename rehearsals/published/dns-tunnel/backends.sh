#!/bin/sh
# Whether the resolver at the address answers.
dig +time=2 +tries=1 @"$1" www.example.com A | grep -q 'status: NOERROR'
