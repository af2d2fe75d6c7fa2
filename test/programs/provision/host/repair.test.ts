import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { labEnvironment } from "../../../../provision/host/machine/namespaces.ts";
import { PrivateHost } from "../../../../provision/host/private/private-host.ts";
import { removeOrphans } from "../../../../provision/host/repair.ts";
import { commandIn, describeUserland } from "../../../../provision/host/userland/userland.ts";

const place = describeUserland();
let directory: string;

/** A lab host with libvirt's own test driver in the place of its libvirtd: the real virsh, and each command begins with the node of `node.xml`. */
function withTestDriver(): void {
  vi.spyOn(PrivateHost.prototype, "observe").mockResolvedValue({ generation: "1", packages: {} });
  vi.spyOn(PrivateHost.prototype, "spawn").mockImplementation((_at, command, options) => {
    const words = command.map((word) => (word === "qemu:///system" ? `test://${join(directory, "node.xml")}` : word));
    // The driver's pools run, and give away every volume: for these two the pool is stopped first.
    const at = ["vol-list", "vol-delete"].map((name) => words.indexOf(name)).find((index) => index > 0) ?? -1;
    const inPool = words.slice(at);
    if (at > 0 && (inPool.includes("closed") || inPool.includes("stuck")))
      words.splice(
        at,
        inPool.length,
        `pool-destroy ${inPool.includes("stuck") ? "lab" : "closed"}; ${inPool.join(" ")}`,
      );
    // The driver knows files alone.
    const folders = ["bash", "-o", "pipefail", "-c", '"$@" | sed "/my notes/s/ file / dir  /"', "bash"];
    const [file = "", ...args] = commandIn(place, [...folders, ...words], [{ from: directory }]);
    return spawn(file, args, { ...options, env: labEnvironment() });
  });
}

const pool = (name: string, uuid: string, volumes: readonly string[]): string =>
  `<pool type="dir"><name>${name}</name><uuid>${uuid}</uuid><target><path>/${name}</path></target>
     ${volumes.map((volume) => `<volume><name>${volume}</name><capacity>1</capacity><target><path>/${name}/${volume}</path></target></volume>`).join("\n")}
   </pool>`;
const POOLS = ["11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"] as const;

beforeAll(async () => {
  withTestDriver();
  directory = await mkdtemp(join(tmpdir(), "lvs-lab-virsh-"));
  const volumes = ["server1.qcow2", "server2.qcow2", "left over", "two  blanks", " led by one", "stuck", "my notes"];
  await writeFile(
    join(directory, "node.xml"),
    `<node>${pool("closed", POOLS[1], [])}${pool("lab", POOLS[0], volumes)}</node>`,
  );
});
afterAll(() => rm(directory, { recursive: true }));

describe.skipIf(!existsSync(place.root))("orphans in a lab's libvirt", () => {
  it("go, by whatever name; what cannot be listed or removed is told, and holds up nothing", {
    timeout: 60_000,
  }, async () => {
    const known = new Set([...POOLS, "/lab/server1.qcow2"]);
    const { removed, left } = await removeOrphans({ kind: "private", directory: "/lab" }, known);
    const volumes = removed.filter(({ kind }) => kind === "volume").map(({ name }) => name);
    expect(volumes.sort()).toEqual([" led by one", "left over", "server2.qcow2", "two  blanks"]);
    expect(removed.filter(({ kind }) => kind === "pool")).toEqual([]);
    expect(left.map(({ what }) => what)).toEqual(["the volumes of the pool closed", "the volume stuck"]);
    expect(left[0]?.why).toMatch(
      /^on the lab host .*vol-list closed --details` ended with status 1:\n.*Failed to list volumes/,
    );
    expect(left[1]?.why).toMatch(/vol-delete --pool lab stuck` ended with status 1:\n.*pool 'lab' is not active$/);
  });
});
