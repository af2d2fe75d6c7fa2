import type { FileCase } from "./file-cases.ts";

/** A dual-stack lab under keepalived. */
export const dualStack = `control: keepalived
networks:
  - subnets: [172.25.254.0/24, fd00:254::/64]
client:
  addresses: [172.25.254.250, fd00:254::250]
services:
  - name: four
    vip: 172.25.254.100
  - name: six
    vip: fd00:254::100
vrrp:
  - addresses: [172.25.254.100]
    members: [{ server: server1 }, { server: server4, priority: 50 }]
  - addresses: [fd00:254::100]
    members: [{ server: server1 }, { server: server4, priority: 50 }]
servers:
  - { name: server1, addresses: [172.25.254.11, fd00:254::11], role: director }
  - { name: server2, addresses: [172.25.254.12, fd00:254::12], role: real-server }
  - { name: server4, addresses: [172.25.254.14, fd00:254::14], role: director }
`;

const change = (from: string, to: string) => ({ base: dualStack, from, to });
const inSix = (line: string) => change("    vip: fd00:254::100\n", `    vip: fd00:254::100\n    ${line}\n`);
const inInstance = (line: string) =>
  change("  - addresses: [fd00:254::100]\n", `  - addresses: [fd00:254::100]\n    ${line}\n`);

const dotted = /^an IPv4 address in dotted decimal, or an IPv6 address$/;
const subnet = /^an IPv4 subnet in CIDR notation, .*, or an IPv6 subnet, \/64$/;

export const familyValueCases: FileCase[] = [
  ...(
    [
      ["fe80::100", /^choose one in the network's IPv6 subnet, such as fd00:254::11/],
      ["fd00:254:0::100", /^write `fd00:254::100`, the one form of it \(RFC 5952\)$/],
      ["ff02::12", /^choose an address that a host may have, .*neither loopback nor multicast$/],
      ["'::1'", /neither loopback nor multicast$/],
      ["fd00:254::100/64", /^leave the prefix length off/],
      ["fd00:254::g", /^write `vip: 172\.25\.254\.100`/],
    ] as const
  ).map(([vip, remedy]) => ({
    why: `the VIP ${vip}`,
    ...change("    vip: fd00:254::100\n", `    vip: ‸${vip}\n`),
    rule: "value",
    path: "services[1].vip",
    expected: dotted,
    found: vip,
    remedy,
  })),
  ...(
    [
      ["fd00:254::/48", /^write `fd00:254::\/64`/],
      ["fd00:254::1/64", /^write `fd00:254::\/64`/],
      ["fd00:254:0::/64", /^write `fd00:254::\/64`/],
      ["fe80::/64", /^choose a range that hosts may have, .*neither link-local/],
      ["ff02::/64", /nor multicast$/],
    ] as const
  ).map(([text, remedy]) => ({
    why: `the subnet ${text}`,
    ...change("fd00:254::/64]", `‸${text}]`),
    rule: "value",
    path: "networks[0].subnets[1]",
    expected: subnet,
    found: text,
    remedy,
  })),
  {
    why: "a default route of IPv6",
    ...change("fd00:254::/64]\n", "fd00:254::/64]\n    defaultRoute: ‸fd00:254::99\n"),
    rule: "value",
    path: "networks[0].defaultRoute",
    expected: /^an IPv4 address in dotted decimal$/,
    found: "fd00:254::99",
    remedy: /^write `defaultRoute: 192\.168\.10\.254`/,
  },
];

export const familyRuleCases: FileCase[] = [
  {
    why: "a second IPv6 subnet",
    ...change("fd00:254::/64]", "fd00:254::/64, ‸fd00:255::/64]"),
    rule: "one-so-far",
    path: "networks[0].subnets[2]",
    expected: /^one IPv6 subnet in a network so far$/,
    found: "a second one",
    remedy: /^remove one of the two$/,
  },
  {
    why: "an IPv6 subnet first",
    ...change("[172.25.254.0/24, fd00:254::/64]", "[‸fd00:254::/64, 172.25.254.0/24]"),
    rule: "ipv4-subnet-first",
    path: "networks[0].subnets[0]",
    expected: /^an IPv4 subnet first/,
    found: "fd00:254::/64",
    remedy: /^write `subnets: \[172\.25\.254\.0\/24, fd00:254::\/64\]`$/,
  },
  {
    why: "a client with an IPv6 address alone",
    ...change("[172.25.254.250, fd00:254::250]", "[‸fd00:254::250]"),
    rule: "ipv6-address-alone",
    path: "client.addresses[0]",
    expected: /^an IPv4 address in segment beside it$/,
    found: "fd00:254::250 alone",
    remedy: /^add one of 172\.25\.254\.0\/24/,
  },
  {
    why: "a server with an IPv6 address alone",
    ...change("[172.25.254.12, fd00:254::12]", "[‸fd00:254::12]"),
    rule: "ipv6-address-alone",
    path: "servers[1].addresses[0]",
    expected: /^an IPv4 address in segment beside it$/,
    found: "fd00:254::12 alone",
    remedy: /^add one of 172\.25\.254\.0\/24/,
  },
  {
    why: "two IPv6 addresses of a server in a network",
    ...change("fd00:254::12]", "fd00:254::12, ‸fd00:254::22]"),
    rule: "two-addresses-in-a-network",
    path: "servers[1].addresses[2]",
    expected: /^one address of a family in each network so far$/,
    found: "a second one in segment",
    remedy: /^remove one of the two$/,
  },
  {
    why: "an IPv6 address where no subnet is",
    ...change("fd00:254::12]", "‸fd00:255::12]"),
    rule: "outside-subnet",
    path: "servers[1].addresses[1]",
    expected: /^an address in a network's subnet, 172\.25\.254\.0\/24 or fd00:254::\/64$/,
    found: "fd00:255::12",
    remedy: /^choose one from fd00:254::2 to fd00:254::/,
  },
  {
    why: "the client's IPv6 address on a server",
    ...change("fd00:254::12]", "‸fd00:254::250]"),
    rule: "client-address",
    path: "servers[1].addresses[1]",
    expected: /^an address of its own$/,
    found: "fd00:254::250, the client's",
    remedy: /^choose another address here, or another for the client$/,
  },
  {
    why: "the routers' anycast address",
    ...change("fd00:254::12]", "‸'fd00:254::']"),
    rule: "not-a-host-address",
    path: "servers[1].addresses[1]",
    expected: /^an address that a host may have$/,
    found: "fd00:254::, the subnet's routers' anycast (RFC 4291, section 2.6.1) address",
    remedy: /^choose one from fd00:254::2/,
  },
  {
    why: "a tunnelled IPv6 service",
    ...inSix("forwarding: ‸tunnel"),
    rule: "ipv6-service-of-another-kind",
    path: "services[1].forwarding",
    expected: /^dr for an IPv6 VIP, so far: with tunnel real servers unpack on tunl0, which takes IPv4 in IPv4; /,
    found: "tunnel",
    remedy: /^leave it out for direct routing/,
  },
  {
    why: "a firewall mark of IPv6 packets",
    ...inSix("‸firewallMark: 7"),
    rule: "ipv6-service-of-another-kind",
    path: "services[1].firewallMark",
    expected: /^no firewallMark with an IPv6 VIP, so far: the lab marks packets of IPv4 alone$/,
    found: "it",
    remedy: /^remove it, with `morePorts`, or take an IPv4 VIP$/,
  },
  {
    why: "a netmask of IPv6 clients",
    ...inSix("persistenceTimeout: 50\n    ‸persistenceNetmask: 24"),
    rule: "ipv6-service-of-another-kind",
    path: "services[1].persistenceNetmask",
    expected: /^no persistenceNetmask with an IPv6 VIP, so far/,
    found: "it",
    remedy: /^remove it: .*, or take an IPv4 VIP$/,
  },
  {
    why: "a real server of an IPv6 service without an IPv6 address",
    ...change("addresses: [172.25.254.12, fd00:254::12]", "‸addresses: [172.25.254.12]"),
    rule: "ipv6-service-out-of-reach",
    path: "servers[1].addresses",
    expected: /^an IPv6 address in segment: a real server is reached in the family of the VIP, fd00:254::100$/,
    found: "none",
    remedy: /^add one to server2, such as one of fd00:254::\/64$/,
  },
  {
    why: "a director of an IPv6 service without an IPv6 address",
    ...change("addresses: [172.25.254.14, fd00:254::14]", "‸addresses: [172.25.254.14]"),
    rule: "ipv6-service-out-of-reach",
    path: "servers[2].addresses",
    expected: /^an IPv6 address in segment, where the director is to take fd00:254::100$/,
    found: "none",
    remedy: /^add one to server4/,
  },
  {
    why: "a client of an IPv6 service without an IPv6 address",
    ...change("addresses: [172.25.254.250, fd00:254::250]", "‸addresses: [172.25.254.250]"),
    rule: "ipv6-service-out-of-reach",
    path: "client.addresses",
    expected: /^an IPv6 address in segment, to ask for fd00:254::100$/,
    found: "172.25.254.250 alone",
    remedy: /^add one, or leave `client` out$/,
  },
  {
    why: "an instance with addresses of both families",
    ...change(
      `[172.25.254.100]
    members: [{ server: server1 }, { server: server4, priority: 50 }]
  - addresses: [fd00:254::100]`,
      "[172.25.254.100, ‸fd00:254::100]",
    ),
    rule: "instance-of-two-families",
    path: "vrrp[0].addresses[1]",
    expected: /^addresses of one family in an instance/,
    found: "fd00:254::100 beside 172.25.254.100",
    remedy: /^give each family an instance of its own/,
  },
  {
    why: "one instance for all VIPs, of both families",
    ...change(
      `addresses: [172.25.254.100]
    members: [{ server: server1 }, { server: server4, priority: 50 }]
  - addresses: [fd00:254::100]
    members`,
      "‸members",
    ),
    rule: "instance-of-two-families",
    path: "vrrp[0]",
    expected: /^addresses of one family in an instance/,
    found: "the VIPs of all services, 172.25.254.100 and fd00:254::100",
    remedy: /the same `syncGroup` in both keeps them together$/,
  },
  {
    why: "version 2 over IPv6",
    ...inInstance("version: ‸2"),
    rule: "version-2-over-ipv6",
    path: "vrrp[1].version",
    expected: /^3 for IPv6 addresses/,
    found: "2",
    remedy: /^write `version: 3`, or leave it out$/,
  },
  {
    why: "a password over IPv6, where version 3 goes without saying",
    ...inInstance('‸password: "1111"'),
    rule: "password-without-authentication",
    path: "vrrp[1].password",
    expected: /^no password in VRRP version 3/,
    found: "it",
    remedy: /^remove it: over IPv6 there is version 3 alone$/,
  },
  {
    why: "an interval over IPv6 that version 3 cannot say",
    ...inInstance("advertInterval: ‸0.125"),
    rule: "advert-interval",
    path: "vrrp[1].advertInterval",
    expected: /^hundredths of a second up to 40\.95 in VRRP version 3/,
    found: "0.125",
    remedy: /^write `advertInterval: 0\.1`$/,
  },
];
