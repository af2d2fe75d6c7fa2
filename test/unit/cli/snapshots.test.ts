import { describe, expect, it } from "vitest";
import { snapshotName } from "../../../cli/options.ts";
import { differencesOf, type SnapshotRecord } from "../../../cli/snapshots.ts";
import { type Lab, readLab, type VirtualService } from "../../../lab/index.ts";
import type { Saved } from "../../../provision/host/snapshots.ts";
import type { LiveLab } from "../../../verify/live/live-lab.ts";

const lab = await readLab("labs/ha.yaml");
const live = (of: Lab, instance = (name: string) => `id-${name}`) =>
  ({ lab: of, servers: of.servers.map(({ name }) => ({ name, instance: instance(name) })) }) as unknown as LiveLab;
const record: SnapshotRecord = {
  ...{ version: 2, name: "served", tag: "served-1", takenAt: new Date(0), neighbours: [] },
  lab: JSON.parse(JSON.stringify(lab)),
  instances: Object.fromEntries(lab.servers.map(({ name }) => [name, `id-${name}`])),
};
const saved = (tag = "served-1"): Map<string, Saved[]> =>
  new Map(lab.servers.map(({ name }) => [name, [{ tag, bytes: 1 }]]));
/** The lab with its service changed. */
const withService = (change: (service: VirtualService) => Partial<VirtualService>): Lab => ({
  ...lab,
  services: lab.services.map((service) => ({ ...service, ...change(service) })),
});

describe("why a lab cannot go back to a snapshot", () => {
  it("is nothing where the lab, its servers and their disks are those of then", () => {
    expect(differencesOf(record, live(lab), saved())).toEqual([]);
  });

  it("is nothing where the operating system has only got another name since", () => {
    const servers = lab.servers.map((server) => ({ ...server, os: "debian" as never }));
    expect(differencesOf({ ...record, lab: { ...lab, servers } }, live(lab), saved())).toEqual([]);
  });

  it("is each property of the lab that differs, by its place", () => {
    const changed = withService(({ realServers }) => ({
      persistenceTimeout: 50,
      realServers: realServers.map((real) => (real.server === "server2" ? { ...real, weight: 3 } : real)),
    }));
    expect(differencesOf(record, live(changed), saved()).sort()).toEqual([
      "services.172.25.254.100:80.persistenceTimeout: nothing in the snapshot, 50 now",
      "services.172.25.254.100:80.realServers.server2.weight: 1 in the snapshot, 3 now",
    ]);
  });

  it("is a server that has come or gone", () => {
    const fewer = { ...lab, servers: lab.servers.filter(({ name }) => name !== "server3") };
    const [only = "", ...more] = differencesOf(record, live(fewer), saved());
    expect(only).toMatch(/^servers\.server3: \{.*\} in the snapshot, nothing now$/);
    expect(more).toEqual([]);
  });

  it("is the form of the record: one of an earlier version is not compared", () => {
    expect(differencesOf({ ...record, version: 1 }, live(lab), saved())).toEqual([
      "it was taken by an earlier version of lvs-lab",
    ]);
  });

  it("is a server that was made anew", () => {
    const anew = live(lab, (name) => (name === "server4" ? "another" : `id-${name}`));
    expect(differencesOf(record, anew, saved())).toEqual(["server4 was recreated since"]);
  });

  it("is a disk without the snapshot", () => {
    const without = saved().set("server1", [{ tag: "served-2", bytes: 1 }]);
    expect(differencesOf(record, live(lab), without)).toEqual(["server1's disk no longer has it"]);
  });
});

it.each([
  ["served", true],
  ["2026-11-26-12-00-00", true],
  ["", false],
  ["-a", false],
  ["Mine", false],
  ["a/b", false],
  ["..", false],
  ["a".repeat(41), false],
])("%j as a snapshot's name: %s", (name, good) => {
  if (good) expect(snapshotName(name)).toBe(name);
  else expect(() => snapshotName(name)).toThrow("A snapshot's name has at most 40");
});
