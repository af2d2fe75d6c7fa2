import { expect, it } from "vitest";
import { addressesInWords, parseIpAddresses } from "../../../../provision/roles/ip-address.ts";

const printed = String.raw`1: lo    inet 127.0.0.1/8 scope host lo\       valid_lft forever preferred_lft forever
2: eth0    inet 172.25.254.11/24 brd 172.25.254.255 scope global eth0\       valid_lft forever preferred_lft forever
2: eth0    inet 172.25.254.100/32 scope global eth0\       valid_lft forever preferred_lft forever
`;

it("every address with its interface and prefix length", () => {
  expect(parseIpAddresses(printed)).toEqual([
    { device: "lo", address: "127.0.0.1", prefixLength: 8 },
    { device: "eth0", address: "172.25.254.11", prefixLength: 24 },
    { device: "eth0", address: "172.25.254.100", prefixLength: 32 },
  ]);
  expect(parseIpAddresses("")).toEqual([]);
});

it("in words", () => {
  expect(addressesInWords(parseIpAddresses(printed).slice(1))).toBe(
    "172.25.254.11/24 on eth0, 172.25.254.100/32 on eth0",
  );
  expect(addressesInWords([])).toBe("no address");
});
