import { describe, expect, it } from "vitest";
import {
  broadcast,
  contains,
  firstHost,
  formatAddress,
  formatSubnet,
  lastHost,
  parseAddress,
  parseCidr,
  parseSubnet,
  subnetOf,
} from "../../../lab/ipv4.ts";

describe("addresses", () => {
  it.each([
    ["0.0.0.0", 0],
    ["0.0.1.0", 256],
    ["172.25.254.100", 0xac19fe64],
    ["255.255.255.255", 0xffffffff],
  ])("reads and writes %s", (text, number) => {
    expect(parseAddress(text)).toBe(number);
    expect(formatAddress(number)).toBe(text);
  });

  it.each(["", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.04", "1.2.3.-4", "1.2.3.4 ", "1.2.3.0x4", "1.2..4", "::1"])(
    "refuses %j",
    (text) => {
      expect(parseAddress(text)).toBeUndefined();
    },
  );
});

describe("subnets", () => {
  it.each([
    ["172.25.254.0/24", "172.25.254.1", "172.25.254.254", "172.25.254.255"],
    ["10.20.0.0/16", "10.20.0.1", "10.20.255.254", "10.20.255.255"],
    ["192.168.1.8/29", "192.168.1.9", "192.168.1.14", "192.168.1.15"],
    ["223.255.255.0/24", "223.255.255.1", "223.255.255.254", "223.255.255.255"],
  ])("knows the ends of %s", (text, first, last, end) => {
    const subnet = parseSubnet(text);
    if (!subnet) {
      throw new Error(`${text} was not read`);
    }
    expect(formatSubnet(subnet)).toBe(text);
    expect([firstHost, lastHost, broadcast].map((of) => formatAddress(of(subnet)))).toEqual([first, last, end]);
    expect(contains(subnet, subnet.network)).toBe(true);
    expect(contains(subnet, broadcast(subnet))).toBe(true);
    expect(contains(subnet, subnet.network - 1)).toBe(false);
    expect(contains(subnet, broadcast(subnet) + 1)).toBe(false);
  });

  it.each(["172.25.254.0", "172.25.254.0/", "172.25.254.0/33", "172.25.254.0/024", "172.25.254.0/24/1", "172.25/24"])(
    "refuses %j as CIDR",
    (text) => {
      expect(parseCidr(text)).toBeUndefined();
    },
  );

  it("keeps host bits apart from the network", () => {
    expect(parseSubnet("172.25.254.7/24")).toBeUndefined();
    expect(parseCidr("172.25.254.7/24")).toEqual({ address: 0xac19fe07, prefixLength: 24 });
    expect(formatSubnet(subnetOf(0xac19fe07, 24))).toBe("172.25.254.0/24");
    expect(formatSubnet(subnetOf(0xffffffff, 0))).toBe("0.0.0.0/0");
  });
});
