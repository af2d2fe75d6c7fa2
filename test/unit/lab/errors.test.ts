import { describe, expect, it } from "vitest";
import { FileError, formatFileError, type Problem, parseLab } from "../../../lab/index.ts";
import { rules } from "../../../lab/rules.ts";
import { labSchema } from "../../../lab/schema.ts";
import { propertyPaths } from "../../../lab/yaml/schema.ts";
import { bfdRuleCases, bfdValueCases } from "./bfd-cases.ts";
import { familyRuleCases, familyValueCases } from "./family-cases.ts";
import { edit, type FileCase, problemsIn, unmarked } from "./file-cases.ts";
import { poolRuleCases, poolUnknownKeys, poolValueCases } from "./pool-cases.ts";
import { twoInstances, vrrpMissingCases, vrrpRuleCases, vrrpValueCases } from "./vrrp-cases.ts";

const ha = `control: keepalived
networks:
  - subnets: [172.25.254.0/24]
client:
  addresses: [172.25.254.250]
services:
  - vip: 172.25.254.100
    scheduler: rr
vrrp:
  - members:
      - server: server1
        priority: 100
      - server: server4
        priority: 50
servers:
  - name: server1
    addresses: [172.25.254.11]
    role: director
  - name: server2
    addresses: [172.25.254.12]
    role: real-server
  - name: server4
    addresses: [172.25.254.14]
    role: director
`;

const dr = `control: ipvsadm
networks: [{ subnets: [172.25.254.0/24] }]
services: [{ vip: 172.25.254.100 }]
servers:
  - { name: server1, addresses: [172.25.254.11], role: director }
  - { name: server2, addresses: [172.25.254.12], role: real-server }
  - { name: server3, addresses: [172.25.254.13], role: real-server }
`;

/** A long value as errors show it. */
const shortened = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);

/** Real servers behind the director, by network address translation. */
const nat = `control: ipvsadm
networks:
  - { name: outside, subnets: [172.25.254.0/24] }
  - { name: inside, subnets: [192.168.10.0/24], defaultRoute: 192.168.10.254 }
services: [{ vip: 172.25.254.100, forwarding: nat }]
servers:
  - { name: server1, addresses: [172.25.254.11, 192.168.10.11], role: director }
  - { name: server2, addresses: [192.168.10.12], role: real-server }
`;

/** The same with two directors: the default route goes from one to the other, too. */
const natHa = `control: keepalived
networks:
  - { name: outside, subnets: [172.25.254.0/24] }
  - { name: inside, subnets: [192.168.10.0/24], defaultRoute: 192.168.10.254 }
services: [{ vip: 172.25.254.100, forwarding: nat }]
vrrp:
  - { id: 51, addresses: [172.25.254.100], members: [{ server: server1, priority: 100 }, { server: server4, priority: 50 }] }
  - { id: 51, addresses: [192.168.10.254], members: [{ server: server1, priority: 100 }, { server: server4, priority: 50 }] }
servers:
  - { name: server1, addresses: [172.25.254.11, 192.168.10.11], role: director }
  - { name: server2, addresses: [192.168.10.12], role: real-server }
  - { name: server4, addresses: [172.25.254.14, 192.168.10.14], role: director }
`;

/** The instance of the default route. */
const insideInstance = `${natHa
  .split("\n")
  .filter((line) => line.includes("addresses: [192.168.10.254]"))
  .join("\n")}\n`;

/** The machines of both, to be set up by hand. */
const manualHa = `setup: manual\n${ha}`;
const manualDr = `setup: manual\n${dr}`;

/** All that is wrong with a text, nothing if it is a lab. */
const problemsOf = (text: string, file = "lab.yaml"): readonly Problem[] => problemsIn(() => parseLab(text, file));

const number = (range: string) => new RegExp(`a whole number from ${range}$`);
const dotted = /^an IPv4 address in dotted decimal, or an IPv6 address$/;

/** A property that is added at the top of the file. */
const top = (line: string) => ({ from: "control: keepalived\n", to: `control: keepalived\n${line}\n` });

/** A property that is added to a map of the file. */
const inNetwork = (line: string) => ({ from: "  - subnets: [172", to: `  - ${line}\n    subnets: [172` });
const inService = (line: string) => ({ from: "    scheduler: rr\n", to: `    scheduler: rr\n    ${line}\n` });
const inInstance = (...lines: string[]) => ({
  from: "  - members:",
  to: `  - ${[...lines, "members:"].join("\n    ")}`,
});
const inMember1 = (line: string) => ({ from: "priority: 100\n", to: `priority: 100\n        ${line}\n` });
const inMember4 = (line: string) => ({ from: "priority: 50\n", to: `priority: 50\n        ${line}\n` });
const afterMembers = (line: string) => ({ from: "priority: 50\n", to: `priority: 50\n${line}\n` });
const onServer1 = (line: string) => ({ from: "[172.25.254.11]\n", to: `[172.25.254.11]\n    ${line}\n` });
const onServer2 = (line: string) => ({ from: "[172.25.254.12]\n", to: `[172.25.254.12]\n    ${line}\n` });
const inRealServer = (line: string) => inService(`realServers:\n      - server: server2\n        ${line}`);

/** The block of a top-level key. */
const block = (text: string, key: string): string => new RegExp(`^${key}:.*\n([ ].*\n)*`, "m").exec(text)?.[0] ?? "";

const valueCases: FileCase[] = [
  ...familyValueCases,
  ...vrrpValueCases,
  ...bfdValueCases,
  {
    why: "a lab name with a capital",
    ...top("name: ‸Textbook"),
    rule: "value",
    path: "name",
    expected: /^a lab name: a lower-case letter, then up to 20/,
    found: "Textbook",
    remedy: /leave it out for the file's own/,
  },
  {
    why: "a control with a typing error",
    from: "control: keepalived",
    to: "control: ‸keepalive",
    rule: "value",
    path: "control",
    expected: /^one of ipvsadm, keepalived$/,
    found: "keepalive",
    remedy: /^did you mean `keepalived`\?$/,
  },
  {
    why: "a control that there is not",
    from: "control: keepalived",
    to: "control: ‸pacemaker",
    rule: "value",
    path: "control",
    expected: /^one of ipvsadm, keepalived$/,
    found: "pacemaker",
    remedy: /^write `control: ipvsadm` or `control: keepalived`$/,
  },
  {
    why: "an unknown setup",
    ...top("setup: ‸by-hand"),
    rule: "value",
    path: "setup",
    expected: /^one of automatic, manual$/,
    found: "by-hand",
    remedy: /^write `setup: manual` for machines without roles, or leave it out$/,
  },
  {
    why: "a token with a capital",
    ...top("token: ‸K3f9"),
    rule: "value",
    path: "token",
    expected: /^a token: 4 to 32 lower-case letters and digits$/,
    found: "K3f9",
    remedy: /or leave it out$/,
  },
  {
    why: "a token that YAML reads as a number",
    ...top("token: ‸12345678"),
    rule: "value",
    path: "token",
    expected: /^a token: /,
    found: "12345678",
    remedy: /^put it in quotes/,
  },
  {
    why: "an unknown operating system",
    ...top("os: ‸plan9"),
    rule: "value",
    path: "os",
    expected: /^one of debian-12, debian-13, debian$/,
    found: "plan9",
    remedy: /^write `os: debian-12` or `os: debian-13`, or leave it out$/,
  },
  {
    why: "an operating system of which only facts are known",
    ...top("os: ‸el-9"),
    rule: "value",
    path: "os",
    expected: /^one of debian-12, debian-13, debian$/,
    found: "el-9",
    remedy:
      /^write `os: debian-12` or `os: debian-13`\. The facts of Enterprise Linux 9 .* no image of it is built here, so no guest runs it$/,
  },
  {
    why: "an unknown operating system of a server",
    base: dr,
    from: "  - { name: server2,",
    to: "  - { os: ‸trixie, name: server2,",
    rule: "value",
    path: "servers[1].os",
    expected: /^one of debian-12, debian-13, debian$/,
    found: "trixie",
    remedy: /^write `os: debian-12` or `os: debian-13`, or leave it out$/,
  },
  {
    why: "networks that are no list",
    base: dr,
    from: "networks: [{ subnets: [172.25.254.0/24] }]",
    to: "networks: ‸172.25.254.0/24",
    rule: "value",
    path: "networks",
    expected: /^a list of networks$/,
    found: "172.25.254.0/24",
    remedy: /indented under it, `- subnets: \[172/,
  },
  {
    why: "no networks at all",
    base: dr,
    from: "networks: [{ subnets: [172.25.254.0/24] }]",
    to: "‸networks: []",
    rule: "value",
    path: "networks",
    expected: /^a list of networks$/,
    found: "a list",
    remedy: /^write `networks:`/,
  },
  {
    why: "a network that is no map",
    base: dr,
    from: "networks: [{ subnets: [172.25.254.0/24] }]",
    to: "networks: [‸172.25.254.0/24]",
    rule: "value",
    path: "networks[0]",
    expected: /^a map with subnets$/,
    found: "172.25.254.0/24",
    remedy: /^write `- subnets: \[172/,
  },
  {
    why: "a network's name with a capital",
    ...inNetwork("name: ‸LAN"),
    rule: "value",
    path: "networks[0].name",
    expected: /^a network's name: a lower-case letter/,
    found: "LAN",
    remedy: /^write `name: segment`, or leave it out$/,
  },
  {
    why: "subnets that are no list",
    from: "subnets: [172.25.254.0/24]",
    to: "subnets: ‸172.25.254.0/24",
    rule: "value",
    path: "networks[0].subnets",
    expected: /^a list of subnets$/,
    found: "172.25.254.0/24",
    remedy: /^write `subnets: \[172/,
  },
  {
    why: "host bits in the subnet",
    from: "subnets: [172.25.254.0/24]",
    to: "subnets: [‸172.25.254.9/24]",
    rule: "value",
    path: "networks[0].subnets[0]",
    expected: /CIDR notation, \/16 to \/29, host bits zero, or an IPv6 subnet, \/64$/,
    found: "172.25.254.9/24",
    remedy: /^clear the host bits: write `subnets: \[172\.25\.254\.0\/24\]`$/,
  },
  ...["172.25.0.0/15", "172.25.254.0/30"].map((subnet) => ({
    why: `a prefix out of range, ${subnet}`,
    from: "subnets: [172.25.254.0/24]",
    to: `subnets: [‸${subnet}]`,
    rule: "value",
    path: "networks[0].subnets[0]",
    expected: /\/16 to \/29/,
    found: subnet,
    remedy: /^choose a prefix length from \/16 to \/29/,
  })),
  ...["127.0.0.0/16", "224.1.0.0/16", "0.0.0.0/16"].map((subnet) => ({
    why: `a range that hosts may not have, ${subnet}`,
    from: "subnets: [172.25.254.0/24]",
    to: `subnets: [‸${subnet}]`,
    rule: "value",
    path: "networks[0].subnets[0]",
    expected: /an IPv4 subnet/,
    found: subnet,
    remedy: /not 0\/8, loopback or multicast$/,
  })),
  {
    why: "a subnet without a prefix",
    from: "subnets: [172.25.254.0/24]",
    to: "subnets: [‸172.25.254.0]",
    rule: "value",
    path: "networks[0].subnets[0]",
    expected: /an IPv4 subnet/,
    found: "172.25.254.0",
    remedy: /^write `subnets: \[172\.25\.254\.0\/24\]`$/,
  },
  {
    why: "a client that is no map",
    from: "client:\n  addresses: [172.25.254.250]",
    to: "client: ‸172.25.254.250",
    rule: "value",
    path: "client",
    expected: /^a map with addresses$/,
    found: "172.25.254.250",
    remedy: /^write `client: \{ addresses: \[172\.25\.254\.250\] \}`, or leave it out$/,
  },
  {
    why: "a client's addresses that are no list",
    from: "addresses: [172.25.254.250]",
    to: "addresses: ‸172.25.254.250",
    rule: "value",
    path: "client.addresses",
    expected: /^a list of addresses/,
    found: "172.25.254.250",
    remedy: /^write `addresses: \[/,
  },
  {
    why: "a client's address that is a name",
    from: "[172.25.254.250]",
    to: "[‸desktop]",
    rule: "value",
    path: "client.addresses[0]",
    expected: dotted,
    found: "desktop",
    remedy: /^write `172\.25\.254\.11`, four numbers/,
  },
  {
    why: "services that are a map",
    base: dr,
    from: "services: [{ vip: 172.25.254.100 }]",
    to: "‸services: { vip: 172.25.254.100 }",
    rule: "value",
    path: "services",
    expected: /^a list of virtual services$/,
    found: "a map",
    remedy: /indented under it, `- vip: /,
  },
  {
    why: "a service that is an address",
    base: dr,
    from: "services: [{ vip: 172.25.254.100 }]",
    to: "services: [‸172.25.254.100]",
    rule: "value",
    path: "services[0]",
    expected: /^a map with vip$/,
    found: "172.25.254.100",
    remedy: /^write `- vip: /,
  },
  {
    why: "a service's name with a blank",
    ...inService("name: ‸my web"),
    rule: "value",
    path: "services[0].name",
    expected: /^a service's name: /,
    found: "my web",
    remedy: /^write `name: web`, or leave it out for VIP:PORT$/,
  },
  {
    why: "a protocol that there is not so far",
    ...inService("protocol: ‸sctp"),
    rule: "value",
    path: "services[0].protocol",
    expected: /^one of tcp, udp$/,
    found: "sctp",
    remedy: /^write `protocol: tcp`, or leave it out$/,
  },
  {
    why: "a forwarding method that there is not so far",
    ...inService("forwarding: ‸fullnat"),
    rule: "value",
    path: "services[0].forwarding",
    expected: /^one of dr, nat, tunnel$/,
    found: "fullnat",
    remedy: /^write `forwarding: dr`, or leave it out$/,
  },
  {
    why: "an octet too large",
    from: "vip: 172.25.254.100",
    to: "vip: ‸172.25.254.256",
    rule: "value",
    path: "services[0].vip",
    expected: dotted,
    found: "172.25.254.256",
    remedy: /numbers from 0 to 255/,
  },
  ...["0", "65536", "80.5", "-1", "http"].map((port) => ({
    why: `port ${port}`,
    ...inService(`port: ‸${port}`),
    rule: "value",
    path: "services[0].port",
    expected: /^a port, a whole number from 1 to 65535$/,
    found: port,
    remedy: /^write `port: 80`$/,
  })),
  {
    why: "a port in quotes",
    ...inService('port: ‸"80"'),
    rule: "value",
    path: "services[0].port",
    expected: number("1 to 65535"),
    found: '"80"',
    remedy: /^take the quotes off/,
  },
  {
    why: "a scheduler with a typing error",
    from: "scheduler: rr",
    to: "scheduler: ‸wlcc",
    rule: "value",
    path: "services[0].scheduler",
    expected: /^one of rr, wrr, lc, wlc, lblc, lblcr, dh, sh, sed, nq, fo, ovf, mh$/,
    found: "wlcc",
    remedy: /^did you mean `wlc`\?$/,
  },
  {
    why: "a scheduler that nobody knows",
    from: "scheduler: rr",
    to: "scheduler: ‸fastest",
    rule: "value",
    path: "services[0].scheduler",
    expected: /^one of rr, wrr/,
    found: "fastest",
    remedy: /^write `scheduler: rr`$/,
  },
  {
    why: "flags that are no list",
    ...inService("schedulerFlags: ‸sh-port"),
    rule: "value",
    path: "services[0].schedulerFlags",
    expected: /^a list of the scheduler's flags$/,
    found: "sh-port",
    remedy: /^write `schedulerFlags: \[sh-port\]`, or leave it out$/,
  },
  {
    why: "a flag that no scheduler has",
    ...inService("schedulerFlags: [‸sh-ports]"),
    rule: "value",
    path: "services[0].schedulerFlags[0]",
    expected: /^one of sh-fallback, sh-port, mh-fallback, mh-port$/,
    found: "sh-ports",
    remedy: /^did you mean `sh-port`\?$/,
  },
  ...["0", "2678401"].map((seconds) => ({
    why: `${seconds} seconds of persistence`,
    ...inService(`persistenceTimeout: ‸${seconds}`),
    rule: "value",
    path: "services[0].persistenceTimeout",
    expected: number("1 to 2678400"),
    found: seconds,
    remedy: /^write `persistenceTimeout: 50`$/,
  })),
  ...["0", "33", "255.255.255.0"].map((found) => ({
    why: `${found} for a netmask`,
    ...inService(`persistenceNetmask: ‸${found}`),
    rule: "value",
    path: "services[0].persistenceNetmask",
    expected: /^a prefix length: .*, a whole number from 1 to 32$/,
    found,
    remedy: /^write `persistenceNetmask: 24`/,
  })),
  ...["0", "2147483648", "0x1f"]
    .map((found) => ({
      why: `${found} for a mark`,
      ...inService(`firewallMark: ‸${found}`),
      rule: "value",
      path: "services[0].firewallMark",
      expected: /^a firewall mark, .*, a whole number from 1 to 2147483647$/,
      found: found === "0x1f" ? "31" : found,
      remedy: /^write `firewallMark: 1`/,
    }))
    .filter(({ found }) => found !== "31"),
  {
    why: "a port for a list of ports",
    ...inService("firewallMark: 1\n    morePorts: ‸443"),
    rule: "value",
    path: "services[0].morePorts",
    expected: /^a list of ports that belong to the service/,
    found: "443",
    remedy: /^write `morePorts: \[443\]`/,
  },
  {
    why: "a port that is none, of a group",
    ...inService("firewallMark: 1\n    morePorts: [‸0]"),
    rule: "value",
    path: "services[0].morePorts[0]",
    expected: number("1 to 65535"),
    found: "0",
    remedy: /^write `morePorts: \[443\]`/,
  },
  {
    why: "a count of packets",
    ...inService("onePacket: ‸1"),
    rule: "value",
    path: "services[0].onePacket",
    expected: /^true or false$/,
    found: "1",
    remedy: /^write `onePacket: true` to schedule each datagram/,
  },
  {
    why: "an unknown cure",
    ...top("arpCure: ‸arptable"),
    rule: "value",
    path: "arpCure",
    expected: /^one of arptables, nftables, sysctl, none$/,
    found: "arptable",
    remedy: /^did you mean `arptables`\?$/,
  },
  {
    why: "an image that is a name",
    ...top("image: ‸bookworm"),
    rule: "value",
    path: "image",
    expected: /^a map with packages or url$/,
    found: "bookworm",
    remedy: /`packages: baked`, or leave it out$/,
  },
  {
    why: "packages of a third kind",
    ...top("image: { packages: ‸bake }"),
    rule: "value",
    path: "image.packages",
    expected: /^one of plain, baked$/,
    found: "bake",
    remedy: /^did you mean `baked`\?$/,
  },
  ...["ftp://example.org/a.qcow2", "a.qcow2"].map((url) => ({
    why: `the image ${url}`,
    ...top(`image:\n  url: ‸${url}`),
    rule: "value",
    path: "image.url",
    expected: /^an http or https URL/,
    found: url,
    remedy: /^write the whole URL/,
  })),
  ...[
    "ab12",
    `sha512:${"0".repeat(127)}`,
    `sha256:${"0".repeat(128)}`,
    `SHA256:${"0".repeat(64)}`,
    `sha256:${"A".repeat(64)}`,
    `md5:${"0".repeat(32)}`,
  ].map((checksum) => ({
    why: `the checksum ${checksum}`,
    ...top(`image:\n  url: https://example.org/a.qcow2\n  checksum: ‸${checksum}`),
    rule: "value",
    path: "image.checksum",
    expected: /^the image's checksum: `sha256:` and 64 lower-case hexadecimal digits, or `sha512:` and 128$/,
    found: shortened(checksum),
    remedy: /^write `checksum: sha512:` and what `sha512sum FILE` prints, or what SHA512SUMS says/,
  })),
  ...["255", "65537", "512M"].map((memory) => ({
    why: `memory ${memory}`,
    ...top(`memory: ‸${memory}`),
    rule: "value",
    path: "memory",
    expected: /^memory in MiB, a whole number from 256 to 65536$/,
    found: memory,
    remedy: /^write `memory: 512`$/,
  })),
  {
    why: "a health check as a list",
    ...inService("‸healthCheck: [ 6, 3, 3 ]"),
    rule: "value",
    path: "services[0].healthCheck",
    expected: /^a map of the health check's settings$/,
    found: "a list",
    remedy: /leave it out for the textbook's$/,
  },
  ...(
    [
      ["delayLoop", "0"],
      ["connectTimeout", "0"],
      ["delayBeforeRetry", "3601"],
    ] as const
  ).map(([key, value]) => ({
    why: `${key} ${value}`,
    ...inService(`healthCheck:\n      ${key}: ‸${value}`),
    rule: "value",
    path: `services[0].healthCheck.${key}`,
    expected: number("1 to 3600"),
    found: value,
    remedy: new RegExp(`^write \`${key}: \\d+\`$`),
  })),
  {
    why: "real servers that are no list",
    ...inService("realServers: ‸server2"),
    rule: "value",
    path: "services[0].realServers",
    expected: /^a list of the service's real servers$/,
    found: "server2",
    remedy: /or leave it out for all real servers$/,
  },
  {
    why: "a list of no real servers",
    ...inService("‸realServers: []"),
    rule: "value",
    path: "services[0].realServers",
    expected: /^a list of the service's real servers$/,
    found: "a list",
    remedy: /or leave it out for all real servers$/,
  },
  {
    why: "a real server of a service that is a name",
    ...inService("realServers: [‸server2]"),
    rule: "value",
    path: "services[0].realServers[0]",
    expected: /^a map with server$/,
    found: "server2",
    remedy: /^write `- \{ server: server2, weight: 1 \}`$/,
  },
  {
    why: "a default route with a prefix length",
    ...inNetwork("defaultRoute: ‸172.25.254.11/24"),
    rule: "value",
    path: "networks[0].defaultRoute",
    expected: /^an IPv4 address in dotted decimal$/,
    found: "172.25.254.11/24",
    remedy: /^leave the prefix length off/,
  },
  {
    why: "a port of a real server that is too high",
    ...inRealServer("port: ‸65536"),
    rule: "value",
    path: "services[0].realServers[0].port",
    expected: number("1 to 65535"),
    found: "65536",
    remedy: /`port: 8080`/,
  },
  ...["upperThreshold", "lowerThreshold"].map((key) => ({
    why: `a ${key} of 0, which is none`,
    ...inRealServer(`${key}: ‸0`),
    rule: "value",
    path: `services[0].realServers[0].${key}`,
    expected: number("1 to 65535"),
    found: "0",
    remedy: new RegExp(`^write \`${key}: \\d+\``),
  })),
  {
    why: "a real server of a service that is a number",
    ...inService("realServers: [{ server: ‸2 }]"),
    rule: "value",
    path: "services[0].realServers[0].server",
    expected: /^the name of a real server$/,
    found: "2",
    remedy: /^put it in quotes/,
  },
  {
    why: "VRRP instances that are a map",
    from: block(ha, "vrrp"),
    to: "‸vrrp: { members: [] }\n",
    rule: "value",
    path: "vrrp",
    expected: /^a list of VRRP instances$/,
    found: "a map",
    remedy: /indented under it, `- members:` with the directors$/,
  },
  {
    why: "a VRRP instance that is a word",
    from: block(ha, "vrrp"),
    to: "vrrp: [‸preempt]\n",
    rule: "value",
    path: "vrrp[0]",
    expected: /^a map with members$/,
    found: "preempt",
    remedy: /^write `- members:`/,
  },
  ...["0", "256"].map((id) => ({
    why: `the virtual router id ${id}`,
    ...inInstance(`id: ‸${id}`),
    rule: "value",
    path: "vrrp[0].id",
    expected: /^a VRRP virtual router id, a whole number from 1 to 255$/,
    found: id,
    remedy: /^write `id: 51`$/,
  })),
  ...["VI-1", "ABCDEFGHIJKLMNOPQRSTU"].map((name) => ({
    why: `a VRRP instance of the name ${name}`,
    ...inInstance(`name: ‸${name}`),
    rule: "value",
    path: "vrrp[0].name",
    expected: /^a name for keepalived's vrrp_instance: up to 20/,
    found: name,
    remedy: /^write `name: VI_1`, or leave it out$/,
  })),
  {
    why: "addresses of a VRRP instance that are no list",
    ...inInstance("addresses: ‸172.25.254.100"),
    rule: "value",
    path: "vrrp[0].addresses",
    expected: /^a list of VIPs$/,
    found: "172.25.254.100",
    remedy: /or leave it out for all VIPs$/,
  },
  {
    why: "an address of a VRRP instance with a prefix",
    ...inInstance("addresses: [‸172.25.254.100/32]"),
    rule: "value",
    path: "vrrp[0].addresses[0]",
    expected: dotted,
    found: "172.25.254.100/32",
    remedy: /^leave the prefix length off/,
  },
  {
    why: "members that are a map",
    from: block(ha, "vrrp"),
    to: "vrrp:\n  - ‸members: { server1: 100, server4: 50 }\n",
    rule: "value",
    path: "vrrp[0].members",
    expected: /^a list of directors$/,
    found: "a map",
    remedy: /one `- \{ server: …, priority: … \}` for each director$/,
  },
  {
    why: "a member that is a name",
    from: block(ha, "vrrp"),
    to: "vrrp:\n  - members: [‸server1, { server: server4 }]\n",
    rule: "value",
    path: "vrrp[0].members[0]",
    expected: /^a map with server and priority$/,
    found: "server1",
    remedy: /^write `- \{ server: server1, priority: 100 \}`$/,
  },
  {
    why: "a member that is a number",
    from: "server: server4",
    to: "server: ‸4",
    rule: "value",
    path: "vrrp[0].members[1].server",
    expected: /^the name of a director$/,
    found: "4",
    remedy: /^put it in quotes/,
  },
  ...["0", "0.001", "256"].map((value) => ({
    why: `advertInterval ${value}`,
    ...inInstance(`advertInterval: ‸${value}`),
    rule: "value",
    path: "vrrp[0].advertInterval",
    expected: /^seconds between VRRP advertisements, 0.01 to 255$/,
    found: value,
    remedy: /^write `advertInterval: 1`$/,
  })),
  ...["0.5", "1.01"].map((value) => ({
    why: `advertInterval ${value} in VRRP version 2`,
    ...inInstance(`advertInterval: ‸${value}`),
    rule: "advert-interval",
    path: "vrrp[0].advertInterval",
    expected: /^a whole number of seconds from 1 to 255 in VRRP version 2 \(RFC 3768/,
    found: value,
    remedy: /^write `advertInterval: 1`, or `version: 3` beside it$/,
  })),
  ...["0.125", "40.96", "41"].map((value) => ({
    why: `advertInterval ${value} in VRRP version 3`,
    ...inInstance("version: 3", `advertInterval: ‸${value}`),
    rule: "advert-interval",
    path: "vrrp[0].advertInterval",
    expected: /^hundredths of a second up to 40.95 in VRRP version 3 \(RFC 9568/,
    found: value,
    remedy: /^write `advertInterval: 0.1`$/,
  })),
  {
    why: "a password in VRRP version 3",
    ...inInstance("version: 3", '‸password: "1111"'),
    rule: "password-without-authentication",
    path: "vrrp[0].password",
    expected: /^no password in VRRP version 3/,
    found: "it",
    remedy: /^remove it, or write `version: 2`$/,
  },
  {
    why: "a version of VRRP that there is not",
    ...inInstance("version: ‸4"),
    rule: "value",
    path: "vrrp[0].version",
    expected: /^a version of VRRP, 2 or 3$/,
    found: "4",
    remedy: /^write `version: 2`/,
  },
  ...['""', '"123456789"', '"a b"', '"a#b"', "'a\"b'"].map((password) => ({
    why: `the password ${password}`,
    ...inInstance(`password: ‸${password}`),
    rule: "value",
    path: "vrrp[0].password",
    expected: /^a VRRP simple password: 1 to 8 of/,
    found: password,
    remedy: /RFC 2338/,
  })),
  {
    why: "a password that YAML reads as a number",
    ...inInstance("password: ‸1111"),
    rule: "value",
    path: "vrrp[0].password",
    expected: /^a VRRP simple password/,
    found: "1111",
    remedy: /^put it in quotes: without them YAML reads a number$/,
  },
  {
    why: "yes for true",
    ...inInstance("preempt: ‸yes"),
    rule: "value",
    path: "vrrp[0].preempt",
    expected: /^true or false$/,
    found: "yes",
    remedy: /^write `preempt: true`/,
  },
  {
    why: "servers as a map",
    base: dr,
    from: dr.slice(dr.indexOf("servers:")),
    to: "‸servers: { server1: director }\n",
    rule: "value",
    path: "servers",
    expected: /^a list of servers$/,
    found: "a map",
    remedy: /one `- name: …` for each server$/,
  },
  {
    why: "a server that is a name",
    base: dr,
    from: "  - { name: server3, addresses: [172.25.254.13], role: real-server }",
    to: "  - ‸server3",
    rule: "value",
    path: "servers[2]",
    expected: /^a map with name, addresses and role$/,
    found: "server3",
    remedy: /^write `- name: server1`/,
  },
  ...["Server2", "server_2", "-server2", "server2-", "server2.lab", "2nd", `s${"2".repeat(63)}`].map((name) => ({
    why: `the name ${name}`,
    from: "name: server2",
    to: `name: ‸${name}`,
    rule: "value",
    path: "servers[1].name",
    expected: /\(RFC 1123\)$/,
    found: name.slice(0, 60) + (name.length > 60 ? "…" : ""),
    remedy: /^write a name such as `name: server1`/,
  })),
  ...["localhost", "client", "segment"].map((name) => ({
    why: `a server with the name ${name}`,
    from: "name: server2",
    to: `name: ‸${name}`,
    rule: "value",
    path: "servers[1].name",
    expected: /RFC 1123/,
    found: name,
    remedy: new RegExp(`^choose another name: ${name} is taken`),
  })),
  {
    why: "a server's address with a prefix",
    from: "[172.25.254.12]",
    to: "[‸172.25.254.12/24]",
    rule: "value",
    path: "servers[1].addresses[0]",
    expected: dotted,
    found: "172.25.254.12/24",
    remedy: /^leave the prefix length off: it is that of the network's subnet$/,
  },
  {
    why: "a server's addresses that are no list",
    from: "addresses: [172.25.254.12]",
    to: "addresses: ‸172.25.254.12",
    rule: "value",
    path: "servers[1].addresses",
    expected: /^a list of addresses, one for each network/,
    found: "172.25.254.12",
    remedy: /^write `addresses: \[172\.25\.254\.11\]`$/,
  },
  {
    why: "an unknown cure on one server",
    ...onServer2("arpCure: ‸arp_ignore"),
    rule: "value",
    path: "servers[1].arpCure",
    expected: /^one of arptables, nftables, sysctl, none$/,
    found: "arp_ignore",
    remedy: /^write `arpCure: arptables`, or leave it out$/,
  },
  {
    why: "interfaces that are no list",
    ...onServer2("interfaces: ‸eth0"),
    rule: "value",
    path: "servers[1].interfaces",
    expected: /^a list of interfaces$/,
    found: "eth0",
    remedy: /or leave it out$/,
  },
  {
    why: "an interface that is a name",
    ...onServer2("interfaces: [‸eth0]"),
    rule: "value",
    path: "servers[1].interfaces[0]",
    expected: /^a map with network and mac$/,
    found: "eth0",
    remedy: /^write `- \{ network: segment, mac: /,
  },
  {
    why: "an interface on a network that is a number",
    ...onServer2("interfaces: [{ network: ‸1 }]"),
    rule: "value",
    path: "servers[1].interfaces[0].network",
    expected: /^the name of a network$/,
    found: "1",
    remedy: /^put it in quotes/,
  },
  {
    why: "an unknown role",
    from: "role: real-server",
    to: "role: ‸real_server",
    rule: "value",
    path: "servers[1].role",
    expected: /^one of director, real-server$/,
    found: "real_server",
    remedy: /^did you mean `real-server`\?$/,
  },
  ...(
    [
      ["53:54:00:00:00:01", /multicast/],
      ["FE:54:00:00:00:01", /libvirt keeps FE/],
      ["00:00:00:00:00:00", /six pairs of hex digits/],
      ["52-54-00-00-00-01", /six pairs of hex digits/],
      ["52:54:00:00:01", /six pairs of hex digits/],
    ] as const
  ).map(([mac, remedy]) => ({
    why: `the MAC address ${mac}`,
    ...onServer2(`interfaces: [{ network: segment, mac: ‸${mac} }]`),
    rule: "value",
    path: "servers[1].interfaces[0].mac",
    expected: /^a unicast MAC address/,
    found: mac,
    remedy,
  })),
  {
    why: "a server's memory too small",
    ...onServer2("memory: ‸128"),
    rule: "value",
    path: "servers[1].memory",
    expected: number("256 to 65536"),
    found: "128",
    remedy: /^write `memory: 512`$/,
  },
  ...["0", "255", "50.5"].map((priority) => ({
    why: `priority ${priority}`,
    from: "priority: 50",
    to: `priority: ‸${priority}`,
    rule: "value",
    path: "vrrp[0].members[1].priority",
    expected: /^a VRRP priority \(255 is the address owner's, RFC 9568\), a whole number from 1 to 254$/,
    found: priority,
    remedy: /^write `priority: 100`$/,
  })),
  {
    why: "a state in small letters",
    ...inMember1("state: ‸master"),
    rule: "value",
    path: "vrrp[0].members[0].state",
    expected: /^one of MASTER, BACKUP$/,
    found: "master",
    remedy: /^did you mean `MASTER`\?$/,
  },
  ...["-1", "65536"].map((weight) => ({
    why: `weight ${weight}`,
    ...inRealServer(`weight: ‸${weight}`),
    rule: "value",
    path: "services[0].realServers[0].weight",
    expected: number("0 to 65535"),
    found: weight,
    remedy: /^write `weight: 1`$/,
  })),
  {
    why: "a page that YAML reads as a number",
    ...inRealServer("page: ‸2"),
    rule: "value",
    path: "services[0].realServers[0].page",
    expected: /^the text of the page$/,
    found: "2",
    remedy: /^put it in quotes/,
  },
];

const missingCases: FileCase[] = [
  { key: "control", base: dr, from: "control: ipvsadm\n", to: "‸", expected: /^one of ipvsadm, keepalived$/ },
  {
    key: "networks",
    base: dr,
    from: dr,
    to: `‸${dr.replace(block(dr, "networks"), "")}`,
    expected: /^a list of networks/,
  },
  {
    key: "services",
    base: dr,
    from: dr,
    to: `‸${dr.replace(block(dr, "services"), "")}`,
    expected: /^a list of virtual/,
  },
  {
    key: "servers",
    base: dr,
    from: dr,
    to: `‸${dr.replace(block(dr, "servers"), "")}`,
    expected: /^a list of servers/,
  },
  { key: "services", base: dr, from: "services: [{ vip: 172.25.254.100 }]", to: "‸services:", expected: /^a list/ },
  {
    key: "networks[0].subnets",
    from: "subnets: [172.25.254.0/24]",
    to: "‸name: segment",
    expected: /^a list of subnets/,
  },
  {
    key: "client.addresses",
    from: "client:\n  addresses: [172.25.254.250]",
    to: "‸client: {}",
    expected: /^a list of/,
  },
  { key: "services[0].vip", from: "  - vip: 172.25.254.100\n    scheduler", to: "  - ‸scheduler", expected: dotted },
  {
    key: "services[0].realServers[0].server",
    ...inService("realServers: [‸{ weight: 1 }]"),
    expected: /^the name of a real server$/,
  },
  { key: "vrrp[0].members", from: block(ha, "vrrp"), to: "vrrp:\n  - ‸id: 51\n", expected: /^a list of directors$/ },
  {
    key: "vrrp[0].members[1].server",
    from: "server: server4\n        priority",
    to: "‸priority",
    expected: /^the name of a director$/,
  },
  {
    key: "servers[1].name",
    from: "  - name: server2\n    addresses: [172.25.254.12]",
    to: "  - ‸addresses: [172.25.254.12]",
    expected: /^a host name/,
  },
  {
    key: "servers[1].addresses",
    from: "name: server2\n    addresses: [172.25.254.12]\n",
    to: "‸name: server2\n",
    expected: /^a list of addresses/,
  },
  {
    key: "servers[1].role",
    from: "name: server2\n    addresses: [172.25.254.12]\n    role: real-server\n",
    to: "‸name: server2\n    addresses: [172.25.254.12]\n",
    expected: /^one of director, real-server$/,
  },
  {
    key: "servers[1].interfaces[0].network",
    ...onServer2("interfaces: [‸{ mac: '52:54:00:00:00:01' }]"),
    expected: /^the name of a network$/,
  },
].map(({ key, ...rest }) => ({
  why: `no ${key}`,
  ...rest,
  rule: "missing",
  path: key,
  found: "nothing",
  remedy: /^(write|choose) /,
}));

const unknownKeys: [string, Pick<FileCase, "from" | "to">, string, RegExp][] = [
  ["at the top", top("‸serivces: []"), "serivces", /^did you mean `services`\?$/],
  ["of the first form's network", top("‸network: {}"), "network", /^did you mean `networks`\?$/],
  ["of the first form's service", top("‸service: {}"), "service", /^did you mean `services`\?$/],
  ["of the first form's keepalived", top("‸keepalived: {}"), "keepalived", /`vrrp`.*`healthCheck`$/],
  ["of the first form's exercise", top("‸exercise: ha"), "exercise", /^write `control`.*`setup: manual`/],
  ["in network", inNetwork("‸gateway: 172.25.254.1"), "networks[0].gateway", /first address$/],
  ["for one subnet", inNetwork("‸subnet: 172.25.254.0/24"), "networks[0].subnet", /a list$/],
  ["for the client in network", inNetwork("‸client: 172.25.254.250"), "networks[0].client", /^write it at the top/],
  ["in service", inService("‸persistence_timeout: 50"), "services[0].persistence_timeout", /`persistenceTimeout`/],
  [
    "in the health check",
    inService("healthCheck: { ‸delay_loop: 6 }"),
    "services[0].healthCheck.delay_loop",
    /^did you mean `delayLoop`\?$/,
  ],
  ["in a real server of a service", inRealServer("‸wieght: 1"), "services[0].realServers[0].wieght", /`weight`\?$/],
  ["in image", top("image: { ‸package: baked }"), "image.package", /^did you mean `packages`\?$/],
  ["in a VRRP instance", inInstance("‸advert_int: 1"), "vrrp[0].advert_int", /^did you mean `advertInterval`\?$/],
  ...(["delayLoop", "connectTimeout", "delayBeforeRetry"] as const).map(
    (key): [string, Pick<FileCase, "from" | "to">, string, RegExp] => [
      `${key} in a VRRP instance`,
      inInstance(`‸${key}: 3`),
      `vrrp[0].${key}`,
      /^write it in the service's `healthCheck`$/,
    ],
  ),
  ["for a VRRP instance's id", inInstance("‸virtualRouterId: 51"), "vrrp[0].virtualRouterId", /^write `id: 51`$/],
  ["for a VRRP instance's version", inInstance("‸vrrpVersion: 2"), "vrrp[0].vrrpVersion", /^write `version: 2`$/],
  ["in a member", inMember1("‸prio: 100"), "vrrp[0].members[0].prio", /^did you mean `priority`\?$/],
  ["in a server", onServer1("‸ip: 172.25.254.11"), "servers[0].ip", /^remove it$/],
  ["for one address", onServer1("‸address: 172.25.254.11"), "servers[0].address", /a list$/],
  ["for a MAC address", onServer1("‸mac: 52:54:00:00:00:01"), "servers[0].mac", /^write `interfaces: /],
  ["for a priority", onServer1("‸priority: 100"), "servers[0].priority", /^write it in `vrrp`/],
  ["for a state", onServer1("‸state: MASTER"), "servers[0].state", /^write it in `vrrp`/],
  ["for a weight", onServer2("‸weight: 1"), "servers[1].weight", /^write it in the service/],
  ["for a page", onServer2("‸page: hello"), "servers[1].page", /^write it in the service/],
  [
    "in an interface",
    onServer2("interfaces: [{ network: segment, ‸name: eth0 }]"),
    "servers[1].interfaces[0].name",
    /^did you mean /,
  ],
  ["that belongs elsewhere", top("‸vip: 172.25.254.100"), "vip", /^did you mean `services\[\]\.vip`\?$/],
  ["of YAML's merge, which is not used", top("‸<<: {}"), "<<", /^remove it$/],
  ["that is a number", top("‸8: 9"), "8", /^remove it$/],
];

const unknownKeyCases: FileCase[] = [...unknownKeys, ...poolUnknownKeys].map(([why, change, path, remedy]) => ({
  why: `a key ${why}`,
  ...change,
  rule: "unknown-key",
  path,
  expected: /^one of [a-zA-Z]+(, |$)/,
  found: path.split(".").at(-1) ?? "",
  remedy,
}));

const own = /^an address of its own$/;

/** The address that a case marks. */
const given = (marked: string): string => /‸([\d.]+)/.exec(marked)?.[1] ?? "";

const ruleCases: FileCase[] = [
  ...vrrpRuleCases,
  ...bfdRuleCases,
  {
    why: "two servers of a name",
    base: dr,
    from: "name: server3",
    to: "name: ‸server2",
    rule: "duplicate-name",
    path: "servers[2].name",
    expected: /^a name that no other server has$/,
    found: "server2, which servers[1] has",
    remedy: /^choose another name$/,
  },
  {
    why: "a server of a network's name",
    base: edit(dr, "[{ subnets", "[{ name: lan, subnets"),
    from: "name: server3",
    to: "name: ‸lan",
    rule: "name-of-a-network",
    path: "servers[2].name",
    expected: /^a name that no network has$/,
    found: "lan",
    remedy: /^choose another name: /,
  },
  {
    why: "two servers of an address, with the MAC addresses that this makes",
    from: "addresses: [172.25.254.14]",
    to: "interfaces: [{ network: segment, mac: 52:54:00:00:00:01 }]\n    addresses: [‸172.25.254.11]",
    rule: "duplicate-address",
    path: "servers[2].addresses[0]",
    expected: /^an address that no other server has$/,
    found: "172.25.254.11, which server1 has",
    remedy: /^choose another address$/,
  },
  {
    why: "a MAC address that another server's address makes, in another case",
    ...onServer1("interfaces: [{ network: segment, mac: ‸52:54:00:fe:fe:0c }]"),
    rule: "duplicate-mac",
    path: "servers[0].interfaces[0].mac",
    expected: /^a MAC address that no other interface has$/,
    found: "52:54:00:FE:FE:0C, which server2 has",
    remedy: /leave it out/,
  },
  ...(
    [
      ["[172.25.254.250]", "[‸172.25.253.250]", "client.addresses[0]"],
      ["vip: 172.25.254.100", "vip: ‸172.25.253.100", "services[0].vip"],
      ["[172.25.254.12]", "[‸172.25.255.12]", "servers[1].addresses[0]"],
    ] as const
  ).map(([from, to, path]) => ({
    why: `${path} outside the subnet`,
    from,
    to,
    rule: "outside-subnet",
    path,
    expected: /^an address in a network's subnet, 172\.25\.254\.0\/24$/,
    found: given(to),
    remedy: /^choose one from 172\.25\.254\.2 to 172\.25\.254\.254$/,
  })),
  ...(
    [
      ["[172.25.254.250]", "[‸172.25.254.255]", "client.addresses[0]", "broadcast"],
      ["vip: 172.25.254.100", "vip: ‸172.25.254.0", "services[0].vip", "network"],
      ["[172.25.254.12]", "[‸172.25.254.255]", "servers[1].addresses[0]", "broadcast"],
    ] as const
  ).map(([from, to, path, kind]) => ({
    why: `${path} is the ${kind} address`,
    from,
    to,
    rule: "not-a-host-address",
    path,
    expected: /^an address that a host may have$/,
    found: `${given(to)}, the subnet's ${kind} address`,
    remedy: /^choose one from 172\.25\.254\.2 /,
  })),
  ...(
    [
      ["[172.25.254.250]", "[‸172.25.254.1]", "client.addresses[0]"],
      ["vip: 172.25.254.100", "vip: ‸172.25.254.1", "services[0].vip"],
      ["[172.25.254.12]", "[‸172.25.254.1]", "servers[1].addresses[0]"],
    ] as const
  ).map(([from, to, path]) => ({
    why: `${path} is the gateway's`,
    from,
    to,
    rule: "gateway-address",
    path,
    expected: own,
    found: "172.25.254.1, the lab host's bridge",
    remedy: /^choose another/,
  })),
  {
    why: "a VIP that is the client's",
    from: "vip: 172.25.254.100",
    to: "vip: ‸172.25.254.250",
    rule: "client-address",
    path: "services[0].vip",
    expected: own,
    found: "172.25.254.250, the client's",
    remedy: /or another for the client$/,
  },
  {
    why: "a server that is where the client is by default",
    base: dr,
    from: "172.25.254.13",
    to: "‸172.25.254.250",
    rule: "client-address",
    path: "servers[2].addresses[0]",
    expected: own,
    found: "172.25.254.250, the client's unless `client` says otherwise",
    remedy: /or one for the client$/,
  },
  {
    why: "a VIP that is a server's",
    from: "vip: 172.25.254.100",
    to: "vip: ‸172.25.254.12",
    rule: "vip-of-a-server",
    path: "services[0].vip",
    expected: /^an address that no host has of its own$/,
    found: "172.25.254.12, which server2 has",
    remedy: /^choose a free address/,
  },
  {
    why: "a cloud image with baked packages",
    ...top(`image: { packages: baked, ‸url: 'https://example.org/a.qcow2', checksum: 'sha256:${"0".repeat(64)}' }`),
    rule: "image-of-two-kinds",
    path: "image.url",
    expected: /^no url with `packages: baked`/,
    found: "'https://example.org/a.qcow2'",
    remedy: /^remove one of the two/,
  },
  {
    why: "a cloud image without a checksum",
    ...top("image: { ‸url: 'https://example.org/a.qcow2' }"),
    rule: "image-checksum",
    path: "image.url",
    expected: /^a `checksum` beside it, which says what is to be there$/,
    found: "'https://example.org/a.qcow2'",
    remedy: /^write `checksum: sha512:` and, after it, what `sha512sum FILE` prints, or what SHA512SUMS says/,
  },
  {
    why: "a checksum of an image that is built",
    ...top(`image: { ‸checksum: 'sha256:${"0".repeat(64)}' }`),
    rule: "image-checksum",
    path: "image.checksum",
    expected: /^no checksum without a `url`/,
    found: shortened(`'sha256:${"0".repeat(64)}'`),
    remedy: /^add the image's `url`, or remove the checksum$/,
  },
  {
    why: "a cloud image for two operating systems",
    base: dr,
    from: "servers:\n  - { name: server1, addresses: [172.25.254.11], role: director",
    to: `image: { url: 'https://example.org/a.qcow2', checksum: 'sha256:${"0".repeat(64)}' }\nservers:\n  - { name: server1, addresses: [172.25.254.11], role: director, os: ‸debian-13`,
    rule: "image-of-two-systems",
    path: "servers[0].os",
    expected: /^debian-12, as the image at `image.url` is for all servers$/,
    found: "debian-13",
    remedy: /^remove one of the two: without `image.url`/,
  },
  {
    why: "ipvsadm without a director",
    base: dr,
    from: dr.slice(dr.indexOf("servers:"), dr.indexOf("  - { name: server2")),
    to: "‸servers:\n",
    rule: "directors",
    path: "servers",
    expected: /^exactly 1 with `role: director` where ipvsadm is in control$/,
    found: "none",
    remedy: /^give one more server/,
  },
  ...Object.entries({ dr, "dr by hand": manualDr }).map(([name, base]) => ({
    why: `ipvsadm with two directors, ${name}`,
    base,
    from: "servers:\n",
    to: "‸servers:\n  - { name: server4, addresses: [172.25.254.14], role: director }\n",
    rule: "directors",
    path: "servers",
    expected: /^exactly 1 with `role: director` where ipvsadm is in control$/,
    found: "2: server4, server1",
    remedy: /^keep one, or write `control: keepalived`$/,
  })),
  ...Object.entries({ ha, "ha by hand": manualHa }).map(([name, base]) => ({
    why: `keepalived with one director, ${name}`,
    base: base.replace("      - server: server1\n        priority: 100\n", ""),
    from: ha.slice(ha.indexOf("servers:"), ha.indexOf("  - name: server2")),
    to: "‸servers:\n",
    rule: "directors",
    path: "servers",
    expected: /^2 or more with `role: director` where keepalived is in control$/,
    found: "1: server4",
    remedy: /^give one more server/,
  })),
  {
    why: "no real server",
    base: dr,
    from: block(dr, "servers"),
    to: "‸servers:\n  - { name: server1, addresses: [172.25.254.11], role: director }\n",
    rule: "real-servers",
    path: "servers",
    expected: /^1 or more with `role: real-server`$/,
    found: "none",
    remedy: /^add a server/,
  },
  {
    why: "a lower threshold alone",
    ...inRealServer("lowerThreshold: ‸20"),
    rule: "threshold-without-upper",
    path: "services[0].realServers[0].lowerThreshold",
    expected: /^an upperThreshold beside it/,
    found: "20",
    remedy: /^write `upperThreshold` too/,
  },
  {
    why: "a lower threshold above the upper one",
    ...inRealServer("upperThreshold: 10\n        lowerThreshold: ‸11"),
    rule: "threshold-without-upper",
    path: "services[0].realServers[0].lowerThreshold",
    expected: /^at most the upperThreshold, 10/,
    found: "11",
    remedy: /^write less/,
  },
  {
    why: "real servers that get no connections",
    base: dr,
    from: "vip: 172.25.254.100 }",
    to: "vip: 172.25.254.100, realServers: [{ server: server2, weight: ‸0 }, { server: server3, weight: 0 }] }",
    rule: "no-weight",
    path: "services[0].realServers[0].weight",
    expected: /^a weight above 0 on one real server at least/,
    found: "0 on all of them",
    remedy: /^write `weight: 1`/,
  },
  ...(
    [
      [
        "a second subnet",
        { from: "0/24]", to: "0/24, ‸10.0.0.0/24]" },
        "networks[0].subnets[1]",
        "IPv4 subnet in a network",
      ],
      [
        "a second address of the client",
        { from: ".250]", to: ".250, ‸172.25.254.251]" },
        "client.addresses[1]",
        "IPv4 address of the client",
      ],
    ] as const
  ).map(([why, change, path, what]) => ({
    why,
    ...change,
    rule: "one-so-far",
    path,
    expected: new RegExp(`^one ${what} so far$`),
    found: "a second one",
    remedy: /^remove one of the two$/,
  })),
  ...(
    [
      [
        "a member that is no server",
        afterMembers("      - { server: ‸server9, priority: 10 }"),
        "vrrp[0].members[2]",
        "server9",
      ],
      [
        "a priority for a real server",
        afterMembers("      - { server: ‸server2, priority: 10 }"),
        "vrrp[0].members[2]",
        "server2, a real server",
      ],
      [
        "a state for a real server",
        afterMembers("      - { server: ‸server2, priority: 10, state: BACKUP }"),
        "vrrp[0].members[2]",
        "server2, a real server",
      ],
    ] as const
  ).map(([why, change, path, found]) => ({
    why,
    ...change,
    rule: "unknown-server",
    path: `${path}.server`,
    expected: /^the name of a server with `role: director`$/,
    found,
    remedy: /^choose one of server1, server4$/,
  })),
  ...(
    [
      ["a service of a server that is not there", "server: ‸server9", "server9"],
      ["a weight for a director", "server: ‸server1, weight: 2", "server1, a director"],
      ["a page for a director", "server: ‸server1, page: hello", "server1, a director"],
    ] as const
  ).map(([why, realServer, found]) => ({
    why,
    ...inService(`realServers: [{ server: server2 }, { ${realServer} }]`),
    rule: "unknown-server",
    path: "services[0].realServers[1].server",
    expected: /^the name of a server with `role: real-server`$/,
    found,
    remedy: /^choose one of server2$/,
  })),
  {
    why: "a member twice",
    ...afterMembers("      - { server: ‸server1, priority: 10 }"),
    rule: "named-twice",
    path: "vrrp[0].members[2].server",
    expected: /^each server once$/,
    found: "server1 a second time",
    remedy: /^remove one of the two$/,
  },
  {
    why: "a service's real server twice",
    ...inService("realServers: [{ server: server2 }, { server: ‸server2, weight: 2 }]"),
    rule: "named-twice",
    path: "services[0].realServers[1].server",
    expected: /^each server once$/,
    found: "server2 a second time",
    remedy: /^remove one of the two$/,
  },
  {
    why: "a real server of no service",
    base: dr.replace("vip: 172.25.254.100", "vip: 172.25.254.100, realServers: [{ server: server2 }]"),
    from: "[172.25.254.13], role: real-server",
    to: "[172.25.254.13], role: ‸real-server",
    rule: "real-server-without-service",
    path: "servers[2].role",
    expected: /^every real server in a service's `realServers`$/,
    found: "server3 in none",
    remedy: /^add `- \{ server: server3 \}` there, or leave `realServers` out for all of them$/,
  },
  {
    why: "an ARP cure on a director",
    ...onServer1("‸arpCure: sysctl"),
    rule: "arp-cure-of-a-director",
    path: "servers[0].arpCure",
    expected: /^arpCure on a real server only$/,
    found: "it on server1, a director",
    remedy: /^remove it: a director is to answer for the VIP$/,
  },
  ...Object.entries({ dr, "dr by hand": manualDr }).flatMap(([name, base]) => [
    {
      why: `a VRRP instance with a priority in ${name}`,
      base,
      from: "servers:\n",
      to: "‸vrrp: [{ members: [{ server: server1, priority: 100 }] }]\nservers:\n",
      rule: "keepalived-only",
      path: "vrrp",
      expected: /^no vrrp with `control: ipvsadm`, which has no keepalived$/,
      found: "it",
      remedy: /^remove it, or write `control: keepalived`$/,
    },
    {
      why: `a health check in ${name}`,
      base,
      from: "vip: 172.25.254.100",
      to: "vip: 172.25.254.100, ‸healthCheck: { delayLoop: 2 }",
      rule: "keepalived-only",
      path: "services[0].healthCheck",
      expected: /^no healthCheck with `control: ipvsadm`, which has no keepalived$/,
      found: "it",
      remedy: /^remove it, or write `control: keepalived`$/,
    },
  ]),
  {
    why: "keepalived without a VRRP instance",
    from: ha,
    to: `‸${ha.replace(block(ha, "vrrp"), "")}`,
    rule: "no-instance",
    path: "vrrp",
    expected: /^a VRRP instance with `control: keepalived`/,
    found: "nothing",
    remedy: /^write `vrrp:` and, indented under it, `- members:`/,
  },
  {
    why: "a director that no VRRP instance has",
    from: block(ha, "vrrp"),
    to: "vrrp:\n  - ‸members: [{ server: server1 }]\n",
    rule: "director-without-instance",
    path: "vrrp[0].members",
    expected: /^every director$/,
    found: "not server4",
    remedy: /^add `- \{ server: server4, priority: … \}`$/,
  },
  {
    why: "a service on the VIP and port of another",
    ...inService("persistenceTimeout: 50\n  - vip: ‸172.25.254.100"),
    rule: "duplicate-service",
    path: "services[1].vip",
    expected: /^a protocol, VIP and port that no other service has$/,
    found: "172.25.254.100:80, which services[0] has",
    remedy: /^choose another port/,
  },
  {
    why: "two services of a name",
    ...inService("name: web\n  - { vip: 172.25.254.100, port: 81, name: ‸web }"),
    rule: "duplicate-service-name",
    path: "services[1].name",
    expected: /^a name that no other service has$/,
    found: "web, which services[0] has",
    remedy: /^choose another name/,
  },
  {
    why: "a group without a mark",
    ...inService("‸morePorts: [443]"),
    rule: "ports-without-mark",
    path: "services[0].morePorts",
    expected: /^no morePorts without `firewallMark`/,
    found: "it",
    remedy: /^write `firewallMark: 1` beside it/,
  },
  {
    why: "a port twice in a group",
    ...inService("firewallMark: 1\n    morePorts: [443, ‸443]"),
    rule: "port-of-two-services",
    path: "services[0].morePorts[1]",
    expected: /^each protocol, VIP and port in one service, once$/,
    found: "172.25.254.100:443, which is there already",
    remedy: /^remove one of the two/,
  },
  {
    why: "two services with one mark",
    ...inService("firewallMark: 1\n  - { vip: 172.25.254.100, port: 81, firewallMark: ‸1 }"),
    rule: "mark-of-two-services",
    path: "services[1].firewallMark",
    expected: /^a mark of its own for each service$/,
    found: "1, which services[0] has",
    remedy: /^choose another number$/,
  },
  {
    why: "a real server's own port behind a mark",
    ...inService("firewallMark: 1\n    realServers: [{ server: server2, ‸port: 80 }]"),
    rule: "port-of-marked-real-server",
    path: "services[0].realServers[0].port",
    expected: /^no port of a real server where the service has a `firewallMark`/,
    found: "it",
    remedy: /^remove it$/,
  },
  {
    why: "a netmask of no persistence",
    ...inService("‸persistenceNetmask: 24"),
    rule: "netmask-without-persistence",
    path: "services[0].persistenceNetmask",
    expected: /^no persistenceNetmask without `persistenceTimeout`/,
    found: "it",
    remedy: /^write `persistenceTimeout: 50` beside it/,
  },
  {
    why: "single packets of TCP",
    ...inService("‸onePacket: true"),
    rule: "one-packet-of-tcp",
    path: "services[0].onePacket",
    expected: /^it with `protocol: udp` alone: .*--ops\)$/,
    found: "a TCP service",
    remedy: /^write `protocol: udp`, or remove it$/,
  },
  {
    why: "single packets of a client that stays",
    ...inService("protocol: udp\n    persistenceTimeout: 50\n    ‸onePacket: true"),
    rule: "one-packet-of-tcp",
    path: "services[0].onePacket",
    expected: /^no onePacket with `persistenceTimeout`/,
    found: "it",
    remedy: /^remove one of the two$/,
  },
  {
    why: "a flag beside a scheduler that has none",
    ...inService("schedulerFlags: [‸sh-port]"),
    rule: "flag-of-another-scheduler",
    path: "services[0].schedulerFlags[0]",
    expected: /^a flag of the scheduler rr, which has none$/,
    found: "sh-port",
    remedy: /^remove it, or write `scheduler: sh`$/,
  },
  {
    why: "a flag beside the default scheduler",
    from: "    scheduler: rr\n",
    to: "    schedulerFlags: [‸mh-port]\n",
    rule: "flag-of-another-scheduler",
    path: "services[0].schedulerFlags[0]",
    expected: /^a flag of the scheduler rr, which has none$/,
    found: "mh-port",
    remedy: /^remove it, or write `scheduler: mh`$/,
  },
  {
    why: "another scheduler's flag",
    from: "    scheduler: rr\n",
    to: "    scheduler: sh\n    schedulerFlags: [sh-port, ‸mh-port]\n",
    rule: "flag-of-another-scheduler",
    path: "services[0].schedulerFlags[1]",
    expected: /^a flag of the scheduler sh: sh-fallback or sh-port$/,
    found: "mh-port",
    remedy: /^remove it, or write `scheduler: mh`$/,
  },
  {
    why: "a flag twice",
    from: "    scheduler: rr\n",
    to: "    scheduler: sh\n    schedulerFlags: [sh-port, ‸sh-port]\n",
    rule: "flag-twice",
    path: "services[0].schedulerFlags[1]",
    expected: /^each flag once$/,
    found: "sh-port again",
    remedy: /^remove one of the two$/,
  },
  {
    why: "a real server with two pages",
    ...inService(
      "realServers: [{ server: server2, page: one }]\n  - { vip: 172.25.254.100, port: 81, realServers: [{ server: server2, page: ‸two }] }",
    ),
    rule: "page-of-two-kinds",
    path: "services[1].realServers[0].page",
    expected: /^the page that server2 serves for every service$/,
    found: "two",
    remedy: /^write it once/,
  },
  {
    why: "two VRRP instances of which one names no VIPs",
    ...{
      from: "vrrp:\n  - members:",
      to: "vrrp:\n  - id: 52\n    addresses: [172.25.254.100]\n    members: [{ server: server1 }, { server: server4, priority: 7 }]\n  - ‸members:",
    },
    rule: "instance-without-addresses",
    path: "vrrp[1].addresses",
    expected: /^the VIPs of this instance/,
    found: "nothing",
    remedy: /^write `addresses: /,
  },
  {
    why: "a service whose VIP no VRRP instance has",
    from: "    scheduler: rr\nvrrp:\n  - members:",
    to: "    scheduler: rr\n  - vip: ‸172.25.254.101\nvrrp:\n  - addresses: [172.25.254.100]\n    members:",
    rule: "vip-without-instance",
    path: "services[1].vip",
    expected: /^a VIP of a VRRP instance$/,
    found: "172.25.254.101",
    remedy: /^add it to the `addresses` of one$/,
  },
  {
    why: "a VIP in two VRRP instances",
    from: "vrrp:\n  - members:",
    to: "vrrp:\n  - id: 52\n    addresses: [172.25.254.100]\n    members: [{ server: server1 }, { server: server4, priority: 7 }]\n  - addresses: [‸172.25.254.100]\n    members:",
    rule: "vip-twice",
    path: "vrrp[1].addresses[0]",
    expected: /^each VIP once/,
    found: "172.25.254.100",
    remedy: /^remove one of the two$/,
  },
  {
    why: "a VIP twice in a VRRP instance",
    ...inInstance("addresses: [172.25.254.100, ‸172.25.254.100]"),
    rule: "vip-twice",
    path: "vrrp[0].addresses[1]",
    expected: /^each VIP once/,
    found: "172.25.254.100",
    remedy: /^remove one of the two$/,
  },
  ...(
    [
      ["the default virtual router id", "", "‸addresses", "vrrp[1].id", "duplicate-virtual-router", "51"],
      ["one name", "id: 52, name: VI_2, ", "‸addresses", "vrrp[1].name", "duplicate-instance-name", "VI_2"],
    ] as const
  ).map(([what, first, second, path, rule, value]) => ({
    why: `two VRRP instances with ${what}`,
    from: "    scheduler: rr\nvrrp:\n  - members:",
    to: `    scheduler: rr\n  - vip: 172.25.254.101\nvrrp:\n  - { ${first}addresses: [172.25.254.101], members: [{ server: server1 }, { server: server4, priority: 7 }] }\n  - ${second}: [172.25.254.100]\n    members:`,
    rule,
    path,
    expected: rule === "duplicate-virtual-router" ? /RFC 9568/ : /^a name that no other instance has$/,
    found: `${value}, which vrrp[0] has`,
    remedy: rule === "duplicate-virtual-router" ? /^write another/ : /^choose another name/,
  })),
  {
    why: "an address of a VRRP instance that no service has",
    ...inInstance("addresses: [‸172.25.254.101]"),
    rule: "vip-of-no-service",
    path: "vrrp[0].addresses[0]",
    expected: /^the VIP of a service, or the default route of a network$/,
    found: "172.25.254.101",
    remedy: /^choose one of 172\.25\.254\.100$/,
  },
  ...(
    [
      ["that is not there", ha, "lan", "segment"],
      [
        "by the default name, which is not its own",
        edit(ha, "  - subnets", "  - name: lan\n    subnets"),
        "segment",
        "lan",
      ],
    ] as const
  ).map(([why, base, network, right]) => ({
    why: `an interface on a network ${why}`,
    base,
    ...onServer2(`interfaces: [{ network: ‸${network} }]`),
    rule: "unknown-network",
    path: "servers[1].interfaces[0].network",
    expected: /^the name of a network$/,
    found: network,
    remedy: new RegExp(`^choose one of ${right}$`),
  })),
  {
    why: "baked packages where installing them is the exercise",
    base: manualHa,
    from: "servers:\n",
    to: "image: { packages: ‸baked }\nservers:\n",
    rule: "baked-manual-lab",
    path: "image.packages",
    expected: /^plain with `setup: manual`: to install the packages is part of the exercise$/,
    found: "baked",
    remedy: /^write `packages: plain`/,
  },
  {
    why: "two directors of one priority",
    from: "priority: 50",
    to: "priority: ‸100",
    rule: "equal-priorities",
    path: "vrrp[0].members[1].priority",
    expected: /^a priority that no other director has$/,
    found: "100, which server1 has",
    remedy: /the textbook's are 100 and 50$/,
  },
  {
    why: "a director left to the default that another one has",
    from: "server: server4\n        priority: 50\n",
    to: "‸server: server4\n",
    rule: "equal-priorities",
    path: "vrrp[0].members[1].priority",
    expected: /^a priority that no other director has$/,
    found: "100, the default, which server1 has",
    remedy: /higher one/,
  },
  {
    why: "two masters",
    base: edit(ha, inMember1("").from, inMember1("state: MASTER").to),
    ...inMember4("state: ‸MASTER"),
    rule: "more-than-one-master",
    path: "vrrp[0].members[1].state",
    expected: /^one director with `state: MASTER`$/,
    found: "MASTER, which server1 is",
    remedy: /^write `state: BACKUP`/,
  },
  {
    why: "a master that may not preempt",
    base: edit(ha, inInstance().from, inInstance("preempt: false").to),
    ...inMember1("state: ‸MASTER"),
    rule: "master-without-preemption",
    path: "vrrp[0].members[0].state",
    expected: /nopreempt\)$/,
    found: "MASTER",
    remedy: /^write `state: BACKUP`/,
  },
  {
    why: "two networks without a name",
    from: "client:\n",
    to: "  - ‸subnets: [10.0.0.0/24]\nclient:\n",
    rule: "duplicate-network",
    path: "networks[1].name",
    expected: /^a name that no other network has$/,
    found: "segment, which networks[0] has",
    remedy: /`name: inside`$/,
  },
  {
    why: "a subnet within another one",
    base: nat,
    from: "services:",
    to: "  - { name: part, subnets: [‸192.168.10.128/25] }\nservices:",
    rule: "overlapping-subnets",
    path: "networks[2].subnets[0]",
    expected: /^a subnet that overlaps no other one$/,
    found: "192.168.10.128/25 beside 192.168.10.0/24",
    remedy: /^choose another range/,
  },
  {
    why: "a second address of a server in a network",
    from: ".12]",
    to: ".12, ‸172.25.254.22]",
    rule: "two-addresses-in-a-network",
    path: "servers[1].addresses[1]",
    expected: /^one address of a family in each network so far$/,
    found: "a second one in segment",
    remedy: /^remove one of the two$/,
  },
  {
    why: "a second interface in a network",
    ...onServer2("interfaces: [{ network: segment }, { network: ‸segment }]"),
    rule: "interface-without-address",
    path: "servers[1].interfaces[1].network",
    expected: /^one interface in each network$/,
    found: "a second one in segment",
    remedy: /^remove one of the two$/,
  },
  {
    why: "an interface in a network that the server has no address in",
    base: nat,
    from: "addresses: [192.168.10.12]",
    to: "addresses: [192.168.10.12], interfaces: [{ network: ‸outside }]",
    rule: "interface-without-address",
    path: "servers[1].interfaces[0].network",
    expected: /^a network in which the server has an address$/,
    found: "outside",
    remedy: /^add an address of outside to `addresses`/,
  },
  {
    why: "a MAC address of one's own other interface",
    base: nat,
    from: "192.168.10.11]",
    to: "192.168.10.11], interfaces: [{ network: inside, mac: ‸52:54:00:FE:FE:0B }]",
    rule: "duplicate-mac",
    path: "servers[0].interfaces[0].mac",
    expected: /^a MAC address that no other interface has$/,
    found: "52:54:00:FE:FE:0B, which server1 has",
    remedy: /leave it out/,
  },
  {
    why: "a default route in another network",
    base: nat,
    from: "defaultRoute: 192.168.10.254",
    to: "defaultRoute: ‸172.25.254.11",
    rule: "default-route-elsewhere",
    path: "networks[1].defaultRoute",
    expected: /^an address of this network, 192\.168\.10\.0\/24$/,
    found: "172.25.254.11, which lies in outside",
    remedy: /^write the address that the director has/,
  },
  {
    why: "a real server as the default route",
    base: nat,
    from: "defaultRoute: 192.168.10.254",
    to: "defaultRoute: ‸192.168.10.12",
    rule: "default-route-of-a-real-server",
    path: "networks[1].defaultRoute",
    expected: /^an address of a director/,
    found: "192.168.10.12, which server2 has, a real server",
    remedy: /^write the director's address/,
  },
  {
    why: "a default route, and a director that is not there",
    base: edit(nat, "services:", "  - { name: third, subnets: [10.0.0.0/24], defaultRoute: 10.0.0.254 }\nservices:"),
    from: "addresses: [172.25.254.11",
    to: "‸addresses: [172.25.254.11",
    rule: "default-route-without-director",
    path: "servers[0].addresses",
    expected: /^an address in third/,
    found: "none",
    remedy: /^add one, or remove `defaultRoute`$/,
  },
  {
    why: "a default route that belongs to one director of two",
    base: edit(natHa, insideInstance, ""),
    from: "defaultRoute: 192.168.10.254",
    to: "defaultRoute: ‸192.168.10.11",
    rule: "default-route-without-instance",
    path: "networks[1].defaultRoute",
    expected: /^an address that goes from director to director/,
    found: "192.168.10.11, which one director has",
    remedy: /^choose a free address/,
  },
  {
    why: "a default route that no instance has",
    base: edit(natHa, insideInstance, ""),
    from: "defaultRoute: 192.168.10.254",
    to: "defaultRoute: ‸192.168.10.254",
    rule: "default-route-without-instance",
    path: "networks[1].defaultRoute",
    expected: /^an address of a VRRP instance/,
    found: "192.168.10.254",
    remedy: /^write `addresses: \[192\.168\.10\.254\]` in an instance/,
  },
  {
    why: "an instance with addresses of two networks",
    base: edit(natHa, insideInstance, ""),
    from: "addresses: [172.25.254.100]",
    to: "addresses: [172.25.254.100, ‸192.168.10.254]",
    rule: "instance-across-networks",
    path: "vrrp[0].addresses[1]",
    expected: /^addresses of one network in an instance/,
    found: "one in outside and one in inside",
    remedy: /^give each network an instance of its own$/,
  },
  {
    why: "direct routing to a real server that cannot answer the client",
    base: edit(nat, ", forwarding: nat", ""),
    from: "addresses: [192.168.10.12]",
    to: "‸addresses: [192.168.10.12]",
    rule: "answers-past-the-director",
    path: "servers[1].addresses",
    expected: /^an address in outside: by direct routing, a real server answers the client itself$/,
    found: "none",
    remedy: /^add one, or write `forwarding: nat`/,
  },
  {
    why: "address translation for a real server beside the client",
    ...inService("forwarding: ‸nat"),
    rule: "answers-past-the-director",
    path: "services[0].forwarding",
    expected: /^real servers outside segment, the client's network/,
    found: "server2 on it",
    remedy: /in a network of their own, with a `defaultRoute`$/,
  },
  {
    why: "address translation without a default route",
    base: nat,
    from: "{ name: inside, subnets: [192.168.10.0/24], defaultRoute: 192.168.10.254",
    to: "‸{ name: inside, subnets: [192.168.10.0/24]",
    rule: "answers-past-the-director",
    path: "networks[1].defaultRoute",
    expected: /^a default route for server2/,
    found: "none",
    remedy: /^write `defaultRoute:`/,
  },
  {
    why: "a VIP in a network that the client is not on",
    base: nat,
    from: "vip: 172.25.254.100",
    to: "vip: ‸192.168.10.100",
    rule: "vip-out-of-reach",
    path: "services[0].vip",
    expected: /^an address in outside, the client's network$/,
    found: "192.168.10.100, which lies in inside",
    remedy: /^choose an address there, or move the client/,
  },
  {
    why: "a director outside the VIP's network",
    base: nat,
    from: "addresses: [172.25.254.11, 192.168.10.11]",
    to: "‸addresses: [192.168.10.11]",
    rule: "vip-out-of-reach",
    path: "servers[0].addresses",
    expected: /^an address in outside, where the director is to take the VIP$/,
    found: "none",
    remedy: /^add one$/,
  },
  {
    why: "a director that serves itself by tunnelling",
    base: edit(
      dr,
      "vip: 172.25.254.100 }",
      "vip: 172.25.254.100, forwarding: tunnel, realServers: [{ server: server2 }, { server: server3 }] }",
    ),
    from: "[{ server: server2 }, { server: server3 }]",
    to: "[{ server: server2 }, { server: server3 }, { server: ‸server1 }]",
    rule: "local-by-another-method",
    path: "services[0].realServers[2].server",
    expected: /^a real server that is not the director/,
    found: "server1",
    remedy: /^write `forwarding: dr`/,
  },
  {
    why: "another port by direct routing",
    ...inRealServer("port: ‸8080"),
    rule: "port-that-is-not-rewritten",
    path: "services[0].realServers[0].port",
    expected: /^80, the service's port: direct routing rewrites none$/,
    found: "8080",
    remedy: /^leave it out, or write `forwarding: nat`/,
  },
];

const cases = [
  ...valueCases,
  ...poolValueCases,
  ...missingCases,
  ...vrrpMissingCases,
  ...unknownKeyCases,
  ...ruleCases,
  ...poolRuleCases,
  ...familyRuleCases,
];

describe("a lab file that is wrong in one thing", () => {
  it.each(Object.entries({ dr, ha, nat, natHa, manualDr, manualHa, twoInstances }))(
    "is otherwise right: %s",
    (_, text) => {
      expect(problemsOf(text)).toEqual([]);
    },
  );

  it.each(cases)("$why", ({ base = ha, from, to, rule, path, expected, found, remedy }) => {
    const { text, line, column } = unmarked(edit(base, from, to));
    const problems = problemsOf(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ rule, line, column, path, found });
    expect(problems[0]?.expected).toMatch(expected);
    expect(problems[0]?.remedy).toMatch(remedy);
  });

  it("a file whose name is no lab name", () => {
    expect(problemsOf(dr, "labs/My Lab.yaml")).toEqual([
      expect.objectContaining({ rule: "lab-name", line: 1, column: 1, path: "name", found: "My Lab" }),
    ]);
    expect(problemsOf(`name: mine\n${dr}`, "labs/My Lab.yaml")).toEqual([]);
  });
});

describe("every rule can fail", () => {
  it.each(Object.keys(rules).filter((name) => name !== "lab-name"))("%s", (name) => {
    expect(cases.map(({ rule }) => rule)).toContain(name);
  });

  it.each(propertyPaths(labSchema))("the value of %s", (path) => {
    const failing = [...valueCases, ...poolValueCases].map((each) => each.path.replace(/\[\d+\]/g, "[]"));
    expect(failing).toContain(path);
  });

  it.each([
    ...["networks[]", "networks[].subnets[]", "client.addresses[]", "services[]", "services[].realServers[]", "vrrp[]"],
    "services[].healthCheck.statusCodes[]",
    ...["vrrp[].addresses[]", "vrrp[].members[]", "servers[]", "servers[].addresses[]", "servers[].interfaces[]"],
  ])("the value of an item, %s", (path) => {
    expect([...valueCases, ...poolValueCases].map((each) => each.path.replace(/\[\d+\]/g, "[]"))).toContain(path);
  });

  it.each([
    ...["control", "networks", "networks[0].subnets", "client.addresses", "services", "services[0].vip"],
    ...["services[0].realServers[0].server", "vrrp[0].members", "vrrp[0].members[1].server", "servers"],
    ...["servers[1].name", "servers[1].addresses", "servers[1].role", "servers[1].interfaces[0].network"],
  ])("%s left out", (path) => {
    expect(missingCases.map((each) => each.path)).toContain(path);
  });
});

describe("a file that is no YAML, or no lab at all", () => {
  const shapeless = { rule: "missing", line: 1, column: 1, path: "", found: "nothing" };
  it.each([
    ["nothing", "", [shapeless]],
    ["a comment", "# a lab\n", [shapeless]],
    ["a list", "- control: ipvsadm\n", [{ ...shapeless, rule: "value", found: "a list" }]],
    ["text", "ha\n", [{ ...shapeless, rule: "value", found: "ha" }]],
    [
      "a tab for indentation",
      "control: ipvsadm\nclient:\n\taddresses: [172.25.254.250]\n",
      [{ rule: "syntax", line: 3, column: 1, path: "", remedy: "indent with spaces, not with tabs" }],
    ],
    ["a quote left open", 'control: "ipvsadm\n', [{ rule: "syntax", line: 2, column: 1 }]],
    ["an alias without an anchor", "control: *ha\n", [{ rule: "syntax", line: 1, column: 10, found: "*ha" }]],
    [
      "aliases that multiply",
      `a: &a [1]\nb: &b [${"*a, ".repeat(20)}]\nc: &c [${"*b, ".repeat(20)}]\nd: [${"*c, ".repeat(20)}]\n`,
      [{ rule: "syntax", line: 1, column: 1, expected: "aliases (*name) that can be written out" }],
    ],
    ["an unknown tag", "control: !control ha\n", [{ rule: "syntax", line: 1, column: 10 }]],
    ["two documents", `${dr}---\n${dr}`, [{ rule: "syntax", line: 8, column: 1 }]],
  ])("%s", (_, text, problems) => {
    expect(problemsOf(text)).toMatchObject(problems);
    expect(problemsOf(text)).toHaveLength(problems.length);
  });

  it.each([
    [
      "at the top",
      edit(ha, "servers:\n", "control: ipvsadm\nservers:\n").replace("ipvsadm", "keepalived"),
      "control",
      [15, 1],
      [1, 1],
    ],
    ["in a server", `${ha}    name: server4\n`, "servers[2].name", [25, 5], [22, 5]],
  ])("a key twice, %s", (_, text, path, [line, column], [firstLine, firstColumn]) => {
    expect(problemsOf(text)).toMatchObject([
      { rule: "duplicate-key", line, column, path, other: { line: firstLine, column: firstColumn } },
    ]);
  });
});

describe("a value that is wrong", () => {
  it.each([
    ["priority", "priority: 50", "priority: 999", "vrrp[0].members[1].priority"],
    ["client's address", "[172.25.254.250]", "[desktop]", "client.addresses[0]", "254.12", "254.250"],
    ["client", "client:\n  addresses: [172.25.254.250]", "client: desktop", "client", "254.12", "254.250"],
    [
      "MAC",
      "[172.25.254.14]\n",
      "[172.25.254.14]\n    interfaces: [{ network: segment, mac: nonsense }]\n",
      "servers[2].interfaces[0].mac",
      "[172.25.254.12]\n",
      "[172.25.254.12]\n    interfaces: [{ network: segment, mac: 52:54:00:FE:FE:0E }]\n",
    ],
    ["version", "  - members:", "  - version: 4\n    advertInterval: 0.5\n    members:", "vrrp[0].version"],
    ["VRRP", block(ha, "vrrp"), "vrrp: none\n", "vrrp"],
    [
      "network's name",
      "  - subnets",
      "  - name: LAN\n    subnets",
      "networks[0].name",
      "[172.25.254.12]\n",
      "[172.25.254.12]\n    interfaces: [{ network: lan }]\n",
    ],
    ["name", "control: keepalived", "name: 5\ncontrol: keepalived", "name"],
  ])("is not judged as the default: %s", (_, from, to, path, clash = "", clashing = "") => {
    const text = edit(ha, from, to);
    const file = path === "name" ? "My Lab.yaml" : "lab.yaml";
    expect(problemsOf(clash ? edit(text, clash, clashing) : text, file)).toMatchObject([{ rule: "value", path }]);
  });

  it.each([
    ["a director's name", "name: server4", "name: Server4", "servers[2].name"],
    ["a director's role", "14]\n    role: director", "14]\n    role: none", "servers[2].role"],
    ["a member's name", "server: server4", "server: 4", "vrrp[0].members[1].server"],
    [
      "a real server's name in a service",
      "    scheduler: rr\n",
      "    scheduler: rr\n    realServers: [{ server: 2 }]\n",
      "services[0].realServers[0].server",
    ],
    [
      "a VIP",
      "vip: 172.25.254.100",
      "vip: here",
      "services[0].vip",
      "  - members:",
      "  - addresses: [172.25.254.101]\n    members:",
    ],
  ])("leaves what refers to it unjudged: %s", (_, from, to, path, reference = "", referring = "") => {
    const text = edit(ha, from, to);
    expect(problemsOf(reference ? edit(text, reference, referring) : text)).toMatchObject([{ rule: "value", path }]);
  });

  it("may be an alias of itself", () => {
    expect(problemsOf(edit(ha, "control: keepalived", "control: &a [*a]"))).toMatchObject([
      { rule: "value", path: "control" },
    ]);
    expect(problemsOf(`&a\n${ha}other: *a\n`)).toMatchObject([{ rule: "unknown-key", path: "other" }]);
  });
});

describe("several problems", () => {
  it("are all told, in the order of the file, though some of them hide values from others", () => {
    const text = `control: keepalived
networks: [{ subnets: [10.0.0.0/24] }]
services: [{ vip: 10.0.0.11, scheduler: best }]
vrrp: [{ members: [{ server: a, priority: 300 }, { server: d }] }]
servers:
  - { name: a, addresses: [10.0.0.11], role: director }
  - { name: a, addresses: [10.0.1.12], role: directr }
  - { name: c, addresses: [10.0.0.300], role: real-server, colour: red }
`;
    expect(problemsOf(text).map(({ line, column, rule, path }) => `${line}:${column} ${rule} ${path}`)).toEqual([
      "3:19 vip-of-a-server services[0].vip",
      "3:41 value services[0].scheduler",
      "4:43 value vrrp[0].members[0].priority",
      "4:60 unknown-server vrrp[0].members[1].server",
      "7:13 duplicate-name servers[1].name",
      "7:28 outside-subnet servers[1].addresses[0]",
      "7:46 value servers[1].role",
      "8:28 value servers[2].addresses[0]",
      "8:60 unknown-key servers[2].colour",
    ]);
  });

  it("say to add a server where there is none of the role", () => {
    const text = edit(
      edit(dr, block(dr, "servers"), "servers: [{ name: server1, addresses: [172.25.254.11], role: director }]\n"),
      "vip: 172.25.254.100",
      "vip: 172.25.254.100, realServers: [{ server: server2 }]",
    );
    expect(problemsOf(text)).toMatchObject([
      { rule: "unknown-server", found: "server2", remedy: "add a server with `role: real-server`" },
      { rule: "real-servers" },
    ]);
  });

  it("are written with the line and a caret under the place", () => {
    const text = edit(edit(ha, "scheduler: rr", "scheduler: wlcc"), "priority: 50", "priority: 100");
    try {
      parseLab(text, "labs/mine.yaml");
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(FileError);
      expect(formatFileError(error as FileError)).toBe(
        `labs/mine.yaml:8:16: services[0].scheduler: expected one of rr, wrr, lc, wlc, lblc, lblcr, dh, sh, sed, nq, fo, ovf, mh; found wlcc. Fix: did you mean \`wlc\`?
  8 |     scheduler: wlcc
    |                ^^^^

labs/mine.yaml:14:19: vrrp[0].members[1].priority: expected a priority that no other director has; found 100, which server1 has (see labs/mine.yaml:12:19). Fix: give the director that is to hold the VIP the higher one; the textbook's are 100 and 50
  14 |         priority: 100
     |                   ^^^

labs/mine.yaml: 2 problems`,
      );
      expect((error as FileError).message.split("\n")).toHaveLength(2);
    }
  });

  it("have their places in files with Windows line ends, too", () => {
    const text = edit(ha, "vip: 172.25.254.100", "vip: here").replaceAll("\n", "\r\n");
    expect(problemsOf(text)).toMatchObject([{ line: 7, column: 10, found: "here" }]);
  });
});
