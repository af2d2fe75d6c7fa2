import { describe, expect, it } from "vitest";
import { FileError, formatFileError, type Problem, parseLab } from "../../../lab/lab.ts";
import { rules } from "../../../lab/rules.ts";
import { labSchema } from "../../../lab/schema.ts";
import { propertyPaths } from "../../../lab/yaml/schema.ts";
import { edit, type FileCase, problemsIn, unmarked } from "./file-cases.ts";

const ha = `stage: ha
network:
  subnet: 172.25.254.0/24
  client: 172.25.254.250
service:
  vip: 172.25.254.100
  scheduler: rr
servers:
  - name: server1
    address: 172.25.254.11
    role: director
    priority: 100
  - name: server2
    address: 172.25.254.12
    role: real-server
  - name: server4
    address: 172.25.254.14
    role: director
    priority: 50
`;

const dr = `stage: dr
network: { subnet: 172.25.254.0/24 }
service: { vip: 172.25.254.100 }
servers:
  - { name: server1, address: 172.25.254.11, role: director }
  - { name: server2, address: 172.25.254.12, role: real-server }
  - { name: server3, address: 172.25.254.13, role: real-server }
`;

/** The ha stage's machines, to be set up by hand. */
const bare = ha.replace("stage: ha", "stage: bare\nexercise: ha");

/** All that is wrong with a text, nothing if it is a lab. */
const problemsOf = (text: string, file = "lab.yaml"): readonly Problem[] => problemsIn(() => parseLab(text, file));

const number = (range: string) => new RegExp(`a whole number from ${range}$`);
const dotted = /^an IPv4 address in dotted decimal$/;
const onlyWith = (what: string) => new RegExp(`^${what} on a`);

/** A property that is added at the top of the file. */
const top = (line: string) => ({ from: "stage: ha\n", to: `stage: ha\n${line}\n` });

/** A property that is added to a map of the file. */
const inService = (line: string) => ({ from: "  scheduler: rr\n", to: `  scheduler: rr\n  ${line}\n` });
const onServer1 = (line: string) => ({ from: "    priority: 100\n", to: `    priority: 100\n    ${line}\n` });
const onServer2 = (line: string) => ({ from: "    role: real-server\n", to: `    role: real-server\n    ${line}\n` });
const inKeepalived = (line: string) => top(`keepalived:\n  ${line}`);

const valueCases: FileCase[] = [
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
    why: "an unknown stage",
    from: "stage: ha",
    to: "stage: ‸hq",
    rule: "value",
    path: "stage",
    expected: /^one of dr, ha, bare$/,
    found: "hq",
    remedy: /^did you mean `ha`\?$/,
  },
  {
    why: "an unknown exercise",
    base: bare,
    from: "exercise: ha",
    to: "exercise: ‸haha",
    rule: "value",
    path: "exercise",
    expected: /^one of dr, ha$/,
    found: "haha",
    remedy: /^write `exercise: dr` or `exercise: ha`, or leave it out for dr/,
  },
  {
    why: "an unknown family",
    ...top("os: ‸plan9"),
    rule: "value",
    path: "os",
    expected: /^one of debian$/,
    found: "plan9",
    remedy: /^write `os: debian`/,
  },
  {
    why: "a network that is no map",
    base: dr,
    from: "network: { subnet: 172.25.254.0/24 }",
    to: "network: ‸172.25.254.0/24",
    rule: "value",
    path: "network",
    expected: /^a map with subnet$/,
    found: "172.25.254.0/24",
    remedy: /indented under it, `subnet: 172/,
  },
  {
    why: "host bits in the subnet",
    from: "subnet: 172.25.254.0/24",
    to: "subnet: ‸172.25.254.9/24",
    rule: "value",
    path: "network.subnet",
    expected: /CIDR notation, \/16 to \/29, host bits zero$/,
    found: "172.25.254.9/24",
    remedy: /^clear the host bits: write `subnet: 172\.25\.254\.0\/24`$/,
  },
  ...["172.25.0.0/15", "172.25.254.0/30"].map((subnet) => ({
    why: `a prefix out of range, ${subnet}`,
    from: "subnet: 172.25.254.0/24",
    to: `subnet: ‸${subnet}`,
    rule: "value",
    path: "network.subnet",
    expected: /\/16 to \/29/,
    found: subnet,
    remedy: /^choose a prefix length from \/16 to \/29/,
  })),
  ...["127.0.0.0/16", "224.1.0.0/16", "0.0.0.0/16"].map((subnet) => ({
    why: `a range that hosts may not have, ${subnet}`,
    from: "subnet: 172.25.254.0/24",
    to: `subnet: ‸${subnet}`,
    rule: "value",
    path: "network.subnet",
    expected: /an IPv4 subnet/,
    found: subnet,
    remedy: /not 0\/8, loopback or multicast$/,
  })),
  {
    why: "a subnet without a prefix",
    from: "subnet: 172.25.254.0/24",
    to: "subnet: ‸172.25.254.0",
    rule: "value",
    path: "network.subnet",
    expected: /an IPv4 subnet/,
    found: "172.25.254.0",
    remedy: /^write `subnet: 172\.25\.254\.0\/24`$/,
  },
  {
    why: "a client that is a name",
    from: "client: 172.25.254.250",
    to: "client: ‸desktop",
    rule: "value",
    path: "network.client",
    expected: dotted,
    found: "desktop",
    remedy: /^write `client: 172\.25\.254\.250`/,
  },
  {
    why: "a service that is a list",
    base: dr,
    from: "service: { vip: 172.25.254.100 }",
    to: "‸service: [ 172.25.254.100 ]",
    rule: "value",
    path: "service",
    expected: /^a map with vip$/,
    found: "a list",
    remedy: /indented under it, `vip: /,
  },
  {
    why: "an octet too large",
    from: "vip: 172.25.254.100",
    to: "vip: ‸172.25.254.256",
    rule: "value",
    path: "service.vip",
    expected: dotted,
    found: "172.25.254.256",
    remedy: /numbers from 0 to 255/,
  },
  ...["0", "65536", "80.5", "-1", "http"].map((port) => ({
    why: `port ${port}`,
    ...inService(`port: ‸${port}`),
    rule: "value",
    path: "service.port",
    expected: /^a TCP port, a whole number from 1 to 65535$/,
    found: port,
    remedy: /^write `port: 80`$/,
  })),
  {
    why: "a port in quotes",
    ...inService('port: ‸"80"'),
    rule: "value",
    path: "service.port",
    expected: number("1 to 65535"),
    found: '"80"',
    remedy: /^take the quotes off/,
  },
  {
    why: "a scheduler with a typing error",
    from: "scheduler: rr",
    to: "scheduler: ‸wlcc",
    rule: "value",
    path: "service.scheduler",
    expected: /^one of rr, wrr, lc, wlc, lblc, lblcr, dh, sh, sed, nq, fo, ovf, mh$/,
    found: "wlcc",
    remedy: /^did you mean `wlc`\?$/,
  },
  {
    why: "a scheduler that nobody knows",
    from: "scheduler: rr",
    to: "scheduler: ‸fastest",
    rule: "value",
    path: "service.scheduler",
    expected: /^one of rr, wrr/,
    found: "fastest",
    remedy: /^write `scheduler: rr`$/,
  },
  ...["0", "2678401"].map((seconds) => ({
    why: `${seconds} seconds of persistence`,
    ...inService(`persistenceTimeout: ‸${seconds}`),
    rule: "value",
    path: "service.persistenceTimeout",
    expected: number("1 to 2678400"),
    found: seconds,
    remedy: /^write `persistenceTimeout: 50`$/,
  })),
  {
    why: "an unknown cure",
    ...top("arpCure: ‸arptable"),
    rule: "value",
    path: "arpCure",
    expected: /^one of arptables, sysctl, none$/,
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
    why: "keepalived's settings as a list",
    ...top("‸keepalived: [ preempt ]"),
    rule: "value",
    path: "keepalived",
    expected: /^a map of keepalived's settings$/,
    found: "a list",
    remedy: /leave it out for the textbook's$/,
  },
  ...(
    [
      ["virtualRouterId", "256", "1 to 255"],
      ["virtualRouterId", "0", "1 to 255"],
      ["delayLoop", "0", "1 to 3600"],
      ["connectTimeout", "0", "1 to 3600"],
      ["delayBeforeRetry", "3601", "1 to 3600"],
    ] as const
  ).map(([key, value, range]) => ({
    why: `${key} ${value}`,
    ...inKeepalived(`${key}: ‸${value}`),
    rule: "value",
    path: `keepalived.${key}`,
    expected: number(range),
    found: value,
    remedy: new RegExp(`^write \`${key}: \\d+\`$`),
  })),
  ...["0", "0.001", "256"].map((value) => ({
    why: `advertInterval ${value}`,
    ...inKeepalived(`advertInterval: ‸${value}`),
    rule: "value",
    path: "keepalived.advertInterval",
    expected: /^seconds between VRRP advertisements, 0.01 to 255$/,
    found: value,
    remedy: /^write `advertInterval: 1`$/,
  })),
  ...["0.5", "1.01"].map((value) => ({
    why: `advertInterval ${value} in VRRP version 2`,
    ...inKeepalived(`advertInterval: ‸${value}`),
    rule: "advert-interval",
    path: "keepalived.advertInterval",
    expected: /^a whole number of seconds from 1 to 255 in VRRP version 2 \(RFC 3768/,
    found: value,
    remedy: /^write `advertInterval: 1`, or `vrrpVersion: 3` beside it$/,
  })),
  ...["0.125", "40.96", "41"].map((value) => ({
    why: `advertInterval ${value} in VRRP version 3`,
    ...inKeepalived(`vrrpVersion: 3\n  advertInterval: ‸${value}`),
    rule: "advert-interval",
    path: "keepalived.advertInterval",
    expected: /^hundredths of a second up to 40.95 in VRRP version 3 \(RFC 9568/,
    found: value,
    remedy: /^write `advertInterval: 0.1`$/,
  })),
  {
    why: "a password in VRRP version 3",
    ...inKeepalived('vrrpVersion: 3\n  ‸password: "1111"'),
    rule: "password-without-authentication",
    path: "keepalived.password",
    expected: /^no password in VRRP version 3/,
    found: "it",
    remedy: /^remove it, or write `vrrpVersion: 2`$/,
  },
  {
    why: "a version of VRRP that there is not",
    ...inKeepalived("vrrpVersion: ‸4"),
    rule: "value",
    path: "keepalived.vrrpVersion",
    expected: /^a version of VRRP over IPv4, 2 or 3$/,
    found: "4",
    remedy: /^write `vrrpVersion: 2`/,
  },
  ...['""', '"123456789"', '"a b"', '"a#b"', "'a\"b'"].map((password) => ({
    why: `the password ${password}`,
    ...inKeepalived(`password: ‸${password}`),
    rule: "value",
    path: "keepalived.password",
    expected: /^a VRRP simple password: 1 to 8 of/,
    found: password,
    remedy: /RFC 2338/,
  })),
  {
    why: "a password that YAML reads as a number",
    ...inKeepalived("password: ‸1111"),
    rule: "value",
    path: "keepalived.password",
    expected: /^a VRRP simple password/,
    found: "1111",
    remedy: /^put it in quotes: without them YAML reads a number$/,
  },
  {
    why: "yes for true",
    ...inKeepalived("preempt: ‸yes"),
    rule: "value",
    path: "keepalived.preempt",
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
    from: "  - { name: server3, address: 172.25.254.13, role: real-server }",
    to: "  - ‸server3",
    rule: "value",
    path: "servers[2]",
    expected: /^a map with name, address and role$/,
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
    from: "address: 172.25.254.12",
    to: "address: ‸172.25.254.12/24",
    rule: "value",
    path: "servers[1].address",
    expected: dotted,
    found: "172.25.254.12/24",
    remedy: /^leave the prefix length off: it is that of network.subnet$/,
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
    ...onServer2(`mac: ‸${mac}`),
    rule: "value",
    path: "servers[1].mac",
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
    path: "servers[2].priority",
    expected: /^a VRRP priority \(255 is the address owner's, RFC 9568\), a whole number from 1 to 254$/,
    found: priority,
    remedy: /^write `priority: 100`$/,
  })),
  {
    why: "a state in small letters",
    ...onServer1("state: ‸master"),
    rule: "value",
    path: "servers[0].state",
    expected: /^one of MASTER, BACKUP$/,
    found: "master",
    remedy: /^did you mean `MASTER`\?$/,
  },
  ...["-1", "65536"].map((weight) => ({
    why: `weight ${weight}`,
    ...onServer2(`weight: ‸${weight}`),
    rule: "value",
    path: "servers[1].weight",
    expected: number("0 to 65535"),
    found: weight,
    remedy: /^write `weight: 1`$/,
  })),
  {
    why: "a page that YAML reads as a number",
    ...onServer2("page: ‸2"),
    rule: "value",
    path: "servers[1].page",
    expected: /^the text of the page$/,
    found: "2",
    remedy: /^put it in quotes/,
  },
];

const missingCases: FileCase[] = [
  { key: "stage", base: dr, from: "stage: dr\nnetwork", to: "‸network", expected: /^one of dr, ha, bare$/ },
  {
    key: "network",
    base: dr,
    from: "stage: dr\nnetwork: { subnet: 172.25.254.0/24 }",
    to: "‸stage: dr",
    expected: /^a map/,
  },
  {
    key: "service",
    base: dr,
    from: "stage: dr\nnetwork: { subnet: 172.25.254.0/24 }\nservice: { vip: 172.25.254.100 }",
    to: "‸stage: dr\nnetwork: { subnet: 172.25.254.0/24 }",
    expected: /^a map/,
  },
  { key: "servers", base: dr, from: dr, to: `‸${dr.slice(0, dr.indexOf("servers:"))}`, expected: /^a list/ },
  {
    key: "network.subnet",
    from: "network:\n  subnet: 172.25.254.0/24\n",
    to: "‸network:\n",
    expected: /^an IPv4 subnet/,
  },
  { key: "service.vip", from: "service:\n  vip: 172.25.254.100\n", to: "‸service:\n", expected: dotted },
  {
    key: "servers[1].name",
    from: "  - name: server2\n    address: 172.25.254.12",
    to: "  - ‸address: 172.25.254.12",
    expected: /^a host name/,
  },
  {
    key: "servers[1].address",
    from: "name: server2\n    address: 172.25.254.12\n",
    to: "‸name: server2\n",
    expected: dotted,
  },
  {
    key: "servers[1].role",
    from: "name: server2\n    address: 172.25.254.12\n    role: real-server\n",
    to: "‸name: server2\n    address: 172.25.254.12\n",
    expected: /^one of director, real-server$/,
  },
  { key: "service", base: dr, from: "service: { vip: 172.25.254.100 }", to: "‸service:", expected: /^a map/ },
].map(({ key, ...rest }) => ({
  why: `no ${key}`,
  ...rest,
  rule: "missing",
  path: key,
  found: "nothing",
  remedy: /^(write|choose) /,
}));

const unknownKeys: [string, Pick<FileCase, "from" | "to">, string, RegExp][] = [
  ["at the top", top("‸sevrice: {}"), "sevrice", /^did you mean `service`\?$/],
  ["in network", { from: "  client", to: "  ‸gateway: 172.25.254.1\n  client" }, "network.gateway", /first address$/],
  ["in service", inService("‸persistence_timeout: 50"), "service.persistence_timeout", /`persistenceTimeout`/],
  ["in image", top("image: { ‸package: baked }"), "image.package", /^did you mean `packages`\?$/],
  ["in keepalived", inKeepalived("‸advert_int: 1"), "keepalived.advert_int", /^did you mean `advertInterval`\?$/],
  ["in a server", onServer1("‸ip: 172.25.254.11"), "servers[0].ip", /^remove it$/],
  ["that belongs elsewhere", top("‸vip: 172.25.254.100"), "vip", /^did you mean `service\.vip`\?$/],
  ["of YAML's merge, which is not used", top("‸<<: {}"), "<<", /^remove it$/],
  ["that is a number", top("‸8: 9"), "8", /^remove it$/],
];

const unknownKeyCases: FileCase[] = unknownKeys.map(([why, change, path, remedy]) => ({
  why: `a key ${why}`,
  ...change,
  rule: "unknown-key",
  path,
  expected: /^one of [a-zA-Z]+, /,
  found: path.split(".").at(-1) ?? "",
  remedy,
}));

/** The servers of the ha stage from server1's priority on. */
const tail = ha.slice(ha.indexOf("    priority: 100\n"));

const own = /^an address of its own$/;

const ruleCases: FileCase[] = [
  {
    why: "two servers of a name",
    from: "name: server4",
    to: "name: ‸server1",
    rule: "duplicate-name",
    path: "servers[2].name",
    expected: /^a name that no other server has$/,
    found: "server1, which servers[0] has",
    remedy: /^choose another name$/,
  },
  {
    why: "two servers of an address, with the MAC addresses that this makes",
    from: "address: 172.25.254.14",
    to: "mac: 52:54:00:00:00:01\n    address: ‸172.25.254.11",
    rule: "duplicate-address",
    path: "servers[2].address",
    expected: /^an address that no other server has$/,
    found: "172.25.254.11, which server1 has",
    remedy: /^choose another address$/,
  },
  {
    why: "a MAC address that another server's address makes, in another case",
    ...onServer1("mac: ‸52:54:00:fe:fe:0c"),
    rule: "duplicate-mac",
    path: "servers[0].mac",
    expected: /^a MAC address that no other server has$/,
    found: "52:54:00:FE:FE:0C, which server2 has",
    remedy: /leave it out/,
  },
  ...(
    [
      ["client: 172.25.254.250", "client: ‸172.25.253.250", "network.client"],
      ["vip: 172.25.254.100", "vip: ‸172.25.253.100", "service.vip"],
      ["address: 172.25.254.12", "address: ‸172.25.255.12", "servers[1].address"],
    ] as const
  ).map(([from, to, path]) => ({
    why: `${path} outside the subnet`,
    from,
    to,
    rule: "outside-subnet",
    path,
    expected: /^an address in network\.subnet, 172\.25\.254\.0\/24$/,
    found: to.split("‸")[1] ?? "",
    remedy: /^choose one from 172\.25\.254\.2 to 172\.25\.254\.254$/,
  })),
  ...(
    [
      ["client: 172.25.254.250", "client: ‸172.25.254.255", "network.client", "broadcast"],
      ["vip: 172.25.254.100", "vip: ‸172.25.254.0", "service.vip", "network"],
      ["address: 172.25.254.12", "address: ‸172.25.254.255", "servers[1].address", "broadcast"],
    ] as const
  ).map(([from, to, path, kind]) => ({
    why: `${path} is the ${kind} address`,
    from,
    to,
    rule: "not-a-host-address",
    path,
    expected: /^an address that a host may have$/,
    found: `${to.split("‸")[1]}, the subnet's ${kind} address`,
    remedy: /^choose one from 172\.25\.254\.2 /,
  })),
  ...(
    [
      ["client: 172.25.254.250", "client: ‸172.25.254.1", "network.client"],
      ["vip: 172.25.254.100", "vip: ‸172.25.254.1", "service.vip"],
      ["address: 172.25.254.12", "address: ‸172.25.254.1", "servers[1].address"],
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
    path: "service.vip",
    expected: own,
    found: "172.25.254.250, the client's",
    remedy: /or another for network\.client$/,
  },
  {
    why: "a server that is where the client is by default",
    base: dr,
    from: "172.25.254.13",
    to: "‸172.25.254.250",
    rule: "client-address",
    path: "servers[2].address",
    expected: own,
    found: "172.25.254.250, the client's unless network.client says otherwise",
    remedy: /or one for network\.client$/,
  },
  {
    why: "a VIP that is a server's",
    from: "vip: 172.25.254.100",
    to: "vip: ‸172.25.254.12",
    rule: "vip-of-a-server",
    path: "service.vip",
    expected: /^an address that no host has of its own$/,
    found: "172.25.254.12, which server2 has",
    remedy: /^choose a free address/,
  },
  {
    why: "a cloud image with baked packages",
    ...top("image: { packages: baked, ‸url: 'https://example.org/a.qcow2' }"),
    rule: "image-of-two-kinds",
    path: "image.url",
    expected: /^no url with `packages: baked`/,
    found: "'https://example.org/a.qcow2'",
    remedy: /^remove one of the two/,
  },
  {
    why: "dr without a director",
    base: dr,
    from: dr.slice(dr.indexOf("servers:"), dr.indexOf("  - { name: server2")),
    to: "‸servers:\n",
    rule: "directors",
    path: "servers",
    expected: /^exactly 1 with `role: director` in stage dr$/,
    found: "none",
    remedy: /^give one more server/,
  },
  {
    why: "dr with two directors",
    base: dr,
    from: "servers:\n",
    to: "‸servers:\n  - { name: server4, address: 172.25.254.14, role: director }\n",
    rule: "directors",
    path: "servers",
    expected: /^exactly 1 with/,
    found: "2: server4, server1",
    remedy: /`stage: ha`$/,
  },
  {
    why: "ha with one director",
    from: `${ha.slice(ha.indexOf("servers:"), ha.indexOf("  - name: server2"))}`,
    to: "‸servers:\n",
    rule: "directors",
    path: "servers",
    expected: /^2 or more with `role: director` in stage ha$/,
    found: "1: server4",
    remedy: /^give one more server/,
  },
  {
    why: "no real server",
    base: dr,
    from: dr.slice(dr.indexOf("servers:")),
    to: "‸servers:\n  - { name: server1, address: 172.25.254.11, role: director }\n",
    rule: "real-servers",
    path: "servers",
    expected: /^1 or more with `role: real-server`$/,
    found: "none",
    remedy: /^add a server/,
  },
  {
    why: "real servers that get no connections",
    base: dr,
    from: dr.slice(dr.indexOf("servers:")),
    to: `servers:
  - { name: server1, address: 172.25.254.11, role: director }
  - { name: server2, address: 172.25.254.12, role: real-server, weight: ‸0 }
  - { name: server3, address: 172.25.254.13, role: real-server, weight: 0 }
`,
    rule: "no-weight",
    path: "servers[1].weight",
    expected: /^a weight above 0 on one real server at least/,
    found: "0 on all of them",
    remedy: /^write `weight: 1`/,
  },
  ...(
    [
      [onServer2("‸priority: 10"), "servers[1].priority"],
      [onServer2("‸state: MASTER"), "servers[1].state"],
    ] as const
  ).map(([change, path]) => ({
    why: `${path}, a real server`,
    ...change,
    rule: "property-of-other-role",
    path,
    expected: onlyWith(`${path.split(".")[1]}`),
    found: "it on server2, a real server",
    remedy: /^remove it or change the role: VRRP/,
  })),
  ...(
    [
      [onServer1("‸weight: 2"), "servers[0].weight"],
      [onServer1("‸page: hello"), "servers[0].page"],
    ] as const
  ).map(([change, path]) => ({
    why: `${path}, a director`,
    ...change,
    rule: "property-of-other-role",
    path,
    expected: onlyWith(`${path.split(".")[1]}`),
    found: "it on server1, a director",
    remedy: /^remove it or change the role: /,
  })),
  {
    why: "keepalived in dr",
    base: dr,
    from: "stage: dr",
    to: "stage: dr\n‸keepalived: { preempt: false }",
    rule: "property-of-other-stage",
    path: "keepalived",
    expected: /^no keepalived in stage dr, which has no keepalived$/,
    found: "it",
    remedy: /`stage: ha`$/,
  },
  {
    why: "a priority in dr",
    base: dr,
    from: "role: director }",
    to: "role: director, ‸priority: 100 }",
    rule: "property-of-other-stage",
    path: "servers[0].priority",
    expected: /^no priority in stage dr/,
    found: "it",
    remedy: /`stage: ha`$/,
  },
  {
    why: "an exercise in a lab that is built",
    base: dr,
    from: "stage: dr",
    to: "stage: dr\n‸exercise: dr",
    rule: "exercise-of-no-bare-lab",
    path: "exercise",
    expected: /^no exercise in stage dr, which is built/,
    found: "it",
    remedy: /^remove it, or set `stage: bare`$/,
  },
  {
    why: "baked packages where installing them is the exercise",
    base: bare,
    from: "servers:\n",
    to: "image: { packages: ‸baked }\nservers:\n",
    rule: "baked-bare-lab",
    path: "image.packages",
    expected: /^plain in stage bare/,
    found: "baked",
    remedy: /^write `packages: plain`/,
  },
  {
    why: "two directors in a bare lab that is to become dr",
    base: bare.replace(/ {4}priority: \d+\n/g, ""),
    from: "exercise: ha\nnetwork:\n  subnet: 172.25.254.0/24\n  client: 172.25.254.250\nservice:\n  vip: 172.25.254.100\n  scheduler: rr\n",
    to: "network:\n  subnet: 172.25.254.0/24\nservice:\n  vip: 172.25.254.100\n‸",
    rule: "directors",
    path: "servers",
    expected: /^exactly 1 with `role: director` in exercise dr$/,
    found: "2: server1, server4",
    remedy: /^keep one, or set `exercise: ha`$/,
  },
  {
    why: "one director in a bare lab that is to become ha",
    base: bare,
    from: bare.slice(bare.indexOf("servers:"), bare.indexOf("  - name: server2")),
    to: "‸servers:\n",
    rule: "directors",
    path: "servers",
    expected: /^2 or more with `role: director` in exercise ha$/,
    found: "1: server4",
    remedy: /^give one more server/,
  },
  {
    why: "keepalived in a bare lab that is to become dr",
    base: dr.replace("stage: dr", "stage: bare\nexercise: dr"),
    from: "exercise: dr\n",
    to: "exercise: dr\n‸keepalived: { preempt: false }\n",
    rule: "property-of-other-stage",
    path: "keepalived",
    expected: /^no keepalived in exercise dr, which has no keepalived$/,
    found: "it",
    remedy: /`exercise: ha`$/,
  },
  {
    why: "two directors of one priority",
    from: "priority: 50",
    to: "priority: ‸100",
    rule: "equal-priorities",
    path: "servers[2].priority",
    expected: /^a priority that no other director has$/,
    found: "100, which server1 has",
    remedy: /the textbook's are 100 and 50$/,
  },
  {
    why: "a director left to the default that another one has",
    from: "name: server4\n    address: 172.25.254.14\n    role: director\n    priority: 50\n",
    to: "‸name: server4\n    address: 172.25.254.14\n    role: director\n",
    rule: "equal-priorities",
    path: "servers[2].priority",
    expected: /^a priority that no other director has$/,
    found: "100, the default, which server1 has",
    remedy: /higher one/,
  },
  {
    why: "two masters",
    from: tail,
    to: `    state: MASTER\n${tail}    state: ‸MASTER\n`,
    rule: "more-than-one-master",
    path: "servers[2].state",
    expected: /^one director with `state: MASTER`$/,
    found: "MASTER, which server1 is",
    remedy: /^write `state: BACKUP`/,
  },
  {
    why: "a master that may not preempt",
    from: tail,
    to: `    state: ‸MASTER\n${tail}keepalived: { preempt: false }\n`,
    rule: "master-without-preemption",
    path: "servers[0].state",
    expected: /nopreempt\)$/,
    found: "MASTER",
    remedy: /^write `state: BACKUP`/,
  },
];

const cases = [...valueCases, ...missingCases, ...unknownKeyCases, ...ruleCases];

describe("a lab file that is wrong in one thing", () => {
  it.each(Object.entries({ dr, ha, bare }))("is otherwise right: %s", (_stage, text) => {
    expect(problemsOf(text)).toEqual([]);
  });

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
    const failing = [...valueCases].map((each) => each.path.replace(/\[\d+\]/g, "[]"));
    expect(failing).toContain(path);
  });

  it.each(["stage", "network", "network.subnet", "service", "service.vip", "servers"])("%s left out", (path) => {
    expect(missingCases.map((each) => each.path)).toContain(path);
  });
});

describe("a file that is no YAML, or no lab at all", () => {
  const shapeless = { rule: "missing", line: 1, column: 1, path: "", found: "nothing" };
  it.each([
    ["nothing", "", [shapeless]],
    ["a comment", "# a lab\n", [shapeless]],
    ["a list", "- stage: ha\n", [{ ...shapeless, rule: "value", found: "a list" }]],
    ["text", "ha\n", [{ ...shapeless, rule: "value", found: "ha" }]],
    [
      "a tab for indentation",
      "stage: ha\nnetwork:\n\tsubnet: 172.25.254.0/24\n",
      [{ rule: "syntax", line: 3, column: 1, path: "", remedy: "indent with spaces, not with tabs" }],
    ],
    ["a quote left open", 'stage: "ha\n', [{ rule: "syntax", line: 2, column: 1 }]],
    ["an alias without an anchor", "stage: *ha\n", [{ rule: "syntax", line: 1, column: 8, found: "*ha" }]],
    [
      "aliases that multiply",
      `a: &a [1]\nb: &b [${"*a, ".repeat(20)}]\nc: &c [${"*b, ".repeat(20)}]\nd: [${"*c, ".repeat(20)}]\n`,
      [{ rule: "syntax", line: 1, column: 1, expected: "aliases (*name) that can be written out" }],
    ],
    ["an unknown tag", "stage: !stage ha\n", [{ rule: "syntax", line: 1, column: 8 }]],
    ["two documents", `${dr}---\n${dr}`, [{ rule: "syntax", line: 8, column: 1 }]],
  ])("%s", (_, text, problems) => {
    expect(problemsOf(text)).toMatchObject(problems);
    expect(problemsOf(text)).toHaveLength(problems.length);
  });

  it.each([
    [
      "at the top",
      edit(ha, "servers:\n", "stage: dr\nservers:\n").replace("stage: dr", "stage: ha"),
      "stage",
      [8, 1],
      [1, 1],
    ],
    [
      "in a server",
      edit(ha, "    priority: 50\n", "    priority: 50\n    name: server4\n"),
      "servers[2].name",
      [20, 5],
      [16, 5],
    ],
  ])("a key twice, %s", (_, text, path, [line, column], [firstLine, firstColumn]) => {
    expect(problemsOf(text)).toMatchObject([
      { rule: "duplicate-key", line, column, path, other: { line: firstLine, column: firstColumn } },
    ]);
  });
});

describe("a value that is wrong", () => {
  it.each([
    ["priority", "priority: 50", "priority: 999", "servers[2].priority"],
    ["client", "client: 172.25.254.250", "client: desktop", "network.client", "254.12", "254.250"],
    [
      "MAC",
      "  - name: server4",
      "  - mac: nonsense\n    name: server4",
      "servers[2].mac",
      "server2\n",
      "server2\n    mac: 52:54:00:FE:FE:0E\n",
    ],
    ["name", "stage: ha", "name: 5\nstage: ha", "name"],
  ])("is not judged as the default: %s", (_, from, to, path, clash = "", clashing = "") => {
    const text = edit(ha, from, to);
    const file = path === "name" ? "My Lab.yaml" : "lab.yaml";
    expect(problemsOf(clash ? edit(text, clash, clashing) : text, file)).toMatchObject([{ rule: "value", path }]);
  });

  it("may be an alias of itself", () => {
    expect(problemsOf(edit(ha, "stage: ha", "stage: &a [*a]"))).toMatchObject([{ rule: "value", path: "stage" }]);
    expect(problemsOf(`&a\n${ha}other: *a\n`)).toMatchObject([{ rule: "unknown-key", path: "other" }]);
  });
});

describe("several problems", () => {
  it("are all told, in the order of the file, though some of them hide values from others", () => {
    const text = `stage: ha
network: { subnet: 10.0.0.0/24 }
service: { vip: 10.0.0.11, scheduler: best }
servers:
  - { name: a, address: 10.0.0.11, role: director, priority: 300 }
  - { name: a, address: 10.0.1.12, role: directr }
  - { name: c, address: 10.0.0.300, role: real-server, colour: red }
`;
    expect(problemsOf(text).map(({ line, column, rule, path }) => `${line}:${column} ${rule} ${path}`)).toEqual([
      "3:17 vip-of-a-server service.vip",
      "3:39 value service.scheduler",
      "5:62 value servers[0].priority",
      "6:13 duplicate-name servers[1].name",
      "6:25 outside-subnet servers[1].address",
      "6:42 value servers[1].role",
      "7:25 value servers[2].address",
      "7:56 unknown-key servers[2].colour",
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
        `labs/mine.yaml:7:14: service.scheduler: expected one of rr, wrr, lc, wlc, lblc, lblcr, dh, sh, sed, nq, fo, ovf, mh; found wlcc. Fix: did you mean \`wlc\`?
  7 |   scheduler: wlcc
    |              ^^^^

labs/mine.yaml:19:15: servers[2].priority: expected a priority that no other director has; found 100, which server1 has (see labs/mine.yaml:12:15). Fix: give the director that is to hold the VIP the higher one; the textbook's are 100 and 50
  19 |     priority: 100
     |               ^^^

labs/mine.yaml: 2 problems`,
      );
      expect((error as FileError).message.split("\n")).toHaveLength(2);
    }
  });

  it("have their places in files with Windows line ends, too", () => {
    const text = edit(ha, "vip: 172.25.254.100", "vip: here").replaceAll("\n", "\r\n");
    expect(problemsOf(text)).toMatchObject([{ line: 6, column: 8, found: "here" }]);
  });
});
