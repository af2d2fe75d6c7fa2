import { expect, it } from "vitest";
import { readLab } from "../../../lab/index.ts";
import { LIVE_VERSION, liveSchema } from "../../../provision/live.ts";

const outputs = (lab: unknown) => ({
  version: LIVE_VERSION,
  lab,
  host: { kind: "private", directory: "/lab" },
  bridges: {},
  acceleration: "kvm",
  servers: [],
});

it("a lab that was brought up before health checks had kinds has those of the article", async () => {
  const lab = await readLab("labs/ha.yaml");
  const recorded = structuredClone(lab) as unknown as { services: { healthCheck: { type?: string } }[] };
  for (const { healthCheck } of recorded.services) delete healthCheck.type;
  expect(liveSchema.parse(outputs(recorded)).lab).toEqual(lab);
  expect(liveSchema.parse(outputs(lab)).lab).toEqual(lab);
});

it("a lab that was brought up when there was one Debian has Debian 12", async () => {
  const lab = await readLab("labs/dr.yaml");
  const servers = lab.servers.map((server) => ({ ...server, os: "debian" }));
  expect(liveSchema.parse(outputs({ ...lab, servers })).lab).toEqual(lab);
});

it("a lab without keepalived has no health check, before and after", async () => {
  const lab = await readLab("labs/dr.yaml");
  expect(liveSchema.parse(outputs(lab)).lab).toEqual(lab);
});
