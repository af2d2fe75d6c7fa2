import { describe, expect, it } from "vitest";
import {
  addressAt,
  type Cidr,
  contains,
  familyOf,
  firstAddress,
  firstHost,
  hostPort,
  inUrl,
  lastAddress,
  lastHost,
  parseCidr,
  parseIp,
  parseSubnet,
  prefixLengthOf,
  subnetOf,
  toIp,
} from "../../../lab/ip.ts";

function subnet(text: string): Cidr {
  const found = parseSubnet(text);
  if (found === undefined) throw new Error(`${text} was not read`);
  return found;
}

describe("IPv4 addresses", () => {
  it.each([
    ["0.0.0.0", 0n],
    ["0.0.1.0", 256n],
    ["172.25.254.100", 0xac19fe64n],
    ["255.255.255.255", 0xffffffffn],
  ])("reads and writes %s", (text, number) => {
    expect(parseIp(text)).toBe(text);
    expect(toIp(text)).toBe(text);
    expect(addressAt(subnet("0.0.0.0/0"), number)).toBe(text);
    expect(familyOf(toIp(text))).toBe(4);
  });

  it.each(["", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.04", "1.2.3.-4", "1.2.3.4 ", "1.2.3.0x4", "1.2..4"])(
    "refuses %j",
    (text) => {
      expect(parseIp(text)).toBeUndefined();
      expect(() => toIp(text)).toThrow(`${JSON.stringify(text)} is no IP address`);
    },
  );
});

describe("IPv6 addresses", () => {
  // RFC 5952, section 4: lower case, no leading zeros, the first of the longest runs of zero fields as "::", never a single field.
  it.each([
    ["::", "::"],
    ["0:0:0:0:0:0:0:1", "::1"],
    ["2001:DB8::A", "2001:db8::a"],
    ["2001:0db8::0001", "2001:db8::1"],
    ["2001:db8:0:0:0:0:2:1", "2001:db8::2:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["1:0:0:2:0:0:0:3", "1:0:0:2::3"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["fd00:1:0:0::", "fd00:1::"],
  ])("writes %s as %s", (text, canonical) => {
    expect(parseIp(text)).toBe(canonical);
    expect(parseIp(canonical)).toBe(canonical);
    expect(familyOf(toIp(text))).toBe(6);
  });

  it.each([
    ["a zone", "fe80::1%eth0"],
    ["a dotted end", "::ffff:192.0.2.1"],
    ["two gaps", "1::2::3"],
    ["three colons", ":::"],
    ["a field too many", "1:2:3:4:5:6:7:8:9"],
    ["a field too few", "1:2:3:4:5:6:7"],
    ["five digits", "12345::"],
    ["no hexadecimal digit", "fd00::g"],
    ["brackets", "[::1]"],
    ["a prefix length", "::1/64"],
    ["a blank", "::1 "],
  ])("refuses %s", (_, text) => {
    expect(parseIp(text)).toBeUndefined();
  });
});

describe("subnets", () => {
  it.each([
    ["172.25.254.0/24", "172.25.254.1", "172.25.254.254", "172.25.254.255"],
    ["10.20.0.0/16", "10.20.0.1", "10.20.255.254", "10.20.255.255"],
    ["192.168.1.8/29", "192.168.1.9", "192.168.1.14", "192.168.1.15"],
    ["223.255.255.0/24", "223.255.255.1", "223.255.255.254", "223.255.255.255"],
    ["fd00:1::/64", "fd00:1::1", "fd00:1::ffff:ffff:ffff:fffe", "fd00:1::ffff:ffff:ffff:ffff"],
    ["2001:db8::/126", "2001:db8::1", "2001:db8::2", "2001:db8::3"],
  ])("knows the ends of %s", (text, first, last, end) => {
    const all = subnet(text);
    expect(all).toBe(text);
    expect(prefixLengthOf(all)).toBe(Number(text.split("/")[1]));
    expect(firstAddress(all)).toBe(text.split("/")[0]);
    expect([firstHost, lastHost, lastAddress].map((of) => of(all))).toEqual([first, last, end]);
    expect(contains(all, firstAddress(all))).toBe(true);
    expect(contains(all, lastAddress(all))).toBe(true);
    expect(contains(all, addressAt(all, -1n))).toBe(false);
    expect(contains(all, addressAt(subnet(`${lastAddress(all)}/${familyOf(all) === 4 ? 32 : 128}`), 1n))).toBe(false);
  });

  it.each([
    ["172.25.254.0/24", 4, "172.25.254.250"],
    ["192.168.1.8/29", 4, "192.168.1.10"],
    ["fd00:1::/64", 4, "fd00:1::ffff:ffff:ffff:fffa"],
  ])("counts back from the last host of %s by %s: %s", (text, before, address) => {
    expect(lastHost(subnet(text), before)).toBe(address);
    expect(lastHost(subnet(text), 0)).toBe(lastHost(subnet(text)));
  });

  it("finds the addresses of a /64, beyond what a number can count exactly", () => {
    const all = subnet("fd00:1::/64");
    expect(addressAt(all, 0n)).toBe("fd00:1::");
    expect(addressAt(all, 0x11n)).toBe("fd00:1::11");
    expect(addressAt(all, 2n ** 53n + 1n)).toBe("fd00:1::20:0:0:1");
    expect(addressAt(all, 2n ** 64n - 1n)).toBe(lastAddress(all));
    expect(contains(all, addressAt(all, 2n ** 64n))).toBe(false);
  });

  it("reads a prefix length from 0 to the width of the family", () => {
    expect(parseCidr("10.0.0.1/32")).toEqual({ address: "10.0.0.1", prefixLength: 32 });
    expect(parseCidr("fd00::1/128")).toEqual({ address: "fd00::1", prefixLength: 128 });
    expect(parseSubnet("0.0.0.0/0")).toBe("0.0.0.0/0");
    expect(parseSubnet("::/0")).toBe("::/0");
    expect(lastAddress(subnet("::/0"))).toBe("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
  });

  it.each([
    ...["172.25.254.0", "172.25.254.0/", "172.25.254.0/33", "172.25.254.0/024", "172.25.254.0/24/1", "172.25/24"],
    ...["fd00::", "fd00::/", "fd00::/129", "fd00::/064", "fd00::/64/1", "fd00:::/64", "fd00::%eth0/64"],
    ...["172.25.254.0/-1", "172.25.254.0/ 24", "172.25.254.0/2.4", "/24"],
  ])("refuses %j as CIDR", (text) => {
    expect(parseCidr(text)).toBeUndefined();
    expect(parseSubnet(text)).toBeUndefined();
  });

  it("keeps host bits apart from the network", () => {
    expect(parseSubnet("172.25.254.7/24")).toBeUndefined();
    expect(parseCidr("172.25.254.7/24")).toEqual({ address: "172.25.254.7", prefixLength: 24 });
    expect(subnetOf(toIp("172.25.254.7"), 24)).toBe("172.25.254.0/24");
    expect(subnetOf(toIp("255.255.255.255"), 0)).toBe("0.0.0.0/0");
    expect(parseSubnet("fd00:1::7/64")).toBeUndefined();
    expect(parseCidr("FD00:1::7/64")).toEqual({ address: "fd00:1::7", prefixLength: 64 });
    expect(subnetOf(toIp("fd00:1:0:0:abcd::7"), 65)).toBe("fd00:1:0:0:8000::/65");
  });

  it("are written canonically, so that equal ones are equal texts", () => {
    expect(parseSubnet("FD00:0001:0:0::/64")).toBe("fd00:1::/64");
  });

  it("hold addresses of their own family alone", () => {
    expect(familyOf(subnet("10.0.0.0/8"))).toBe(4);
    expect(familyOf(subnet("fd00::/8"))).toBe(6);
    expect(contains(subnet("0.0.0.0/0"), toIp("::1"))).toBe(false);
    expect(contains(subnet("::/0"), toIp("0.0.0.1"))).toBe(false);
    expect(contains(subnet("fd00:1::/64"), toIp("fd00:1:0:0:1::"))).toBe(true);
    expect(contains(subnet("fd00:1::/64"), toIp("fd00:1:0:1::"))).toBe(false);
  });
});

it("writes an address with a port and in a URL, IPv6 in brackets", () => {
  expect(hostPort(toIp("172.25.254.100"), 80)).toBe("172.25.254.100:80");
  expect(hostPort(toIp("FD00::1"), 80)).toBe("[fd00::1]:80");
  expect(inUrl(toIp("172.25.254.100"))).toBe("172.25.254.100");
  expect(inUrl(toIp("fd00::1"))).toBe("[fd00::1]");
});
