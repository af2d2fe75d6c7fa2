import { edit, type FileCase } from "./file-cases.ts";
import { twoInstances } from "./vrrp-cases.ts";

const lines = (id: number, text: string) => ({ from: `  - id: ${id}\n`, to: `  - id: ${id}\n    trackBfd: ${text}\n` });
const inFirst = (text: string) => lines(51, text);
const inSecond = (text: string) => lines(52, text);
const withFirst = (text: string): string => edit(twoInstances, inFirst(text).from, inFirst(text).to);

/** A second network, on which the third director has no address. */
const inside = [
  [
    "networks: [{ subnets: [172.25.254.0/24] }]",
    "networks: [{ subnets: [172.25.254.0/24] }, { name: inside, subnets: [192.168.10.0/24] }]",
  ],
  ["[172.25.254.11]", "[172.25.254.11, 192.168.10.11]"],
  ["[172.25.254.12]", "[172.25.254.12, 192.168.10.12]"],
  ["[172.25.254.14]", "[172.25.254.14, 192.168.10.14]"],
].reduce((text, [from = "", to = ""]) => edit(text, from, to), twoInstances);

const value = (
  why: string,
  text: string,
  [path, expected, found, remedy]: [path: string, expected: RegExp, found: string, remedy: RegExp],
): FileCase => ({
  ...{ why, base: twoInstances, ...inFirst(text), rule: "value", path: `vrrp[0].trackBfd${path}` },
  ...{ expected, found, remedy },
});

export const bfdValueCases: FileCase[] = [
  value("a BFD session that is no list", "‸w", ["", /^a list of BFD sessions/, "w", /^write `trackBfd: \[\{ neighbor/]),
  value("a BFD session that is a text", "[‸w]", ["[0]", /^a map with neighbor$/, "w", /^write `- \{ neighbor/]),
  value("a BFD neighbour that is no name", "[{ neighbor: ‸7 }]", [
    "[0].neighbor",
    /^the name of a real server$/,
    "7",
    /^put it in quotes/,
  ]),
  value("a BFD network that is no name", "[{ neighbor: w, network: ‸7 }]", [
    "[0].network",
    /^the name of a network$/,
    "7",
    /^put it in quotes/,
  ]),
  value("a BFD session's name with a hyphen", "[{ neighbor: w, name: ‸a-b }]", [
    "[0].name",
    /^a name for keepalived's bfd_instance: up to 20/,
    "a-b",
    /leave it out$/,
  ]),
  ...["0", "10001", "2.5"].flatMap((found) =>
    ["minTx", "minRx"].map((key) =>
      value(`${key} ${found}`, `[{ neighbor: w, ${key}: ‸${found} }]`, [
        `[0].${key}`,
        /^milliseconds between two .*, a whole number from 1 to 10000$/,
        found,
        new RegExp(`^write \`${key}: 100\`$`),
      ]),
    ),
  ),
  ...["0", "11"].map((found) =>
    value(`multiplier ${found}`, `[{ neighbor: w, multiplier: ‸${found} }]`, [
      "[0].multiplier",
      /^the number of missing control packets .*, a whole number from 1 to 10$/,
      found,
      /^write `multiplier: 5`$/,
    ]),
  ),
  value("a BFD weight beyond what keepalived takes", "[{ neighbor: w, weight: ‸-254 }]", [
    "[0].weight",
    /^a weight: /,
    "-254",
    /^write `weight: -60`$/,
  ]),
];

const rule = (
  name: string,
  why: string,
  change: { readonly from: string; readonly to: string; readonly base?: string },
  [path, expected, found, remedy]: [path: string, expected: RegExp, found: string, remedy: RegExp],
): FileCase => ({
  ...{ why, base: twoInstances, ...change, rule: name, path, expected, found, remedy },
});

export const bfdRuleCases: FileCase[] = [
  rule("bfd-neighbor", "a BFD session between two directors", inFirst("[{ neighbor: ‸b, weight: -60 }]"), [
    "vrrp[0].trackBfd[0].neighbor",
    /^a server that is no director: when a session between two directors is down, neither knows which of them has failed/,
    "b, a director",
    /^choose one of w$/,
  ]),
  rule("bfd-neighbor", "a BFD neighbour that there is not", inFirst("[{ neighbor: ‸x, weight: -60 }]"), [
    "vrrp[0].trackBfd[0].neighbor",
    /^the name of a real server$/,
    "x",
    /^choose one of w$/,
  ]),
  rule("bfd-network", "a BFD network that there is not", inFirst("[{ neighbor: w, network: ‸outside }]"), [
    "vrrp[0].trackBfd[0].network",
    /^the name of a network$/,
    "outside",
    /^choose one of segment, or leave it out$/,
  ]),
  rule(
    "bfd-network",
    "a BFD network that a director is not on",
    { base: inside, ...inFirst("[{ neighbor: w, network: ‸inside }]") },
    [
      "vrrp[0].trackBfd[0].network",
      /^a network on which the neighbour and every director of the instance have an IPv4 address$/,
      "inside, where c has none",
      /^give c an address there/,
    ],
  ),
  rule(
    "bfd-session-of-two-kinds",
    "a BFD session twice in an instance",
    inFirst("[{ neighbor: w }, ‸{ neighbor: w, minTx: 50 }]"),
    ["vrrp[0].trackBfd[1]", /^each tracked object once/, "the same as before", /^remove one of the two$/],
  ),
  rule(
    "bfd-session-of-two-kinds",
    "a BFD session with other intervals in another instance",
    { base: withFirst("[{ neighbor: w }]"), ...inSecond("[‸{ neighbor: w, minTx: 50 }]") },
    [
      "vrrp[1].trackBfd[0]",
      /^the same `name`, `minTx`, `minRx` and `multiplier` wherever the session with this neighbour is tracked/,
      "others",
      /^write the same in both$/,
    ],
  ),
  rule(
    "bfd-name-of-two-sessions",
    "a name for two BFD sessions",
    {
      base: edit(
        edit(inside, "[172.25.254.13]", "[172.25.254.13, 192.168.10.13]"),
        inFirst("").from,
        inFirst("[{ neighbor: w, name: far }]").to,
      ),
      ...inSecond("[{ neighbor: w, network: inside, name: ‸far }]"),
    },
    ["vrrp[1].trackBfd[0].name", /^a name for each session$/, "far for another one", /^choose another name/],
  ),
];
