import type { FileCase } from "./file-cases.ts";

/** A lab with a real server to spare; a service's own lines are added to it. */
const base = `control: keepalived
networks: [{ subnets: [172.25.254.0/24] }]
services:
  - vip: 172.25.254.100
vrrp: [{ members: [{ server: server1 }, { server: server4, priority: 50 }] }]
servers:
  - { name: server1, addresses: [172.25.254.11], role: director }
  - { name: server2, addresses: [172.25.254.12], role: real-server }
  - { name: server3, addresses: [172.25.254.13], role: real-server }
  - { name: server4, addresses: [172.25.254.14], role: director }
  - { name: server5, addresses: [172.25.254.15], role: real-server }
`;

/** A lab by network address translation, whose health check asks an MTA. */
const behind = `control: keepalived
networks:
  - { name: outside, subnets: [172.25.254.0/24] }
  - { name: inside, subnets: [192.168.10.0/24], defaultRoute: 192.168.10.254 }
services: [{ vip: 172.25.254.100, forwarding: nat, healthCheck: { type: smtp }, realServers: [{ server: server2 }] }]
vrrp:
  - { addresses: [172.25.254.100], members: [{ server: server1 }, { server: server4, priority: 50 }] }
  - { addresses: [192.168.10.254], members: [{ server: server1 }, { server: server4, priority: 50 }] }
servers:
  - { name: server1, addresses: [172.25.254.11, 192.168.10.11], role: director }
  - { name: server2, addresses: [192.168.10.12], role: real-server }
  - { name: server4, addresses: [172.25.254.14, 192.168.10.14], role: director }
`;

/** Properties of the service, and more services. */
const service = (...lines: string[]) => ({
  base,
  from: "  - vip: 172.25.254.100\n",
  to: `  - vip: 172.25.254.100\n${lines.map((line) => `    ${line}\n`).join("")}`,
});
const check = (text: string) => service(`healthCheck: { ${text} }`);

const value = (
  why: string,
  change: Pick<FileCase, "from" | "to">,
  path: string,
  found: string,
  expected: RegExp,
  remedy: RegExp,
): FileCase => ({ why, base, ...change, rule: "value", path: `services[0].${path}`, found, expected, remedy });

const yesOrNo = /^true or false$/;
const command = /^a command, a text without quotes or a list of words, .* whose program is a full path/;

/** Values of a service's health check, quorum and sorry server that are wrong by themselves. */
export const poolValueCases: FileCase[] = [
  value(
    "a kind of check with a typing error",
    check("type: ‸htpp"),
    "healthCheck.type",
    "htpp",
    /^one of tcp, http, https, udp, dns, smtp, ping, misc$/,
    /^did you mean `http`\?$/,
  ),
  value(
    "a kind of check that keepalived has and a lab has not",
    check("type: ‸bfd"),
    "healthCheck.type",
    "bfd",
    /^one of tcp, http, https, udp, dns, smtp, ping, misc$/,
    /^write `type: tcp`/,
  ),
  ...["index.html", '"/a b"'].map((path) =>
    value(
      `the path ${path}`,
      check(`type: http, path: ‸${path}`),
      "healthCheck.path",
      path,
      /^a path: a slash/,
      path.includes(" ") ? /such as %20/ : /`path: \/`/,
    ),
  ),
  ...["/a#b", "/a{b}", "/a\\b", "/$_PWD", "/[a]", "/é"].map((path) =>
    value(
      `the path ${path}`,
      check(`type: http, path: ‸'${path}'`),
      "healthCheck.path",
      `'${path}'`,
      /^a path: .*\(RFC 3986, section 3\.3\), without \$_$/,
      /^write other characters as % and two hex digits/,
    ),
  ),
  ...[
    "a.example.org",
    ".example.org",
    "example..org",
    `${"a".repeat(64)}.org`,
    "'ex ample.org'",
    `${"abc.".repeat(64)}`,
  ].map((name) =>
    value(
      `the query name ${name}`,
      service("protocol: udp", `healthCheck: { type: dns, queryName: ‸${name} }`),
      "healthCheck.queryName",
      name.length > 60 ? `${name.slice(0, 60)}…` : name,
      /^a domain name: labels of up to 63 letters/,
      name.startsWith("a.")
        ? /^write a first label of two characters or more: /
        : /^write `queryName: www\.example\.org`/,
    ),
  ),
  value(
    "a type of records that keepalived does not know",
    service("protocol: udp", "healthCheck: { type: dns, queryType: ‸ANY }"),
    "healthCheck.queryType",
    "ANY",
    /^one of A, NS, CNAME, SOA, MX, TXT, AAAA, RRSIG, DNSKEY$/,
    /^write `queryType: A`, or leave it out for SOA$/,
  ),
  ...["-lab", "lab-.org", "my_host", "lab.", "'[1.2.3.4]'"].map((name) =>
    value(
      `the HELO name ${name}`,
      check(`type: smtp, heloName: ‸${name}`),
      "healthCheck.heloName",
      name,
      /^a domain name: labels of up to 63 letters, digits and hyphens/,
      /^write `heloName: director\.example\.org`/,
    ),
  ),
  value(
    "a status that is no list",
    check("type: http, statusCodes: ‸200"),
    "healthCheck.statusCodes",
    "200",
    /^a list of HTTP statuses$/,
    /^write `statusCodes: \[200\]`/,
  ),
  value(
    "a status that HTTP does not have",
    check("type: http, statusCodes: [‸20]"),
    "healthCheck.statusCodes[0]",
    "20",
    /^an HTTP status, a whole number from 100 to 599$/,
    /^write `statusCodes: \[200\]`$/,
  ),
  value(
    "a digest of the file's own",
    check("type: http, digest: ‸01bc6b572ba171d4d3bd89abe9cb9a4c"),
    "healthCheck.digest",
    "01bc6b572ba171d4d3bd89abe9cb9a4c",
    yesOrNo,
    /the lab computes the MD5 digest/,
  ),
  value(
    "a regular expression that is none",
    check("type: http, regex: ‸server("),
    "healthCheck.regex",
    "server(",
    /^a regular expression that PCRE and JavaScript read/,
    /^write `regex: \^server`$/,
  ),
  ...["(a)\\1", "\\u0041", "[]a", "[[:alpha:]]", "a{", "(?<=a+)d", "[\\d-z]", "(?:ab{99}){99}", "\\p{L}"].map((text) =>
    value(
      `the regular expression ${text}, which is another one in PCRE`,
      check(`type: http, regex: ‸'${text}'`),
      "healthCheck.regex",
      `'${text}'`,
      /^a regular expression that PCRE and JavaScript read alike/,
      /^leave out what is of one of the two/,
    ),
  ),
  value(
    "a regular expression with a parameter",
    check("type: http, regex: ‸'a$_PWD'"),
    "healthCheck.regex",
    "'a$_PWD'",
    /^a regular expression .* without double quotes and \$_/,
    /^write \. in place of \$/,
  ),
  value(
    "a regular expression with a quote",
    check("type: http, regex: ‸'\"server'"),
    "healthCheck.regex",
    "'\"server'",
    /^a regular expression/,
    /^write \. in place of the quote/,
  ),
  value(
    "a command with double quotes",
    check("type: misc, command: [/bin/echo, ‸'a\"b']"),
    "healthCheck.command[1]",
    "'a\"b'",
    /^a word without double quotes/,
    /^write single quotes/,
  ),
  ...(
    [
      ["a command without its path", "‸curl", "curl", /^write the program's full path.*ignores a command/],
      ["a command with quotes in a text", "‸/bin/sh -c 'true'", "/bin/sh -c 'true'", /^write it as a list/],
      [
        "a command with an unknown place",
        '‸"/bin/test {host}"',
        '"/bin/test {host}"',
        /^write `command: .*\{address\}/,
      ],
      [
        "a command that is too long with its addresses",
        `‸"/bin/test ${"{address}".repeat(6)}"`,
        `"/bin/test ${"{address}".repeat(5)}{add…`,
        /^write `command: /,
      ],
      ["a command that keepalived would fill in", "‸/bin/test $_PWD", "/bin/test $_PWD", /\$_, mean something else/],
    ] as const
  ).map(([why, text, found, remedy]) =>
    value(
      why,
      check(`type: misc, ${text.includes("‸") ? "" : "‸"}command: ${text}`),
      "healthCheck.command",
      found,
      command,
      remedy,
    ),
  ),
  ...(
    [
      ["timeout", "type: misc, command: /bin/true, timeout: ‸0", "0", "1 to 3600"],
      ["retry", "retry: ‸101", "101", "0 to 100"],
      ["warmup", "warmup: ‸-1", "-1", "0 to 3600"],
    ] as const
  ).map(([key, text, found, range]) =>
    value(
      `${key} ${found}`,
      check(text),
      `healthCheck.${key}`,
      found,
      new RegExp(`a whole number from ${range}$`),
      new RegExp(`^write \`${key}: \\d\``),
    ),
  ),
  value(
    "a reply that is required by a word",
    {
      ...check("type: udp, requireReply: ‸always"),
      from: "  - vip: 172.25.254.100\n",
      to: "  - vip: 172.25.254.100\n    protocol: udp\n    healthCheck: { type: udp, requireReply: ‸always }\n",
    },
    "healthCheck.requireReply",
    "always",
    yesOrNo,
    /^write `requireReply: true`/,
  ),
  value(
    "a weight for failed real servers",
    check("inhibitOnFailure: ‸0"),
    "healthCheck.inhibitOnFailure",
    "0",
    yesOrNo,
    /with weight 0/,
  ),
  ...["alpha", "omega"].map((key) =>
    value(`${key} on`, service(`${key}: ‸on`), key, "on", yesOrNo, new RegExp(`^write \`${key}: true\``)),
  ),
  ...["quorum", "hysteresis"].map((key) =>
    value(
      `${key} half`,
      service(`${key}: ‸0.5`),
      key,
      "0.5",
      /a whole number from [01] to 1000000$/,
      new RegExp(`^write \`${key}: \\d\`$`),
    ),
  ),
  ...["quorumUp", "quorumDown"].map((key) =>
    value(
      `${key} without a path`,
      service(`${key}: ‸logger up`),
      key,
      "logger up",
      command,
      /^write the program's full path/,
    ),
  ),
  value(
    "a sorry server that is a name",
    service("sorryServer: ‸server5"),
    "sorryServer",
    "server5",
    /^a map with server or page$/,
    /`sorryServer: \{\}` for the director itself$/,
  ),
  value(
    "a sorry server that is a number",
    service("sorryServer: { server: ‸5 }"),
    "sorryServer.server",
    "5",
    /^the name of a real server$/,
    /^put it in quotes/,
  ),
  value(
    "a sorry page that is a number",
    service("sorryServer: { page: ‸503 }"),
    "sorryServer.page",
    "503",
    /^the text of the page$/,
    /^put it in quotes/,
  ),
  value(
    "a sorry server that is inhibited by a number",
    service("sorryServer: { inhibit: ‸1 }"),
    "sorryServer.inhibit",
    "1",
    yesOrNo,
    /in the table with weight 0/,
  ),
];

/** Keys that people write there although there are none. */
export const poolUnknownKeys: [
  why: string,
  change: Pick<FileCase, "base" | "from" | "to">,
  path: string,
  remedy: RegExp,
][] = [
  [
    "for the weight of a failed real server",
    check("‸weightOnFailure: 0"),
    "services[0].healthCheck.weightOnFailure",
    /`inhibitOnFailure: true`/,
  ],
  [
    "for one HTTP status",
    check("type: http, ‸statusCode: 200"),
    "services[0].healthCheck.statusCode",
    /^write `statusCodes: \[200\]`$/,
  ],
  [
    "for a sorry server's address",
    service("sorryServer: { ‸address: 172.25.254.15 }"),
    "services[0].sorryServer.address",
    /`server: server5`/,
  ],
  ["for a sorry server's port", service("sorryServer: { ‸port: 80 }"), "services[0].sorryServer.port", /^remove it/],
];

/** Values that clash with others. */
export const poolRuleCases: FileCase[] = [
  ...(
    [
      ["path", "‸path: /", "tcp", "http"],
      ["command", "type: http, ‸command: /bin/true", "http", "misc"],
      ["timeout", "type: https, ‸timeout: 3", "https", "misc"],
      ["digest", "type: misc, command: /bin/true, ‸digest: true", "misc", "http"],
      ["connectTimeout", "type: misc, command: /bin/true, ‸connectTimeout: 3", "misc", "tcp"],
    ] as const
  ).map(([key, text, type, other]) => ({
    why: `${key} in a ${type} check`,
    ...check(text),
    rule: "property-of-another-check",
    path: `services[0].healthCheck.${key}`,
    expected: new RegExp(`^no ${key} with \`type: ${type}\`, which is [A-Z_]+: `),
    found: "it",
    remedy: new RegExp(`^remove it, or write \`type: ${other}\`$`),
  })),
  {
    why: "a misc check without its command",
    ...service("‸healthCheck: { type: misc }"),
    rule: "check-without-property",
    path: "services[0].healthCheck.command",
    expected: /^command, which `type: misc` needs$/,
    found: "nothing",
    remedy: /^write `command: .*\{address\}/,
  },
  ...(
    [
      ["udp", "type", "type: ‸udp", "udp", "tcp", "`type: tcp`"],
      ["http on a UDP service", "type", "type: ‸http", "http", "udp", "`type: udp`"],
      ["dns on a TCP service", "type", "type: ‸dns", "dns", "tcp", "`type: tcp`"],
      ["the default on a UDP service", "", "‸delayLoop: 2", "tcp, the default", "udp", "`type: udp`"],
    ] as const
  ).map(([why, key, text, found, protocol, remedy]) => ({
    why: `a check of another protocol: ${why}`,
    ...service(
      ...(protocol === "udp" ? ["protocol: udp"] : []),
      key === "" ? `‸healthCheck: { ${text.replace("‸", "")} }` : `healthCheck: { ${text} }`,
    ),
    rule: "check-of-another-protocol",
    path: key === "" ? "services[0].healthCheck" : "services[0].healthCheck.type",
    expected: new RegExp(`^a check of a service with \`protocol: ${protocol}\``),
    found,
    remedy: new RegExp(`^write ${remedy}$`),
  })),
  {
    why: "a sorry server of a UDP service",
    ...service("protocol: udp", "‸sorryServer: {}"),
    rule: "sorry-server-of-udp",
    path: "services[0].sorryServer",
    expected: /^no sorry server of a UDP service so far$/,
    found: "it",
    remedy: /^remove it$/,
  },
  {
    why: "a delay before retries of which there are none",
    ...check("retry: 0, ‸delayBeforeRetry: 3"),
    rule: "delay-without-retry",
    path: "services[0].healthCheck.delayBeforeRetry",
    expected: /where a failed check is not repeated$/,
    found: "it",
    remedy: /^remove it, or write `retry: 1`$/,
  },
  {
    why: "a delay before retries in a misc check, which has none by default",
    ...check("type: misc, command: /bin/true, ‸delayBeforeRetry: 3"),
    rule: "delay-without-retry",
    path: "services[0].healthCheck.delayBeforeRetry",
    expected: /where a failed check is not repeated$/,
    found: "it, and no retry, which is 0 with `type: misc`",
    remedy: /^remove it/,
  },
  ...(
    [
      ["path", "type: http, path: ‸/health", "/health", /^write `path: \/`, or `statusCodes: \[404\]`$/],
      ["statusCodes", "type: http, ‸statusCodes: [503]", "a list", /^add 200$/],
      ["statusCodes", "type: http, path: /health, ‸statusCodes: [200, 301]", "a list", /^write `path: \/`/],
    ] as const
  ).map(([key, text, found, remedy]) => ({
    why: `a check that no page of the lab passes: ${text}`,
    ...check(text),
    rule: "unhealthy-from-the-start",
    path: `services[0].healthCheck.${key}`,
    expected: /^what the lab's web servers answer: they have one page, at \//,
    found,
    remedy,
  })),
  ...["digest: true", "regex: Found"].map((text) => ({
    why: `${text} of a page that the lab does not have`,
    ...check(`type: http, path: /health, statusCodes: [404], ‸${text}`),
    rule: "unhealthy-from-the-start",
    path: `services[0].healthCheck.${text.split(":")[0]}`,
    expected: /^a page of the lab/,
    found: "it beside `path: /health`",
    remedy: /^write `path: \/`/,
  })),
  {
    why: "a regular expression that one page does not match",
    ...check("type: http, regex: ‸'server[25]'"),
    rule: "unhealthy-from-the-start",
    path: "services[0].healthCheck.regex",
    expected: /^a match in the page of server3: keepalived would take it out at once$/,
    found: "'server[25]'",
    remedy: /^write what all pages have$/,
  },
  {
    why: "a regular expression that goes on to the end of a page",
    ...check("type: http, regex: ‸'server[^x]+'"),
    rule: "unhealthy-from-the-start",
    path: "services[0].healthCheck.regex",
    expected: /^a match that ends before the end of the page of server2/,
    found: "'server[^x]+'",
    remedy: /^end the page with a newline/,
  },
  ...(
    [
      ["of the service itself", "port: ‸25, healthCheck: { type: smtp }", "", "services[0].port"],
      ["of another service", "healthCheck: { type: smtp }", ", port: ‸25", "services[1].port"],
      [
        "of a group",
        "healthCheck: { type: smtp }",
        ", firewallMark: 1, morePorts: [443, ‸25]",
        "services[1].morePorts[1]",
      ],
    ] as const
  ).map(([why, first, second, path]) => ({
    why: `the MTA's port as one ${why}`,
    base,
    from: "  - vip: 172.25.254.100\n",
    to: `  - { vip: 172.25.254.100, ${first} }\n${second && `  - { vip: 172.25.254.101${second} }\n`}`,
    rule: "port-of-the-mta",
    path,
    expected:
      /^another port than 25, on which the MTA of server[23] listens: `type: smtp` asks for it, beside the web server$/,
    found: "25",
    remedy: /^write another port, such as `port: 80`$/,
  })),
  {
    why: "the MTA's port as that of a real server behind the director",
    base: behind,
    from: "realServers: [{ server: server2 }]",
    to: "realServers: [{ server: server2, port: ‸25 }]",
    rule: "port-of-the-mta",
    path: "services[0].realServers[0].port",
    expected: /^another port than 25, on which the MTA of server2 listens: /,
    found: "25",
    remedy: /^write another port/,
  },
  {
    why: "a port with TLS for one service and without for another",
    base,
    from: "  - vip: 172.25.254.100\n",
    to: "  - { vip: 172.25.254.100, healthCheck: { type: https } }\n  - { vip: 172.25.254.101, port: ‸80 }\n",
    rule: "tls-of-two-kinds",
    path: "services[1].port",
    expected: /^a port on which server2 speaks TLS for both services or for neither$/,
    found: "80, with TLS for services[0] and without for services[1]",
    remedy: /^write another port, such as `port: 443`/,
  },
  ...(
    [
      ["4", "quorum: ‸4", "quorum", /3 together: keepalived lowers a larger one/, "4"],
      ["3 and a hysteresis", "quorum: ‸3, hysteresis: 1", "quorum", /^a quorum that can be gained/, "3 and 1"],
      [
        "1 and a hysteresis of 1",
        "quorum: 1, hysteresis: ‸1",
        "hysteresis",
        /^less than the quorum/,
        "1, and a quorum of 1",
      ],
      ["the default and a hysteresis", "hysteresis: ‸1", "hysteresis", /^less than the quorum/, "1, and a quorum of 1"],
      [
        "2 where weights are 1",
        "realServers: [{ server: server2 }], sorryServer: { server: server5 }, quorum: ‸2",
        "quorum",
        /1 together/,
        "2",
      ],
    ] as const
  ).map(([why, text, key, expected, found]) => ({
    why: `a quorum of ${why}`,
    base: why.startsWith("2") ? base.replace(/.*server3.*\n/, "") : base,
    from: "  - vip: 172.25.254.100\n",
    to: `  - { vip: 172.25.254.100, ${text} }\n`,
    rule: "quorum-out-of-reach",
    path: `services[0].${key}`,
    expected,
    found,
    remedy: /^write (less|`hysteresis: 0`)/,
  })),
  {
    why: "a sorry server that is a real server of another service",
    base,
    from: "  - vip: 172.25.254.100\n",
    to: `  - { vip: 172.25.254.100, realServers: [{ server: server2 }, { server: server3 }], sorryServer: { server: ‸server5 } }
  - { vip: 172.25.254.101, realServers: [{ server: server5 }] }\n`,
    rule: "sorry-server-in-a-pool",
    path: "services[0].sorryServer.server",
    expected: /^a server that is in no service's `realServers`/,
    found: "server5, which is in services[1].realServers",
    remedy: /leave `server` out: then each director answers itself$/,
  },
  {
    why: "a sorry server that is a director",
    ...service("sorryServer: { server: ‸server1 }"),
    rule: "unknown-server",
    path: "services[0].sorryServer.server",
    expected: /^the name of a server with `role: real-server`$/,
    found: "server1, a director",
    remedy: /^choose one of server2, server3, server5$/,
  },
  {
    why: "a sorry server that is the only real server",
    base: base.replace(/.*server[23].*\n/g, ""),
    from: "  - vip: 172.25.254.100\n",
    to: "  - ‸vip: 172.25.254.100\n    sorryServer: { server: server5 }\n",
    rule: "no-real-server-left",
    path: "services[0].realServers",
    expected: /^a real server that is no sorry server$/,
    found: "none",
    remedy: /^add a server with `role: real-server`$/,
  },
  {
    why: "a sorry page that is a real server's",
    ...service('sorryServer: { server: server5, page: ‸"server2\\n" }'),
    rule: "sorry-page",
    path: "services[0].sorryServer.page",
    expected: /^a page that no real server has/,
    found: "the page of server2",
    remedy: /^write another$/,
  },
  {
    why: "two sorry pages of the directors",
    base,
    from: "  - vip: 172.25.254.100\n",
    to: `  - { vip: 172.25.254.100, sorryServer: { page: closed } }
  - { vip: 172.25.254.101, port: 81, sorryServer: { page: ‸away } }\n`,
    rule: "sorry-page",
    path: "services[1].sorryServer.page",
    expected: /^the page that a director serves for every service$/,
    found: "away",
    remedy: /^write the same/,
  },
  ...(["quorum: 1", "alpha: true", "quorumUp: /bin/true", "sorryServer: {}"] as const).map((text) => ({
    why: `${text} without keepalived`,
    base: base.replace("control: keepalived", "control: ipvsadm").replace(/vrrp: .*\n|.*server4.*\n/g, ""),
    from: "  - vip: 172.25.254.100\n",
    to: `  - vip: 172.25.254.100\n    ‸${text}\n`,
    rule: "keepalived-only",
    path: `services[0].${text.split(":")[0]}`,
    expected: /with `control: ipvsadm`, which has no keepalived$/,
    found: "it",
    remedy: /^remove it, or write `control: keepalived`$/,
  })),
];
