import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Lab, type Scheduler, toIp } from "../../../../lab/index.ts";
import type { Seen } from "../../../../verify/checks/check.ts";
import { noHealthCheck } from "../../../../verify/checks/no-health-check.ts";
import { aLiveLab, RecordedView } from "../a-live-lab.ts";
import { serviceOf, withService } from "../other-labs.ts";
import { refused, subjectOn, type Verdict, verdictOf } from "./seeing.ts";

const dr = await aLiveLab("dr");

/** The lab with so many real servers, server2 and on; under wrr with weights by which they do not go in turn. */
function withPool(size: number, scheduler: Scheduler = "rr"): Lab {
  const [first] = serviceOf(dr.lab).realServers;
  if (!first) throw new Error("the lab has no real server");
  const realServers = Array.from({ length: size }, (_, index) => {
    const server = `server${index + 2}`;
    const weight = scheduler === "wrr" && index === 0 ? 3 : 1;
    return { ...first, server, address: toIp(`172.25.254.${index + 12}`), page: `${server}\n`, weight };
  });
  const [director, template] = dr.lab.servers;
  if (!director || !template) throw new Error("the lab has no servers");
  const servers = realServers.map(({ server, address }) => ({ ...template, name: server, management: address }));
  return { ...withService(dr.lab, { realServers, scheduler }), servers: [director, ...servers] };
}

/** Sees, in a lab whose scheduler gives requests to the servers with these indexes of the pool in turn, and notes what is done. */
async function broken(
  lab: Lab,
  order: readonly number[],
  { takesOut = false } = {},
): Promise<Seen & { done: string[]; requests: number }> {
  const directory = await mkdtemp(join(tmpdir(), "lvs-lab-no-health-check-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const done: string[] = [];
  let requests = 0;
  let down: string | undefined;
  const pool = serviceOf(lab).realServers;
  const live = { ...dr, lab, host: { kind: "private" as const, directory } };
  const view = new RecordedView(live, (where, command) => {
    if (where === "client") {
      const up = takesOut ? pool.filter(({ server }) => server !== down) : pool;
      const { server = "" } = up[(order[requests++ % order.length] ?? 0) % up.length] ?? {};
      return server === down ? refused : `${server}\n`;
    }
    const verb = /systemctl (stop|start)/.exec(command)?.[1];
    if (verb) done.push(`${where}: ${verb}`);
    down = verb === "stop" ? where : undefined;
    return "";
  });
  return { ...(await noHealthCheck.look(view, subjectOn(noHealthCheck, lab, "client"))), done, requests };
}

describe("under rr the stopped server's share fails, whatever the size of the pool", () => {
  it.each([1, 2, 3, 4, 7, 10, 11, 25])("%i", async (size) => {
    for (const begin of new Set([0, 1 % size, size - 1])) {
      const order = Array.from({ length: size }, (_, index) => (index + begin) % size);
      const seen = await broken(withPool(size), order);
      expect(seen, `${size} real servers, from ${begin}`).toMatchObject({ passed: true });
      expect(seen.done).toEqual([`server${begin + 2}: stop`, `server${begin + 2}: start`]);
      expect((seen.requests - 1) % size).toBe(0);
    }
  });

  it.each<[string, Verdict, number[], object?]>([
    ["none fails", "wrong", [0, 1], { takesOut: true }],
    ["all fail", "not there", [0]],
    ["they fail out of turn", "wrong", [0, 1, 1]],
  ])("where %s is %s, and starts it again", async (_what, expected, order, options) => {
    const seen = await broken(withPool(2), order, options);
    expect(verdictOf(seen)).toBe(expected);
    expect(seen.done).toEqual(["server2: stop", "server2: start"]);
  });
});

describe("under another scheduler the server that the client is given is stopped, and requests fail", () => {
  it.each<[Scheduler, number[], boolean]>([
    ["wrr", [1, 1, 1, 0], true],
    ["lc", [0, 1, 1, 0, 1, 0, 0], true],
    ["sh", [1], true],
    ["fo", [2], true],
  ])("%s", async (scheduler, order, passes) => {
    const seen = await broken(withPool(3, scheduler), order);
    expect(seen).toMatchObject({
      passed: passes,
      done: [`server${(order[0] ?? 0) + 2}: stop`, `server${(order[0] ?? 0) + 2}: start`],
    });
  });

  it("as soon as one comes: a server of a small share may have to be waited for", async () => {
    const order = [0, ...Array.from({ length: 60 }, () => 1)];
    expect(await broken(withPool(2, "wrr"), order)).toMatchObject({ passed: true, requests: 62 });
  });

  it("but none in two hundred is none", async () => {
    expect(await broken(withPool(2, "wrr"), [0, 1], { takesOut: true })).toMatchObject({
      passed: false,
      requests: 201,
    });
  });
});
