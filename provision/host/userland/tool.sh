#!/bin/sh
# A program of the userland for the machine, under its own name: run by the userland's loader with the userland's libraries, in the machine's
# file system. It needs no namespace, so that Pulumi's libvirt provider can start it (xsltproc) and a user at a shell (virsh).
name=$(basename "$0")
root=$(dirname "$(dirname "$(readlink -f "$0")")")/root
exec "$root/lib64/ld-linux-x86-64.so.2" --library-path "$root/usr/lib/x86_64-linux-gnu:$root/usr/lib/x86_64-linux-gnu/libvirt" "$root/usr/bin/$name" "$@"
