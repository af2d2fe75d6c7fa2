import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Director } from "../../../rehearse/directors/director.ts";
import type { Instance } from "../../../rehearse/directors/instance.ts";
import type { VirtualRouter } from "../../../rehearse/directors/virtual-router.ts";
import { bestPriority, weightsOf } from "../../../rehearse/directors/weight.ts";
import { readFolder } from "../../../rehearse/folder.ts";
import { lint, subjectOf } from "../../../rehearse/lint/index.ts";

function folderOf(configurations: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), "rehearse-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(configurations)) writeFileSync(join(folder, `${name}.conf`), text);
  return readFolder(folder);
}

const directorOf = (text: string): Director => subjectOf(folderOf({ lb1: text })).directors[0] as Director;

const instance = (lines: string, { name = "VI_1", id = 51, address = "192.0.2.100/24" } = {}): string =>
  `vrrp_instance ${name} {\ninterface eth0\nvirtual_router_id ${id}\n${lines}\nvirtual_ipaddress {\n${address}\n}\n}\n`;

describe("an instance is read as keepalived leaves it", () => {
  const passwords = "authentication {\nauth_type PASS\nauth_pass battery1\n}";
  test.each<[what: string, settings: string, lines: string, expected: Partial<Instance>]>([
    [
      "nothing given",
      "",
      "",
      { state: "BACKUP", priority: 100, advertInterval: 1, version: 2, preempt: true, accept: true },
    ],
    ["state MASTER without a priority", "", "state MASTER", { state: "MASTER", priority: 255 }],
    ["a state in small letters", "", "state master\npriority 150", { state: "BACKUP" }],
    ["MASTER before BACKUP", "", "state MASTER\nstate BACKUP\npriority 150", { state: "MASTER" }],
    ["a priority out of range", "", "priority 300", { priority: 100 }],
    ["nopreempt", "", "state BACKUP\nnopreempt\npreempt_delay 5", { preempt: false, preemptDelay: 0 }],
    ["nopreempt taken back", "", "nopreempt\npreempt\npreempt_delay 5", { preempt: true, preemptDelay: 5 }],
    ["nopreempt beside MASTER", "", "state MASTER\npriority 150\nnopreempt", { preempt: true }],
    ["nopreempt of an owner", "", "state BACKUP\npriority 255\nnopreempt", { preempt: true }],
    [
      "MASTER in strict mode",
      "vrrp_strict",
      "state MASTER\npriority 150\nnopreempt",
      { state: "BACKUP", preempt: false },
    ],
    ["strict mode has no off", "vrrp_strict off", "", { strict: true, accept: false }],
    ["strict mode off in the instance", "vrrp_strict", "strict_mode off", { strict: false, accept: true }],
    ["accept in strict version 2", "vrrp_strict", "accept", { accept: false }],
    ["accept in strict version 3", "vrrp_strict\nvrrp_version 3", "accept", { version: 3, accept: true }],
    ["halves of seconds in version 2", "", "advert_int 2.5", { advertInterval: 3 }],
    ["little in version 2", "", "advert_int 0.2", { advertInterval: 1 }],
    ["hundredths in version 3", "vrrp_version 3", "advert_int 0.204", { advertInterval: 0.2 }],
    ["much in version 3", "vrrp_version 3", "advert_int 60", { advertInterval: 40.95 }],
    ["a password in version 2", "", passwords, { authenticates: "PASS" }],
    ["unicast without a peer", "", "unicast_src_ip 192.0.2.1", {}],
  ])("%s", (_, settings, lines, expected) => {
    const [read] = directorOf(`global_defs {\n${settings}\n}\n${instance(lines)}`).instances;
    expect(read).toMatchObject(expected);
    expect(read?.unicast).toBeUndefined();
  });

  test.each([
    ["in version 3", "vrrp_version 3", passwords],
    ["in strict mode", "vrrp_strict", passwords],
    ["without a type", "", "authentication {\nauth_pass battery1\n}"],
    ["without a password", "", "authentication {\nauth_type PASS\n}"],
  ])("an authentication is none %s", (_, settings, lines) => {
    const [read] = directorOf(`global_defs {\n${settings}\n}\n${instance(lines)}`).instances;
    expect(read?.authentication).toBeDefined();
    expect(read?.authenticates).toBeUndefined();
  });

  test("IPv6 is version 3, and addresses of the other family are left out", () => {
    const address = "fe80::1/64\n2001:db8::1/64 dev eth1 preferred_lft 0\n192.0.2.100/24";
    const [read] = directorOf(`global_defs {\nvrrp_version 2\n}\n${instance("", { address })}`).instances;
    expect(read).toMatchObject({ family: 6, version: 3 });
    expect(read?.addresses.map((one) => [one.address, one.prefixLength, one.device])).toEqual([
      ["fe80::1", 64, undefined],
      ["2001:db8::1", 64, "eth1"],
    ]);
  });
});

describe("weights", () => {
  const scripts =
    "vrrp_script up {\nscript /usr/bin/true\nweight 20\n}\nvrrp_script down {\nscript /usr/bin/true\nweight -30\n}\n";
  const tracking = instance(
    "priority 100\ntrack_script {\nup\ndown weight -40 reverse\n}\ntrack_interface {\neth1 weight -5\n}",
  );
  const weights = (director: Director): [name: string, weight: number][] =>
    weightsOf(director, director.instances[0] as Instance).map(({ track, weight }) => [track.name, weight]);

  test("positive ones are added while all is well, and negative ones that are reversed", () => {
    const director = directorOf(scripts + tracking);
    expect(weights(director)).toEqual([
      ["up", 20],
      ["down", -40],
      ["eth1", -5],
    ]);
    expect(bestPriority(director, director.instances[0] as Instance)).toBe(160);
  });

  test("a sync group leaves out its members' and takes its own", () => {
    const group = "vrrp_sync_group G {\ngroup {\nVI_1\n}\ntrack_script {\nup weight 7\n}\n}\n";
    expect(weights(directorOf(scripts + group + tracking))).toEqual([
      ["eth1", 0],
      ["up", 7],
    ]);
    const counting = group.replace("track_script", "sync_group_tracking_weight\ntrack_script");
    expect(weights(directorOf(scripts + counting + tracking))).toEqual([
      ["up", 7],
      ["down", -40],
      ["eth1", -5],
    ]);
  });

  test("one that flips the master only together with another is a note", () => {
    const lb1 = `${scripts}${instance("priority 150\ntrack_script {\ndown\nup\n}")}`;
    const lb2 = `${scripts}${instance("priority 130\ntrack_script {\nup\n}")}`;
    const found = lint(folderOf({ lb1, lb2 })).map(({ rule, level, message }) => [rule.id, level, message]);
    expect(found).toEqual([
      [
        "weight-never-flips",
        "note",
        "up fails and lb1 still has priority 150, lb2 has 150: lb1 stays master of VI_1 unless down fails as well",
      ],
    ]);
  });
});

describe("virtual routers", () => {
  const routers = (configurations: Readonly<Record<string, string>>): string[][] =>
    subjectOf(folderOf(configurations)).routers.map(({ members }: VirtualRouter) =>
      members.map(({ director, instance: one }) => `${director.name}/${one.name}`),
    );

  test("instances of one id belong together by an address, whatever their names", () => {
    const [web, backup] = [instance("priority 150", { name: "WEB" }), instance("priority 100", { name: "WEB_BACKUP" })];
    expect(routers({ lb1: web, lb2: backup })).toEqual([["lb1/WEB", "lb2/WEB_BACKUP"]]);
  });

  test("by their name if one has a wrong address", () => {
    const other = instance("", { address: "192.0.2.200/24" });
    expect(routers({ lb1: instance(""), lb2: other })).toEqual([["lb1/VI_1", "lb2/VI_1"]]);
  });

  test("two clusters with one id and one name stay apart", () => {
    const other = instance("", { address: "192.0.2.200/24" });
    expect(routers({ lb1: instance(""), lb2: instance(""), lb3: other, lb4: other })).toEqual([
      ["lb1/VI_1", "lb2/VI_1"],
      ["lb3/VI_1", "lb4/VI_1"],
    ]);
  });

  test("two instances of a director are two routers, on two networks", () => {
    const both = instance("", { name: "OUT" }) + instance("", { name: "IN", address: "198.51.100.1/24" });
    expect(routers({ lb1: both, lb2: both })).toEqual([
      ["lb1/OUT", "lb2/OUT"],
      ["lb1/IN", "lb2/IN"],
    ]);
  });
});
