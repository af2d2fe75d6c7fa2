import { expect, it } from "vitest";
import { readLab } from "../../../../lab/index.ts";
import { role, unit } from "../../../../provision/roles/connection-sync.ts";

it("sets both settings before keepalived starts, and takes them back", () => {
  expect(unit("debian-12", { refreshPeriod: 1, threshold: "3 0" })).toMatchObject({
    start: [
      "/sbin/modprobe ip_vs",
      '/sbin/sysctl -q net.ipv4.vs.sync_refresh_period=1 "net.ipv4.vs.sync_threshold=3 0"',
    ],
    stop: ['-/sbin/sysctl -q net.ipv4.vs.sync_refresh_period=0 "net.ipv4.vs.sync_threshold=3 50"'],
    before: ["keepalived.service"],
  });
});

it("is a role of the directors that tell one another of connections", async () => {
  const rolesIn = async (name: string) => {
    const lab = await readLab(`labs/${name}.yaml`);
    return lab.servers.filter((server) => role.inputsOf(lab, server, [])).map(({ name: server }) => server);
  };
  expect(await rolesIn("connection-sync")).toEqual(["server1", "server4"]);
  expect(await rolesIn("ha")).toEqual([]);
});
