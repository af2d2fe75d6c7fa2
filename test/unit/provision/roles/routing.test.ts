import { describe, expect, it } from "vitest";
import { unitText } from "../../../../provision/roles/boot-unit.ts";
import { unit as interfacesUnit } from "../../../../provision/roles/interfaces.ts";
import { nextHop, unit } from "../../../../provision/roles/routing.ts";

describe("routing", () => {
  it("gives a real server its default route, and takes it again", () => {
    expect(unit({ defaultRoute: "192.168.10.254", forwards: false })).toMatchObject({
      start: ["/sbin/ip route replace default via 192.168.10.254", "/sbin/sysctl -q net.ipv4.ip_forward=0"],
      stop: ["-/sbin/ip route delete default via 192.168.10.254", "/sbin/sysctl -q net.ipv4.ip_forward=0"],
    });
  });

  it("lets a director forward, and touches no route", () => {
    expect(unit({ defaultRoute: "none", forwards: true }).start).toEqual(["/sbin/sysctl -q net.ipv4.ip_forward=1"]);
  });

  it.each([
    ["default via 192.168.10.254 dev eth0 \n", "192.168.10.254"],
    ["default via 192.168.10.1 dev eth0 proto static metric 100\n", "192.168.10.1"],
    ["default dev eth0 scope link\n", undefined],
    ["", undefined],
  ])("the next hop of %j is %s", (text, hop) => {
    expect(nextHop(text)).toBe(hop);
  });
});

it("further interfaces are up, with their addresses, before anybody asks for the network", () => {
  const text = unitText(interfacesUnit({ addresses: { eth1: ["192.168.10.11/24"] }, up: ["eth1"] }));
  expect(text).toContain("\nBefore=network.target\n");
  expect(text).toMatch(
    /ExecStart=\/sbin\/ip link set eth1 up\nExecStart=\/sbin\/ip address replace 192\.168\.10\.11\/24 dev eth1\nExecStop=-\/sbin\/ip address delete/,
  );
});
