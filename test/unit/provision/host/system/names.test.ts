import { expect, it } from "vitest";
import { labHostIn, networksUriOf, openHost, poolOf } from "../../../../../provision/host/reach.ts";
import { clashingCards, systemNames } from "../../../../../provision/host/system/names.ts";

const ha = systemNames("/home/alice/labs/ha");

it("names follow from the lab's directory, and lead back to servers", () => {
  expect(ha).toMatchObject({ stack: "ha", pool: "lvs-lab-ha" });
  expect(ha.poolPath).toBe(`/var/lib/libvirt/images/lvs-lab-ha-${ha.id.slice(0, 8)}`);
  expect(ha.domain("server1")).toBe("lvs-lab-ha-server1");
  expect(ha.server("lvs-lab-ha-server1")).toBe("server1");
  expect(ha.server("server1")).toBeUndefined();
  expect(ha.server("lvs-lab-h-server1")).toBeUndefined();
  expect(systemNames("/home/alice/labs/ha")).toMatchObject({ id: ha.id, loopback: ha.loopback });
});

it("labs of one name have other marks, pools and addresses in other directories", () => {
  const bobs = systemNames("/home/bob/labs/ha");
  expect(bobs.domain("server1")).toBe(ha.domain("server1"));
  expect(bobs.id).not.toBe(ha.id);
  expect(bobs.poolPath).not.toBe(ha.poolPath);
  expect(bobs.loopback).not.toBe(ha.loopback);
});

it("each card has a place of its own on the loopback, away from 127.0.0.0/16 and from ports that programs are given", () => {
  const places = new Set<string>();
  const bytes = [0, 1, 11, 127, 128, 254, 255];
  for (const network of Array.from({ length: 32 }, (_, index) => 0xfe - index))
    for (const third of bytes)
      for (const fourth of bytes) {
        const mac = `52:54:00:${[network, third, fourth].map((byte) => byte.toString(16).padStart(2, "0")).join(":")}`;
        const { lab, server } = ha.cable(mac.toUpperCase());
        expect(ha.cable(mac)).toEqual({ lab, server });
        expect(lab.address).toBe(server.address);
        expect(server.port).toBe(lab.port + 1);
        expect(lab.port).toBeGreaterThanOrEqual(16384);
        expect(server.port).toBeLessThan(32768);
        places.add(JSON.stringify(lab)).add(JSON.stringify(server));
      }
  expect(places.size).toBe(32 * bytes.length ** 2 * 2);
  for (let index = 0; index < 500; index++)
    expect(systemNames(`/labs/${index}`).loopback).toMatch(/^127\.(6[4-9]|[7-9]\d|1\d\d|2[0-4]\d|25[0-4])\.\d{1,3}$/);
});

it("cards that would have one cable are named", () => {
  expect(clashingCards(["52:54:00:FE:FE:0B", "52:54:00:FE:FE:0C"])).toBeUndefined();
  expect(clashingCards(["52:54:00:FE:FE:0B", "52:54:01:FD:FE:0B", "02:00:00:FE:FE:0B"])).toEqual([
    "52:54:00:FE:FE:0B",
    "02:00:00:FE:FE:0B",
  ]);
});

it("a reference says where the pool is, and which libvirt has servers and which networks", () => {
  const at = { kind: "system", directory: "/home/alice/labs/ha" } as const;
  expect(poolOf(at)).toEqual({ name: "lvs-lab-ha", path: ha.poolPath });
  expect(poolOf({ ...at, kind: "private" })).toEqual({ name: "pool", path: "/home/alice/labs/ha/pool" });
  expect(openHost(at).uri).toBe("qemu:///system");
  expect(networksUriOf(at)).toBe("qemu+unix:///system?socket=/home/alice/labs/ha/run/libvirt-sock");
  expect(networksUriOf({ ...at, kind: "private" })).toBeUndefined();
  expect(labHostIn("/nowhere/ha")).toEqual({ kind: "private", directory: "/nowhere/ha" });
});
