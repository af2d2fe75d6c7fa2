import { describe, expect, it } from "vitest";
import { differencesOf, isSnapshotName, type SnapshotRecord } from "../../../cli/snapshots.ts";
import { type Lab, readLab } from "../../../lab/lab.ts";
import type { Saved } from "../../../provision/host/snapshots.ts";
import type { LiveLab } from "../../../verify/live/live-lab.ts";

const lab = await readLab("labs/ha.yaml");
const live = (of: Lab, instance = (name: string) => `id-${name}`) =>
  ({ lab: of, servers: of.servers.map(({ name }) => ({ name, instance: instance(name) })) }) as unknown as LiveLab;
const record: SnapshotRecord = {
  ...{ version: 1, name: "served", tag: "served-1", takenAt: new Date(0), neighbours: [] },
  lab: JSON.parse(JSON.stringify(lab)),
  instances: Object.fromEntries(lab.servers.map(({ name }) => [name, `id-${name}`])),
};
const saved = (tag = "served-1"): Map<string, Saved[]> =>
  new Map(lab.servers.map(({ name }) => [name, [{ tag, bytes: 1 }]]));
/** The lab with another server2. */
const withServer2 = (change: Partial<Lab["servers"][number]>): Lab => ({
  ...lab,
  servers: lab.servers.map((server) => (server.name === "server2" ? { ...server, ...change } : server)),
});

describe("why a lab cannot go back to a snapshot", () => {
  it("is nothing where the lab, its servers and their disks are those of then", () => {
    expect(differencesOf(record, live(lab), saved())).toEqual([]);
  });

  it("is each property of the lab that differs, by its place", () => {
    const changed = { ...withServer2({ weight: 3 }), service: { ...lab.service, persistenceTimeout: 50 } };
    expect(differencesOf(record, live(changed), saved())).toEqual([
      "service.persistenceTimeout: nothing in the snapshot, 50 now",
      "servers.server2.weight: 1 in the snapshot, 3 now",
    ]);
  });

  it("is a server that has come or gone", () => {
    const fewer = { ...lab, servers: lab.servers.filter(({ name }) => name !== "server3") };
    const [only = "", ...more] = differencesOf(record, live(fewer), saved());
    expect(only).toMatch(/^servers\.server3: \{.*\} in the snapshot, nothing now$/);
    expect(more).toEqual([]);
  });

  it("is a server that was made anew", () => {
    const anew = live(lab, (name) => (name === "server4" ? "another" : `id-${name}`));
    expect(differencesOf(record, anew, saved())).toEqual(["server4 was made anew since"]);
  });

  it("is a disk without the snapshot", () => {
    const without = saved().set("server1", [{ tag: "served-2", bytes: 1 }]);
    expect(differencesOf(record, live(lab), without)).toEqual(["server1's disk no longer holds it"]);
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
  expect(isSnapshotName(name)).toBe(good);
});
