import { z } from "zod";
import { forwardingMethods } from "./forwarding/index.ts";
import { healthCheckSchema } from "./health-checks/index.ts";
import { familyOf, isLinkLocal, parseCidr, parseIp, parseSubnet, prefixLengthOf, subnetOf } from "./ip.ts";
import { defaultOs, osProperty } from "./os.ts";
import { quorumProperties } from "./quorum.ts";
import { schedulingMethods } from "./schedulers/index.ts";
import { keepalivedName, vrrpExtras } from "./vrrp-schema.ts";
import { choice, property, wholeNumber } from "./yaml/schema.ts";

/** Who sets the servers up: `automatic`, the lab; `manual`, somebody who types the steps. */
export const setups = ["automatic", "manual"] as const;

/** Who writes the IPVS table: `ipvsadm`, on one director; `keepalived`, which elects one of several. */
export const controls = ["ipvsadm", "keepalived"] as const;

/** What a virtual service carries: `tcp`, web pages; `udp`, datagrams that are answered with the server's page. */
export const protocols = ["tcp", "udp"] as const;

/** How a director forwards to real servers. */
export const forwardings = Object.keys(forwardingMethods) as (keyof typeof forwardingMethods)[];

/** IPVS schedulers, by the names that `ipvsadm -s` and keepalived's `lb_algo` take. */
export const schedulers = Object.keys(schedulingMethods) as (keyof typeof schedulingMethods)[];

/** The flags of all schedulers, by the names that `ipvsadm -b` takes and keepalived.conf(5) has. */
const schedulerFlags = Object.values(schedulingMethods).flatMap(({ flags }) => flags);

/** How real servers keep quiet about the VIP; `none` leaves the ARP problem in, to be looked at. */
export const arpCures = ["arptables", "nftables", "sysctl", "none"] as const;

/** What a server is made into. */
export const roles = ["director", "real-server"] as const;

/** What keepalived calls the state in which a VRRP instance starts. */
export const vrrpStates = ["MASTER", "BACKUP"] as const;

/** The shortest interval between advertisements in seconds, in VRRPv3 (hundredths: RFC 9568, section 5.2.7). */
const shortestInterval = 0.01;

/** The longest interval between advertisements in seconds, in VRRPv2 (eight bits: RFC 3768, section 5.3.7). */
const longestInterval = 255;

/** The password of VRRPv2 where the file names none: the article's. */
export const defaultPassword = "1111";

/** The priority of a VRRP router that is not given one (RFC 9568, section 5.2.4; keepalived's default too). */
export const defaultPriority = 100;

/** The virtual router identifier where the file names none: the textbook's. */
export const defaultVirtualRouterId = 51;

const isIpv4 = (text: string): boolean => {
  const address = parseIp(text);
  return address !== undefined && familyOf(address) === 4;
};

/** What to do about a text that is no address; `example` is one. */
const addressRemedy = (value: unknown, example: string): string =>
  typeof value === "string" && parseCidr(value)
    ? "leave the prefix length off: it is that of the network's subnet"
    : `write \`${example}\`, four numbers from 0 to 255 without leading zeros`;

const ipv4Address = (example: string) =>
  property(z.string().refine(isIpv4), "an IPv4 address in dotted decimal", (value) => addressRemedy(value, example));

/** An address of either family, in its canonical text: texts are compared. An interface has its link-local addresses by itself. */
const address = (example: string) =>
  property(
    z.string().refine((text) => {
      const found = parseIp(text);
      return found === text && !isLinkLocal(found) && (familyOf(found) === 4 || isUnicast6(found));
    }),
    "an IPv4 address in dotted decimal, or an IPv6 address",
    (value) => {
      const found = typeof value === "string" ? parseIp(value) : undefined;
      if (found === undefined) return addressRemedy(value, example);
      if (isLinkLocal(found))
        return "choose one in the network's IPv6 subnet, such as fd00:254::11: every interface has a link-local address by itself";
      return found === value
        ? "choose an address that a host may have, such as fd00:254::11: neither loopback nor multicast"
        : `write \`${found}\`, the one form of it (RFC 5952)`;
    },
  );

/** Smallest and largest prefix length of a lab's subnet: a /29 has six hosts; MACs come from an address's last 16 bits. */
const prefixLengths = { min: 16, max: 29 };

/** Interface identifiers have 64 bits: RFC 4291, section 2.5.1. */
const ipv6PrefixLength = 64;

/** Neither unspecified, loopback nor mapped IPv4 (::/8), link-local (fe80::/10), nor multicast (ff00::/8): RFC 4291, section 2.4. */
const isUnicast6 = (network: string): boolean => !/^(::|fe[89ab][\da-f]:|ff[\da-f]{2}:)/.test(network);

const isSubnet = (text: string): boolean => {
  const subnet = parseSubnet(text);
  if (subnet !== undefined && familyOf(subnet) === 6)
    return subnet === text && prefixLengthOf(subnet) === ipv6PrefixLength && isUnicast6(text);
  return (
    subnet !== undefined &&
    prefixLengthOf(subnet) >= prefixLengths.min &&
    prefixLengthOf(subnet) <= prefixLengths.max &&
    isUnicast(text)
  );
};

/** Neither "this network" (0/8), loopback (127/8), multicast nor reserved (224/3): RFC 6890. */
const isUnicast = (network: string): boolean => {
  const first = Number(network.split(".")[0]);
  return first > 0 && first < 224 && first !== 127;
};

const subnetRemedy = (value: unknown): string => {
  const cidr = typeof value === "string" ? parseCidr(value) : undefined;
  if (!cidr) {
    return "write `subnets: [172.25.254.0/24]`";
  }
  if (familyOf(cidr.address) === 6) {
    const wanted = subnetOf(cidr.address, ipv6PrefixLength);
    return isUnicast6(wanted)
      ? `write \`${wanted}\`: /64, host bits zero, in the one form that it has (RFC 5952)`
      : "choose a range that hosts may have, such as fd00:254::/64: neither link-local, loopback nor multicast";
  }
  if (cidr.prefixLength < prefixLengths.min || cidr.prefixLength > prefixLengths.max) {
    return "choose a prefix length from /16 to /29; the textbook's is /24";
  }
  if (!isUnicast(cidr.address)) {
    return "choose a range that hosts may have, such as 172.25.254.0/24: not 0/8, loopback or multicast";
  }
  return `clear the host bits: write \`subnets: [${subnetOf(cidr.address, cidr.prefixLength)}]\``;
};

const macText = /^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$/;

/** A MAC address that libvirt and the kernel give to a guest's interface. */
const isGuestMac = (text: string): boolean =>
  macText.test(text) && !isMulticast(text) && !/^fe/i.test(text) && !/^[0:]+$/.test(text);

/** The lowest bit of the first byte marks a group address (IEEE 802). */
const isMulticast = (mac: string): boolean => (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;

const macRemedy = (value: unknown): string => {
  if (typeof value === "string" && macText.test(value)) {
    if (isMulticast(value)) {
      return "make the first byte even: an odd one is a multicast address; 52:54:00 is QEMU's prefix";
    }
    if (/^fe/i.test(value)) {
      return "start with another byte: libvirt keeps FE for its own end of the tap; 52:54:00 is QEMU's prefix";
    }
  }
  return "write six pairs of hex digits, such as `mac: 52:54:00:FE:FE:0B`, or leave it out: it then comes from the address";
};

/** An RFC 1123 label, in lower case because libvirt tells cases apart and host names do not. */
export const hostLabel = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Names that mean something else in every lab. */
const reservedNames = ["localhost", "client", "segment"];

const hostName = property(
  z.string().refine((text) => hostLabel.test(text) && !reservedNames.includes(text)),
  "a host name: a lower-case letter, then up to 62 lower-case letters, digits and inner hyphens (RFC 1123)",
  (value) =>
    reservedNames.includes(String(value))
      ? `choose another name: ${value} is taken in every lab`
      : "write a name such as `name: server1`, without dots, underscores or capitals, and with a letter first",
);

/** A lab's name becomes part of the names of bridges and directories, whose lengths are limited. */
export const labName = /^[a-z][a-z0-9-]{0,20}$/;

/** What `labName` accepts, in words. */
export const labNameExpected = "a lab name: a lower-case letter, then up to 20 lower-case letters, digits and hyphens";

const arpCure = () => choice(arpCures, "write `arpCure: arptables`, or leave it out");

const memory = () => wholeNumber(256, 65536, "memory in MiB", "memory: 512");

const addresses = property(
  z.array(address("172.25.254.11")).min(1),
  "a list of addresses, one for each network that the host is on, or one of each family",
  "write `addresses: [172.25.254.11]`",
);

const network = property(
  z.strictObject({
    name: property(
      z.string().regex(hostLabel),
      "a network's name: a lower-case letter, then lower-case letters, digits and inner hyphens",
      "write `name: segment`, or leave it out",
    ).default("segment"),
    subnets: property(
      z
        .array(
          property(
            z.string().refine(isSubnet),
            "an IPv4 subnet in CIDR notation, /16 to /29, host bits zero, or an IPv6 subnet, /64",
            subnetRemedy,
          ),
        )
        .min(1),
      "a list of subnets",
      "write `subnets: [172.25.254.0/24]`",
    ),
    defaultRoute: ipv4Address("defaultRoute: 192.168.10.254").optional(),
  }),
  "a map with subnets",
  "write `- subnets: [172.25.254.0/24]`",
  {
    subnet: "write `subnets: [172.25.254.0/24]`, a list",
    gateway:
      "write `defaultRoute` for real servers' way through a director, or remove it: the lab host's bridge always has the first address",
    client: "write it at the top: `client: { addresses: [172.25.254.250] }`",
  },
);

const client = property(
  z.strictObject({ addresses }),
  "a map with addresses",
  "write `client: { addresses: [172.25.254.250] }`, or leave it out",
);

/** The largest firewall mark of both nft(8), which has 32 bits, and ipvsadm, which reads it as a signed number. */
const LARGEST_MARK = 2 ** 31 - 1;

/** ipvsadm's MAX_TIMEOUT, 31 days in seconds. */
const longestPersistence = 31 * 86400;

const hostRef = (what: string) => property(z.string(), `the name of a ${what}`, `write \`server: server1\``);

const realServer = property(
  z.strictObject({
    server: hostRef("real server"),
    port: wholeNumber(1, 65535, "a port", "port: 8080").optional(),
    weight: wholeNumber(0, 65535, "an IPVS weight", "weight: 1").default(1),
    upperThreshold: wholeNumber(
      1,
      65535,
      "the number of connections at which it gets no more",
      "upperThreshold: 100",
    ).optional(),
    lowerThreshold: wholeNumber(
      1,
      65535,
      "the number of connections below which it gets new ones again",
      "lowerThreshold: 80",
    ).optional(),
    page: property(
      z.string(),
      "the text of the page",
      'write `page: "server2"`, or leave it out for the server\'s name',
    ).optional(),
  }),
  "a map with server",
  "write `- { server: server2, weight: 1 }`",
);

const service = property(
  z.strictObject({
    name: property(
      z.string().regex(hostLabel),
      "a service's name: a lower-case letter, then lower-case letters, digits and inner hyphens",
      "write `name: web`, or leave it out for VIP:PORT",
    ).optional(),
    vip: address("vip: 172.25.254.100"),
    port: wholeNumber(1, 65535, "a port", "port: 80").default(80),
    protocol: choice(protocols, "write `protocol: tcp`, or leave it out").default("tcp"),
    forwarding: choice(forwardings, "write `forwarding: dr`, or leave it out").default("dr"),
    scheduler: choice(schedulers, "write `scheduler: rr`").default("rr"),
    schedulerFlags: property(
      z.array(choice(schedulerFlags, "write `schedulerFlags: [sh-port]`, or leave it out")),
      "a list of the scheduler's flags",
      "write `schedulerFlags: [sh-port]`, or leave it out",
    ).optional(),
    persistenceTimeout: wholeNumber(
      1,
      longestPersistence,
      "seconds of persistence",
      "persistenceTimeout: 50",
    ).optional(),
    persistenceNetmask: wholeNumber(
      1,
      32,
      "a prefix length: clients of one such network stay with one real server",
      "persistenceNetmask: 24",
    ).optional(),
    firewallMark: wholeNumber(
      1,
      LARGEST_MARK,
      "a firewall mark, by which the director knows the service's packets",
      "firewallMark: 1",
    ).optional(),
    morePorts: property(
      z.array(wholeNumber(1, 65535, "a port", "morePorts: [443]")).min(1),
      "a list of ports that belong to the service beside `port`",
      "write `morePorts: [443]`, or leave it out",
    ).optional(),
    onePacket: property(
      z.boolean(),
      "true or false",
      "write `onePacket: true` to schedule each datagram by itself, or leave it out",
    ).default(false),
    healthCheck: healthCheckSchema.optional(),
    ...quorumProperties,
    realServers: property(
      z.array(realServer).min(1),
      "a list of the service's real servers",
      "write `realServers:` and, under it, one `- server: …` for each, or leave it out for all real servers",
    ).optional(),
  }),
  "a map with vip",
  "write `- vip: 172.25.254.100`",
);

const imageUrl = property(
  z.url({ protocol: /^https?$/ }),
  "an http or https URL of a cloud image",
  "write the whole URL, such as `url: https://example.org/image.qcow2`, or leave it out: the image is then built",
);

const imageChecksum = property(
  z.string().regex(/^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/),
  "the image's checksum: `sha256:` and 64 lower-case hexadecimal digits, or `sha512:` and 128",
  "write `checksum: sha512:` and what `sha512sum FILE` prints, or what SHA512SUMS says, beside a Debian image",
);

const image = property(
  z.strictObject({
    packages: choice(["plain", "baked"], "write `packages: plain` or `packages: baked`").default("plain"),
    url: imageUrl.optional(),
    checksum: imageChecksum.optional(),
  }),
  "a map with packages or url",
  "write `image:` and, indented under it, `packages: baked`, or leave it out",
);

/** Characters that keepalived.conf takes literally, unquoted: no blank, quote, comment sign, brace or parameter. */
const simplePassword = /^[A-Za-z0-9._:+=%/-]{1,8}$/;

const member = property(
  z.strictObject({
    server: hostRef("director"),
    priority: wholeNumber(1, 254, "a VRRP priority (255 is the address owner's, RFC 9568)", "priority: 100").default(
      defaultPriority,
    ),
    state: choice(vrrpStates, "write `state: MASTER` or `state: BACKUP`, or leave it to the priorities").optional(),
  }),
  "a map with server and priority",
  "write `- { server: server1, priority: 100 }`",
);

const vrrpInstance = property(
  z.strictObject({
    name: property(
      z.string().regex(keepalivedName),
      "a name for keepalived's vrrp_instance: up to 20 letters, digits and underscores",
      "write `name: VI_1`, or leave it out",
    ).optional(),
    id: wholeNumber(1, 255, "a VRRP virtual router id", "id: 51").default(defaultVirtualRouterId),
    version: property(
      z.literal([2, 3]),
      "a version of VRRP, 2 or 3",
      "write `version: 2`, or leave it out; 3 has intervals below a second, and no password",
    ).optional(),
    addresses: property(
      z.array(address("172.25.254.100")).min(1),
      "a list of VIPs",
      "write `addresses: [172.25.254.100]`, or leave it out for all VIPs",
    ).optional(),
    members: property(
      z.array(member),
      "a list of directors",
      "write `members:` and, under it, one `- { server: …, priority: … }` for each director",
    ),
    advertInterval: property(
      z.number().min(shortestInterval).max(longestInterval),
      `seconds between VRRP advertisements, ${shortestInterval} to ${longestInterval}`,
      "write `advertInterval: 1`",
    ).default(1),
    password: property(
      z.string().regex(simplePassword),
      "a VRRP simple password: 1 to 8 of letters, digits and . _ : + = % / -",
      'write `password: "1111"`; RFC 2338 gives it eight bytes, and keepalived drops what is beyond',
    ).optional(),
    preempt: property(
      z.boolean(),
      "true or false",
      "write `preempt: true` to let a director that returns take the VIP again, or `preempt: false`",
    ).default(true),
    ...vrrpExtras,
  }),
  "a map with members",
  "write `- members:` and, under it, one `- { server: …, priority: … }` for each director",
  {
    virtualRouterId: "write `id: 51`",
    vrrpVersion: "write `version: 2`",
    delayLoop: "write it in the service's `healthCheck`",
    connectTimeout: "write it in the service's `healthCheck`",
    delayBeforeRetry: "write it in the service's `healthCheck`",
  },
);

const hostInterface = property(
  z.strictObject({
    network: property(z.string(), "the name of a network", "write `network: segment`"),
    mac: property(
      z.string().refine(isGuestMac),
      "a unicast MAC address, six pairs of hex digits with colons",
      macRemedy,
    ).optional(),
  }),
  "a map with network and mac",
  "write `- { network: segment, mac: 52:54:00:FE:FE:0B }`",
);

const server = property(
  z.strictObject({
    name: hostName,
    addresses,
    role: choice(roles, "write `role: director` or `role: real-server`"),
    os: osProperty().optional(),
    memory: memory().optional(),
    arpCure: arpCure().optional(),
    interfaces: property(
      z.array(hostInterface),
      "a list of interfaces",
      "write `interfaces: [{ network: segment, mac: … }]`, or leave it out",
    ).optional(),
  }),
  "a map with name, addresses and role",
  "write `- name: server1` and, in line with name, `addresses:` and `role:`",
  {
    address: "write `addresses: [172.25.254.11]`, a list",
    mac: "write `interfaces: [{ network: segment, mac: … }]`",
    priority: "write it in `vrrp`: `members: [{ server: server1, priority: 100 }]`",
    state: "write it in `vrrp`: `members: [{ server: server1, state: MASTER }]`",
    weight: "write it in the service: `realServers: [{ server: server2, weight: 1 }]`",
    page: "write it in the service: `realServers: [{ server: server2, page: hello }]`",
  },
);

/** The shape of a lab file: each property by itself. What properties must be to one another is in rules.ts. */
export const labSchema = property(
  z.strictObject({
    name: property(
      z.string().regex(labName),
      labNameExpected,
      "write a name such as `name: ha`, or leave it out for the file's own",
    ).optional(),
    setup: choice(setups, "write `setup: manual` for machines without roles, or leave it out").default("automatic"),
    control: choice(controls, "write `control: ipvsadm` or `control: keepalived`"),
    os: osProperty().default(defaultOs),
    memory: memory().default(512),
    arpCure: arpCure().default("arptables"),
    token: property(
      z.string().regex(/^[a-z0-9]{4,32}$/),
      "a token: 4 to 32 lower-case letters and digits",
      'write `token: "k3f9x2"`, or leave it out',
    ).optional(),
    image: image.prefault({}),
    networks: property(
      z.array(network).min(1),
      "a list of networks",
      "write `networks:` and, indented under it, `- subnets: [172.25.254.0/24]`",
    ),
    client: client.optional(),
    services: property(
      z.array(service).min(1),
      "a list of virtual services",
      "write `services:` and, indented under it, `- vip: 172.25.254.100`",
    ),
    vrrp: property(
      z.array(vrrpInstance).min(1),
      "a list of VRRP instances",
      "write `vrrp:` and, indented under it, `- members:` with the directors",
    ).optional(),
    servers: property(
      z.array(server),
      "a list of servers",
      "write `servers:` and, under it, one `- name: …` for each server",
    ),
  }),
  "a map with control, networks, services and servers",
  "start from labs/dr.yaml or labs/ha.yaml",
  {
    exercise: "write `control`, which also says what a lab with `setup: manual` is to become",
    keepalived: "write its VRRP settings in `vrrp`, and those of health checks in the service's `healthCheck`",
  },
);

/** A lab file as it was written, all of it valid in shape. */
export type LabInput = z.input<typeof labSchema>;

/** A lab file in valid shape, its constant defaults filled in. */
export type LabOutput = z.output<typeof labSchema>;
