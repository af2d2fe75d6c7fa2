import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { becomeRoot } from "../../../../provision/host/machine/namespaces.ts";
import { ownInterfaces, scriptText, settingsIn } from "../../../../provision/roles/own-interfaces.ts";

type Interfaces = Parameters<typeof scriptText>[0];

const [one, two, three] = ["52:54:00:e0:00:00", "52:54:00:e0:00:01", "52:54:00:e0:00:02"] as const;

/**
 * The interfaces of a machine, by MAC address, after the script has run there: its name, whether it is up, and its addresses. The machine is a network
 * namespace with veth pairs, of which only one end has such an address; these have no device below /sys, so that the script takes them for one without.
 */
function machineAfter(
  before: readonly (readonly [name: string, mac: string])[],
  interfaces: Interfaces,
  { sysctls = {}, times = 1, lastly = "" }: { sysctls?: Record<string, string>; times?: number; lastly?: string } = {},
) {
  const directory = mkdtempSync(join(tmpdir(), "lvs-lab-interfaces-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "script");
  writeFileSync(file, scriptText(interfaces, sysctls).replace('[ -e "$path/device" ]', '[ -e "$path/address" ]'), {
    mode: 0o755,
  });
  const script = [
    "set -e",
    "mount -t sysfs sysfs /sys",
    ...before.map(([name, mac], index) => `ip link add name "${name}" address ${mac} type veth peer name peer${index}`),
    ...before.map((_, index) => `ip link set peer${index} up`),
    ...Array(times).fill(file),
    "ip -json address show",
    `echo; ${lastly}`,
  ].join("\n");
  const output = execFileSync("unshare", [...becomeRoot(), "--net", "--mount", "bash", "-c", script], {
    ...{ encoding: "utf8", stdio: "pipe" },
  });
  const [json = "", ...rest] = output.split("\n");
  const links = JSON.parse(json) as {
    ifname: string;
    address: string;
    flags: string[];
    addr_info: { local: string; prefixlen: number; scope: string; tentative?: boolean; broadcast?: string }[];
  }[];
  const found = links.filter(({ address }) => before.some(([, mac]) => mac === address));
  return {
    rest: rest.join("\n").trim(),
    interfaces: Object.fromEntries(
      found.map(({ address, ifname, flags, addr_info }) => [
        address,
        [
          ifname,
          flags.includes("UP") ? "up" : "down",
          ...addr_info
            .filter(({ scope, tentative }) => scope === "global" && !tentative)
            .map(({ local, prefixlen, broadcast }) => `${local}/${prefixlen}${broadcast ? ` brd ${broadcast}` : ""}`),
        ].join(" "),
      ]),
    ),
  };
}

const named = (mac: string, device: string, ...addresses: string[]) => ({ mac, device, addresses });

describe("the script", () => {
  it("names interfaces, brings them up, and gives them their addresses", () => {
    const { interfaces } = machineAfter(
      [
        ["eth0", one],
        ["eth1", two],
      ],
      [named(one, "lvs-lab", "198.18.0.11/24"), named(two, "bond0.100", "192.0.2.11/25", "2001:db8::b/64")],
    );
    expect(interfaces).toEqual({
      [one]: "lvs-lab up 198.18.0.11/24 brd 198.18.0.255",
      [two]: "bond0.100 up 192.0.2.11/25 brd 192.0.2.127 2001:db8::b/64",
    });
  });

  it("gives a name that another one has, in a circle too", () => {
    const { interfaces } = machineAfter(
      [
        ["eth0", one],
        ["eth1", two],
        ["eth2", three],
      ],
      [named(one, "lvs-lab"), named(two, "eth2"), named(three, "eth1")],
    );
    expect(interfaces).toEqual({ [one]: "lvs-lab up", [two]: "eth2 up", [three]: "eth1 up" });
  });

  it("changes nothing when it runs again, and keeps what has been added", () => {
    const { interfaces } = machineAfter(
      [
        ["eth0", one],
        ["eth1", two],
      ],
      [named(one, "lvs-lab", "198.18.0.11/24"), named(two, "eth0", "192.0.2.11/24")],
      { times: 2 },
    );
    expect(interfaces[two]).toBe("eth0 up 192.0.2.11/24 brd 192.0.2.255");
  });

  it("goes on where it was interrupted between the two rounds", () => {
    const { interfaces } = machineAfter(
      [
        ["lab-7", one],
        ["eth0", two],
      ],
      [named(one, "lvs-lab"), named(two, "eth1")],
    );
    expect(interfaces).toEqual({ [one]: "lvs-lab up", [two]: "eth1 up" });
  });

  it("leaves other interfaces alone", () => {
    expect(
      machineAfter(
        [
          ["eth0", one],
          ["other", three],
        ],
        [named(one, "lvs-lab")],
      ).interfaces[three],
    ).toBe("other down");
  });

  it("takes names for names, whatever is in them", () => {
    const { interfaces } = machineAfter([["eth0", one]], [named(one, "$(id)&'*")]);
    expect(interfaces).toEqual({ [one]: "$(id)&'* up" });
  });

  it("sets kernel settings, several numbers among them", () => {
    const { rest } = machineAfter([["eth0", one]], [named(one, "ens1")], {
      sysctls: {
        "net.ipv4.ip_forward": "1",
        "net.ipv4.ip_local_port_range": "40000 50000",
        "net.ipv4.conf.ens1.arp_ignore": "1",
      },
      lastly: "sysctl net.ipv4.ip_forward net.ipv4.ip_local_port_range net.ipv4.conf.ens1.arp_ignore",
    });
    // As sysctl prints them, with a tab.
    expect(rest).toContain("40000\t50000");
    expect(Object.fromEntries(settingsIn(rest))).toEqual({
      "net.ipv4.ip_forward": "1",
      "net.ipv4.ip_local_port_range": "40000 50000",
      "net.ipv4.conf.ens1.arp_ignore": "1",
    });
  });

  it("ends with an error where a setting does not exist", () => {
    expect(() => machineAfter([["eth0", one]], [named(one, "ens1")], { sysctls: { "net.no.such": "1" } })).toThrow();
  });
});

it("MAC addresses are as the kernel prints them", () => {
  const interfaces = (mac: string) => ownInterfaces.want.shape.interfaces.safeParse([named(mac, "eth0")]).success;
  expect(interfaces(one)).toBe(true);
  expect(interfaces(one.toUpperCase())).toBe(false);
});
