import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { electedOf, type Lab, reactionTo, trackedBy } from "../../../lab/index.ts";
import { projectRoot } from "../../../provision/paths.ts";
import { type Director, directorOf } from "../../../rehearse/directors/director.ts";
import { type Folder, readFolder } from "../../../rehearse/folder.ts";
import { lint } from "../../../rehearse/lint/index.ts";
import { objectOf } from "../../../rehearse/matrix/cells.ts";
import { cellsOf } from "../../../rehearse/matrix/index.ts";
import { readPlan } from "../../../rehearse/plan/file.ts";
import { inferPlan } from "../../../rehearse/plan/infer.ts";
import { labOfPlan } from "../../../rehearse/plan/lab.ts";
import type { Plan } from "../../../rehearse/plan/plan.ts";
import { standInsOf } from "../../../rehearse/plan/stand-ins.ts";
import { planText } from "../../../rehearse/plan/write.ts";

/** What is expected of a folder of configurations. */
interface Expected {
  /** `FILE:LINE LEVEL RULE`, in the order of files and lines. */
  readonly finds: readonly string[];
  /** `NAME ADDRESSES: MASTER OTHERS`, and of each thing that it tracks who is master when it fails. Those without an address are none of the model's. */
  readonly instances: readonly string[];
  /** The events of the matrix, by the service of which outages are seen. */
  readonly cells: Readonly<Record<string, string>>;
}

/** Events of the master, with scripts that it tracks among them, and those of a real server that is asked for a page, or only connected to. */
const master = "crash, stop, cable, freeze, partition, reboot";
const tracking = (scripts: string): string => master.replace("stop,", `stop, ${scripts},`);
const connected = (real: string): string => `refuse (${real}), dead (${real})`;
const asked = (real: string): string => `${connected(real)}, hang (${real})`;

/** Configurations that others have published, written anew: docs/rehearse-published.md. */
const published: Readonly<Record<string, Expected>> = {
  "case-study": {
    finds: [
      "director1.conf:34 warning password-cut-by-comment",
      "director1.conf:50 warning password-cut-by-comment",
      "director1.conf:65 warning password-cut-by-comment",
      "director1.conf:81 warning password-cut-by-comment",
      "director1.conf:92 warning persistence-with-round-robin",
      "director1.conf:126 warning persistence-with-round-robin",
      "director1.conf:129 warning nat-gateways-apart",
      "director2.conf:32 warning password-cut-by-comment",
      "director2.conf:48 warning password-cut-by-comment",
      "director2.conf:63 warning password-cut-by-comment",
      "director2.conf:79 warning password-cut-by-comment",
      "director2.conf:90 warning persistence-with-round-robin",
      "director2.conf:124 warning persistence-with-round-robin",
    ],
    instances: [
      "pages_outside 192.0.2.110 192.0.2.111: director1 director2",
      "pages_inside 10.8.0.10: director1 director2",
      "secure_outside 192.0.2.112 192.0.2.113: director2 director1",
      "secure_inside 10.8.0.11: director2 director1",
    ],
    cells: {
      "192.0.2.110:80": `${master}, ${asked("real1")}, all-refuse, ${asked("real2")}`,
      "192.0.2.112:443": `${master}, ${connected("real1")}, all-refuse`,
    },
  },
  "cloud-unicast": {
    finds: [],
    instances: [],
    cells: {},
  },
  "control-planes": {
    finds: [
      "cp1.conf:20 warning password-too-long",
      "cp1.conf:26 error weight-never-flips",
      "cp2.conf:18 warning password-too-long",
      "cp3.conf:18 warning password-too-long",
    ],
    instances: ["VI_1 10.20.0.70: cp1 cp3 cp2; check_apiserver fails: cp1"],
    cells: { "10.20.0.70:80": tracking("script (check_apiserver)") },
  },
  "crossed-nginx": {
    finds: ["nginx_check.sh:7 warning script-stops-keepalived"],
    instances: [
      "shop 192.0.2.90: web1 web2; chk_nginx fails: web2",
      "blog 192.0.2.91: web2 web1; chk_nginx fails: web1",
    ],
    cells: {
      "192.0.2.90:80": tracking("script (chk_nginx)"),
      "192.0.2.91:80": tracking("script (chk_nginx)"),
    },
  },
  "dns-one-director": {
    finds: ["ns.conf:27 error invalid-value"],
    instances: ["dns 203.0.113.53: ns"],
    cells: { "203.0.113.53:53/udp": `${asked("real1")}, all-refuse` },
  },
  "dns-tunnel": {
    finds: [
      "lb1.conf:16 note nobody-quiet-about-arp",
      "lb1.conf:24 warning command-through-link",
      "lb1.conf:25 warning command-through-link",
      "lb1.conf:28 warning check-slower-than-delay-loop",
      "lb2.conf:22 warning command-through-link",
      "lb2.conf:23 warning command-through-link",
      "lb2.conf:26 warning check-slower-than-delay-loop",
    ],
    instances: ["anycast 192.0.2.254: lb1 lb2"],
    cells: { "192.0.2.254:53/udp": `${master}, all-refuse` },
  },
  "dr-other-subnet": {
    finds: [
      "lb1.conf:30 note nobody-quiet-about-arp",
      "lb1.conf:31 warning persistence-with-round-robin",
      "lb2.conf:29 warning persistence-with-round-robin",
    ],
    instances: ["web 198.51.100.1: lb1 lb2"],
    cells: { "198.51.100.1:80": `${master}, ${connected("real1")}, all-refuse` },
  },
  "dual-stack-group": {
    finds: [
      "node1.conf:34 warning password-too-long",
      "node1.conf:41 error weight-ignored",
      "node1.conf:58 warning authentication-ignored",
      "node1.conf:67 error weight-ignored",
      "node2.conf:32 warning password-too-long",
      "node2.conf:39 error weight-ignored",
      "node2.conf:56 warning authentication-ignored",
      "node2.conf:65 error weight-ignored",
      "node3.conf:32 warning password-too-long",
      "node3.conf:39 error weight-ignored",
      "node3.conf:56 warning authentication-ignored",
      "node3.conf:65 error weight-ignored",
    ],
    instances: ["v4 192.0.2.31: node1 node2 node3", "v6 2001:db8:2::2b: node1 node2 node3"],
    cells: { "192.0.2.31:80": master, "[2001:db8:2::2b]:80": master },
  },
  "fwmark-shop": {
    finds: [
      "lb1.conf:21 note nat-gateway-stays",
      "lb1.conf:34 error check-without-port",
      "lb2.conf:19 note nat-gateway-stays",
      "lb2.conf:32 error check-without-port",
    ],
    instances: ["shop 198.51.100.20: lb1 lb2"],
    cells: { "198.51.100.20:80": `${master}, ${connected("real1")}, all-refuse` },
  },
  "gateway-conntrack": {
    finds: [],
    instances: [
      "public 203.0.113.5 203.0.113.221 203.0.113.222 203.0.113.223 203.0.113.224: gw1 gw2",
      "private 10.57.0.7: gw1 gw2",
    ],
    cells: { "203.0.113.5:80": master },
  },
  "haproxy-nopreempt": {
    finds: [
      "proxy1.conf:4 error unknown-keyword",
      "proxy1.conf:19 error nopreempt-with-weights",
      "proxy2.conf:2 error unknown-keyword",
      "proxy2.conf:17 error nopreempt-with-weights",
    ],
    instances: ["proxy 192.0.2.158: proxy1 proxy2; chk_proxy fails: proxy1"],
    cells: { "192.0.2.158:80": "crash" },
  },
  "haproxy-on-master": {
    finds: ["proxy1.conf:31 warning backup-stops-what-it-tracks", "proxy2.conf:29 warning backup-stops-what-it-tracks"],
    instances: ["proxy 192.0.2.72: proxy1 proxy2; chk_proxy fails: proxy2"],
    cells: { "192.0.2.72:80": tracking("script (chk_proxy)") },
  },
  "nat-two-networks": {
    finds: [
      "lb1.conf:57 warning check-slower-than-delay-loop",
      "lb1.conf:63 warning check-slower-than-delay-loop",
      "lb1.conf:69 warning check-slower-than-delay-loop",
      "lb1.conf:75 warning check-slower-than-delay-loop",
      "lb2.conf:55 warning check-slower-than-delay-loop",
      "lb2.conf:61 warning check-slower-than-delay-loop",
      "lb2.conf:67 warning check-slower-than-delay-loop",
      "lb2.conf:73 warning check-slower-than-delay-loop",
    ],
    instances: ["outside 198.51.100.1: lb1 lb2", "inside 10.1.0.1: lb1 lb2"],
    cells: { "198.51.100.1:80": `${master}, ${connected("real1")}, all-refuse` },
  },
  "nfs-one-file": {
    finds: ["keepalived.conf:8 warning command-through-link", "keepalived.conf:14 warning command-through-link"],
    instances: ["nfs 192.0.2.10: nfs1 nfs2; ask_client fails: nfs2; nfs_runs fails: nfs2"],
    cells: { "192.0.2.10:80": tracking("script (ask_client), script (nfs_runs)") },
  },
  "quorum-announce": {
    finds: ["director.conf:7 warning persistence-with-round-robin"],
    instances: [],
    cells: {},
  },
  "services-in-files": {
    finds: ["lb1/conf.d/server-443.conf:1 error virtual-server-missing"],
    instances: ["inside_network 192.0.2.80 10.7.0.1: lb1 lb2"],
    cells: {
      "192.0.2.80:443": `${master}, ${connected("real1")}, all-refuse, ${connected("real2")}`,
      "192.0.2.80:80": `${connected("real1")}, all-refuse, ${connected("real2")}`,
    },
  },
  "sip-ports": {
    finds: [
      "sip1.conf:25 note nat-on-one-network",
      "sip1.conf:26 warning persistence-with-round-robin",
      "sip1.conf:29 warning no-health-check",
      "sip1.conf:32 warning no-health-check",
      "sip1.conf:35 warning no-health-check",
      "sip2.conf:23 note nat-on-one-network",
      "sip2.conf:24 warning persistence-with-round-robin",
      "sip2.conf:27 warning no-health-check",
      "sip2.conf:30 warning no-health-check",
      "sip2.conf:33 warning no-health-check",
    ],
    instances: ["sip 192.0.2.25: sip1 sip2"],
    cells: { "192.0.2.25:5060/udp": master },
  },
  "strict-default": {
    finds: [
      "lb1.conf:12 error strict-drops-traffic",
      "lb1.conf:18 warning strict-forbids",
      "lb1.conf:23 warning authentication-ignored",
      "lb2.conf:10 error strict-drops-traffic",
      "lb2.conf:21 warning authentication-ignored",
    ],
    instances: ["VI_1 192.0.2.110: lb1 lb2"],
    cells: { "192.0.2.110:80": `${master}, ${connected("real1")}, all-refuse` },
  },
  "two-boxes": {
    finds: [
      "box1.conf:26 note nobody-quiet-about-arp",
      "box1.conf:35 warning director-is-real-server",
      "box2.conf:27 warning director-is-real-server",
    ],
    instances: ["db 192.0.2.60: box1 box2"],
    cells: {},
  },
  "two-clusters": {
    finds: [
      "new-cp1.conf:21 warning password-too-long",
      "new-cp2.conf:19 warning password-too-long",
      "new-cp3.conf:19 warning password-too-long",
      "old-cp1.conf:14 warning router-id-twice",
      "old-cp1.conf:19 warning password-too-long",
      "old-cp2.conf:19 warning password-too-long",
      "old-cp3.conf:19 warning password-too-long",
    ],
    instances: [
      // The folder lacks the script that they track, and keepalived does without it.
      "VI_1 192.0.2.164: new-cp1 new-cp2 new-cp3",
      "VI_1 192.0.2.154: old-cp1 old-cp2 old-cp3",
    ],
    cells: { "192.0.2.154:80": master, "192.0.2.164:80": master },
  },
};

/** Examples to begin with: docs/rehearse.md. */
const examples: Readonly<Record<string, Expected>> = {
  "crossed-unicast": {
    finds: [],
    instances: ["shop 192.0.2.100: lb1 lb2", "news 192.0.2.101: lb2 lb1"],
    cells: {
      "192.0.2.100:80": `${master}, ${asked("real1")}, all-refuse`,
      "192.0.2.101:80": `${master}, ${asked("real3")}, all-refuse`,
    },
  },
  "nat-gateways": {
    finds: [],
    instances: ["outside 198.51.100.10: gw1 gw2", "inside 10.62.0.1: gw1 gw2"],
    cells: {
      "198.51.100.10:80": `${master}, ${asked("real1")}, all-refuse, ${asked("real2")}`,
      "198.51.100.10:443": `${connected("real1")}, all-refuse`,
    },
  },
  "dual-stack": {
    finds: [],
    instances: ["web_v4 192.0.2.100: lb1 lb2", "web_v6 2001:db8:71::100: lb1 lb2"],
    cells: {
      "192.0.2.100:80": `${master}, ${connected("real1")}, all-refuse`,
      "[2001:db8:71::100]:80": `${master}, ${connected("real3")}, all-refuse`,
    },
  },
};

/** A folder with its rehearsal.yaml, and the lab of both. */
interface Rehearsal {
  readonly folder: Folder;
  readonly directors: readonly Director[];
  readonly plan: Plan;
  readonly lab: Lab;
}

async function rehearsalOf(path: string): Promise<Rehearsal> {
  const folder = readFolder(join(projectRoot, "rehearsals", path));
  const directors = folder.configurations.map(directorOf);
  const plan = await readPlan(folder);
  return { folder, directors, plan, lab: labOfPlan("rehearse-published", plan, { folder, directors }) };
}

const findsIn = ({ folder }: Rehearsal): string[] =>
  lint(folder).map(({ at, level, rule }) => `${at.file}:${at.line} ${level} ${rule.id}`);

const instancesIn = ({ lab }: Rehearsal): string[] =>
  lab.vrrp.map((instance) => {
    const first = electedOf(instance);
    const others = instance.members.map(({ server }) => server).filter((server) => server !== first);
    const reactions = trackedBy(instance).map((tracked) => {
      const { successor } = reactionTo(lab, instance, first, tracked);
      return `; ${tracked.name} fails: ${successor ?? first}`;
    });
    return `${instance.name} ${instance.addresses.join(" ")}: ${[first, ...others].join(" ")}${reactions.join("")}`;
  });

/** The events of each service, in the order of the matrix. */
function cellsIn({ lab }: Rehearsal): Record<string, string> {
  const events = new Map<string, string[]>();
  for (const cell of cellsOf(lab)) {
    const object = objectOf(cell);
    const event = object === null ? cell.event : `${cell.event} (${object})`;
    events.set(cell.service.name, [...(events.get(cell.service.name) ?? []), event]);
  }
  return Object.fromEntries([...events].map(([service, all]) => [service, all.join(", ")]));
}

/** What is told of a configuration, by its name: each has a section. */
const told = new Map(
  readFileSync(join(projectRoot, "docs/rehearse-published.md"), "utf8")
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf("\n")), section.replace(/\s+/g, " ")]),
);

describe("configurations that others have published", () => {
  const names = Object.keys(published);

  test("are those of the folder, and of the documentation", () => {
    expect(names.length).toBeGreaterThanOrEqual(10);
    expect(readdirSync(join(projectRoot, "rehearsals/published")).sort()).toEqual(names.sort());
    expect([...told.keys()].sort()).toEqual(names.sort());
  });

  describe.each(Object.entries(published))("%s", (name, expected) => {
    let rehearsal: Rehearsal;
    beforeAll(async () => {
      rehearsal = await rehearsalOf(join("published", name));
    });

    test("lint finds what is wrong, and nothing else", () => {
      expect(findsIn(rehearsal)).toEqual(expected.finds);
    });

    test("rehearsal.yaml is what init writes", () => {
      const { folder, directors } = rehearsal;
      const text = readFileSync(join(folder.path, "rehearsal.yaml"), "utf8");
      expect(text).toBe(planText(inferPlan(folder, directors)));
    });

    test("the lab has its directors, its instances and its stand-ins", () => {
      const { folder, directors, plan, lab } = rehearsal;
      expect(lab.servers).toHaveLength(folder.configurations.length);
      expect(instancesIn(rehearsal)).toEqual(expected.instances);
      expect(standInsOf(plan, { folder, directors })).toHaveLength(plan.standIns.length);
    });

    test("the matrix has its events", () => {
      expect(cellsIn(rehearsal)).toEqual(expected.cells);
    });

    test("the first file says where it comes from", () => {
      const [first = ""] = rehearsal.folder.configurations[0]?.files.keys() ?? [];
      expect(readFileSync(join(rehearsal.folder.path, first), "utf8")).toMatch(/^[#!] .+\n[#!] After: .+\n/);
    });

    test("the documentation tells what is found", () => {
      const section = told.get(name) ?? "";
      const rules = new Set(expected.finds.map((one) => one.split(" ").at(-1)));
      const links = [...section.matchAll(/\]\(lint\.md#([\w-]+)\)/g)].map(([, rule]) => rule);
      expect(new Set(links)).toEqual(rules);
      for (const service of Object.keys(expected.cells)) expect(section).toContain(service);
    });
  });
});

describe.each(Object.entries(examples))("the example %s", (name, expected) => {
  let rehearsal: Rehearsal;
  beforeAll(async () => {
    rehearsal = await rehearsalOf(name);
  });

  test("is sound", () => {
    expect(findsIn(rehearsal)).toEqual(expected.finds);
  });

  test("has a plan, instances and the events of the matrix", () => {
    const { folder, directors } = rehearsal;
    expect(readFileSync(join(folder.path, "rehearsal.yaml"), "utf8")).toBe(planText(inferPlan(folder, directors)));
    expect(instancesIn(rehearsal)).toEqual(expected.instances);
    expect(cellsIn(rehearsal)).toEqual(expected.cells);
  });
});
