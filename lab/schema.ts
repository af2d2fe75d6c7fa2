import { z } from "zod";
import { formatSubnet, parseAddress, parseCidr, parseSubnet, subnetOf } from "./ipv4.ts";
import { choice, property, wholeNumber } from "./yaml/schema.ts";

/** What the article builds up to: `dr`, balancing by hand with ipvsadm; `ha`, keepalived on two directors. */
export const goals = ["dr", "ha"] as const;

/** What a lab is built up to: one of the article's two, or `bare`, machines on which somebody does its steps by hand. */
export const stages = [...goals, "bare"] as const;

/** IPVS schedulers, by the names that `ipvsadm -s` and keepalived's `lb_algo` take. */
export const schedulers = [
  "rr",
  "wrr",
  "lc",
  "wlc",
  "lblc",
  "lblcr",
  "dh",
  "sh",
  "sed",
  "nq",
  "fo",
  "ovf",
  "mh",
] as const;

/** How real servers keep quiet about the VIP; `none` leaves the ARP problem in, to be looked at. */
export const arpCures = ["arptables", "sysctl", "none"] as const;

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

const address = (example: string) =>
  property(
    z.string().refine((text) => parseAddress(text) !== undefined),
    "an IPv4 address in dotted decimal",
    (value) =>
      typeof value === "string" && parseCidr(value)
        ? `leave the prefix length off: it is that of network.subnet`
        : `write \`${example}\`, four numbers from 0 to 255 without leading zeros`,
  );

/** Smallest and largest prefix length of a lab's subnet: a /29 has six hosts; MACs come from an address's last 16 bits. */
const prefixLengths = { min: 16, max: 29 };

const isSubnet = (text: string): boolean => {
  const subnet = parseSubnet(text);
  return (
    subnet !== undefined &&
    subnet.prefixLength >= prefixLengths.min &&
    subnet.prefixLength <= prefixLengths.max &&
    isUnicast(subnet.network)
  );
};

/** Neither "this network" (0/8), loopback (127/8), multicast nor reserved (224/3): RFC 6890. */
const isUnicast = (network: number): boolean => {
  const first = Math.floor(network / 2 ** 24);
  return first > 0 && first < 224 && first !== 127;
};

const subnetRemedy = (value: unknown): string => {
  const cidr = typeof value === "string" ? parseCidr(value) : undefined;
  if (!cidr) {
    return "write `subnet: 172.25.254.0/24`";
  }
  if (cidr.prefixLength < prefixLengths.min || cidr.prefixLength > prefixLengths.max) {
    return "choose a prefix length from /16 to /29; the textbook's is /24";
  }
  if (!isUnicast(cidr.address)) {
    return "choose a range that hosts may have, such as 172.25.254.0/24: not 0/8, loopback or multicast";
  }
  return `clear the host bits: write \`subnet: ${formatSubnet(subnetOf(cidr.address, cidr.prefixLength))}\``;
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

const memory = () => wholeNumber(256, 65536, "memory in MiB", "memory: 512");

const network = property(
  z.strictObject({
    subnet: property(
      z.string().refine(isSubnet),
      "an IPv4 subnet in CIDR notation, /16 to /29, host bits zero",
      subnetRemedy,
    ),
    client: address("client: 172.25.254.250").optional(),
  }),
  "a map with subnet",
  "write `network:` and, indented under it, `subnet: 172.25.254.0/24`",
  { gateway: "remove it: the lab host's bridge always has the subnet's first address" },
);

/** ipvsadm's MAX_TIMEOUT, 31 days in seconds. */
const longestPersistence = 31 * 86400;

const service = property(
  z.strictObject({
    vip: address("vip: 172.25.254.100"),
    port: wholeNumber(1, 65535, "a TCP port", "port: 80").default(80),
    scheduler: choice(schedulers, "write `scheduler: rr`").default("rr"),
    persistenceTimeout: wholeNumber(
      1,
      longestPersistence,
      "seconds of persistence",
      "persistenceTimeout: 50",
    ).optional(),
  }),
  "a map with vip",
  "write `service:` and, indented under it, `vip: 172.25.254.100`",
);

const imageUrl = property(
  z.url({ protocol: /^https?$/ }),
  "an http or https URL of a cloud image",
  "write the whole URL, such as `url: https://example.org/image.qcow2`, or leave it out: the image is then built",
);

const image = property(
  z.strictObject({
    packages: choice(["plain", "baked"], "write `packages: plain` or `packages: baked`").default("plain"),
    url: imageUrl.optional(),
  }),
  "a map with packages or url",
  "write `image:` and, indented under it, `packages: baked`, or leave it out",
);

/** Characters that keepalived.conf takes literally, unquoted: no blank, quote, comment sign, brace or parameter. */
const simplePassword = /^[A-Za-z0-9._:+=%/-]{1,8}$/;

const keepalived = property(
  z.strictObject({
    virtualRouterId: wholeNumber(1, 255, "a VRRP virtual router id", "virtualRouterId: 51").default(51),
    vrrpVersion: property(
      z.literal([2, 3]),
      "a version of VRRP over IPv4, 2 or 3",
      "write `vrrpVersion: 2`, or leave it out; 3 has intervals below a second, and no password",
    ).default(2),
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
    delayLoop: wholeNumber(1, 3600, "seconds between health checks", "delayLoop: 6").default(6),
    connectTimeout: wholeNumber(1, 3600, "seconds that a health check waits", "connectTimeout: 3").default(3),
    delayBeforeRetry: wholeNumber(1, 3600, "seconds before a health check is repeated", "delayBeforeRetry: 3").default(
      3,
    ),
    preempt: property(
      z.boolean(),
      "true or false",
      "write `preempt: true` to let a director that returns take the VIP again, or `preempt: false`",
    ).default(true),
  }),
  "a map of keepalived's settings",
  "write `keepalived:` and the settings indented under it, or leave it out for the textbook's",
);

const server = property(
  z.strictObject({
    name: hostName,
    address: address("address: 172.25.254.11"),
    role: choice(roles, "write `role: director` or `role: real-server`"),
    mac: property(
      z.string().refine(isGuestMac),
      "a unicast MAC address, six pairs of hex digits with colons",
      macRemedy,
    ).optional(),
    memory: memory().optional(),
    priority: wholeNumber(1, 254, "a VRRP priority (255 is the address owner's, RFC 9568)", "priority: 100").optional(),
    state: choice(vrrpStates, "write `state: MASTER` or `state: BACKUP`, or leave it to the priorities").optional(),
    weight: wholeNumber(0, 65535, "an IPVS weight", "weight: 1").optional(),
    page: property(
      z.string(),
      "the text of the page",
      'write `page: "server2"`, or leave it out for the server\'s name',
    ).optional(),
  }),
  "a map with name, address and role",
  "write `- name: server1` and, in line with name, `address:` and `role:`",
);

/** The shape of a lab file: each property by itself. What properties must be to one another is in lab-rules.ts. */
export const labSchema = property(
  z.strictObject({
    name: property(
      z.string().regex(labName),
      labNameExpected,
      "write a name such as `name: ha`, or leave it out for the file's own",
    ).optional(),
    stage: choice(stages, "write `stage: dr` or `stage: ha`, or `stage: bare` for machines without roles"),
    exercise: choice(
      goals,
      "write `exercise: dr` or `exercise: ha`, or leave it out for dr: what a bare lab is to become",
    ).optional(),
    os: choice(["debian"], "write `os: debian`, or leave it out").default("debian"),
    network,
    service,
    arpCure: choice(arpCures, "write `arpCure: arptables`, or leave it out").default("arptables"),
    image: image.prefault({}),
    memory: memory().default(512),
    keepalived: keepalived.prefault({}),
    servers: property(
      z.array(server),
      "a list of servers",
      "write `servers:` and, under it, one `- name: …` for each server",
    ),
  }),
  "a map with stage, network, service and servers",
  "start from labs/dr.yaml or labs/ha.yaml",
);

/** A lab file as it was written, all of it valid in shape. */
export type LabInput = z.input<typeof labSchema>;

/** A lab file in valid shape, its constant defaults filled in. */
export type LabOutput = z.output<typeof labSchema>;
