import { describe, expect, it } from "vitest";
import {
  addressBeside,
  advertisedBy,
  advertSourceOf,
  clientAddress,
  isLinkLocal,
  linkLocalOf,
  ofFamily,
  parseLab,
  serverNamed,
  toIp,
  vrrpPartsOf,
} from "../../../lab/index.ts";
import { dualStack } from "./family-cases.ts";

const read = (text: string) => parseLab(text, "six.yaml");
const lab = read(dualStack);
const six = toIp("fd00:254::100");

describe("a dual-stack lab", () => {
  it("has the lab host in the IPv4 subnet alone", () => {
    expect(lab.networks).toEqual([
      { name: "segment", subnets: ["172.25.254.0/24", "fd00:254::/64"], hostAddresses: ["172.25.254.1"] },
    ]);
  });

  it("has hosts with the IPv4 address first, whose MAC address comes from it", () => {
    const swapped = read(dualStack.replace("[172.25.254.12, fd00:254::12]", "[fd00:254::12, 172.25.254.12]"));
    expect(swapped).toEqual(lab);
    expect(serverNamed(swapped, "server2")).toMatchObject({
      management: "172.25.254.12",
      interfaces: [{ addresses: ["172.25.254.12", "fd00:254::12"], mac: "52:54:00:FE:FE:0C" }],
    });
  });

  it("has directors answer for lost real servers in the family of the VIP", () => {
    const sorry = read(dualStack.replaceAll(/( {4}vip: .*\n)/g, "$1    sorryServer: {}\n"));
    expect(sorry.services.map(({ sorryServer }) => sorryServer?.address)).toEqual(["127.0.0.1", "::1"]);
  });

  it("gives the client an address in each subnet", () => {
    const unnamed = read(dualStack.replace(/client:\n.*\n/, ""));
    expect(unnamed.client).toEqual(lab.client);
    expect(unnamed.client.interfaces[0]?.addresses).toEqual(["172.25.254.250", "fd00:254::250"]);
    expect(clientAddress(lab, 6)).toBe("fd00:254::250");
  });

  it("reaches real servers in the family of the VIP", () => {
    expect(lab.services.map(({ vip, realServers }) => [vip, realServers.map(({ address }) => address)])).toEqual([
      ["172.25.254.100", ["172.25.254.12"]],
      ["fd00:254::100", ["fd00:254::12"]],
    ]);
  });

  it("reaches a sorry server in the family of the VIP", () => {
    const sorry = read(
      dualStack
        .replace("vip: fd00:254::100\n", "vip: fd00:254::100\n    sorryServer: { server: server5 }\n")
        .concat("  - { name: server5, addresses: [172.25.254.15, fd00:254::15], role: real-server }\n"),
    );
    expect(sorry.services[1]?.sorryServer).toMatchObject({ address: "fd00:254::15" });
  });

  it("names a service by its VIP in brackets, if the file gives it no name", () => {
    const unnamed = read(dualStack.replace(/ {2}- name: six\n {4}vip/, "  - vip"));
    expect(unnamed.services[1]?.name).toBe("[fd00:254::100]:80");
  });

  it("has version 3 where an instance's addresses are IPv6, and one identifier for each family", () => {
    expect(lab.vrrp.map(({ id, version, password }) => ({ id, version, password }))).toEqual([
      { id: 51, version: 2, password: "1111" },
      { id: 51, version: 3, password: undefined },
    ]);
  });

  it("speaks to others about a VIP from an address of its family", () => {
    expect(addressBeside(lab, serverNamed(lab, "server2"), six)).toBe("fd00:254::12");
    expect(addressBeside(lab, lab.client, toIp("172.25.254.100"))).toBe("172.25.254.250");
  });
});

describe("VRRP over IPv6", () => {
  const [four, over6] = lab.vrrp;
  if (!four || !over6) throw new Error("the lab has no two instances");

  it("advertises from the interface's link-local address, by unicast from the lab's", () => {
    expect(advertSourceOf(lab, over6, "server1")).toBe("fe80::5054:ff:fefe:fe0b");
    expect(advertSourceOf(lab, { ...over6, unicast: true }, "server1")).toBe("fd00:254::11");
    expect(advertSourceOf(lab, four, "server1")).toBe("172.25.254.11");
  });

  it("advertises the virtual router's link-local address first", () => {
    expect(advertisedBy(over6)).toEqual(["fe80::200:5eff:fe00:233", "fd00:254::100"]);
    expect(advertisedBy({ ...over6, unicast: true })).toEqual(["fd00:254::100"]);
    expect(advertisedBy(four)).toEqual(["172.25.254.100"]);
  });

  it("is part of each director", () => {
    expect(
      vrrpPartsOf(lab, serverNamed(lab, "server4")).map(({ addresses, version }) => ({ addresses, version })),
    ).toEqual([
      { addresses: ["172.25.254.100"], version: 2 },
      { addresses: ["fe80::200:5eff:fe00:233", "fd00:254::100"], version: 3 },
    ]);
    const unicast = read(dualStack.replaceAll("    members:", "    unicast: true\n    members:"));
    expect(vrrpPartsOf(unicast, serverNamed(unicast, "server4")).map((part) => part.unicast)).toEqual([
      { source: "172.25.254.14", peers: ["172.25.254.11"] },
      { source: "fd00:254::14", peers: ["fd00:254::11"] },
    ]);
  });
});

describe("addresses by family", () => {
  it.each([
    ["52:54:00:FE:FE:0B", "fe80::5054:ff:fefe:fe0b"],
    ["06:5f:2d:0a:bb:98", "fe80::45f:2dff:fe0a:bb98"], // as the kernel gave it
    ["00:00:5e:00:02:33", "fe80::200:5eff:fe00:233"],
  ])("the link-local address of %s is %s", (mac, address) => {
    expect(linkLocalOf(mac)).toBe(address);
  });

  it.each([
    ["fe80::1", true],
    ["febf:ffff::1", true],
    ["fec0::1", false],
    ["fe8::1", false],
    ["fd00::1", false],
    ["169.254.0.1", false],
  ])("%s is link-local: %s", (address, is) => {
    expect(isLinkLocal(toIp(address))).toBe(is);
  });

  it("are told apart in their order", () => {
    const all = ["::2", "10.0.0.1", "::1"].map(toIp);
    expect(ofFamily(all, 6)).toEqual(["::2", "::1"]);
    expect(ofFamily(all, 4)).toEqual(["10.0.0.1"]);
  });
});
