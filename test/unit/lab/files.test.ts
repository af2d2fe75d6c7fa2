import { expect, it } from "vitest";
import { labFileOf, labNames } from "../../../lab/files.ts";

it("every file in labs/ is a lab that can be named", () => {
  expect(labNames()).toEqual([
    "arp-problem",
    "bare",
    "bare-ha",
    "bare-nat",
    "bare-tunnel",
    "bfd",
    "connection-sync",
    "crossed",
    "debian-13",
    "dr",
    "dr-baked",
    "fast-failover",
    "ha",
    "ha-baked",
    "health-checks",
    "ipv6",
    "localnode",
    "nat",
    "nat-ha",
    "persistence",
    "port-group",
    "sorry-server",
    "sync-group",
    "three-directors",
    "thresholds",
    "tracking",
    "tunnel",
    "udp",
    "virtual-mac",
    "weighted",
  ]);
});

it.each([
  ["ha-baked", undefined, "labs/ha-baked.yaml"],
  ["ha-baked", "labs/dr.yaml", "labs/dr.yaml"],
  ["student7", "/home/s7/lab.yaml", "/home/s7/lab.yaml"],
  ["student7", undefined, undefined],
  ["student7", "", undefined],
])("the lab file of %s, configured %s, is %s", (stack, configured, file) => {
  expect(labFileOf(stack, configured)).toBe(file);
});
