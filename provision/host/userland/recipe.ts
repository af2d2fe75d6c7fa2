import { join } from "node:path";
import { contentHash } from "../../../setup/content-hash.mjs";

/** The Debian release of the userland. */
export const suite = "bookworm";

/** Every program that runs on a lab host, and those that make guest images. The one list of it. */
export const packages = [
  // libvirt. Not libvirt-daemon-system, which brings units and, with systemd-container, a machined to register domains with.
  "libvirt-daemon",
  "libvirt-daemon-driver-qemu",
  "libvirt-clients",
  "qemu-system-x86",
  "qemu-utils",
  // libvirt's network driver looks for both when it starts.
  "iptables",
  "dnsmasq-base",
  "xsltproc",
  "genisoimage",
  // The package server, and ways in.
  "nginx-light",
  "socat",
  "openssh-client",
  // A class's door, and the client behind it.
  "openssh-server",
  // The client's, and what looks at the segment.
  "curl",
  "net-tools",
  "iputils-ping",
  "iputils-arping",
  "iproute2",
  "tcpdump",
  "nftables",
  "keepalived",
  "procps",
  "less",
  // The guest image's.
  "mmdebstrap",
  "debian-archive-keyring",
  "apt-utils",
  "e2fsprogs",
  "ca-certificates",
] as const;

/** Options of mmdebstrap(1). Nobody reads manuals or translations here. */
export const mmdebstrapOptions = [
  "--variant=minbase",
  "--aptopt=APT::Install-Recommends false",
  ...["man", "doc", "locale", "info", "lintian", "bug"].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
] as const;

/**
 * What is done to the finished tree, in its folder: mount points, and every file root's own, so that an ordinary user can remove the tree. Not
 * by mmdebstrap's hook: the machine's /sys and /dev are mounted there meanwhile.
 */
export const finish = [
  "mkdir -p etc/libvirt mnt",
  "rm -f etc/resolv.conf",
  "touch etc/resolv.conf etc/hosts",
  // libvirtd looks for this user when it starts, also where another one is configured.
  "echo libvirt-qemu:x:64055:64055::/var/lib/libvirt:/usr/sbin/nologin >>etc/passwd",
  "echo libvirt-qemu:x:64055: >>etc/group",
  "grep -q ^kvm: etc/group || echo kvm:x:64056: >>etc/group",
  // Made when the package was installed: the same for everybody who has this userland.
  "rm -f etc/ssh/ssh_host_*",
  "rm -rf dev sys proc run var/lib/apt/lists var/cache/apt var/log boot tmp",
  "chown --recursive --no-dereference 0:0 .",
  "chmod --recursive u+rwX .",
].join(" && ");

/** Programs of the userland that are started on the machine; see the script itself. */
export const toolScript = join(import.meta.dirname, "tool.sh");
export const tools = ["xsltproc", "virsh"] as const;

/** The userland's name in the cache: a hash over its recipe. The state of the mirror is not in it. */
export const userlandKey = (): string => contentHash(import.meta.dirname, ["recipe.ts", "tool.sh", "enter.sh"]);
