import { expect, it } from "vitest";
import { labHost } from "../../../../provision/host/lab-host.ts";

it("a lab host that was recorded with one package pool has that of Debian 12", () => {
  const host = { kind: "private", directory: "/lab" };
  const upgraded = { host, running: true, packages: { "debian-12": "/images/a/pool" }, generation: "1-2" };
  expect(labHost.upgrade?.({ ...upgraded, packages: "/images/a/pool" })).toEqual(upgraded);
  expect(labHost.upgrade?.(upgraded)).toEqual(upgraded);
});

it.each([
  ["one", { "debian-12": "/images/a/pool" }, true],
  ["no operating system", {}, true],
  ["an unknown operating system", { plan9: "/images/a/pool" }, false],
])("takes package pools of %s: %s, %s", (_, packages, taken) => {
  expect(labHost.want.safeParse({ packages }).success).toBe(taken);
});
