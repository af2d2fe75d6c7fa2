import { expect, it } from "vitest";
import { observedCure, realServer, unit } from "../../../../provision/roles/real-server.ts";

const wanted = {
  vips: ["172.25.254.100"],
  tunnelVips: [] as string[],
  interface: "eth0",
  server: { address: "172.25.254.12" },
};
const cure = (arptables: string, sysctl: string) =>
  observedCure(wanted, (name) => ({ arptables, sysctl, none: "" })[name]);

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
