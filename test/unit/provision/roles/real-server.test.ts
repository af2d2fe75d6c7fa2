import { describe, expect, it, vi } from "vitest";
import { observedCure, realServer, unit } from "../../../../provision/roles/real-server.ts";
import { ServerConnection } from "../../../../provision/ssh/index.ts";

const wanted = {
  vips: ["172.25.254.100"],
  tunnelVips: [] as string[],
  interface: "eth0",
  server: { address: "172.25.254.12" },
};
const cure = (arptables: string, sysctl: string, nftables = "") =>
  observedCure(wanted, (name) => ({ arptables, nftables, sysctl, none: "" })[name]);

/** `arptables -n -L` with these rules, as the legacy tool prints it. */
const legacy = (input: string[], output: string[]): string =>
  [
    "Chain INPUT (policy ACCEPT)",
    ...input,
    "",
    "Chain OUTPUT (policy ACCEPT)",
    ...output,
    "",
    "Chain FORWARD (policy ACCEPT)",
    "",
  ].join("\n");

const drop = "-j DROP -d 172.25.254.100 ";
const mangle = "-j mangle -s 172.25.254.100 --mangle-ip-s 172.25.254.12 ";
const empty = legacy([], []);
/** arp_ignore and arp_announce on all, then on eth0: `sysctl -n` prints one value a line. */
const sysctlOff = "0\n0\n0\n0\n";
const sysctlOn = "1\n2\n1\n2\n";

it.each([
  ["none", empty, sysctlOff],
  ["arptables", legacy([drop], [mangle]), sysctlOff],
  ["sysctl", empty, sysctlOn],
  ["arptables and sysctl", legacy([drop], [mangle]), sysctlOn],
])("sees %s", (seen, arptables, sysctl) => {
  expect(cure(arptables, sysctl)).toBe(seen);
});

it("reads what the nft tool prints (arptables 1.8.9)", () => {
  const nft = `Chain INPUT (policy ACCEPT)
-j DROP -d 172.25.254.100

Chain OUTPUT (policy ACCEPT)
-j mangle -s 172.25.254.100 --mangle-ip-s 172.25.254.12
`;
  expect(cure(nft, sysctlOff)).toBe("arptables");
  expect(cure("Chain INPUT (policy ACCEPT)\n\nChain OUTPUT (policy ACCEPT)\n", sysctlOff)).toBe("none");
});

it("sees no cure where arptables is not installed", () => {
  expect(cure("", sysctlOff)).toBe("none");
  expect(cure("", sysctlOn)).toBe("sysctl");
});

it.each([
  ["the drop alone", legacy([drop], [])],
  ["the mangle alone", legacy([], [mangle])],
  ["the rules in each other's chains", legacy([mangle], [drop])],
  ["another VIP", legacy([drop.replace(".100", ".99")], [mangle.replace(".100", ".99")])],
  ["another server's address", legacy([drop], [mangle.replace("254.12", "254.13")])],
  ["an address that only begins alike", legacy([drop.replace(".100", ".10")], [mangle])],
  ["a rule more", legacy([drop, "-j ACCEPT -s 172.25.254.1 "], [mangle])],
  ["a rule twice", legacy([drop, drop], [mangle])],
])("does not take %s for the cure", (_what, arptables) => {
  expect(cure(arptables, sysctlOff)).toBe("other arptables rules");
});

it("takes greater values for set too, as the kernel does", () => {
  expect(cure(empty, "2\n2\n8\n2\n")).toBe("sysctl");
});

it.each([["1\n1\n1\n1\n"], ["1\n2\n0\n0\n"], ["0\n0\n1\n2\n"], ["0\n2\n0\n2\n"]])(
  "sees that %j is a part",
  (sysctl) => {
    expect(cure(empty, sysctl)).toBe("part of the sysctls");
  },
);

it("does not take the interface's missing values for set", () => {
  expect(cure(empty, "")).toBe("none");
  expect(cure(empty, "1\n2\n")).toBe("part of the sysctls");
});

it("two VIPs: each has its address and its rules, and the cure comes before the addresses", () => {
  const both = unit({ ...wanted, vips: ["172.25.254.100", "172.25.254.101"], arpCure: "arptables" });
  expect(both.start).toEqual([
    "/usr/sbin/arptables --flush",
    ...["172.25.254.100", "172.25.254.101"].flatMap((vip) => [
      `/usr/sbin/arptables -A INPUT -d ${vip} -j DROP`,
      `/usr/sbin/arptables -A OUTPUT -s ${vip} -j mangle --mangle-ip-s 172.25.254.12`,
    ]),
    "/sbin/ip address replace 172.25.254.100/32 dev eth0",
    "/sbin/ip address replace 172.25.254.101/32 dev eth0",
  ]);
});

it("a state of the first version of the resource is read as one VIP", () => {
  const upgraded = { server: {}, vips: ["172.25.254.100"], tunnelVips: [], arpCure: "sysctl" };
  expect(realServer.upgrade?.({ server: {}, vip: "172.25.254.100", arpCure: "sysctl" })).toEqual(upgraded);
  expect(realServer.upgrade?.(upgraded)).toEqual(upgraded);
});

it("a tunnelled VIP is on tunl0, which is brought up before it and goes after it", () => {
  const one = unit({ ...wanted, vips: [], tunnelVips: ["172.25.254.100"], arpCure: "none" });
  expect(one.start).toEqual([
    "/sbin/modprobe ipip",
    "/sbin/sysctl -q net.ipv4.conf.tunl0.rp_filter=0",
    "/sbin/ip link set tunl0 up",
    "/sbin/ip address replace 172.25.254.100/32 dev tunl0",
  ]);
  expect(one.stop).toEqual(["-/sbin/ip address delete 172.25.254.100/32 dev tunl0", "-/sbin/ip link set tunl0 down"]);
});

describe("the cure by nftables", () => {
  /** What nft 1.0.6 prints, of a ruleset of the family arp. */
  const printed = (...objects: object[]): string =>
    JSON.stringify({
      nftables: [
        { metainfo: { version: "1.0.6", release_name: "Lester Gooch #5", json_schema_version: 1 } },
        ...objects,
      ],
    });
  const table = (name: string) => ({ table: { family: "arp", name, handle: 3 } });
  const chain = (name: string, of = "lvs_lab", hook = name) => ({
    chain: { family: "arp", table: of, name, handle: 1, type: "filter", hook, prio: 0, policy: "accept" },
  });
  const rule = (of: string, name: string, ...expr: object[]) => ({
    rule: { family: "arp", table: of, chain: name, handle: 3, expr },
  });
  const match = (field: string, right: string) => ({
    match: { op: "==", left: { payload: { protocol: "arp", field } }, right },
  });
  const dropping = (vip = "172.25.254.100", of = "lvs_lab", name = "input") =>
    rule(of, name, match("daddr ip", vip), { drop: null });
  const rewrite = (value = "172.25.254.12") =>
    rule("lvs_lab", "output", match("saddr ip", "172.25.254.100"), {
      mangle: { key: { payload: { protocol: "arp", field: "saddr ip" } }, value },
    });
  const own = [table("lvs_lab"), chain("input"), chain("output"), dropping(), rewrite()];

  it.each<[string, string, object[]]>([
    ["all of it", "nftables", own],
    ["all of it beside a table about something else", "nftables", [...own, table("x"), chain("y", "x", "input")]],
    ["nothing", "none", []],
    [
      "a table about something else",
      "none",
      [table("x"), chain("y", "x", "input"), dropping("172.25.254.10", "x", "y")],
    ],
    ["the drop alone", "other nftables rules", [...own.slice(0, 4)]],
    ["another server's address", "other nftables rules", [...own.slice(0, 4), rewrite("172.25.254.13")]],
    ["a rule more", "other nftables rules", [...own, dropping("172.25.254.101")]],
    ["an empty table", "other nftables rules", [table("lvs_lab")]],
    [
      "a student's own table about the VIP",
      "other nftables rules",
      [table("filter"), chain("input", "filter"), dropping("172.25.254.100", "filter")],
    ],
    [
      "the rules of arptables, which are in the same family",
      "none",
      [
        table("filter"),
        chain("INPUT", "filter", "input"),
        chain("OUTPUT", "filter", "output"),
        dropping("172.25.254.100", "filter", "INPUT"),
      ],
    ],
  ])("%s is seen as %s", (_what, seen, objects) => {
    expect(cure(empty, sysctlOff, printed(...objects))).toBe(seen);
  });

  it("is seen beside another cure, and not where there is no nft", () => {
    expect(cure(legacy([drop], [mangle]), sysctlOff, printed(...own))).toBe("arptables and nftables");
    expect(cure(empty, sysctlOn, printed(...own))).toBe("nftables and sysctl");
    expect(cure(empty, sysctlOff, "")).toBe("none");
  });

  it("is in the unit before the address, and gone after it", () => {
    const { start, stop } = unit({ ...wanted, arpCure: "nftables" });
    expect(start).toEqual([
      '/usr/sbin/nft "add table arp lvs_lab; delete table arp lvs_lab; add table arp lvs_lab"',
      '/usr/sbin/nft "add chain arp lvs_lab input { type filter hook input priority 0; }"',
      '/usr/sbin/nft "add chain arp lvs_lab output { type filter hook output priority 0; }"',
      "/usr/sbin/nft add rule arp lvs_lab input arp daddr ip 172.25.254.100 drop",
      "/usr/sbin/nft add rule arp lvs_lab output arp saddr ip 172.25.254.100 arp saddr ip set 172.25.254.12",
      "/sbin/ip address replace 172.25.254.100/32 dev eth0",
    ]);
    expect(stop).toEqual([
      "-/sbin/ip address delete 172.25.254.100/32 dev eth0",
      "-/usr/sbin/nft delete table arp lvs_lab",
    ]);
  });
});

it.each([
  ["has no tunnel: its name is asked for by nobody, which would load its module", [], false],
  ["has VIPs on it", ["172.25.254.101"], true],
])("a server that %s", async (_, tunnelVips, isAsked) => {
  const asked: Record<string, string> = {};
  const look = async (questions: Record<string, string>) => {
    Object.assign(asked, questions);
    return Object.fromEntries(Object.keys(questions).map((key) => [key, { text: "", code: 0 }]));
  };
  vi.spyOn(ServerConnection, "connect").mockResolvedValue({ connected: true, close() {}, look } as never);
  const server = { name: "server2", os: "debian-12", address: "172.25.254.12", host: { directory: String(isAsked) } };
  const inputs = { ...wanted, server, tunnelVips, arpCure: "arptables", onBoot: true, address6: "" };
  await realServer.observe(inputs as never, () => {});
  expect(Object.values(asked).join("\n").includes("tunl0")).toBe(isAsked);
});
