import { edit, type FileCase } from "./file-cases.ts";

/** Two instances on three directors. */
export const twoInstances = `control: keepalived
networks: [{ subnets: [172.25.254.0/24] }]
services: [{ vip: 172.25.254.100 }, { vip: 172.25.254.101 }]
vrrp:
  - id: 51
    addresses: [172.25.254.100]
    members: [{ server: a, priority: 100 }, { server: b, priority: 90 }, { server: c, priority: 80 }]
  - id: 52
    addresses: [172.25.254.101]
    members: [{ server: a, priority: 99 }, { server: b, priority: 89 }, { server: c, priority: 79 }]
servers:
  - { name: a, addresses: [172.25.254.11], role: director }
  - { name: b, addresses: [172.25.254.12], role: director }
  - { name: c, addresses: [172.25.254.13], role: director }
  - { name: w, addresses: [172.25.254.14], role: real-server }
`;

/** Properties that are added to the first or the second instance, or to the first one of a text with them. */
const inFirst = (...lines: string[]) => ({
  from: "  - id: 51\n",
  to: `  - id: 51\n${lines.map((line) => `    ${line}\n`).join("")}`,
});
const inSecond = (...lines: string[]) => ({
  from: "  - id: 52\n",
  to: `  - id: 52\n${lines.map((line) => `    ${line}\n`).join("")}`,
});
const with1 = (text: string, ...lines: string[]): string => edit(text, inFirst(...lines).from, inFirst(...lines).to);
const with2 = (text: string, ...lines: string[]): string => edit(text, inSecond(...lines).from, inSecond(...lines).to);

const base = twoInstances;
const many = Array.from({ length: 255 }, (_, index) => `172.25.7.${index}`);
const synced = with2(with1(base, "syncGroup: VG_1"), "syncGroup: VG_1");

const value = (why: string, line: string, path: string, expected: RegExp, found: string, remedy: RegExp): FileCase => ({
  ...{ why, base, ...inFirst(line), rule: "value", path: `vrrp[0].${path}`, expected, found, remedy },
});

const isCommand =
  /^a command, a text without quotes or a list of words, up to 240 characters, whose program is a full path$/;
const isName = /up to 20 letters, digits and underscores$/;
const isWeight = /^a weight: .*, a whole number from -253 to 253$/;
const script = (text: string) => `trackScripts: [{ ${text} }]`;
const process = (text: string) => `trackProcesses: [{ ${text} }]`;

export const vrrpValueCases: FileCase[] = [
  value("a sync group with a hyphen", "syncGroup: ‸VG-1", "syncGroup", isName, "VG-1", /^write `syncGroup: VG_1`/),
  ...["-1", "1000.5", "1e-7", "0.0001", "soon"].map((found) =>
    value(
      `preemptDelay ${found}`,
      `preemptDelay: ‸${found}`,
      "preemptDelay",
      /^seconds .*, 0 to 1000, with up to three decimals$/,
      found,
      /^write `preemptDelay: 30`$/,
    ),
  ),
  value(
    "a network for connection sync",
    "connectionSync: ‸outside",
    "connectionSync",
    /^true or false$/,
    "outside",
    /^write `connectionSync: true`/,
  ),
  value("peers for unicast", "‸unicast: [server1]", "unicast", /^true or false$/, "a list", /^write `unicast: true`/),
  value(
    "a MAC address for useVmac",
    "useVmac: ‸00:00:5e:00:01:33",
    "useVmac",
    /^true or false$/,
    "00:00:5e:00:01:33",
    /^write `useVmac: true`/,
  ),
  value(
    "a command that is no list",
    "trackScripts: ‸/bin/true",
    "trackScripts",
    /^a list of scripts$/,
    "/bin/true",
    /^write `trackScripts: \[\{/,
  ),
  value("no script", "‸trackScripts: []", "trackScripts", /^a list of scripts$/, "a list", /or leave it out$/),
  value(
    "a script that is a text",
    "trackScripts: [‸/bin/true]",
    "trackScripts[0]",
    /^a map with command$/,
    "/bin/true",
    /^write `- \{ command:/,
  ),
  value(
    "a script's name with a hyphen",
    script("command: /bin/true, name: ‸a-b"),
    "trackScripts[0].name",
    isName,
    "a-b",
    /leave it out$/,
  ),
  value(
    "a command without a path",
    script("command: ‸pgrep apache2"),
    "trackScripts[0].command",
    isCommand,
    "pgrep apache2",
    /^write the program's full path: `command: \/usr\/bin\/pgrep apache2`; keepalived ignores/,
  ),
  value(
    "a command as a list without a path",
    script("‸command: [pgrep, apache2]"),
    "trackScripts[0].command",
    isCommand,
    "a list",
    /^write `command: /,
  ),
  value(
    "a text with quotes",
    script(`command: ‸"/bin/sh -c 'true'"`),
    "trackScripts[0].command",
    isCommand,
    `"/bin/sh -c 'true'"`,
    /^write it as a list: `\["\/bin\/sh", "-c", "…"\]`$/,
  ),
  value(
    "a word with a brace",
    script('command: [/bin/sh, -c, ‸"echo ${x}"]'),
    "trackScripts[0].command[2]",
    /^a word without double quotes, braces/,
    '"echo ${x}"',
    /a script of your own/,
  ),
  value(
    "a text with a brace",
    script('command: ‸"/bin/echo {"'),
    "trackScripts[0].command",
    isCommand,
    '"/bin/echo {"',
    /mean something else in keepalived.conf$/,
  ),
  value(
    "a parameter of keepalived.conf's",
    script("command: ‸/bin/echo $_PWD"),
    "trackScripts[0].command",
    isCommand,
    "/bin/echo $_PWD",
    /mean something else/,
  ),
  value(
    "a command that is too long",
    script(`command: ‸/bin/echo ${"x".repeat(240)}`),
    "trackScripts[0].command",
    isCommand,
    `/bin/echo ${"x".repeat(50)}…`,
    /^write `command/,
  ),
  value(
    "a script that never runs",
    script("command: /bin/true, interval: ‸0"),
    "trackScripts[0].interval",
    /from 1 to 3600$/,
    "0",
    /^write `interval: 1`$/,
  ),
  value(
    "a script that has no time",
    script("command: /bin/true, timeout: ‸0"),
    "trackScripts[0].timeout",
    /from 1 to 3600$/,
    "0",
    /^write `timeout: 1`$/,
  ),
  value(
    "a failure that is none",
    script("command: /bin/true, fall: ‸0"),
    "trackScripts[0].fall",
    /from 1 to 100$/,
    "0",
    /^write `fall: 2`$/,
  ),
  value(
    "half a success",
    script("command: /bin/true, rise: ‸0.5"),
    "trackScripts[0].rise",
    /from 1 to 100$/,
    "0.5",
    /^write `rise: 2`$/,
  ),
  value(
    "a script's weight beyond keepalived's",
    script("command: /bin/true, weight: ‸-254"),
    "trackScripts[0].weight",
    isWeight,
    "-254",
    /^write `weight: -60`$/,
  ),
  value(
    "a process that is no list",
    "trackProcesses: ‸cron",
    "trackProcesses",
    /^a list of processes$/,
    "cron",
    /^write `trackProcesses: \[\{/,
  ),
  value(
    "a process that is a text",
    "trackProcesses: [‸cron]",
    "trackProcesses[0]",
    /^a map with process$/,
    "cron",
    /^write `- \{ process: cron/,
  ),
  value(
    "a process's name that is too long",
    process(`process: cron, name: ‸${"x".repeat(21)}`),
    "trackProcesses[0].name",
    isName,
    "x".repeat(21),
    /leave it out$/,
  ),
  value(
    "a process with its path",
    process("process: ‸/usr/sbin/cron"),
    "trackProcesses[0].process",
    /^the name of a process as `ps -o comm` prints it, up to 15/,
    "/usr/sbin/cron",
    /without a path$/,
  ),
  value(
    "a process of sixteen characters",
    process(`process: ‸${"x".repeat(16)}`),
    "trackProcesses[0].process",
    /up to 15/,
    "x".repeat(16),
    /^write `process: cron`/,
  ),
  value(
    "no process at all",
    process("process: cron, quorum: ‸0"),
    "trackProcesses[0].quorum",
    /from 1 to 65535$/,
    "0",
    /^write `quorum: 1`$/,
  ),
  value(
    "a delay of two hours",
    process("process: cron, delay: ‸7200"),
    "trackProcesses[0].delay",
    /, 0 to 2147, with up to three decimals$/,
    "7200",
    /^write `delay: 1`$/,
  ),
  value(
    "a process's weight in words",
    process("process: cron, weight: ‸much"),
    "trackProcesses[0].weight",
    isWeight,
    "much",
    /^write `weight: -60`$/,
  ),
  value(
    "an interface that is no list",
    "trackInterfaces: ‸eth1",
    "trackInterfaces",
    /^a list of interfaces by their networks$/,
    "eth1",
    /^write `trackInterfaces: \[\{/,
  ),
  value(
    "an interface that is a text",
    "trackInterfaces: [‸eth1]",
    "trackInterfaces[0]",
    /^a map with network$/,
    "eth1",
    /^write `- \{ network: outside/,
  ),
  value(
    "a network that is a number",
    "trackInterfaces: [{ network: ‸1 }]",
    "trackInterfaces[0].network",
    /^the name of a network$/,
    "1",
    /^put it in quotes/,
  ),
  value(
    "an interface's weight beyond keepalived's",
    "trackInterfaces: [{ network: outside, weight: ‸254 }]",
    "trackInterfaces[0].weight",
    isWeight,
    "254",
    /^write `weight: -60`$/,
  ),
  ...["false", "mail", "[]"].map((found) =>
    value(
      `notify ${found}`,
      found === "[]" ? `‸notify: ${found}` : `notify: ‸${found}`,
      "notify",
      /^true, or a command, /,
      found === "[]" ? "a list" : found,
      /`notify: true`/,
    ),
  ),
];

export const vrrpMissingCases: FileCase[] = [
  {
    ...value(
      "a script without a command",
      "trackScripts: [‸{ weight: -60 }]",
      "trackScripts[0].command",
      isCommand,
      "nothing",
      /^write/,
    ),
    rule: "missing",
  },
  {
    ...value(
      "a process without its name",
      "trackProcesses: [‸{ weight: -60 }]",
      "trackProcesses[0].process",
      /^the name of a process/,
      "nothing",
      /^write/,
    ),
    rule: "missing",
  },
  {
    ...value(
      "an interface without its network",
      "trackInterfaces: [‸{ weight: -60 }]",
      "trackInterfaces[0].network",
      /^the name of a network$/,
      "nothing",
      /^write/,
    ),
    rule: "missing",
  },
];

/** A case of a rule between properties. */
const rule = (
  name: string,
  why: string,
  change: Pick<FileCase, "from" | "to"> & { base?: string },
  [path, expected, found, remedy]: [path: string, expected: RegExp, found: string, remedy: RegExp],
): FileCase => ({ ...{ base, why, rule: name, path, expected, found, remedy }, ...change });

const member = (from: string, to: string) => ({ from: `{ server: ${from} }`, to: `{ server: ${to} }` });

export const vrrpRuleCases: FileCase[] = [
  rule(
    "preempt-delay-without-preemption",
    "a delay of a preemption that there is not",
    inFirst("preempt: false", "‸preemptDelay: 5"),
    ["vrrp[0].preemptDelay", /^no preemptDelay with `preempt: false`/, "it", /^remove one/],
  ),
  rule(
    "master-with-preempt-delay",
    "a master with a delay",
    {
      base: with1(base, "preemptDelay: 5"),
      ...member("a, priority: 100", "a, priority: 100, state: ‸MASTER"),
    },
    [
      "vrrp[0].members[0].state",
      /^BACKUP on every director with a `preemptDelay`, .*preempt_delay\)$/,
      "MASTER",
      /^write `state: BACKUP`/,
    ],
  ),
  rule(
    "master-in-sync-group",
    "a master in a sync group",
    { base: synced, ...member("a, priority: 99", "a, priority: 99, state: ‸MASTER") },
    ["vrrp[1].members[0].state", /^BACKUP on every director in a sync group/, "MASTER", /^write `state: BACKUP`/],
  ),
  rule(
    "second-connection-sync",
    "two sync daemons on a director",
    { base: with1(synced, "connectionSync: true"), ...inSecond("‸connectionSync: true") },
    ["vrrp[1].connectionSync", /^it in one instance alone: .*lvs_sync_daemon\)$/, "a second one", /^remove one/],
  ),
  rule("connection-sync-of-some", "a sync daemon for one of two masters", inFirst("‸connectionSync: true"), [
    "vrrp[0].connectionSync",
    /^it where all instances are in one sync group/,
    "an instance whose master may be another director",
    /^write the same `syncGroup` in every instance, or remove/,
  ]),
  rule("lone-sync-group", "a group of one", inFirst("syncGroup: ‸VG_1"), [
    "vrrp[0].syncGroup",
    /two instances or more$/,
    "VG_1 in this one alone",
    /in another instance, or remove it$/,
  ]),
  rule(
    "sync-group-of-two-masters",
    "a group whose instances elect different directors",
    {
      base: synced,
      from: "    members: [{ server: a, priority: 99 }, { server: b, priority: 89 }",
      to: "    ‸members: [{ server: a, priority: 70 }, { server: b, priority: 99 }",
    },
    [
      "vrrp[1].members",
      /^the highest priority on a, as in the other instances of VG_1/,
      "it on b",
      /^give the same director/,
    ],
  ),
  rule(
    "sync-group-with-and-without-preemption",
    "a group of which one does not preempt",
    { base: synced, ...inSecond("preempt: ‸false") },
    ["vrrp[1].preempt", /^true, as in the other instances of VG_1/, "false", /^write the same in each$/],
  ),
  ...[
    ["script", "trackScripts: [{ command: /bin/true, weight: ‸-60 }]", "trackScripts[0].weight", "-60"],
    ["process", "trackProcesses: [{ process: cron, weight: ‸10 }]", "trackProcesses[0].weight", "10"],
  ].map(([what, line = "", path = "", found = ""]) =>
    rule("weight-in-sync-group", `a ${what} with a weight in a sync group`, { base: synced, ...inSecond(line) }, [
      `vrrp[1].${path}`,
      /^no weight in a sync group: keepalived drops/,
      found,
      /^leave it out/,
    ]),
  ),
  rule(
    "weights-beyond-priority",
    "weights that take more than two have",
    {
      base: with1(
        base,
        "trackScripts: [{ command: /bin/true, weight: -60 }]",
        "trackProcesses: [{ process: cron, weight: -30 }]",
      ),
      ...member("c, priority: 80", "c, priority: ‸80"),
    },
    [
      "vrrp[0].members[2].priority",
      /^a priority that differs from that of b also if all fails on both: keepalived cuts both off at 1$/,
      "80, which becomes -10, as 90 becomes 0",
      /^make the weights smaller/,
    ],
  ),
  rule(
    "weights-beyond-priority",
    "weights that add more than there may be",
    {
      base: with1(base, "trackScripts: [{ command: /bin/true, weight: 155 }]"),
      ...member("a, priority: 100", "a, priority: ‸100"),
    },
    [
      "vrrp[0].members[0].priority",
      /cuts it off at 254$/,
      "100, which becomes 255",
      /^make the weights or the priority smaller$/,
    ],
  ),
  rule(
    "addresses-beyond-an-advertisement",
    "more addresses than an advertisement has room for",
    {
      base: base
        .replace("172.25.254.0/24", "172.25.0.0/16")
        .replace(
          "{ vip: 172.25.254.100 }",
          [...many.map((vip) => `{ vip: ${vip} }`), "{ vip: 172.25.254.100 }"].join(", "),
        ),
      from: "    addresses: [172.25.254.100]",
      to: `    ‸addresses: [172.25.254.100, ${many.join(", ")}]`,
    },
    ["vrrp[0].addresses", /^at most 255 addresses/, "256", /^give the rest an instance of their own/],
  ),
  rule(
    "tracked-twice",
    "a script twice",
    inFirst("trackScripts: [{ command: /bin/true }, ‸{ command: [/bin/true], weight: -5 }]"),
    ["vrrp[0].trackScripts[1]", /^each tracked object once/, "the same as before", /^remove one/],
  ),
  rule(
    "tracked-twice",
    "a process twice",
    inFirst("trackProcesses: [{ process: cron }, ‸{ process: cron, quorum: 1 }]"),
    ["vrrp[0].trackProcesses[1]", /^each tracked object once/, "the same as before", /^remove one/],
  ),
  rule(
    "name-of-two-tracked-objects",
    "a name for two scripts",
    {
      base: with1(base, "trackScripts: [{ name: alive, command: /bin/true }]"),
      ...inSecond("trackScripts: [{ name: ‸alive, command: /bin/false }]"),
    },
    ["vrrp[1].trackScripts[0].name", /^a name for each/, "alive for another one", /^choose another name/],
  ),
  rule(
    "timeout-beyond-interval",
    "a timeout that is longer than the interval",
    inFirst("trackScripts: [{ command: /bin/true, interval: 2, timeout: ‸3 }]"),
    ["vrrp[0].trackScripts[0].timeout", /^at most the interval, 2 s: keepalived 2.2.7/, "3", /^write `timeout: 2`/],
  ),
  rule(
    "timeout-beyond-interval",
    "a timeout that is longer than the interval by default",
    inFirst("trackScripts: [{ command: /bin/true, timeout: ‸3 }]"),
    ["vrrp[0].trackScripts[0].timeout", /^at most the interval, 1 s/, "3", /^write `timeout: 1`/],
  ),
  rule(
    "tracked-network",
    "an interface on a network that there is not",
    inFirst("trackInterfaces: [{ network: ‸outside }]"),
    [
      "vrrp[0].trackInterfaces[0].network",
      /^the name of a network$/,
      "outside",
      /^choose one of|the lab has no other network$/,
    ],
  ),
  rule("tracked-network", "the instance's own interface", inFirst("trackInterfaces: [{ network: ‸segment }]"), [
    "vrrp[0].trackInterfaces[0].network",
    /^another network than the instance's own, whose interface keepalived tracks in any case$/,
    "segment",
    /no other network$/,
  ]),
];
