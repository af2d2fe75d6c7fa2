#!/usr/bin/perl
# Runs a command in which setgroups(2) does nothing, and reports success. usage: keep-groups.pl COMMAND [ARGUMENT …]
# A user may often use /dev/kvm as a member of its group alone. That group has no number in the user's namespace, so nobody there can take it
# on again; and libvirt sets the groups of each QEMU that it starts. newuidmap refuses a process that has it as its own group.
use strict;
use warnings;

# prctl(2) and setgroups(2) of x86-64, as a lab's guests are.
my ( $PRCTL, $SETGROUPS ) = ( 157, 116 );
my ( $PR_SET_SECCOMP, $SECCOMP_MODE_FILTER ) = ( 22, 2 );
my ( $LOAD, $EQUALS, $RETURN ) = ( 0x20, 0x15, 0x06 );    # BPF_LD|BPF_W|BPF_ABS, BPF_JMP|BPF_JEQ|BPF_K, BPF_RET|BPF_K

# struct sock_filter, seccomp(2): code, how many instructions to skip if true and if false, operand.
my $filter = join '', map { pack 'SCCL', @$_ } (
    [ $LOAD,   0, 0, 4 ],                                   # seccomp_data.arch
    [ $EQUALS, 0, 3, 0xC000003E ],                          # AUDIT_ARCH_X86_64
    [ $LOAD,   0, 0, 0 ],                                   # seccomp_data.nr
    [ $EQUALS, 0, 1, $SETGROUPS ],
    [ $RETURN, 0, 0, 0x00050000 ],                          # SECCOMP_RET_ERRNO with the number 0: done
    [ $RETURN, 0, 0, 0x7fff0000 ],                          # SECCOMP_RET_ALLOW
);
my $program = pack 'Sx6P', length($filter) / 8, $filter;    # struct sock_fprog
syscall( $PRCTL, $PR_SET_SECCOMP, $SECCOMP_MODE_FILTER, $program ) == 0 or die "keep-groups: seccomp: $!\n";
exec @ARGV or die "keep-groups: $ARGV[0]: $!\n";
