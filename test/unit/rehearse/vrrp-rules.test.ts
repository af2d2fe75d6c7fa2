import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readFolder } from "../../../rehearse/folder.ts";
import { lint } from "../../../rehearse/lint/index.ts";

/** What is found, as `FILE:LINE LEVEL RULE`, with what each message must say. */
function findings(configurations: Readonly<Record<string, string>>): { place: string; message: string }[] {
  const folder = mkdtempSync(join(tmpdir(), "rehearse-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(configurations)) writeFileSync(join(folder, `${name}.conf`), text);
  return lint(readFolder(folder)).map(({ at, level, rule, message }) => ({
    place: `${at.file}:${at.line} ${level} ${rule.id}`,
    message,
  }));
}

/** An instance of eight lines and those given, which begin at the second one. */
const instance = (
  lines: readonly string[] = [],
  { name = "VI_1", id = 51, device = "eth0", priority = 150, address = "192.0.2.100/24" } = {},
): string =>
  [
    `vrrp_instance ${name} {`,
    ...lines,
    ...[`interface ${device}`, `virtual_router_id ${id}`, `priority ${priority}`],
    ...["virtual_ipaddress {", address, "}", "}", ""],
  ].join("\n");

const script = "vrrp_script chk { script /usr/bin/true\nweight -60\n}\n";

const cases: [what: string, configurations: Record<string, string>, place: string, message: string][] = [
  [
    "two unicast directors without sources that list the same peer",
    {
      lb1: instance(["unicast_peer {", "192.0.2.2", "}"]),
      lb2: instance(["unicast_peer {", "192.0.2.2", "}"], { priority: 100 }),
    },
    "lb2.conf:2 error unicast-peer-missing",
    "VI_1 of lb1 and VI_1 of lb2 both send to 192.0.2.2 alone",
  ],
  [
    "a peer that is nobody's address",
    {
      lb1: instance(["unicast_src_ip 192.0.2.1", "unicast_peer {", "192.0.2.3", "}"]),
      lb2: instance(["unicast_src_ip 192.0.2.2", "unicast_peer {", "192.0.2.1", "}"], { priority: 100 }),
    },
    "lb1.conf:3 error unicast-peer-missing",
    "192.0.2.3 in its list is nobody's unicast_src_ip",
  ],
  [
    "strict mode in front of virtual servers",
    {
      lb1: `global_defs {\nvrrp_strict\n}\n${instance()}virtual_server 192.0.2.100 80 {\nlb_kind DR\nreal_server 192.0.2.11 80 {\n}\n}\n`,
    },
    "lb1.conf:2 error strict-drops-traffic",
    "it drops all packets to 192.0.2.100, those for its virtual servers too",
  ],
  [
    "strict mode without an address",
    { lb1: "vrrp_instance VI_1 {\nstrict_mode\nstate BACKUP\ninterface eth0\nvirtual_router_id 51\npriority 150\n}\n" },
    "lb1.conf:1 error strict-forbids",
    "VI_1 of lb1 has no virtual_ipaddress",
  ],
  [
    "preempt_delay in strict mode",
    { lb1: instance(["strict_mode", "accept", "version 3", "preempt_delay 10"]) },
    "lb1.conf:5 error preempt-delay-ignored",
    "because of strict mode",
  ],
  [
    "nopreempt and a weight on a director without its peer",
    { lb1: script + instance(["nopreempt", "track_script {", "chk", "}"]) },
    "lb1.conf:5 note nopreempt-with-weights",
    "if the other director has nopreempt as well",
  ],
  [
    "a third director that is not in the peers' sync group",
    {
      lb1: `vrrp_sync_group G {\ngroup {\nVI_1\nVI_2\n}\n}\n${instance()}${instance([], { name: "VI_2", id: 52, device: "eth1", address: "198.51.100.1/24" })}`,
      lb2: `vrrp_sync_group G {\ngroup {\nVI_1\n}\n}\n${instance([], { priority: 100 })}${instance([], { name: "VI_2", id: 52, device: "eth1", priority: 100, address: "198.51.100.1/24" })}`,
    },
    "lb2.conf:1 error sync-group-open",
    "VI_2 of lb2 is not in the sync group of VI_1, on lb1 both are in G",
  ],
  [
    "two clusters with one id and virtual MAC addresses",
    {
      db: instance(["use_vmac"], { name: "DB", address: "192.0.2.101/24" }),
      web: instance(["use_vmac"], { name: "WEB" }),
    },
    "web.conf:4 error router-id-twice",
    "two masters with one MAC address",
  ],
  [
    "two IPv6 clusters with one id",
    {
      db: instance([], { name: "DB", address: "fe80::2/64\n2001:db8::2/64" }),
      web: instance([], { name: "WEB", address: "fe80::1/64\n2001:db8::1/64" }),
    },
    "web.conf:3 warning router-id-twice",
    "DB of db (2001:db8::2) and WEB of web (2001:db8::1) have nothing in common but virtual_router_id 51",
  ],
  [
    "an owner with weights",
    { lb1: script + instance(["track_script {", "chk", "}"], { priority: 255 }) },
    "lb1.conf:6 error weight-ignored",
    "for it has priority 255: its failure has no effect",
  ],
  [
    "a sync daemon without an instance",
    { lb1: `global_defs {\nlvs_sync_daemon eth0\n}\n${instance()}` },
    "lb1.conf:2 note sync-daemon",
    "it sends and receives whether lb1 is master or not",
  ],
];

test.each(cases)("%s", (_, configurations, place, message) => {
  const found = findings(configurations);
  expect(found).toContainEqual({ place, message: expect.stringContaining(message) });
});

/** Pairs that people run and that have nothing to regret. */
const sound: [what: string, configurations: Record<string, string>][] = [
  [
    "a small weight where the priorities are next to each other",
    {
      lb1: script.replace("-60", "-2") + instance(["state MASTER", "track_script {", "chk", "}"], { priority: 101 }),
      lb2: script.replace("-60", "-2") + instance(["state BACKUP", "track_script {", "chk", "}"], { priority: 100 }),
    },
  ],
  [
    "two instances, each director master of one",
    {
      lb1: instance() + instance([], { name: "VI_2", id: 52, priority: 100, address: "192.0.2.101/24" }),
      lb2: instance([], { priority: 100 }) + instance([], { name: "VI_2", id: 52, address: "192.0.2.101/24" }),
    },
  ],
  [
    "IPv4 and IPv6 of one id in a sync group",
    Object.fromEntries(
      [150, 100].map((priority, index) => [
        `lb${index + 1}`,
        `vrrp_sync_group G {\ngroup {\nVI_4\nVI_6\n}\n}\n${instance([], { name: "VI_4", priority })}${instance([], { name: "VI_6", priority, address: "fe80::1/64\n2001:db8::1/64" })}`,
      ]),
    ),
  ],
  [
    "nopreempt on one director alone",
    {
      lb1: script + instance(["nopreempt", "track_script {", "chk", "}"]),
      lb2: instance([], { priority: 100 }),
    },
  ],
  [
    "two IPv6 clusters with one id on two networks",
    {
      db: instance([], { name: "DB", address: "fe80::1/64\n2001:db8:2::1/64" }),
      web: instance([], { name: "WEB", address: "fe80::1/64\n2001:db8:1::1/64" }),
    },
  ],
  [
    "two unicast clusters with one id",
    {
      db1: instance(["unicast_src_ip 192.0.2.3", "unicast_peer {", "192.0.2.4", "}"], { address: "192.0.2.101/24" }),
      db2: instance(["unicast_src_ip 192.0.2.4", "unicast_peer {", "192.0.2.3", "}"], {
        priority: 100,
        address: "192.0.2.101/24",
      }),
      web1: instance(["unicast_src_ip 192.0.2.1", "unicast_peer {", "192.0.2.2", "}"]),
      web2: instance(["unicast_src_ip 192.0.2.2", "unicast_peer {", "192.0.2.1", "}"], { priority: 100 }),
    },
  ],
];

test.each(sound)("nothing is found in %s", (_, configurations) => {
  expect(findings(configurations)).toEqual([]);
});

test("a long password that version 3 ignores is found once, as ignored", () => {
  const authentication = ["authentication {", "auth_type PASS", "auth_pass correct-horse", "}"];
  const found = findings({ lb1: instance(["version 3", ...authentication]) });
  expect(found.map(({ place }) => place)).toEqual(["lb1.conf:3 warning authentication-ignored"]);
});
