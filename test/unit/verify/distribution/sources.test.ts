import { describe, expect, it } from "vitest";
import { contains, type Scheduler, schedulingOf, subnetFor, toIp, type VirtualService } from "../../../../lab/index.ts";
import { type Model, modelOf } from "../../../../verify/distribution/judge.ts";
import type { Source } from "../../../../verify/distribution/requests.ts";
import { manyClients, ownSource, twoClients } from "../../../../verify/distribution/sources.ts";
import { aLiveLab } from "../a-live-lab.ts";
import { serviceOf } from "../other-labs.ts";
import { withWeights } from "./a-director.ts";

const { lab } = await aLiveLab("dr");
const own = toIp("172.25.254.250");
const taken = ["172.25.254.1", "172.25.254.100", own, ...lab.servers.map(({ management }) => management)];

/** A lab with these weights, and its service as the director has it. */
function aLab(weights: readonly number[], scheduler: Scheduler, schedulerFlags: readonly string[] = []) {
  const changed = withWeights(lab, weights, { scheduler, schedulerFlags });
  const service = serviceOf(changed);
  return { lab: changed, service, model: modelOf(service, new Map()) };
}

const serverBy = (service: VirtualService, { table, loads, servers }: Model, { address, port }: Source) => {
  const connection = { client: address, clientPort: port, vip: service.vip };
  const [move] = schedulingOf(service).next({ ...table, flags: service.schedulerFlags ?? [] }, loads, connection, null);
  return move?.to === undefined ? "nobody" : servers[move.to]?.server;
};

/** All sources of a plan, with the server that each leads to. */
async function followed(plan: ReturnType<typeof manyClients>, service: VirtualService, model: Model) {
  const sources: Source[] = [];
  while (sources.length < plan.count) sources.push(await plan.next());
  return { sources, servers: sources.map((source) => serverBy(service, model, source)) };
}

it("a client has its own address, and a port that it never had before", () => {
  const all = Array.from({ length: 50 }, () => ownSource(lab, serviceOf(lab)));
  expect(new Set(all.map(({ address }) => address))).toEqual(new Set([own]));
  expect(new Set(all.map(({ port }) => port)).size).toBe(50);
});

describe.each(["sh", "mh"] as const)("%s", (scheduler) => {
  it.each([[[1, 1]], [[3, 1]], [[1, 2, 5]], [[1, 1, 1, 1, 1, 1]]])(
    "with weights %j, addresses lead twice in a row to every real server, and by the other hash elsewhere",
    async (weights) => {
      const { lab: mine, service, model } = aLab(weights, scheduler);
      const plan = manyClients(mine, service, model);
      const { sources, servers } = await followed(plan, service, model);
      expect(new Set(servers)).toEqual(new Set(service.realServers.map(({ server }) => server)));
      for (let index = 0; index < servers.length; index += 2) expect(servers[index]).toBe(servers[index + 1]);
      expect(new Set(sources.map(({ address }) => address))).toEqual(new Set([own, ...plan.addresses]));
      const other = { ...service, scheduler: scheduler === "sh" ? ("mh" as const) : ("sh" as const) };
      const extra = sources.filter(({ address }) => address !== own);
      for (const source of extra) expect(serverBy(other, model, source)).not.toBe(serverBy(service, model, source));
    },
  );

  it("addresses are free ones of the network", () => {
    const { lab: mine, service, model } = aLab([1, 2, 3], scheduler);
    const { addresses } = manyClients(mine, service, model);
    expect(addresses.length).toBe(4);
    for (const address of addresses) {
      expect(contains(subnetFor(mine, service.vip), address)).toBe(true);
      expect([...taken, "172.25.254.254", "172.25.254.255"]).not.toContain(address);
    }
  });

  it("with its port flag, ports lead twice in a row to every real server, all from the client's own address", async () => {
    const { lab: mine, service, model } = aLab([1, 1], scheduler, [`${scheduler}-port`]);
    const plan = manyClients(mine, service, model);
    expect(plan.addresses).toEqual([]);
    const { servers } = await followed(plan, service, model);
    expect(servers).toEqual([...servers.slice(0, 4), ...servers.slice(0, 4), ...servers.slice(0, 2)]);
    expect(new Set(servers).size).toBe(2);
  });
});

it("one request is refused by sh where a real server has weight 0, and none with its fallback", async () => {
  for (const [flags, refused] of [
    [[], 1],
    [["sh-fallback"], 0],
    [["sh-port"], 1],
  ] as const) {
    const { lab: mine, service, model } = aLab([2, 0, 3], "sh", flags);
    const { servers } = await followed(manyClients(mine, service, model), service, model);
    expect(servers.filter((server) => server === "nobody").length, `${flags}`).toBe(refused);
  }
});

it("two clients of fo and dh would be sent to different real servers by both hashes", async () => {
  const { lab: mine, service, model } = aLab([3, 1], "fo");
  const plan = twoClients(mine, service, model);
  const [one, other, third] = [await plan.next(), await plan.next(), await plan.next()];
  expect([one.address, third.address]).toEqual([own, own]);
  expect(plan.addresses).toEqual([other.address]);
  for (const scheduler of ["sh", "mh"] as const)
    expect(serverBy({ ...service, scheduler }, model, one)).not.toBe(serverBy({ ...service, scheduler }, model, other));
});

it("a network without a free address leaves the client with its own", async () => {
  const { lab: mine, service, model } = aLab([1, 1], "fo");
  const small = {
    ...mine,
    networks: mine.networks.map((one) => ({ ...one, hostAddresses: [toIp("172.25.254.254")] })),
  };
  expect(twoClients(small, service, model).addresses).toEqual([]);
  expect(manyClients(small, { ...service, scheduler: "sh" }, model).addresses).toEqual([]);
});
